"""A form with a file: stored, and kept only if the act succeeds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar, cast

from litestar.datastructures import UploadFile

from market.accounts.identity import Asking
from market.files.store import Stored, discard, open_store, store_file
from market.settings import Settings
from ratings.ledger.errors import Refused

T = TypeVar("T")


async def uploaded(request: Asking, act: Callable[[Stored], Awaitable[T]], *, folder: str) -> T:
    """What `act` makes of the file in the field `file`; Refused when none was chosen."""
    settings = cast(Settings, request.app.state.settings)
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Refused("file-missing", "Choose a file first.")
    store = open_store(settings.files)
    stored = await store_file(
        store, file.filename, chunks_of(file), settings.max_upload_bytes, folder=folder
    )
    try:
        return await act(stored)
    except BaseException:
        await discard(store, stored.storage_key)
        raise


async def uploaded_all(
    request: Asking,
    name: str,
    act: Callable[[list[Stored]], Awaitable[T]],
    *,
    folder: str,
    most: int,
) -> T:
    """The same for as many files as the field `name` has, none included; Refused above `most`."""
    settings = cast(Settings, request.app.state.settings)
    files = [
        one
        for one in (await request.form()).getall(name, [])
        if isinstance(one, UploadFile) and one.filename
    ]
    if len(files) > most:
        raise Refused("visit-photos", "A visit takes at most {most} photos.", most=most)
    store = open_store(settings.files)
    stored: list[Stored] = []
    try:
        for file in files:
            stored.append(
                await store_file(
                    store, file.filename, chunks_of(file), settings.max_upload_bytes, folder=folder
                )
            )
        return await act(stored)
    except BaseException:
        for one in stored:
            await discard(store, one.storage_key)
        raise


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """What a part of a form holds, piece by piece."""
    while chunk := await file.read(64 * 1024):
        yield chunk
