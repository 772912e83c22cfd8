"""All feeds of the store “as known on” an instant, as relations that DuckDB reads from disk."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import duckdb
import msgspec
import pyarrow as pa
from obstore.store import ObjectStore

from ratings.signals.columns import TYPES
from ratings.signals.contract import FEEDS, MANIFEST
from ratings.signals.queries import StoredPartition, known_partitions
from ratings.signals.store import local_paths

_COMPANION = MANIFEST.name


class Feeds(Protocol):
    """Tables of the contract, wherever they come from."""

    @property
    def present(self) -> frozenset[str]:
        """The feeds of which there is at least one row."""
        ...

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make each present feed readable as `feed_<name>`: its columns, and the line."""
        ...


class Known(msgspec.Struct, frozen=True):
    """One month of one feed: its files, of which a later one overrules the earlier."""

    month: str
    paths: tuple[Path, ...]


class StoredFeeds(msgspec.Struct, frozen=True):
    """The store as it was known at `at`.

    A month that came in one batch is read straight from its file; only where a correction came
    the rows of its files are compared, and the latest received of each cell holds.
    """

    at: datetime
    known: dict[str, tuple[Known, ...]]
    manifest: pa.Table

    @property
    def present(self) -> frozenset[str]:
        return frozenset(self.known) | {_COMPANION}

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.register(f"feed_{_COMPANION}", self.manifest)
        for feed in self.known:
            if feed != _COMPANION:
                connection.execute(f"CREATE TEMP VIEW feed_{feed} AS {self.sql(feed)}")

    def within(self, feed: str, months: Collection[str]) -> "StoredFeeds":
        """The same with one feed only, in these months; without any, `known` is empty."""
        kept = tuple(one for one in self.known.get(feed, ()) if one.month in months)
        return StoredFeeds(self.at, {feed: kept} if kept else {}, self.manifest)

    def sql(self, feed: str, where: str = "true") -> str:
        """The rows of a feed; `where` is a condition on its key, applied before anything else."""
        return rows_of(feed, self.known[feed], where)


def rows_of(feed: str, months: Sequence[Known], where: str = "true") -> str:
    """The rows of these months of a feed: of each cell those that were received last."""
    keys = ", ".join(f'"{name}"' for name in FEEDS[feed].key)
    single = [known.paths[0] for known in months if len(known.paths) == 1]
    pieces = [f"SELECT * FROM {_files(single)} WHERE {where}"] if single else []
    for known in months:
        if len(known.paths) > 1:
            union = " UNION ALL ".join(
                f"SELECT *, {place} AS arrived FROM {_files([path])} WHERE {where}"
                for place, path in enumerate(known.paths)
            )
            pieces.append(
                f"SELECT * EXCLUDE (arrived) FROM ({union}) QUALIFY row_number()"
                f" OVER (PARTITION BY {keys} ORDER BY arrived DESC) = 1"
            )
    return " UNION ALL ".join(pieces)


def _files(paths: Sequence[Path]) -> str:
    listed = ", ".join("'{}'".format(str(path).replace("'", "''")) for path in paths)
    return f"read_parquet([{listed}])"


async def stored_feeds(store: ObjectStore, at: datetime) -> StoredFeeds:
    """The store as it was known at `at`; an empty one has no feed but the manifest."""
    partitions = await known_partitions(at)
    paths = await local_paths(store, (one.key for one in partitions))
    grouped: dict[str, dict[str, list[Path]]] = {}
    for one in partitions:
        grouped.setdefault(one.feed, {}).setdefault(one.month, []).append(paths[one.key])
    known = {
        feed: tuple(Known(month, tuple(files)) for month, files in months.items())
        for feed, months in grouped.items()
    }
    said = manifest_rows(partitions)
    if _COMPANION in known:
        said = _overruled(said, _delivered(StoredFeeds(at, known, pa.table({}))))
    return StoredFeeds(at, known, said)


def manifest_rows(partitions: Sequence[StoredPartition]) -> pa.Table:
    """What the manifest of the store says of each feed and month, in the columns of the contract.

    The coverage is the share of the agencies known to the register (or, without one, to the feed
    that names most) that this feed named for this month.
    """
    latest: dict[tuple[str, str], StoredPartition] = {}
    rows: dict[tuple[str, str], int] = {}
    for one in partitions:
        if "uscc" in FEEDS[one.feed].key and one.month:
            latest[one.feed, one.month] = one
            rows[one.feed, one.month] = rows.get((one.feed, one.month), 0) + one.rows
    register = [one.firms_known for (feed, _), one in latest.items() if feed == "registration"]
    everyone = max(register or [one.firms_known for one in latest.values()], default=0)
    columns: dict[str, list[object]] = {
        "line": list(range(1, len(latest) + 1)),
        "feed": [feed for feed, _ in latest],
        "month": [month for _, month in latest],
        "received_at": [one.received_at.astimezone(UTC) for one in latest.values()],
        "rows": [rows[place] for place in latest],
        "matched": [rows[place] for place in latest],
        "coverage": [min(1.0, one.firms_known / everyone) for one in latest.values()],
        "ok": [True] * len(latest),
    }
    types = {"line": pa.int64()} | {one.name: TYPES[one.kind] for one in MANIFEST.columns}
    return pa.table({name: pa.array(columns[name], kind) for name, kind in types.items()})


def _delivered(feeds: StoredFeeds) -> pa.Table:
    """What the offices' manifests say, the latest of each feed and month; but a correction covers
    only the firms that it names, so the coverage is that of the widest sound batch."""
    paths = [path for known in feeds.known[_COMPANION] for path in known.paths]
    with duckdb.connect() as connection:
        return connection.sql(
            "SELECT latest.* REPLACE (coalesce(widest.coverage, latest.coverage) AS coverage)"
            f" FROM ({feeds.sql(_COMPANION)}) AS latest LEFT JOIN"
            f" (SELECT feed, month, max(coverage) AS coverage FROM {_files(paths)} WHERE ok"
            " GROUP BY ALL) AS widest USING (feed, month)"
        ).to_arrow_table()


def _overruled(own: pa.Table, delivered: pa.Table) -> pa.Table:
    """An office's own word about its feed and month goes before what we counted."""
    with duckdb.connect() as connection:
        connection.register("own", own)
        connection.register("delivered", delivered)
        return connection.sql(
            "SELECT * FROM delivered UNION ALL BY NAME"
            " SELECT * FROM own ANTI JOIN delivered USING (feed, month)"
        ).to_arrow_table()


@contextlib.contextmanager
def opened(feeds: Feeds) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own on which the feeds can be read."""
    connection = duckdb.connect()
    try:
        feeds.attach(connection)
        yield connection
    finally:
        connection.close()
