"""Connections handed from one reader to the next without going through the pool in between.

The pool gives a connection back in a task of its own, which takes longer on the processor than a
short query does. So a few that have just served are kept at hand, and whoever comes next takes one
of them; the pool opens, counts and replaces connections as before. Nobody waits for the pool while
one lies idle here: who is waiting there gets the next that is given back.
"""

from typing import Any

import asyncpg

# At hand at most. The pool has more, so that nobody who asks it directly meets none at all.
_AT_HAND = 4
# After so many uses one goes back to the pool, which replaces those that have served for long.
_HOUSEKEEPING = 1000


class Connections:
    """What `take` returned goes back by `give`, or by `discard` where something has failed."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._ready: list[Any] = []
        self._waiting = 0
        self._given = 0

    @property
    def at_hand(self) -> int:
        """Those in nobody's use that the pool counts as in use."""
        return len(self._ready)

    async def take(self) -> Any:
        while self._ready:
            ready = self._ready.pop()
            if _is_open(ready):
                return ready
            await self._pool.release(ready)
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def give(self, connection: Any) -> None:
        """Back from a use that has ended well, outside of any transaction."""
        self._given += 1
        if self._waiting or len(self._ready) >= _AT_HAND or self._given % _HOUSEKEEPING == 0:
            await self._pool.release(connection)
        else:
            self._ready.append(connection)

    async def discard(self, connection: Any) -> None:
        """Back after a failure or a cancellation: the pool finds out what it is still good for."""
        await self._pool.release(connection)

    async def close(self) -> None:
        """Before the pool is closed, which waits for every connection."""
        while self._ready:
            await self._pool.release(self._ready.pop())


def _is_open(connection: Any) -> bool:
    """A connection that has died takes itself back into the pool, and answers nothing more."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
