"""Uploaded files in the object store: random keys, checked while they stream in."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from market.files.kinds import WINDOW, Kind, check_parts, kind_of, safe_name
from ratings.ledger.errors import TooLarge


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


async def store_file(
    store: ObjectStore,
    filename: str,
    chunks: AsyncIterator[bytes],
    most_bytes: int,
    *,
    folder: str,
) -> Stored:
    """Stream a file into a folder of the store; nothing stays behind when it is refused.

    Refused for an empty file and for one that is not what its name says, TooLarge beyond
    `most_bytes`.
    """
    name = safe_name(filename)
    key = f"{folder}/{secrets.token_urlsafe(24)}"
    digest = hashlib.sha256()
    size = 0
    kind: Kind | None = None

    async def checked() -> AsyncIterator[bytes]:
        """The chunks, once enough of them is there to see that they begin as they should."""
        nonlocal size, kind
        start = end = b""
        async for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge(
                    "file-too-large",
                    "The file is larger than the {most} MB allowed.",
                    most=most_bytes // (1024 * 1024),
                )
            digest.update(chunk)
            end = (end + chunk)[-WINDOW:]
            if len(start) < WINDOW:
                start += chunk
                if len(start) < WINDOW:
                    continue
                kind = kind_of(name, start)
                chunk = start
            yield chunk
        if kind is None:
            kind = kind_of(name, start)
            yield start
        check_parts(name, kind, start[:WINDOW] + end)

    try:
        async with obstore.open_writer_async(store, key) as writer:
            async for chunk in checked():
                await writer.write(chunk)
    except BaseException:
        await discard(store, key)
        raise
    assert kind is not None, "an empty file is of no kind"
    return Stored(key, name, kind.content_type, size, digest.hexdigest())


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
