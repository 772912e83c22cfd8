"""A feed file cut into typed Parquet partitions, one for each month, sorted by agency.

The rows stream through a working folder: first into a loose file for each month, then each month
is brought into order by DuckDB, which spills to disk rather than take more memory than it may.
Sorted by code, one agency's rows lie in one small row group of each partition.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused
from ratings.signals.aside import Unmatched
from ratings.signals.contract import FEEDS, MANIFEST, Feed
from ratings.signals.drift import FIGURES
from ratings.signals.files import sha256_of, with_widest_coverage
from ratings.signals.reading import one_row_per_key, typed_pieces
from ratings.signals.rules import no_rows

# One file may hold twenty years; more months than that are a mistyped column.
MOST_MONTHS = 240
ROW_GROUP = 20_480
MEMORY = "1GB"
NO_MONTH = ""
"""The month of a feed whose rows have none, such as excuses: all of it is one partition."""

Progress = Callable[[int], None]


class PartitionFile(msgspec.Struct, frozen=True):
    """One month of a batch. `firms` are the distinct agencies in it."""

    month: str
    path: Path
    rows: int
    firms: int
    sha256: str
    size: int
    figures: dict[str, float]


class CutFile(msgspec.Struct, frozen=True):
    """A feed file that was read. `rows` are all it had, `duplicates` those that said the same
    again or were overtaken within the file."""

    feed: str
    rows: int
    duplicates: int
    unmatched: tuple[Unmatched, ...]
    unknown_columns: tuple[str, ...]
    partitions: tuple[PartitionFile, ...]

    @property
    def set_aside(self) -> int:
        return len({entry.line for entry in self.unmatched})


@contextlib.contextmanager
def engine(work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB within its share of memory; what does not fit lies in `work` meanwhile."""
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(work)})
    try:
        yield connection
    finally:
        connection.close()


def cut(
    feed_name: str,
    file: str,
    source: Path | bytes,
    work: Path,
    *,
    newest: str,
    key: bytes | None = None,
    has_none: bool = False,
    progress: Progress = lambda rows: None,
) -> CutFile:
    """Read a feed file into partitions that lie in `work`; Refused as a whole where it must be.

    `newest` is the month we are in (YYYY-MM): nothing can have happened after it. `key` hashes
    identifiers that come in the clear. `has_none` takes a table without rows. `progress` is
    told the rows of each piece.
    """
    feed = FEEDS[feed_name]
    loose = _Loose(feed, file, work, newest)
    rows = 0
    unmatched: list[Unmatched] = []
    unknown: tuple[str, ...] = ()
    with contextlib.closing(loose):
        for piece in typed_pieces(feed, file, source, key):
            loose.add(with_widest_coverage(piece.table) if feed is MANIFEST else piece.table)
            rows += piece.rows
            unmatched += piece.unmatched
            unknown = piece.unknown_columns
            progress(piece.rows)
    if not rows and not has_none:
        raise no_rows(file)
    duplicates = 0
    partitions: list[PartitionFile] = []
    with engine(work) as connection:
        for month, path in sorted(loose.paths.items()):
            one = one_row_per_key(connection, feed, f"read_parquet('{path}')")
            duplicates += one.duplicates
            unmatched += one.conflicts
            made = _in_order(connection, feed, month, path, one.dropped)
            if made is not None:
                partitions.append(made)
    return CutFile(
        feed_name,
        rows,
        duplicates,
        tuple(sorted(unmatched, key=lambda entry: entry.line)),
        unknown,
        tuple(partitions),
    )


class _Loose:
    """One open file for each month that was met."""

    def __init__(self, feed: Feed, file: str, work: Path, newest: str) -> None:
        self.paths: dict[str, Path] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._monthly = "month" in feed.key
        self._feed, self._file, self._work, self._newest = feed, file, work, newest

    def add(self, table: pa.Table) -> None:
        if not self._monthly:
            self._write(NO_MONTH, table)
            return
        months = pc.unique(table["month"]).to_pylist()
        for month in sorted(months):
            if month > self._newest:
                raise Refused(
                    "feed-future-month",
                    "{file} has rows for {month}, a month that has not come yet. Check how the"
                    " months are written; nothing of it was taken in.",
                    file=self._file,
                    month=month,
                )
            alone = len(months) == 1
            self._write(month, table if alone else table.filter(pc.equal(table["month"], month)))

    def _write(self, month: str, table: pa.Table) -> None:
        if month not in self._writers:
            if len(self._writers) >= MOST_MONTHS:
                raise Refused(
                    "feed-many-months",
                    "{file} has rows for more than {most} months. Check how the months are"
                    " written; nothing of it was taken in.",
                    file=self._file,
                    most=MOST_MONTHS,
                )
            path = self._work / f"{self._feed.name}-{month or 'all'}-loose.parquet"
            self.paths[month] = path
            self._writers[month] = pq.ParquetWriter(path, table.schema, compression="lz4")
        self._writers[month].write_table(table)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _in_order(
    connection: duckdb.DuckDBPyConnection, feed: Feed, month: str, loose: Path, dropped: list[int]
) -> PartitionFile | None:
    """The month as it is kept, or nothing when every row of it was set aside."""
    path = loose.with_name(f"{feed.name}-{month or 'all'}.parquet")
    source = f"read_parquet('{loose}')"
    if dropped:
        connection.register("dropped", pa.table({"line": pa.array(dropped, pa.int64())}))
        source = f"{source} ANTI JOIN dropped USING (line)"
    order = ", ".join(f'"{name}"' for name in feed.key)
    connection.execute(
        f"COPY (SELECT * FROM {source} ORDER BY {order}) TO '{path}'"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    loose.unlink()
    subject = "uscc" if "uscc" in feed.key else feed.key[0]
    asked = FIGURES.get(feed.name, {})
    listed = "".join(f", ({expression})::DOUBLE" for expression in asked.values())
    counted = connection.execute(
        f"SELECT count(*), count(DISTINCT \"{subject}\"){listed} FROM read_parquet('{path}')"
    ).fetchall()
    rows, firms, *found = counted[0]
    if not rows:
        path.unlink()
        return None
    figures = {name: value for name, value in zip(asked, found, strict=True) if value is not None}
    return PartitionFile(month, path, rows, firms, sha256_of(path), path.stat().st_size, figures)
