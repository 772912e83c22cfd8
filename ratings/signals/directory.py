"""A directory of feed files read piece by piece onto disk, for the command `screen`: the rows of a
million firms fit no memory."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ratings.ledger.errors import Refused
from ratings.signals.aside import Aside
from ratings.signals.contract import FEEDS, MANIFEST
from ratings.signals.files import find_files, with_widest_coverage
from ratings.signals.partitions import engine
from ratings.signals.reading import one_row_per_key, typed_pieces

# What the engine holds of a screen before it goes on in the working folder.
MEMORY = "3500MB"


class FileOnDisk(msgspec.Struct, frozen=True):
    """One accepted file as typed rows in `path`, those on the lines `dropped` left out."""

    file: str
    path: Path
    dropped: pa.Table
    rows: int
    duplicates: int
    rejected: int
    unknown_columns: tuple[str, ...]


class DirectoryOnDisk(msgspec.Struct, frozen=True):
    """`aside` tells of the rows of all files that were set aside."""

    work: Path
    files: dict[str, FileOnDisk]
    aside: Aside
    unknown_files: tuple[str, ...]

    @property
    def present(self) -> frozenset[str]:
        return frozenset(self.files)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = '{_quoted(self.work)}'")
        for name, file in self.files.items():
            source = f"read_parquet('{_quoted(file.path)}')"
            if file.dropped.num_rows:
                connection.register(f"dropped_{name}", file.dropped)
                source = f"{source} ANTI JOIN dropped_{name} USING (line)"
            connection.execute(f"CREATE TEMP VIEW feed_{name} AS SELECT * FROM {source}")  # noqa: S608


@contextmanager
def directory_on_disk(path: Path) -> Iterator[DirectoryOnDisk]:
    """All feeds in `path`, as long as the context lasts; Refused when there are none, when one
    file cannot be a feed, or when the working folder has no room, be it for what is done there
    within the context."""
    found, unknown = find_files(path)
    aside = Aside()
    try:
        with TemporaryDirectory() as name:
            work = Path(name)
            files = {feed: _on_disk(file, work, aside) for feed, file in found.items()}
            yield DirectoryOnDisk(work, files, aside, unknown)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise Refused(
            "screen-work",
            "The screen cannot work in {path}: {problem}. Make room there, or set TMPDIR to a"
            " folder on a disk that has more. No result was written.",
            path=gettempdir(),
            problem=_problem(error),
        ) from error


def _problem(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error).partition("\n")[0].rstrip(".")


def _on_disk(source: Path, work: Path, aside: Aside) -> FileOnDisk:
    feed, path = FEEDS[source.stem], work / f"{source.stem}.parquet"
    pieces = typed_pieces(feed, source.name, source)
    first = next(pieces)
    rows = rejected = 0
    with pq.ParquetWriter(path, first.table.schema, compression="lz4") as writer:
        for piece in itertools.chain([first], pieces):
            table = with_widest_coverage(piece.table) if feed is MANIFEST else piece.table
            writer.write_table(table)
            rows += piece.rows
            rejected += piece.rows - table.num_rows
            aside.add(piece.unmatched)
    with engine(work) as connection:
        one = one_row_per_key(connection, feed, f"read_parquet('{_quoted(path)}')")
    aside.add(one.conflicts)
    return FileOnDisk(
        file=source.name,
        path=path,
        dropped=pa.table({"line": pa.array(one.dropped, pa.int64())}),
        rows=rows,
        duplicates=one.duplicates,
        rejected=rejected + len(one.conflicts),
        unknown_columns=first.unknown_columns,
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
