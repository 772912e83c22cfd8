"""The figures of a check-up from the feeds, for every firm and every trade, on the engine.

A batch that is not complete is believed in neither direction, so its month is not known here
either. A zero that the law excuses is a zero of the figure all the same: it says what there was.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import pyarrow as pa

from ratings.shells.check_up import INDICATORS, Measured, Trade
from ratings.shells.facts import SHORT
from ratings.shells.firms import frame_of
from ratings.shells.screen import open_engine
from ratings.signals.cells import WINDOW, month_number, month_table
from ratings.signals.engine import Tables
from ratings.signals.relations import Feeds

_KNOWN = "state IN ('POS', 'ZERO')"
# Months that one return stands for.
_FILED = "CASE filing_cycle WHEN 'Q' THEN 3 WHEN 'Y' THEN 12 ELSE 1 END"
# Of each indicator: what it is among the rows of a span, and how many months of them are known.
_SQL = {
    "sales": (f"sum(sales_fen) FILTER ({_KNOWN}) / sum({_FILED}) FILTER ({_KNOWN})",
              f"sum({_FILED}) FILTER ({_KNOWN})"),
    "invoiced": (f"avg(out_fen) FILTER ({_KNOWN})", f"count(out_fen) FILTER ({_KNOWN})"),
    "power": (f"avg(kwh) FILTER ({_KNOWN} AND meter_holder)",
              f"count(kwh) FILTER ({_KNOWN} AND meter_holder)"),
    "insured": (f"avg(insured) FILTER ({_KNOWN})", f"count(insured) FILTER ({_KNOWN})"),
    "fund": (f"avg(contributors) FILTER ({_KNOWN})", f"count(contributors) FILTER ({_KNOWN})"),
    "awards": ("sum(awards)", "count(awards)"),
    "late_orders": ("sum(overdue) / nullif(sum(delivered) + sum(overdue), 0)", "count(overdue)"),
    "arrears": ("arg_max(arrears_fen, place)", "count(*)"),
    "enforcement": ("arg_max(open_enforcement_fen, place)", "count(*)"),
    "penalties": ("arg_max(penalties, place)", "count(*)"),
    "late_returns": ("count(*) FILTER (state = 'OVERDUE')",
                     f"count(*) FILTER ({_KNOWN} OR state = 'OVERDUE')"),
    "late_insurance": ("count(*) FILTER (state = 'OVERDUE')",
                       f"count(*) FILTER ({_KNOWN} OR state = 'OVERDUE')"),
}  # fmt: skip
_SPANS = {"now": f"place >= {WINDOW - 12}", "before": f"place < {WINDOW - 12}"}


class County(msgspec.Struct, frozen=True):
    """The firms that were asked for, and their trades by code; the trade "" is all firms."""

    firms: tuple[Measured, ...]
    trades: dict[str, Trade]


def measured(feeds: Feeds, month: str, codes: Iterable[str], least_months: int) -> County:
    """The figures of `codes` over the twelve months up to `month` (YYYY-MM) and those before."""
    newest = month_number(month)
    connection = open_engine("duckdb")
    try:
        tables = Tables(connection, feeds)
        frame = frame_of(tables, newest)
        for feed in SHORT:
            tables.register(f"months_{feed}", month_table(frame.gone[feed], newest))
        tables.keep("measured", _everyone(least_months))
        return _read(tables, sorted(set(codes)))
    finally:
        connection.disconnect()


def _everyone(least_months: int) -> str:
    """One row per firm of the register: its trade, and now_X and before_X of every indicator."""
    joined = " ".join(
        f"LEFT JOIN ({_span(feed, span, least_months)}) AS {span}_{feed} USING (uscc)"
        for feed in dict.fromkeys(one.feed for one in INDICATORS)
        for span in _SPANS
    )
    return (
        "SELECT * FROM (SELECT uscc, coalesce(arg_max(sector, place), '') AS trade"
        " FROM feed_registration JOIN months_registration USING (month) GROUP BY uscc)"
        f" AS registered {joined}"
    )


def _span(feed: str, span: str, least_months: int) -> str:
    columns = ", ".join(
        f"CASE WHEN {_SQL[one.name][1]} >= {least_months} THEN ({_SQL[one.name][0]})::DOUBLE END"
        f" AS {span}_{one.name}"
        for one in INDICATORS
        if one.feed == feed
    )
    return (
        f"SELECT uscc, {columns} FROM feed_{feed} JOIN months_{feed} USING (month)"
        f" WHERE {_SPANS[span]} GROUP BY uscc"
    )


def _read(tables: Tables, codes: list[str]) -> County:
    tables.register("wanted", pa.table({"uscc": pa.array(codes, pa.string())}))
    firms = tuple(
        Measured(
            row["uscc"],
            row["trade"],
            {one.name: row[f"now_{one.name}"] for one in INDICATORS},
            {one.name: row[f"before_{one.name}"] for one in INDICATORS},
        )
        for row in tables.rows("SELECT * FROM measured JOIN wanted USING (uscc) ORDER BY uscc")
    )
    columns = ", ".join(
        f"count(now_{one.name}) AS known_{one.name},"
        f" quantile_cont(now_{one.name}, [0.25, 0.5, 0.75]) AS quartiles_{one.name}"
        for one in INDICATORS
    )
    # The firms of a trade that is named, and all firms together for those without one.
    trades = tables.rows(
        f"SELECT trade, count(*) AS firms, {columns} FROM measured WHERE trade <> ''"
        " AND trade IN (SELECT trade FROM measured JOIN wanted USING (uscc)) GROUP BY trade"
        f" UNION ALL SELECT '', count(*), {columns} FROM measured"
    )
    return County(firms, {row["trade"]: _trade(row) for row in trades})


def _trade(row: dict[str, Any]) -> Trade:
    quartiles = {one.name: row[f"quartiles_{one.name}"] for one in INDICATORS}
    return Trade(
        firms=row["firms"],
        known={one.name: row[f"known_{one.name}"] for one in INDICATORS},
        quartiles={name: tuple(three) if three else None for name, three in quartiles.items()},
    )
