"""Facts kept from past months: merged with the new ones they are what all months say together."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.ledger.clock import now
from ratings.shells.facts import SHORT
from ratings.shells.firms import frame_of, gathered, shelved
from ratings.shells.policy import load_policy
from ratings.shells.scorecard import Score
from ratings.shells.screen import open_engine, running
from ratings.shells.shelf import Shelf
from ratings.signals.cells import FULL, WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables
from ratings.signals.reading import empty_table
from ratings.signals.relations import Known, StoredFeeds, manifest_rows
from tests.ratings.shells.test_single import AS_OF, Rows, wild

NEWEST = month_number(AS_OF)
POLICY = load_policy()
MONTHS = [month_text(NEWEST - WINDOW + 1 + place) for place in range(WINDOW)]


class Store:
    """The partitions of some feeds, month by month, in a folder."""

    def __init__(self, rows: Rows, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[tuple[str, str], tuple[Path, ...]] = {}
        by_month: defaultdict[tuple[str, str], list[dict[str, object]]] = defaultdict(list)
        for feed, found in rows.items():
            for row in found:
                by_month[feed, str(row.get("month", ""))].append(row)
        for (feed, month), found in by_month.items():
            self.add(feed, month, found)

    def add(self, feed: str, month: str, rows: list[dict[str, object]]) -> None:
        """One more batch of this month, which overrules the earlier ones."""
        before = self.paths.get((feed, month), ())
        path = self.folder / f"{feed}-{month or 'all'}-{len(before)}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, empty_table(FEEDS[feed]).schema), path)
        self.paths[feed, month] = (*before, path)

    def feeds(self, without: frozenset[tuple[str, str]] = frozenset()) -> StoredFeeds:
        known: defaultdict[str, list[Known]] = defaultdict(list)
        for (feed, month), paths in sorted(self.paths.items()):
            if (feed, month) not in without:
                known[feed].append(Known(month, paths))
        return StoredFeeds(
            now(), {feed: tuple(of) for feed, of in known.items()}, manifest_rows([])
        )


def keep(feeds: StoredFeeds, folder: Path, newest: int = NEWEST) -> None:
    connection = open_engine("duckdb")
    try:
        shelved(Tables(connection, feeds), newest, Shelf(folder, feeds, least_rows=0))
    finally:
        connection.disconnect()


def screened(feeds: StoredFeeds, shelf: Path | None = None) -> tuple[list[Score], set[str]]:
    """The scores, and the units that went on from what the shelf had."""
    kept = Shelf(shelf, feeds, least_rows=0) if shelf else None
    with running(feeds, AS_OF, POLICY, shelf=kept) as run:
        views = run.tables.rows("SELECT view_name AS name FROM duckdb_views() WHERE temporary")
        used = {row["name"].removeprefix("kept_") for row in views if "kept_" in row["name"]}
        return sorted(run.some(None), key=lambda score: score.uscc), used


def facts(feeds: StoredFeeds, shelf: Path | None = None) -> list[dict[str, object]]:
    """What is gathered of every firm, before any of it is weighed."""
    connection = open_engine("duckdb")
    try:
        tables = Tables(connection, feeds)
        kept = Shelf(shelf, feeds, least_rows=0) if shelf else None
        gathered(tables, frame_of(tables, NEWEST), POLICY, kept)
        return tables.rows("SELECT * FROM facts ORDER BY uscc")
    finally:
        connection.disconnect()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, code: Callable[[int], str]) -> Store:
    return Store(wild(Random(23), code), tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def whole(store: Store) -> list[Score]:
    return screened(store.feeds())[0]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, FULL), min_size=len(SHORT), max_size=len(SHORT)))
def test_months_merged_in_any_order_say_the_same(
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
    masks: list[int],
) -> None:
    """The mask of each feed says which of its months come after the others were kept."""
    folder = tmp_path_factory.mktemp("shelf")
    later = frozenset(
        (feed, month)
        for feed, mask in zip(SHORT, masks, strict=True)
        for place, month in enumerate(MONTHS)
        if mask >> place & 1
    )
    keep(store.feeds(later), folder)
    assert facts(store.feeds(), folder) == facts(store.feeds())


def test_the_next_month_costs_that_month_only(
    store: Store, whole: list[Score], tmp_path: Path
) -> None:
    newest = frozenset((feed, MONTHS[-1]) for feed in SHORT)
    keep(store.feeds(newest), tmp_path)
    feeds = store.feeds()
    with running(feeds, AS_OF, POLICY, shelf=Shelf(tmp_path, feeds, least_rows=0)) as run:
        months = run.tables.rows("SELECT DISTINCT month FROM fresh_feed_tax_filing")
    assert [row["month"] for row in months] == [MONTHS[-1]]
    assert screened(feeds, tmp_path) == (whole, set(SHORT))


def test_a_corrected_month_is_read_anew(
    store: Store, code: Callable[[int], str], tmp_path: Path
) -> None:
    own = Store({}, tmp_path)
    own.paths = dict(store.paths)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    keep(own.feeds(), shelf)
    row = {
        "uscc": code(3),
        "month": MONTHS[-2],
        "state": "POS",
        "insured": 40,
        "due_fen": 5_800_000,
    }
    own.add("social_insurance", MONTHS[-2], [row])
    scores, used = screened(own.feeds(), shelf)
    assert used == set(SHORT) - {"social_insurance"}
    assert scores == screened(own.feeds())[0]


def test_what_another_method_kept_is_not_used(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ratings.shells.shelf.Unit.method", "an older one")
        keep(store.feeds(), tmp_path)
    assert screened(store.feeds(), tmp_path)[1] == set()


def test_older_windows_leave_the_shelf(store: Store, tmp_path: Path) -> None:
    for newest in (NEWEST - 2, NEWEST - 1, NEWEST):
        keep(store.feeds(), tmp_path, newest)
    kept = {int(path.name.split("-")[1]) for path in tmp_path.iterdir()}
    assert kept == {NEWEST - 1, NEWEST}


def test_small_feeds_are_not_kept(store: Store, tmp_path: Path) -> None:
    feeds = store.feeds()
    connection = open_engine("duckdb")
    shelved(Tables(connection, feeds), NEWEST, Shelf(tmp_path, feeds))
    connection.disconnect()
    assert list(tmp_path.iterdir()) == []
