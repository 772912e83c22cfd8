"""The feeds of one run on one engine, and which of their months are missing."""

from collections.abc import Iterator
from typing import Any

import ibis
import pyarrow as pa

from ratings.signals.cells import (
    COVERAGE_MEDIAN_MONTHS,
    LEAST_COVERAGE_OF_MEDIAN,
    WINDOW,
    late_months,
    month_number,
)
from ratings.signals.contract import FEEDS, Feed
from ratings.signals.reading import empty_table
from ratings.signals.relations import Feeds


class Tables:
    """The feeds of a run and everything made from them, as named tables on one connection.

    A feed that is not there is an empty table. What the method asks for is text that was
    compiled once for all runs; see `Recipe` in ratings/shells/firms.py.
    """

    dialect = "duckdb"

    def __init__(self, connection: ibis.BaseBackend, feeds: Feeds) -> None:
        self.connection = connection
        self.present = feeds.present
        feeds.attach(connection.con)
        for name, feed in FEEDS.items():
            if name not in self.present:
                self.register(f"feed_{name}", empty_table(feed))

    def register(self, name: str, table: pa.Table) -> None:
        self.connection.con.register(name, table)

    def keep(self, name: str, query: str) -> None:
        """Compute a query once, since several others read it."""
        self.connection.con.execute(f'CREATE TEMP TABLE "{name}" AS {query}')

    def view(self, name: str, query: str) -> None:
        """Give a query a name without computing it."""
        self.connection.con.execute(f'CREATE TEMP VIEW "{name}" AS {query}')

    def drop(self, name: str) -> None:
        self.connection.con.execute(f'DROP TABLE "{name}"')

    def arrow(self, query: str) -> pa.Table:
        return self.connection.con.sql(query).to_arrow_table()

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The result in pieces, so that it need not fit into memory."""
        yield from self.connection.con.sql(query).to_arrow_reader()

    def rows(self, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.arrow(query).to_pylist()
        return rows


def gone_months(tables: Tables, feed: Feed, newest: int) -> set[int]:
    """Month numbers whose batch is missing though it was due."""
    return missing_months(tables, feed, newest) - late_months(feed, newest)


def missing_months(tables: Tables, feed: Feed, newest: int) -> set[int]:
    """Month numbers whose batch never came, failed, or covers under 95 % of its usual share.

    Usual is the median coverage of the six batches before it. Where the manifest does not
    speak of the feed at all, a month with any row counts as delivered.
    """
    window = range(newest - WINDOW + 1, newest + 1)
    if feed.name not in tables.present:
        return set(window)
    listed: dict[int, float] = {}
    spoken = False
    for row in tables.rows(
        f"SELECT month, coverage, ok FROM feed_manifest WHERE feed = '{feed.name}'"  # noqa: S608
    ):
        spoken = True
        if row["ok"] and row["coverage"] is not None:
            listed[month_number(row["month"])] = row["coverage"]
    if not spoken:
        delivered = tables.rows(f"SELECT DISTINCT month FROM feed_{feed.name}")  # noqa: S608
        return set(window) - {month_number(row["month"]) for row in delivered}
    return {month for month in window if not _complete(listed, month)}


def _complete(listed: dict[int, float], month: int) -> bool:
    if month not in listed:
        return False
    before = sorted(
        listed[earlier]
        for earlier in range(month - COVERAGE_MEDIAN_MONTHS, month)
        if earlier in listed
    )
    if not before:
        return True
    middle = len(before) // 2
    median = before[middle] if len(before) % 2 else (before[middle - 1] + before[middle]) / 2
    return listed[month] >= LEAST_COVERAGE_OF_MEDIAN * median
