"""What was read lately, for as long as nothing has happened since."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from ratings.ledger.database import in_transaction
from ratings.ledger.queries import Place, ledger_end

T = TypeVar("T")
_MOST = 64


class Lately(Generic[T]):
    """The results of one kind of read, the last few of them, in this process.

    Only for what changes together with an entry of the ledger, in the same transaction, and never
    by time alone: then a result stands while the ledger ends where it did. Asking for the end costs
    the same however much is read. What a transaction has changed it may have to read before it
    appends its entry, so inside one nothing is taken from here.
    """

    def __init__(self) -> None:
        self._known: dict[object, tuple[Place, T]] = {}

    async def read(self, key: object, read: Callable[[], Awaitable[T]]) -> T:
        """The result under `key`; it is shared, so whoever takes it must not change it."""
        if in_transaction():
            return await read()
        # Before the reading: what happens from here on may be missing in the result.
        end = await ledger_end()
        known = self._known.get(key)
        if known is None or known[0] != end:
            known = (end, await read())
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = known
        return known[1]
