"""Errors of unit: money reported in yuan or ten thousand yuan where fen are agreed.

The same firms are compared with what they reported for the nearest month before. Business
changes one firm by a factor of thirty, not a fifth of all firms in the same direction at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import msgspec

from ratings.signals.contract import FEEDS

# Settings of this project: between a bad month and the smallest mix-up of units, a factor of 100.
JUMP = 30
LEAST_FIRMS = 20
LEAST_SHARE = 0.2
FARTHEST_MONTHS = 12
_KINDS = ("fen", "amount")


class Jump(msgspec.Struct, frozen=True):
    """`jumped` of `compared` firms report in `month` about `factor` times what they did before."""

    month: str
    column: str
    against: str
    compared: int
    jumped: int
    factor: float


def find_jumps(
    connection: duckdb.DuckDBPyConnection,
    feed: str,
    new: Mapping[str, Path],
    earlier: Mapping[str, Sequence[Path]],
) -> list[Jump]:
    """The columns whose level jumps; both mappings are by month (YYYY-MM).

    `earlier` is what the store holds. A month is compared with what is known of itself, or else
    with the nearest of the twelve months before, in the store or in the delivery; a month older
    than everything known is compared with the nearest one after it.
    """
    columns = [column.name for column in FEEDS[feed].columns if column.kind in _KINDS]
    if not columns:
        return []
    found: list[Jump] = []
    for month in sorted(new):
        against = _reference(month, new, earlier)
        if against is not None:
            paths = [*earlier.get(against, ())] or [new[against]]
            found += _compared(connection, columns, (month, new[month]), (against, paths))
    return found


def _reference(
    month: str, new: Mapping[str, Path], earlier: Mapping[str, Sequence[Path]]
) -> str | None:
    if earlier.get(month):
        return month
    before = [other for other in {*new, *earlier} if other < month]
    after = [other for other in earlier if other > month]
    if before:
        nearest = max(before)
    elif after:
        nearest = min(after)
    else:
        return None
    return nearest if abs(_number(month) - _number(nearest)) <= FARTHEST_MONTHS else None


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _compared(
    connection: duckdb.DuckDBPyConnection,
    columns: list[str],
    new: tuple[str, Path],
    old: tuple[str, list[Path]],
) -> list[Jump]:
    month, path = new
    against, paths = old
    known = ", ".join(f"'{one}'" for one in paths)
    levels = ", ".join(f'max("{name}")::DOUBLE AS "{name}"' for name in columns)
    asked: list[str] = []
    for name in columns:
        ratio = f'CASE WHEN n."{name}" > 0 AND o."{name}" > 0 THEN n."{name}" / o."{name}" END'
        for test in (f"({ratio}) >= {JUMP}", f"({ratio}) <= 1.0 / {JUMP}"):
            asked.append(
                f"count({ratio}), count(*) FILTER (WHERE {test}),"
                f" median({ratio}) FILTER (WHERE {test})"
            )
    row = connection.execute(
        f"WITH n AS (SELECT uscc, {levels} FROM read_parquet('{path}') GROUP BY uscc),"
        f" o AS (SELECT uscc, {levels} FROM read_parquet([{known}]) GROUP BY uscc)"
        f" SELECT {', '.join(asked)} FROM n JOIN o USING (uscc)"
    ).fetchall()[0]
    found: list[Jump] = []
    for place in range(0, len(row), 3):
        compared, jumped, factor = row[place : place + 3]
        if jumped >= LEAST_FIRMS and jumped >= LEAST_SHARE * compared:
            found.append(Jump(month, columns[place // 6], against, compared, jumped, factor))
    return found
