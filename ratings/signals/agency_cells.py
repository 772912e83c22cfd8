"""The 24 × 9 cells of one agency: what each source said, month by month.

Read from the very relations the screen reads, narrowed to one code: the partitions are sorted by
code, so of each only the one row group is decoded that can hold it. That decoding is what a first
look costs; what was read is remembered.
"""

import asyncio
import functools
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from ratings.ledger.uscc import parse_uscc
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS, Feed, State
from ratings.signals.relations import Known, StoredFeeds, rows_of

NINE = tuple(name for name in FEEDS if name not in ("excuses", "manifest"))

_REMEMBERED = 4096
"""Of how many feeds of agencies a process remembers the rows, which are a few kilobytes each."""

_connection: duckdb.DuckDBPyConnection | None = None
_lock = threading.Lock()


class Cell(msgspec.Struct, frozen=True):
    """One month of one feed. `state` is what the source said, or why nothing is known.

    `value` is the quantity of the feed (fen, persons, kWh), where it has one; a feed without a
    quantity says POS where it has a row.
    """

    month: str
    state: State
    value: float | None


class FeedCells(msgspec.Struct, frozen=True):
    """One feed of an agency, oldest month first."""

    feed: str
    cells: list[Cell]


class RawRow(msgspec.Struct, frozen=True):
    """A row as it is kept; `batch_line` is its line in the file it came with."""

    feed: str
    month: str
    batch_line: int
    values: dict[str, str]


def _reader() -> duckdb.DuckDBPyConnection:
    """One connection a process, which remembers the footers of the partitions it has met."""
    global _connection
    if _connection is None:
        _connection = duckdb.connect()
        _connection.execute("SET parquet_metadata_cache = true")
    return _connection


def _read(sql: str) -> list[tuple[Any, ...]]:
    with _lock:
        return _reader().cursor().execute(sql).fetchall()


@functools.lru_cache(maxsize=_REMEMBERED)
def _rows(
    feed: str, known: tuple[Known, ...], code: str, columns: str, tail: str = ""
) -> tuple[tuple[Any, ...], ...]:
    """What the partitions of a feed say of one code. They never change under their name, so that
    whoever looks again, or at another page of the same agency, waits for no disk."""
    return tuple(_read(f"SELECT {columns} FROM ({rows_of(feed, known, _of(code))}) {tail}"))


async def agency_cells(
    feeds: StoredFeeds,
    uscc: str,
    months: Sequence[str],
    gaps: Mapping[str, Mapping[str, State]],
) -> list[FeedCells]:
    """The cells of one agency in `months` (YYYY-MM, oldest first), all nine feeds.

    `gaps` says for feed and month why a missing row is no wonder (LATE, FEED_MISSING); where it
    says nothing, the batch came without a row of this agency: UNMATCHED.
    """
    code = parse_uscc(uscc)
    return await asyncio.to_thread(
        lambda: [_cells(feeds, FEEDS[name], code, months, gaps.get(name, {})) for name in NINE]
    )


async def window_cells(feeds: StoredFeeds, uscc: str, as_of_month: str) -> list[FeedCells]:
    """The 24 months that a screen of `as_of_month` reads, with why a month may have no row: it has
    not come yet, or its batch never came."""
    newest = month_number(as_of_month)
    months = [month_text(one) for one in range(newest - WINDOW + 1, newest + 1)]
    return await agency_cells(feeds, uscc, months, _gaps(feeds, months))


def _gaps(feeds: StoredFeeds, months: Sequence[str]) -> dict[str, dict[str, State]]:
    found: dict[str, dict[str, State]] = {}
    for feed in NINE:
        known = {one.month for one in feeds.known.get(feed, ())}
        newest = max(known, default="9999-12")
        found[feed] = {
            month: State.LATE if month > newest else State.FEED_MISSING
            for month in months
            if month not in known
        }
    return found


def _cells(
    feeds: StoredFeeds, feed: Feed, code: str, months: Sequence[str], gaps: Mapping[str, State]
) -> FeedCells:
    said: dict[str, tuple[str | None, float | None]] = {}
    if feed.name in feeds.known:
        stated = any(column.name == "state" for column in feed.columns)
        state = "any_value(state)" if stated else f"'{State.POS.value}'"
        quantity = f'any_value("{feed.quantity}")::DOUBLE' if feed.quantity else "NULL"
        if feed.name == "tax_filing":
            quantity = "any_value(sales_fen)::DOUBLE"
        narrowed = feeds.within(feed.name, months)
        if narrowed.known:
            columns = f"month, {state}, {quantity}"
            rows = _rows(feed.name, narrowed.known[feed.name], code, columns, "GROUP BY month")
            said = {month: (state, value) for month, state, value in rows}
    return FeedCells(feed.name, [_cell(month, said.get(month), gaps) for month in months])


def _cell(
    month: str, said: tuple[str | None, float | None] | None, gaps: Mapping[str, State]
) -> Cell:
    if said is not None and said[0] is not None:
        return Cell(month, State(said[0]), said[1])
    return Cell(month, gaps.get(month, State.UNMATCHED), None)


def _of(code: str) -> str:
    """A code that was parsed has letters and digits only."""
    return f"uscc = '{code}'"


def own_rows(
    feeds: StoredFeeds, uscc: str, months: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """The rows about one agency in these months as they are kept, by feed, excuses included: what
    a screen of one firm is reduced from. It waits for the disk."""
    code = parse_uscc(uscc)
    found: dict[str, list[dict[str, Any]]] = {}
    for name in (*NINE, "excuses"):
        narrowed = feeds.within(name, [*months, ""])
        if narrowed.known:
            columns = [one.name for one in FEEDS[name].columns if one.name != "received_at"]
            listed = ", ".join(f'"{column}"' for column in columns)
            rows = _rows(name, narrowed.known[name], code, listed)
            found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


async def raw_rows(feeds: StoredFeeds, uscc: str, months: Sequence[str]) -> list[RawRow]:
    """Every row about one agency as it is kept, newest month first, excuses included."""
    code = parse_uscc(uscc)

    def read() -> list[RawRow]:
        found: list[RawRow] = []
        for name in (*NINE, "excuses"):
            narrowed = feeds.within(name, [*months, ""])
            if not narrowed.known:
                continue
            columns = [one.name for one in FEEDS[name].columns if one.name not in ("uscc", "month")]
            listed = ", ".join(f'"{column}"::VARCHAR' for column in columns)
            listed = f"coalesce(month, ''), line, {listed}"
            rows = _rows(name, narrowed.known[name], code, listed, "ORDER BY 1 DESC, 2")
            found += [
                RawRow(
                    name,
                    month,
                    line,
                    {
                        column: text
                        for column, text in zip(columns, values, strict=True)
                        if text is not None
                    },
                )
                for month, line, *values in rows
            ]
        return found

    return await asyncio.to_thread(read)
