"""A row that was set aside, and how often each reason for it holds."""

from collections.abc import Iterable

import msgspec

SHOWN = 20


class Unmatched(msgspec.Struct, frozen=True):
    """One reason why one row was set aside; `message` is a msgid that `params` fill.

    `row` is the whole row as text, so that it can be mended; empty where its fields cannot be
    told apart. Nothing of a person stands in it.
    """

    feed: str
    line: int
    column: str
    value: str
    code: str
    message: str
    params: dict[str, str]
    row: dict[str, str] = {}

    def sentence(self) -> str:
        """The English text with everything filled in."""
        return self.message.format(**self.params)


class AsideReason(msgspec.Struct, frozen=True):
    """How many rows of a feed were set aside for one reason, and what the first of them was told.

    A row with several faults counts for each.
    """

    feed: str
    rows: int
    line: int
    message: str
    params: dict[str, str]

    def sentence(self) -> str:
        """The English text; of one row there is nothing to give an example of."""
        many = f"{self.rows:,} rows, such as" if self.rows > 1 else "1 row,"
        return f"{self.feed}: {many} line {self.line}: {self.message.format(**self.params)}"


class Aside:
    """The rows that were set aside so far: how many for which reason, and the first SHOWN reasons
    in full. There may be more than fit into memory."""

    def __init__(self) -> None:
        self.first: list[Unmatched] = []
        self.count = 0
        self._reasons: dict[tuple[str, str, str], AsideReason] = {}

    def add(self, entries: Iterable[Unmatched]) -> None:
        for entry in entries:
            self.count += 1
            if len(self.first) < SHOWN:
                self.first.append(entry)
            reason = (entry.feed, entry.column, entry.code)
            if (found := self._reasons.get(reason)) is None:
                found = AsideReason(entry.feed, 0, entry.line, entry.message, entry.params)
            self._reasons[reason] = msgspec.structs.replace(found, rows=found.rows + 1)

    def reasons(self) -> list[AsideReason]:
        """The reasons of each feed in turn, the most frequent first."""
        return sorted(self._reasons.values(), key=lambda reason: (reason.feed, -reason.rows))
