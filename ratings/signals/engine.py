"""The feeds of one run on one engine, and which of their months are missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
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

    def words(self, name: str, table: pa.Table) -> None:
        """A small table whose texts the engine carries as numbers, through joins and into files,
        instead of copying them for every row that has one."""
        self.register(f"{name}_written", table)
        columns = []
        for field in table.schema:
            column = f'"{field.name}"'
            if pa.types.is_string(field.type):
                kind = f'"{name}_{field.name}"'
                self.connection.con.execute(
                    f'CREATE TYPE {kind} AS ENUM (SELECT DISTINCT {column} FROM "{name}_written")'  # noqa: S608
                )
                column = f"{column}::{kind} AS {column}"
            columns.append(column)
        self.keep(name, f'SELECT {", ".join(columns)} FROM "{name}_written"')  # noqa: S608

    def keep(self, name: str, query: str) -> None:
        """Compute a query once, since several others read it."""
        self.connection.con.execute(f'CREATE TEMP TABLE "{name}" AS {query}')

    def view(self, name: str, query: str) -> None:
        """Give a query a name without computing it."""
        self.connection.con.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {query}')

    def drop(self, name: str) -> None:
        self.connection.con.execute(f'DROP TABLE "{name}"')

    def arrow(self, query: str) -> pa.Table:
        return self.connection.con.sql(query).to_arrow_table()

    def write(self, query: str, path: Path, metadata: Mapping[str, str]) -> None:
        """The result as a Parquet file with `metadata`, without holding all of it in memory.

        Raises OSError when the file cannot be written.
        """
        told = ", ".join(f"{key}: {_quoted(value)}" for key, value in metadata.items())
        try:
            self.connection.con.execute(
                f"COPY ({query}) TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd,"
                f" USE_TMP_FILE false, KV_METADATA {{{told}}})"
            )
        except duckdb.IOException as error:
            raise OSError(str(error)) from error

    def rows(self, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.arrow(query).to_pylist()
        return rows


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
