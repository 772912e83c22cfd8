"""The score of one firm as the feeds stand now, beside what the latest screen said of it.

After a late cell, a mended row or an excuse on record people see at once what it changes. It is
only shown: no case, no finding and no entry of the ledger follows from it. The policy, the window
and what only a whole county can tell (norms, neighbours, ties, how common a sign is) are those of
that screen.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import duckdb
import msgspec
from obstore.store import ObjectStore

from ratings.ledger.database import fetchval
from ratings.ledger.errors import NotFound
from ratings.shells.case_queries import RegisteredExcuseRow, registered_excuses
from ratings.shells.firms import frame_of
from ratings.shells.numbers import Frame
from ratings.shells.policy import Policy
from ratings.shells.policy_queries import screen_policy_of
from ratings.shells.prevalence import Counts
from ratings.shells.queries import FindingRow, finding, screen_that_saw, shown_in
from ratings.shells.scorecard import Outcome, Reason, Score
from ratings.shells.screen import open_engine
from ratings.shells.single import COUNTY, Row, firm_facts, rescored
from ratings.signals.agency_cells import own_rows
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import MANIFEST
from ratings.signals.engine import Tables
from ratings.signals.queries import known_since
from ratings.signals.relations import StoredFeeds, stored_feeds

_LEAST = 5e-7
"""Less in log-odds is a rounding, not a change."""


class ScoreFigures(msgspec.Struct, frozen=True):
    log_odds: float
    probability: float
    points: float
    coverage: float
    classes: int
    outcome: Outcome


class RescoredRow(msgspec.Struct, frozen=True):
    """A row of the explanation whose contribution moved; `before` and `after` are None where the
    row was not there, or is no more."""

    signal_class: str
    feature: str
    before: Reason | None
    after: Reason | None


class Rescored(msgspec.Struct, frozen=True):
    """What the screen said (`then`) and what the same policy would say of the feeds as they have
    been known since `known_at` (`now`)."""

    uscc: str
    screen: str
    as_of_month: str
    screened_at: datetime
    known_at: datetime
    policy: str
    policy_version: str
    policy_digest: str
    then: ScoreFigures
    now: ScoreFigures
    rows: list[RescoredRow]


async def rescored_now(uscc: str, store: ObjectStore, at: datetime) -> Rescored | None:
    """None where no screen has seen the firm, or its screen is older than what is kept for this."""
    found, ran = await finding(uscc), await screen_that_saw(uscc)
    if found is None or ran is None:
        return None
    kept = await kept_county(uscc)
    if kept is None:
        return None
    policy = await screen_policy_of(ran.policy_digest)
    known_at = await known_since(at)
    feeds = await stored_feeds(store, known_at)
    excuses = await registered_excuses(uscc)
    county, shown = msgspec.json.decode(kept), await shown_in(ran.id)
    score = await asyncio.to_thread(
        score_of, uscc, feeds, excuses, county, ran.as_of_month, policy, shown
    )
    return Rescored(
        uscc=uscc,
        screen=ran.id,
        as_of_month=ran.as_of_month,
        screened_at=ran.ran_at,
        known_at=known_at,
        policy=ran.policy,
        policy_version=ran.policy_version,
        policy_digest=ran.policy_digest,
        then=_figures(found),
        now=_figures(score),
        rows=_moved(found.reasons, score.reasons),
    )


async def kept_county(uscc: str) -> str | None:
    """What the latest screen that saw a firm has kept of the county, as JSON; None before that was
    kept."""
    found: str | None = await fetchval(
        "SELECT f.county FROM finding f JOIN screen_run r ON r.id = f.run WHERE f.uscc = $1"
        " ORDER BY r.ran_at DESC LIMIT 1",
        uscc,
    )
    return found


def not_kept(uscc: str) -> NotFound:
    return NotFound(
        "finding-not-kept",
        "No screen has kept what is needed to score the code {uscc} again; the next one will.",
        uscc=uscc,
    )


def score_of(
    uscc: str,
    feeds: StoredFeeds,
    excuses: list[RegisteredExcuseRow],
    county: Row,
    as_of_month: str,
    policy: Policy,
    shown: Counts,
) -> Score:
    """From the firm's own rows of the store, and what the county says of it and showed."""
    newest = month_number(as_of_month)
    months = [month_text(one) for one in range(newest - WINDOW + 1, newest + 1)]
    own = own_rows(feeds, uscc, months)
    told = [
        {"kind": one.kind, "from_month": one.from_month, "to_month": one.to_month or None}
        for one in excuses
    ]
    own["excuses"] = [*own.get("excuses", ()), *told]
    frame = _frame(feeds, newest)
    return rescored(uscc, firm_facts(own, frame), county, frame, policy, shown)


def county_of(tables: Tables, firms: str) -> dict[str, str]:
    """What a screen keeps of each wanted firm (the table `wanted`) besides its score, as JSON."""
    columns = ", ".join(f'"{name}"' for name in COUNTY)
    rows = tables.rows(
        f"SELECT uscc, {columns} FROM ({firms}) WHERE uscc IN (SELECT code FROM wanted)"  # noqa: S608
    )
    return {
        row["uscc"]: msgspec.json.encode({name: row[name] for name in COUNTY}).decode()
        for row in rows
    }


class _Said(msgspec.Struct, frozen=True):
    """The feeds as far as their missing months need them: by what the manifest says."""

    feeds: StoredFeeds

    @property
    def present(self) -> frozenset[str]:
        return self.feeds.present

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.register(f"feed_{MANIFEST.name}", self.feeds.manifest)


def _frame(feeds: StoredFeeds, newest: int) -> Frame:
    connection = open_engine("duckdb")
    try:
        return frame_of(Tables(connection, _Said(feeds)), newest)
    finally:
        connection.disconnect()


def _figures(one: FindingRow | Score) -> ScoreFigures:
    return ScoreFigures(
        one.log_odds,
        one.probability,
        one.points,
        one.coverage,
        one.classes,
        Outcome(one.outcome),
    )


def _moved(before: list[Reason], after: tuple[Reason, ...]) -> list[RescoredRow]:
    """The rows that differ, the largest move first."""
    old, new = _by_name(before), _by_name(after)
    found = []
    for key in {**new, **old}:
        was, now = old.get(key), new.get(key)
        if abs(_worth(now) - _worth(was)) > _LEAST:
            found.append(RescoredRow(*key, was, now))
    return sorted(found, key=lambda row: -abs(_worth(row.after) - _worth(row.before)))


def _by_name(reasons: list[Reason] | tuple[Reason, ...]) -> Mapping[tuple[str, str], Reason]:
    return {(one.signal_class, one.feature): one for one in reasons}


def _worth(reason: Reason | None) -> float:
    return reason.contribution if reason else 0.0
