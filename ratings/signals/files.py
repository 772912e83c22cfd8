"""Reading a directory of feed files into memory, to evaluate or fit the screen; the command that
screens reads them onto disk (directory.py)."""

import hashlib
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ratings.ledger.errors import Refused
from ratings.signals.aside import Unmatched
from ratings.signals.contract import FEEDS, MANIFEST
from ratings.signals.raw_tables import SUFFIXES
from ratings.signals.reading import empty_table, one_row_per_key, typed_pieces

__all__ = ["SUFFIXES", "FeedBatch", "FeedDirectory", "Unmatched", "empty_table", "read_directory"]


class FeedBatch(msgspec.Struct, frozen=True):
    """One accepted file. `table` has every column of the contract, one row per key."""

    feed: str
    file: str
    table: pa.Table
    rows: int
    duplicates: int
    unmatched: tuple[Unmatched, ...]
    unknown_columns: tuple[str, ...]

    @property
    def rejected(self) -> int:
        """Rows set aside, however many things are wrong with each."""
        return len({entry.line for entry in self.unmatched})


class FeedDirectory(msgspec.Struct, frozen=True):
    batches: dict[str, FeedBatch]
    unknown_files: tuple[str, ...]

    @property
    def present(self) -> frozenset[str]:
        return frozenset(self.batches)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Arrow tables are registered under a name, not created: ibis 12 with sqlglot 30.18 and
        later writes a DROP VIEW without a name when it creates a table from memory."""
        for name, batch in self.batches.items():
            connection.register(f"feed_{name}", batch.table)

    @property
    def unmatched(self) -> tuple[Unmatched, ...]:
        return tuple(entry for batch in self.batches.values() for entry in batch.unmatched)


def find_files(path: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The feed files in `path` by feed, and the names of all others.

    Refused when there is none, or when one feed is in two files.
    """
    if not path.is_dir():
        raise Refused("feeds-directory", "There is no directory {path}.", path=str(path))
    found: dict[str, Path] = {}
    unknown: list[str] = []
    for file in sorted(path.iterdir()):
        if file.suffix not in SUFFIXES or file.stem not in FEEDS:
            unknown.append(file.name)
        elif file.stem in found:
            raise Refused(
                "feed-twice",
                "{first} and {second} are both the feed {feed}. Keep one of them.",
                first=found[file.stem].name,
                second=file.name,
                feed=file.stem,
            )
        else:
            found[file.stem] = file
    if not found:
        raise Refused(
            "feeds-none",
            "{path} holds no feed. Expected are files such as tax_filing.csv or"
            " registration.parquet.",
            path=str(path),
        )
    return found, tuple(unknown)


def read_directory(path: Path) -> FeedDirectory:
    """All feeds in `path`; Refused when there are none, or when one file cannot be a feed."""
    found, unknown = find_files(path)
    return FeedDirectory({name: read_feed(file) for name, file in found.items()}, unknown)


def read_feed(path: Path) -> FeedBatch:
    """The batch in one file, which is named after its feed."""
    feed = FEEDS[path.stem]
    pieces = list(typed_pieces(feed, path.name, path))
    table = pa.concat_tables(piece.table for piece in pieces)
    if feed is MANIFEST:
        table = with_widest_coverage(table)
    with duckdb.connect() as connection:
        connection.register("rows_of_file", table)
        one = one_row_per_key(connection, feed, "rows_of_file")
    if one.dropped:
        left_out = pc.is_in(table["line"], pa.array(one.dropped, pa.int64()))
        table = table.filter(pc.invert(left_out))
    unmatched = [entry for piece in pieces for entry in piece.unmatched] + one.conflicts
    return FeedBatch(
        feed=feed.name,
        file=path.name,
        table=table,
        rows=sum(piece.rows for piece in pieces),
        duplicates=one.duplicates,
        unmatched=tuple(sorted(unmatched, key=lambda entry: entry.line)),
        unknown_columns=pieces[0].unknown_columns,
    )


def with_widest_coverage(manifest: pa.Table) -> pa.Table:
    """Several rows of the manifest for one feed and month are its batches. A correction covers only
    the few firms that it names, and what came before it stays, so a month is covered as far as the
    widest of its sound batches says; whether it is sound the latest received says."""
    rows = manifest.select(["feed", "month", "coverage", "ok"]).to_pylist()
    widest: dict[tuple[str, str], float] = {}
    for row in rows:
        if row["ok"] and row["coverage"] is not None:
            month = (row["feed"], row["month"])
            widest[month] = max(widest.get(month, 0.0), row["coverage"])
    coverage = [widest.get((row["feed"], row["month"]), row["coverage"]) for row in rows]
    place = manifest.column_names.index("coverage")
    return manifest.set_column(place, "coverage", pa.array(coverage, pa.float64()))


def said_to_have_none(found: dict[str, Path]) -> frozenset[str]:
    """The feeds of which the manifest among the files says, for every month that it names, that the
    office was asked and has no row."""
    if "manifest" not in found:
        return frozenset()
    said: dict[str, bool] = {}
    for row in read_feed(found["manifest"]).table.to_pylist():
        none = row["rows"] == 0 and row["ok"] is True
        said[row["feed"]] = said.get(row["feed"], True) and none
    return frozenset(feed for feed, none in said.items() if none)


def sha256_of(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
