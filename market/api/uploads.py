"""Requests with files: stored while they stream in, and kept only if the act succeeds."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, cast

from litestar.datastructures import UploadFile
from obstore.store import ObjectStore

from market.accounts.identity import Asking
from market.api.repeats import answer_once
from market.files.store import Stored, discard, open_store, store_file
from market.settings import Settings
from market.web.uploads import chunks_of
from ratings.ledger.actors import Actor
from ratings.ledger.errors import Refused, TooLarge

T = TypeVar("T")


async def upload_once(
    request: Asking,
    who: Actor,
    key: str | None,
    shape: type[T],
    effect: Callable[[Stored], Awaitable[T]],
    *,
    filename: str,
    folder: str,
) -> T:
    """What `effect` makes of the stored file, once for each Idempotency-Key.

    The file is never held in memory: it is counted while it streams into the store. Whoever calls
    this has made sure that the caller may send one at all. TooLarge beyond what the settings allow.
    """
    settings = cast(Settings, request.app.state.settings)
    if int(request.headers.get("content-length", "0")) > settings.max_upload_bytes:
        raise TooLarge(
            "file-too-large",
            "The file is larger than the {most} MB allowed.",
            most=settings.max_upload_bytes // (1024 * 1024),
        )
    store = open_store(settings.files)
    stored = await store_file(
        store, filename, request.stream(), settings.max_upload_bytes, folder=folder
    )
    return await _kept_once(
        request,
        who,
        key,
        shape,
        lambda: effect(stored),
        store=store,
        stored=[stored],
        sent=stored.sha256.encode(),
    )


async def upload_all_once(
    request: Asking,
    who: Actor,
    key: str | None,
    shape: type[T],
    effect: Callable[[list[Stored]], Awaitable[T]],
    *,
    files: Sequence[UploadFile],
    most: int,
    folder: str,
    said: bytes,
) -> T:
    """The same for the photos of a form, none included, beside what else the form says (`said`).

    Refused above `most`, before any is stored.
    """
    if len(files) > most:
        raise Refused("visit-photos", "A visit takes at most {most} photos.", most=most)
    settings = cast(Settings, request.app.state.settings)
    store = open_store(settings.files)
    stored: list[Stored] = []
    try:
        for file in files:
            stored.append(
                await store_file(
                    store, file.filename, chunks_of(file), settings.max_upload_bytes, folder=folder
                )
            )
    except BaseException:
        await _discard(store, stored)
        raise
    sent = b"\n".join([said, *(f"{one.filename} {one.sha256}".encode() for one in stored)])
    return await _kept_once(
        request,
        who,
        key,
        shape,
        lambda: effect(stored),
        store=store,
        stored=stored,
        sent=sent,
    )


async def _kept_once(
    request: Asking,
    who: Actor,
    key: str | None,
    shape: type[T],
    effect: Callable[[], Awaitable[T]],
    *,
    store: ObjectStore,
    stored: list[Stored],
    sent: bytes,
) -> T:
    kept = False

    async def kept_effect() -> T:
        nonlocal kept
        made = await effect()
        kept = True
        return made

    try:
        answer = await answer_once(request, who, key, shape, kept_effect, sent=sent)
    except BaseException:
        await _discard(store, stored)
        raise
    if not kept:
        # They came the second time, and the first files are the ones that count.
        await _discard(store, stored)
    return answer


async def _discard(store: ObjectStore, stored: list[Stored]) -> None:
    for one in stored:
        await discard(store, one.storage_key)
