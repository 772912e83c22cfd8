"""Deliverables in the object store: random keys, checked while they stream in."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from ratings.ledger.errors import Refused, TooLarge

# The first bytes of the kinds a deliverable may have: what a file is called proves nothing.
_KINDS: dict[str, tuple[tuple[bytes, ...], str]] = {
    ".pdf": ((b"%PDF-",), "application/pdf"),
    ".zip": ((b"PK\x03\x04",), "application/zip"),
    ".docx": (
        (b"PK\x03\x04",),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ".xlsx": (
        (b"PK\x03\x04",),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ".png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    ".jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    ".dwg": ((b"AC10",), "image/vnd.dwg"),
}


class Stored(msgspec.Struct, frozen=True):
    """A file that lies in the store: `size` in bytes, `sha256` in hexadecimal."""

    storage_key: str
    filename: str
    content_type: str
    size: int
    sha256: str


def open_store(where: str) -> ObjectStore:
    """A local folder, or a bucket when `where` is an address such as s3://…"""
    if "://" in where:
        return from_url(where)
    Path(where).mkdir(parents=True, exist_ok=True)
    return LocalStore(where)


def check_kind(filename: str, start: bytes) -> str:
    """The content type, or Refused when name and first bytes do not agree on a known kind."""
    suffix = Path(filename).suffix.lower()
    known = _KINDS.get(suffix)
    if known is None:
        raise Refused(
            "file-kind-unknown",
            "A deliverable is one of {kinds}; “{name}” is not.",
            kinds=", ".join(sorted(_KINDS)),
            name=filename,
        )
    starts, content_type = known
    if not start.startswith(starts):
        raise Refused(
            "file-kind-mismatch",
            "“{name}” is not what its ending says; please export it again and upload that.",
            name=filename,
        )
    return content_type


async def store_file(
    store: ObjectStore, filename: str, chunks: AsyncIterator[bytes], most_bytes: int
) -> Stored:
    """Stream a file into the store; nothing stays behind when it is refused.

    Refused for an empty or unknown file, TooLarge beyond `most_bytes`.
    """
    name = Path(filename.replace("\\", "/")).name.strip()[-200:]
    key = f"deliverables/{secrets.token_urlsafe(24)}"
    digest = hashlib.sha256()
    size = 0
    content_type = ""

    async def checked() -> AsyncIterator[bytes]:
        nonlocal size, content_type
        start = b""
        async for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge(
                    "file-too-large",
                    "The file is larger than the {most} MB allowed.",
                    most=most_bytes // (1024 * 1024),
                )
            digest.update(chunk)
            if not content_type:
                start += chunk
                if len(start) < 8:
                    continue
                content_type = check_kind(name, start)
                chunk = start
            yield chunk
        if not content_type:
            content_type = check_kind(name, start)
            yield start

    try:
        async with obstore.open_writer_async(store, key) as writer:
            async for chunk in checked():
                await writer.write(chunk)
    except BaseException:
        await discard(store, key)
        raise
    return Stored(key, name, content_type, size, digest.hexdigest())


async def discard(store: ObjectStore, key: str) -> None:
    """Forget a file whose row was never written; a missing one is fine."""
    try:
        await obstore.delete_async(store, key)
    except FileNotFoundError:
        return


async def read_file(store: ObjectStore, key: str) -> AsyncIterator[bytes]:
    """The stored bytes, chunk by chunk; FileNotFoundError when the file is gone."""
    found = await obstore.get_async(store, key)
    async for chunk in found.stream():
        yield bytes(chunk)
