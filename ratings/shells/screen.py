"""The screen: a directory of feeds in, a score with its reasons for every agency out."""

from collections import Counter
from pathlib import Path

import ibis
import msgspec

from ratings.ledger.errors import Refused
from ratings.shells.features import CLASSES, gather
from ratings.shells.policy import Policy, load_policy
from ratings.shells.scorecard import Outcome, Score, score
from ratings.signals.cells import Tables, month_number
from ratings.signals.files import FeedBatch, FeedDirectory, Unmatched, read_directory

ENGINES = ("duckdb",)
COMPANIONS = ("excuses", "manifest")


class Screening(msgspec.Struct, frozen=True):
    """What one run found. `unused` are feeds that came but that the policy does not look at."""

    as_of: str
    policy: Policy
    scores: tuple[Score, ...]
    counts: dict[Outcome, int]
    batches: tuple[FeedBatch, ...]
    unmatched: tuple[Unmatched, ...]
    unused: tuple[str, ...]
    unknown_files: tuple[str, ...]


def screen_directory(
    path: Path, as_of_month: str, policy: Policy | None = None, engine: str = "duckdb"
) -> Screening:
    """Screen every agency the feeds in `path` name over the 24 months up to `as_of_month`."""
    return screen_feeds(read_directory(path), as_of_month, policy or load_policy(), engine)


def screen_feeds(
    directory: FeedDirectory, as_of_month: str, policy: Policy, engine: str = "duckdb"
) -> Screening:
    """The same for batches that have already been read."""
    newest = month_number(as_of_month)
    if not set(CLASSES) & set(directory.batches):
        raise Refused(
            "screen-no-feed",
            "None of the feeds the screen looks at is there: {feeds}.",
            feeds=", ".join(CLASSES),
        )
    connection = open_engine(engine)
    try:
        tables = Tables(connection, directory)
        evidence = gather(tables, newest, policy.county, policy.bookkeeper_firms)
    finally:
        connection.disconnect()
    scores = tuple(score(policy, one, newest) for one in evidence)
    found = Counter(one.outcome for one in scores)
    return Screening(
        as_of=as_of_month,
        policy=policy,
        scores=scores,
        counts={outcome: found[outcome] for outcome in Outcome},
        batches=tuple(directory.batches.values()),
        unmatched=directory.unmatched,
        unused=tuple(name for name in directory.batches if name not in (*CLASSES, *COMPANIONS)),
        unknown_files=directory.unknown_files,
    )


def open_engine(engine: str) -> ibis.BaseBackend:
    """A connection of its own for one run; nothing is written to disk."""
    if engine not in ENGINES:
        raise Refused(
            "screen-engine",
            "The screen does not run on “{engine}”; it runs on: {engines}.",
            engine=engine,
            engines=", ".join(ENGINES),
        )
    return ibis.duckdb.connect()
