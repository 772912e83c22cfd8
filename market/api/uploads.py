"""A request whose body is a file: stored while it streams in, and kept only if the act succeeds."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from market.accounts.identity import Asking
from market.api.repeats import answer_once
from market.files.store import Stored, discard, open_store, store_file
from market.settings import Settings
from ratings.ledger.actors import Actor
from ratings.ledger.errors import TooLarge

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
    kept = False

    async def kept_effect() -> T:
        nonlocal kept
        made = await effect(stored)
        kept = True
        return made

    try:
        content = stored.sha256.encode()
        answer = await answer_once(request, who, key, shape, kept_effect, sent=content)
    except BaseException:
        await discard(store, stored.storage_key)
        raise
    if not kept:
        # It came the second time, and the first file is the one that counts.
        await discard(store, stored.storage_key)
    return answer
