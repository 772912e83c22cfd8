"""What past months said, kept on this machine, so that a new month costs no more than itself.

The facts of a window are merged from its months in any order. Whoever has kept those of the months
so far needs only the rows of a month that has come since. What is kept can be made again from the
cells at any time: a file that is lost, or made of other cells or by another method than now, is
not used.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec
import pyarrow.parquet as pq

from ratings.shells.masks import mask_of
from ratings.shells.numbers import Frame
from ratings.signals.cells import FULL, WINDOW, month_table, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables
from ratings.signals.reading import empty_table
from ratings.signals.relations import StoredFeeds

# Below so many rows of a feed, reading all of them takes no longer than keeping anything.
LEAST_ROWS = 1_000_000
_MADE_OF, _METHOD = "made_of", "method"


class Unit(msgspec.Struct, frozen=True):
    """Facts that come from one feed. `partial` asks for those of the feed's rows, `whole` merges
    the tables kept_NAME and fresh_NAME of such facts and finishes them."""

    SIDES: ClassVar = ("kept", "fresh")

    name: str
    feed: str
    partial: str
    whole: str

    @property
    def method(self) -> str:
        return hashlib.sha256(self.partial.encode()).hexdigest()

    @property
    def of_fresh(self) -> str:
        """`partial` for the rows and months of the tables fresh_feed_FEED and fresh_months_FEED."""
        text = self.partial
        for table in ("feed", "months"):
            text = text.replace(f'"{table}_{self.feed}"', f'"fresh_{table}_{self.feed}"')
        return text


class Shelf:
    """The kept facts about the feeds of one store, as files in a folder of their own."""

    def __init__(self, folder: Path, feeds: StoredFeeds, least_rows: int = LEAST_ROWS) -> None:
        self.folder = folder
        self.feeds = feeds
        self.least_rows = least_rows

    def taken(self, tables: Tables, frame: Frame, units: Mapping[str, Unit]) -> dict[str, str]:
        """For every unit of which something is kept, the query that goes on from it."""
        found = {}
        for step, unit in units.items():
            path, made_of = self._fitting(unit, frame)
            if path is None:
                continue
            fresh = self._believed(unit.feed, frame).keys() - made_of.keys()
            self._fresh(tables, unit, frame, fresh)
            tables.view(f"kept_{unit.name}", f"SELECT * FROM read_parquet('{path}')")  # noqa: S608
            tables.view(f"fresh_{unit.name}", unit.of_fresh)
            found[step] = unit.whole
        return found

    def keep(self, tables: Tables, frame: Frame, units: Mapping[str, Unit]) -> None:
        """Put there what the months so far say, by the tables months_FEED, of large feeds."""
        for unit in units.values():
            if self._rows(unit.feed) < self.least_rows:
                continue
            made_of = self._believed(unit.feed, frame)
            text = msgspec.json.encode(made_of).decode()
            digest = hashlib.sha256(f"{unit.method} {text}".encode()).hexdigest()[:16]
            path = self.folder / f"{unit.name}-{frame.newest}-{digest}.parquet"
            if not path.exists():
                part = path.with_name(f".{path.name}.{os.getpid()}.part")
                tables.write(unit.partial, part, {_MADE_OF: text, _METHOD: unit.method})
                part.replace(path)
            self._forget(unit, frame.newest, path)

    def _forget(self, unit: Unit, newest: int, kept: Path) -> None:
        """Only this window and the one before it are asked for again."""
        before = f"{unit.name}-{newest - 1}-"
        for path in self.folder.glob(f"{unit.name}-*.parquet"):
            if path != kept and not path.name.startswith(before):
                path.unlink(missing_ok=True)

    def _rows(self, feed: str) -> int:
        said = self.feeds.manifest.select(["feed", "rows"]).to_pylist()
        return sum(row["rows"] or 0 for row in said if row["feed"] == feed)

    def _believed(self, feed: str, frame: Frame) -> dict[str, list[str]]:
        """The files of each month of the window that is believed."""
        gone = frame.gone.get(feed, 0)
        months = {month_text(frame.oldest + n) for n in range(WINDOW) if not gone >> n & 1}
        return {
            one.month: [str(path) for path in one.paths]
            for one in sorted(self.feeds.known.get(feed, ()), key=lambda one: one.month)
            if one.month in months
        }

    def _fitting(self, unit: Unit, frame: Frame) -> tuple[Path | None, dict[str, list[str]]]:
        """The kept file of this window with most months, all of which still are as they were."""
        now = self._believed(unit.feed, frame)
        best: tuple[Path | None, dict[str, list[str]]] = (None, {})
        for path in self.folder.glob(f"{unit.name}-{frame.newest}-*.parquet"):
            try:
                said = pq.read_metadata(path).metadata
            except FileNotFoundError:
                continue
            made_of: dict[str, list[str]] = msgspec.json.decode(said[_MADE_OF.encode()])
            same = said[_METHOD.encode()].decode() == unit.method
            if same and made_of.items() <= now.items() and len(made_of) > len(best[1]):
                best = (path, made_of)
        return best

    def _fresh(self, tables: Tables, unit: Unit, frame: Frame, months: set[str]) -> None:
        """The tables that `Unit.of_fresh` reads; two units of one feed share them."""
        places = [n for n in range(WINDOW) if month_text(frame.oldest + n) in months]
        table = month_table(FULL ^ mask_of(places), frame.newest)
        tables.register(f"fresh_months_{unit.feed}", table)
        name = f"fresh_feed_{unit.feed}"
        if months:
            tables.view(name, self.feeds.within(unit.feed, months).sql(unit.feed))
        else:
            tables.register(name, empty_table(FEEDS[unit.feed]))
