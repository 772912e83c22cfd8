"""An export is written to a file of no name first, and sent from there.

So the database is done with it before the first byte leaves, however slowly somebody reads, the
length and the tag of the answer are known, and what is held in memory is one piece of it.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import IO

import msgspec

_PIECE = 256 * 1024
# Each one at work holds a connection of the pool, which everybody else's requests share.
_AT_ONCE = asyncio.Semaphore(2)


class Export(msgspec.Struct, frozen=True):
    """A finished export: `size` in bytes, `sha256` of all of it in hexadecimal."""

    file: IO[bytes]
    size: int
    sha256: str

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes, once: with the last one the file is gone."""
        with self.file:
            while piece := await asyncio.to_thread(self.file.read, _PIECE):
                yield piece


async def written(lines: AsyncIterator[bytes]) -> Export:
    file = tempfile.SpooledTemporaryFile(max_size=_PIECE)  # noqa: SIM115 # `pieces` closes it
    digest, size, waiting = hashlib.sha256(), 0, bytearray()

    async def put() -> None:
        nonlocal size
        piece = bytes(waiting)
        waiting.clear()
        digest.update(piece)
        size += len(piece)
        await asyncio.to_thread(file.write, piece)

    try:
        async with _AT_ONCE:
            async for line in lines:
                waiting += line
                if len(waiting) >= _PIECE:
                    await put()
            await put()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Export(file, size, digest.hexdigest())
