"""Running the real screen on an invented county, and reading off what is needed to measure it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratings.shells.evaluation.fitting import Examples
from ratings.shells.policy import Policy
from ratings.shells.prevalence import factors, local, made_where
from ratings.shells.screen import running
from ratings.shells.simulator.county import Plan, write
from ratings.signals.files import FeedDirectory, read_directory


class Truth(msgspec.Struct, frozen=True):
    """The labels of a county, one entry per firm. `ring` is -1, `since` empty for none."""

    uscc: np.ndarray
    label: np.ndarray
    archetype: np.ndarray
    ring: np.ndarray
    since: np.ndarray


class Look(msgspec.Struct, frozen=True):
    """What the screen found, in the order of the truth. A firm that no feed names has a log-odds
    of minus infinity, probability 0 and no reading. `weights` are those of the county, and `shown`
    is how many of all its firms lay in each bin of the features whose weights depend on it."""

    odds: np.ndarray
    chance: np.ndarray
    outcome: np.ndarray
    readings: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]
    bins: dict[str, np.ndarray]
    excuses: dict[str, np.ndarray]
    shown: dict[str, list[int]]


class Gathered(msgspec.Struct, frozen=True):
    """The examples of some counties, the policy to fit around, which is one as it weighs in all of
    them together, and how many of all their firms lay in each bin."""

    policy: Policy
    examples: Examples
    shown: dict[str, list[int]]


def gathered(policy: Policy, seen: Sequence[tuple[Look, np.ndarray]]) -> Gathered:
    """What was seen of each county with its labels, without the firms that no feed names."""
    shown = {
        name: np.sum([look.shown[name] for look, _ in seen], axis=0).tolist()
        for name in seen[0][0].shown
    }
    whole = made_where(local(policy, shown), shown)
    parts = []
    for look, labels in seen:
        scales = factors(whole, look.shown)
        part = Examples(
            labels,
            look.bins,
            look.excuses,
            np.ones(len(labels)),
            {name: np.append(own, 1.0)[look.bins[name]] for name, own in scales.items()},
        )
        parts.append(part.some(np.isfinite(look.odds)))
    return Gathered(whole, Examples.together(parts), shown)


def truth_of(labels: pa.Table) -> Truth:
    return Truth(
        uscc=labels["uscc"].to_numpy(),
        label=labels["label"].to_numpy(),
        archetype=labels["archetype"].to_numpy(),
        ring=pc.fill_null(labels["ring"], -1).to_numpy(),
        since=pc.fill_null(labels["since"], "").to_numpy(),
    )


@contextmanager
def county(plan: Plan) -> Iterator[tuple[FeedDirectory, Truth]]:
    """An invented county, written to files and read again as any delivery is."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(plan, folder)
        labels = pq.read_table(folder / "labels.parquet")
        yield read_directory(folder / "feeds"), truth_of(labels)


def look(directory: FeedDirectory, as_of: str, policy: Policy, uscc: np.ndarray) -> Look:
    """The screen of `directory`, for the firms `uscc` in this order."""
    with running(directory, as_of, policy) as run:
        evidence = run.tables.arrow("SELECT * FROM evidence")
        judged = run.tables.arrow("SELECT * FROM judged")
        here, shown = run.here, run.shown
    both = set(evidence.column_names) & set(judged.column_names) - {"uscc"}
    table = evidence.join(judged.drop_columns(sorted(both)), "uscc")
    place = pc.index_in(pa.array(uscc), table["uscc"].combine_chunks())
    rows = table.take(place)

    def numbers(column: str, absent: float) -> np.ndarray:
        values: np.ndarray = pc.fill_null(rows[column].cast(pa.float64()), absent).to_numpy()
        return values

    bins: dict[str, np.ndarray] = {}
    readings: dict[str, np.ndarray] = {}
    # A contradiction is read off its parts, wherever the policy lists it.
    for feature in sorted(policy.features, key=lambda one: bool(one.both)):
        if feature.both:
            # Of a contradiction only where it holds is kept; read it was where its parts were.
            holds = rows[f"months_{feature.name}"].is_valid().to_numpy()
            value = np.where(holds, 1.0, 0.0)
            for part in feature.both:
                value[np.isnan(readings[part.feature])] = np.nan
            places = np.where(holds, feature.bin_of(1.0), feature.bin_of(0.0))
            bins[feature.name] = np.where(np.isnan(value), -1, places)
        else:
            value = numbers(f"counted_{feature.name}", np.nan)
            bins[feature.name] = numbers(f"bin_{feature.name}", -1).astype(int)
        readings[feature.name] = value
    return Look(
        odds=numbers("log_odds", -np.inf),
        chance=numbers("probability", 0.0),
        outcome=pc.fill_null(rows["outcome"], "none").to_numpy(),
        readings=readings,
        weights={
            feature.name: np.append(feature.weights, 0.0)[bins[feature.name]]
            for feature in here.features
        },
        bins=bins,
        excuses={kind: numbers(f"excuse_{kind}", 0) != 0 for kind in sorted(policy.excuses)},
        shown=shown,
    )
