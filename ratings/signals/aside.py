"""A row that was set aside, and how often each reason for it holds."""

from collections.abc import Iterable

import msgspec


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


def by_reason(entries: Iterable[Unmatched]) -> list[AsideReason]:
    """The reasons of each feed in turn, the most frequent first."""
    lines: dict[tuple[str, str, str], set[int]] = {}
    first: dict[tuple[str, str, str], Unmatched] = {}
    for entry in entries:
        reason = (entry.feed, entry.column, entry.code)
        lines.setdefault(reason, set()).add(entry.line)
        first.setdefault(reason, entry)
    found = [
        AsideReason(entry.feed, len(lines[reason]), entry.line, entry.message, entry.params)
        for reason, entry in first.items()
    ]
    return sorted(found, key=lambda reason: (reason.feed, -reason.rows))
