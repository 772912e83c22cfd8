"""Making an invented county and writing it: feeds in the file contract, and the truth beside them.

Firms are made in parts of fixed size, each from a stream of its own, so that a million need no
more memory than a part and the same seed gives the same county.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from ratings.shells.simulator.feeds import LOCAL, MONTHLY, Columns, View
from ratings.shells.simulator.months import live
from ratings.shells.simulator.noise import Noise, excuse_rows, manifest_rows, spoil
from ratings.shells.simulator.parameters import ARCHETYPES, HONEST, County, World, draw
from ratings.shells.simulator.population import CIRCUMSTANCES, Population, settle
from ratings.shells.simulator.register import practitioners, registration
from ratings.signals.cells import late_months, month_number, month_text
from ratings.signals.contract import FEEDS

PART = 50_000
AHEAD = 6
NINE = tuple(name for name in FEEDS if name not in ("excuses", "manifest"))


class Plan(msgspec.Struct, frozen=True):
    """What is to be made: `months` in the feeds up to `as_of` (YYYY-MM), six more for the truth."""

    world: World
    firms: int
    seed: int
    months: int = 24
    as_of: str = "2026-06"

    @property
    def newest(self) -> int:
        return month_number(self.as_of)

    @property
    def first(self) -> int:
        return self.newest - self.months + 1


class Made(msgspec.Struct, frozen=True):
    """A county in memory: one table per feed, and the truth."""

    tables: dict[str, pa.Table]
    labels: pa.Table


def _setting(plan: Plan) -> tuple[County, Population, np.ndarray, dict[str, frozenset[int]]]:
    """What holds for the whole county, each from a stream of its own."""
    streams = np.random.SeedSequence(plan.seed).spawn(3)
    numbers, people, events = (np.random.default_rng(one) for one in streams)
    county = draw(plan.world, numbers)
    population = settle(county, plan.firms, plan.months, AHEAD, people)
    slump = np.zeros(plan.months + AHEAD, bool)
    start = int(events.integers(0, plan.months))
    slump[start : start + round(county.of["shock_months"])] = True
    gone: dict[str, frozenset[int]] = {}
    for _ in range(round(county.of["outages"])):
        feed = str(events.choice(NINE))
        place = int(events.integers(0, plan.months))
        gone[feed] = gone.get(feed, frozenset()) | {place}
    return county, population, slump, gone


def parts(plan: Plan) -> Iterator[Made]:
    """The county part by part; the last one carries the manifest."""
    county, everyone, slump, gone = _setting(plan)
    calendar = (plan.first + np.arange(plan.months + AHEAD)) % 12
    counts: dict[str, np.ndarray] = {name: np.zeros((2, plan.months), np.int64) for name in NINE}
    for first in range(0, plan.firms, PART):
        # Everybody's part is made from the seed and its own place alone.
        random = np.random.default_rng(np.random.SeedSequence((plan.seed, 1 + first // PART)))
        people = everyone.part(first, min(first + PART, plan.firms))
        truth = live(county, people, calendar, slump, random)
        view = View(county, people, truth, plan.first, random)
        noise = Noise(view, plan.months, gone, _late(plan))
        tables = {}
        for name in NINE:
            expected = _expected(view, name, plan.months)
            present = noise.present(name, expected)
            i, m, columns = _rows(view, name, present)
            counts[name] += np.stack([expected.sum(axis=0), present.sum(axis=0)])
            tables[name] = spoil(view, name, _table(view, name, i, m, columns))
        tables["excuses"] = excuse_rows(view, plan.months)
        last = first + PART >= plan.firms
        tables["manifest"] = manifest_rows(plan.first, counts, gone, _late(plan), empty=not last)
        yield Made(tables, _labels(plan, people))


def make(plan: Plan) -> Made:
    """The whole county in memory."""
    made = list(parts(plan))
    tables = {name: pa.concat_tables([one.tables[name] for one in made]) for name in FEEDS}
    return Made(tables, pa.concat_tables([one.labels for one in made]))


def write(plan: Plan, out: Path, csv: bool = False) -> dict[str, int]:
    """Write OUT/feeds/<feed>.parquet (or .csv) and OUT/labels.parquet; rows per file."""
    feeds = out / "feeds"
    feeds.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter | pc.CSVWriter] = {}
    rows: dict[str, int] = {}
    try:
        for made in parts(plan):
            for name, table in {**made.tables, "labels": made.labels}.items():
                if name not in writers:
                    as_csv = csv and name != "labels"
                    folder = out if name == "labels" else feeds
                    path = folder / f"{name}.{'csv' if as_csv else 'parquet'}"
                    writers[name] = (
                        pc.CSVWriter(path, table.schema)
                        if as_csv
                        else pq.ParquetWriter(path, table.schema, compression="zstd")
                    )
                writers[name].write_table(table)
                rows[name] = rows.get(name, 0) + table.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    return rows


def _late(plan: Plan) -> dict[str, frozenset[int]]:
    """Places of the newest months that a source has not sent by the as-of month."""
    return {
        name: frozenset(month - plan.first for month in late_months(FEEDS[name], plan.newest))
        for name in NINE
    }


def _expected(view: View, name: str, months: int) -> np.ndarray:
    """The firm-months of which the source of this feed would speak."""
    expected = view.truth.alive[:, :months].copy()
    if name in LOCAL:
        expected[view.people.circumstance == CIRCUMSTANCES.index("out_of_county")] = False
    return expected


def _rows(view: View, name: str, present: np.ndarray) -> tuple[np.ndarray, np.ndarray, Columns]:
    if name == "practitioners":
        return practitioners(view, present)
    i, m = np.nonzero(present)
    maker = registration if name == "registration" else MONTHLY[name]
    return i, m, maker(view, i, m)


def _table(view: View, name: str, i: np.ndarray, m: np.ndarray, columns: Columns) -> pa.Table:
    """The columns in the order of the contract, with their keys."""
    months = np.array(
        [month_text(view.first + place) for place in range(view.truth.alive.shape[1])]
    )
    keyed = {"uscc": view.people.uscc[i], "month": months[m], **columns}
    keyed["received_at"] = _received(view, name, m)
    return pa.table({one.name: keyed[one.name] for one in FEEDS[name].columns if one.name in keyed})


def _received(view: View, name: str, m: np.ndarray) -> pa.Array:
    """The day after the source's usual lag, at noon."""
    lag = np.full(len(m), FEEDS[name].lag_days)
    day = view.day(m + 1, lag).astype("datetime64[us]") + np.timedelta64(12, "h")
    return pa.array(day, pa.timestamp("us", tz="UTC"))


def _labels(plan: Plan, people: Population) -> pa.Table:
    shell = people.shell
    return pa.table(
        {
            "uscc": people.uscc,
            "kind": np.where(shell, "shell", "honest"),
            "archetype": np.array(ARCHETYPES)[people.archetype],
            "circumstance": np.array(CIRCUMSTANCES)[people.circumstance],
            "ring": pa.array(people.ring, pa.int32(), mask=people.ring < 0),
            "since": pa.array(
                [month_text(plan.first + place) for place in people.since],
                pa.string(),
                mask=~shell | (people.since <= 0),
            ),
            "label": people.archetype >= len(HONEST),
        }
    )
