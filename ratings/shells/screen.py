"""The screen: a directory of feeds in, a score with its reasons for every agency out."""

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import ibis.expr.types as ir
import msgspec
import numpy as np
import pyarrow as pa

from ratings.ledger.errors import Refused
from ratings.shells.evidence import with_evidence, with_ties
from ratings.shells.explanation import (
    Kinds,
    evidence_of,
    evidence_table,
    judgement_of,
    kinds_of,
    month_texts,
    reason_rows,
    reason_table,
    reason_texts,
    score_table,
    scores_of,
)
from ratings.shells.facts import SHORT
from ratings.shells.firms import CLUSTERS, Recipe, frame_of, gathered, planned, shelved
from ratings.shells.policy import WATCHED_TIES, Policy, load_policy
from ratings.shells.prevalence import local
from ratings.shells.scorecard import Outcome, Score, judged, known_of, watched_alone
from ratings.shells.shelf import Shelf
from ratings.signals.cells import month_number, month_text
from ratings.signals.engine import Tables
from ratings.signals.files import FeedBatch, Unmatched, read_directory
from ratings.signals.relations import Feeds

ENGINES = ("duckdb", "spark")


class Screened:
    """One run on its engine. Scores and reasons are computed when they are asked for, so that a
    million firms can be streamed to where they are wanted."""

    def __init__(
        self, tables: Tables, newest: int, policy: Policy, shelf: Shelf | None = None
    ) -> None:
        self.tables = tables
        self.policy = policy
        self.as_of = month_text(newest)
        self.frame = frame_of(tables, newest)
        gathered(tables, self.frame, policy, shelf)
        self.firms = (
            f"SELECT f.*, w.{WATCHED_TIES} FROM ({planned(tables.dialect).firms}) f"  # noqa: S608
            " LEFT JOIN watched_ties w ON f.uscc = w.uscc"
        )
        tables.keep("evidence", _evidence(policy, tables.dialect))
        self.shown = _shown(tables, policy)
        self.here = local(policy, self.shown)
        ties, judgement = _weighing(self.here, tables.dialect)
        tables.keep("watched_ties", ties)
        tables.keep("judged", judgement)
        scores, masks, reasons = _results(kinds_of(policy), tables.dialect)
        tables.words("reason_texts", reason_texts(policy, self.here))
        found = [row["mask"] for row in tables.rows(masks)]
        tables.register("month_texts", month_texts(found, newest))
        tables.view("scores", scores)
        tables.view("reasons", reasons)

    def some(self, codes: Iterable[str] | None, flagged: bool = False) -> tuple[Score, ...]:
        """The scores of these firms (all with None), and of all flagged ones too if asked, in
        the order of their codes."""
        tests = ["true"]
        if codes is not None:
            self.tables.register("wanted", pa.table({"code": pa.array(list(codes), pa.string())}))
            tests = ["uscc IN (SELECT code FROM wanted)"]
        if flagged:
            tests.append(f"outcome = '{Outcome.CASE.value}'")
        chosen = " OR ".join(tests)
        found = self.tables.rows(f"SELECT * FROM scores WHERE {chosen} ORDER BY uscc")  # noqa: S608
        self.tables.register("found", pa.table({"code": [row["uscc"] for row in found]}))
        reasons = self.tables.rows("SELECT * FROM reasons WHERE uscc IN (SELECT code FROM found)")
        return tuple(scores_of(found, reasons, self.policy, self.here))

    def metadata(self) -> dict[str, str]:
        """What a result file must say about where it comes from."""
        return {
            "as_of": self.as_of,
            "policy": f"{self.policy.name} {self.policy.version}",
            "policy_digest": self.policy.digest,
        }

    def counts(self) -> dict[Outcome, int]:
        rows = self.tables.rows("SELECT outcome, count(*) AS firms FROM scores GROUP BY outcome")
        found = {row["outcome"]: row["firms"] for row in rows}
        return {outcome: found.get(outcome.value, 0) for outcome in Outcome}


@functools.lru_cache(maxsize=16)
def _evidence(policy: Policy, dialect: str) -> str:
    """The query for what is kept of each firm."""
    plan = planned(dialect)
    recipe = Recipe(dialect, plan.parts)
    readings = recipe.extend(plan.readings, known_of(plan.readings, policy))
    return recipe.text(evidence_of(with_evidence(readings, policy, recipe.extend), policy))


def _shown(tables: Tables, policy: Policy) -> dict[str, list[int]]:
    """How many firms lie in each bin of the features whose weights depend on it."""
    if policy.prevalence is None:
        return {}
    names = sorted(policy.prevalence.shares)
    table = tables.arrow(f"SELECT {', '.join(f'bin_{name}' for name in names)} FROM evidence")  # noqa: S608
    return {
        name: np.bincount(
            table[f"bin_{name}"].drop_null().to_numpy(),
            minlength=len(policy.by_name[name].weights),
        ).tolist()
        for name in names
    }


@functools.lru_cache(maxsize=16)
def _weighing(policy: Policy, dialect: str) -> tuple[str, str]:
    """The queries for how many of those tied to each firm would be watched for what they show
    themselves, and for its score."""
    evidence, counted = evidence_table(policy), {"uscc": "string", WATCHED_TIES: "int64"}
    recipe = Recipe(dialect)
    tied = evidence.left_join(ibis.table(counted, name="watched_ties"), "uscc")
    firms = with_ties(recipe.start(tied.drop("uscc_right")), policy, recipe.extend)
    judgement = judgement_of(judged(firms, policy, recipe.extend), policy)
    return _watched_ties(evidence, policy, Recipe(dialect)), recipe.text(judgement)


def _watched_ties(evidence: ir.Table, policy: Policy, recipe: Recipe) -> str:
    """(uscc, watched_ties) of every firm that hangs together with others."""
    tied = recipe.start(evidence.join(CLUSTERS.select("uscc", "ring"), "uscc"))
    alone = watched_alone(tied, policy, recipe.extend)
    rows = alone.select("uscc", "ring", watched=alone["watched"].cast("int64"))
    others = rows["watched"].sum().over(group_by="ring") - rows["watched"]
    return recipe.text(rows.select("uscc", **{WATCHED_TIES: others.cast("int64")}))


@functools.lru_cache(maxsize=4)
def _results(kinds: Kinds, dialect: str) -> tuple[str, str, str]:
    """The queries for the scores, for the months that reasons speak of, and for the reasons."""
    recipe = Recipe(dialect)
    rows = recipe.start(reason_rows(kinds))
    wanted = (score_table(), rows.select("mask").distinct(), reason_table(rows))
    scores, masks, reasons = map(recipe.text, wanted)
    return scores, masks, reasons


def prepared(policy: Policy, dialect: str) -> None:
    """Compile the queries of a policy, which is done once in a process; each run reuses them."""
    _evidence(policy, dialect)
    _results(kinds_of(policy), dialect)


class Screening(msgspec.Struct, frozen=True):
    """What one run found; `scores` are those that were asked for, `shown` how many firms lay in
    each bin of the features whose weights depend on it.

    `batches`, `unmatched` and `unknown_files` tell of a directory that was read for the run.
    """

    as_of: str
    policy: Policy
    scores: tuple[Score, ...]
    counts: dict[Outcome, int]
    shown: dict[str, list[int]]
    batches: tuple[FeedBatch, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    unknown_files: tuple[str, ...] = ()


def screen_directory(
    path: Path,
    as_of_month: str,
    policy: Policy | None = None,
    engine: str = "duckdb",
    codes: Iterable[str] | None = None,
    flagged: bool = False,
) -> Screening:
    """Screen every agency the feeds in `path` name over the 24 months up to `as_of_month`.

    The result holds the scores of the firms in `codes`, or of all with None, and with `flagged`
    those of all flagged firms as well.
    """
    directory = read_directory(path)
    return msgspec.structs.replace(
        screen_feeds(directory, as_of_month, policy or load_policy(), engine, codes, flagged),
        batches=tuple(directory.batches.values()),
        unmatched=directory.unmatched,
        unknown_files=directory.unknown_files,
    )


def screen_feeds(
    feeds: Feeds,
    as_of_month: str,
    policy: Policy,
    engine: str = "duckdb",
    codes: Iterable[str] | None = None,
    flagged: bool = False,
) -> Screening:
    """The same for feeds that have been taken in already, wherever they lie."""
    with running(feeds, as_of_month, policy, engine) as run:
        return Screening(
            as_of=as_of_month,
            policy=policy,
            scores=run.some(codes, flagged),
            counts=run.counts(),
            shown=run.shown,
        )


@contextmanager
def running(
    feeds: Feeds,
    as_of_month: str,
    policy: Policy,
    engine: str = "duckdb",
    shelf: Shelf | None = None,
) -> Iterator[Screened]:
    """A screen on an engine of its own, which is closed afterwards."""
    newest = month_number(as_of_month)
    if not set(SHORT) & feeds.present:
        raise no_feed()
    with _tables(engine, feeds) as tables:
        yield Screened(tables, newest, policy, shelf)


@contextmanager
def _tables(engine: str, feeds: Feeds) -> Iterator[Tables]:
    if engine == "spark":
        # An extra, and a second to load: only for whoever asks for it.
        from ratings.signals.spark import on_spark

        with on_spark(feeds) as tables:
            yield tables
        return
    connection = open_engine(engine)
    try:
        yield Tables(connection, feeds)
    finally:
        connection.disconnect()


def keep_facts(shelf: Shelf, as_of_month: str) -> None:
    """Keep what the feeds say so far of the 24 months up to `as_of_month`."""
    with _tables("duckdb", shelf.feeds) as tables:
        shelved(tables, month_number(as_of_month), shelf)


def no_feed() -> Refused:
    return Refused(
        "screen-no-feed",
        "None of the feeds the screen looks at is there: {feeds}.",
        feeds=", ".join(SHORT),
    )


def open_engine(engine: str) -> ibis.BaseBackend:
    """A connection of its own for one run."""
    if engine not in ENGINES:
        raise Refused(
            "screen-engine",
            "The screen does not run on “{engine}”; it runs on: {engines}.",
            engine=engine,
            engines=", ".join(ENGINES),
        )
    return ibis.duckdb.connect()
