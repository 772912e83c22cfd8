"""What decided shell cases have left: labels with their reasons, and the measures over them."""

from datetime import datetime
from statistics import median

import msgspec

from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.shells.audit import Ended, Measures, measures
from ratings.shells.case_queries import ShellCase, shell_cases
from ratings.shells.case_way import Desk, ShellFinding
from ratings.signals.contract import FEEDS
from ratings.signals.queries import known_partitions

MONTHLY = tuple(name for name, feed in FEEDS.items() if "month" in feed.key and "uscc" in feed.key)
"""The feeds of which every firm has a row for each month."""


class LabelRow(msgspec.Struct, frozen=True):
    """What people found about an agency, kept with its reason: `finding` is no-ground, no-issue,
    excuse, rectify or shell, `fate` what the registrar did, empty while that is not known. `shell`
    is false where the decision was taken back upon an objection (`reversed`)."""

    uscc: str
    case: str
    arm: str
    month: str
    finding: str
    fate: str
    shell: bool
    reversed: bool
    reason: str
    opened_at: datetime
    decided_at: datetime


async def labels() -> list[LabelRow]:
    """One for each decided case, the oldest first."""
    # Every case is read as of its newest step, so the instant only has to lie after all of them.
    newest = await fetchval("SELECT coalesce(max(at), now()) FROM shell_step")
    found = [_label(one) for one in await shell_cases(newest)]
    return sorted((one for one in found if one), key=lambda one: one.decided_at)


def _label(case: ShellCase) -> LabelRow | None:
    """A decision stays a label when it is set aside; only its worth changes."""
    ended = [
        one
        for one in case.steps
        if one.did == "decided" or (one.did == "desk-checked" and one.result == Desk.NO_GROUND)
    ]
    if not ended:
        return None
    step = ended[-1]
    taken_back = case.state == "annulled" or not step.holds
    concluded = case.last("concluded")
    return LabelRow(
        uscc=case.uscc,
        case=case.id,
        arm=case.arm,
        month=local_date(case.opened_at).strftime("%Y-%m"),
        finding=step.result,
        fate=concluded.result if concluded else "",
        shell=step.result == ShellFinding.SHELL and not taken_back,
        reversed=taken_back,
        reason=step.text,
        opened_at=case.opened_at,
        decided_at=step.at,
    )


async def case_measures() -> Measures:
    """Over all decided cases; the arms are weighed by the counts of the last screen."""
    counts = await fetchrow(
        "SELECT coalesce((counts ->> 'case')::int, 0), (SELECT coalesce(sum(n::int), 0)::int"
        " FROM jsonb_each_text(counts) AS one(k, n) WHERE k <> 'case')"
        " FROM screen_run ORDER BY ran_at DESC LIMIT 1"
    )
    flagged, unflagged = tuple(counts) if counts else (0, 0)
    ended = [
        Ended(
            one.arm, one.finding == ShellFinding.SHELL, one.reversed, one.opened_at, one.decided_at
        )
        for one in await labels()
    ]
    return measures(ended, flagged, unflagged)


class PlannedMonth(msgspec.Struct, frozen=True):
    """The reviews of a month: `pool` agencies took part in the lot, `drawn` won it; `used` are the
    cases in which a visit was reported in that month."""

    month: str
    budget: int
    seed: str
    pool: int
    drawn: list[str]
    planned_at: datetime
    used: int


_PLANNED = (
    "SELECT month, budget, seed, pool, ARRAY(SELECT jsonb_object_keys(drawn) ORDER BY 1),"
    " planned_at, (SELECT count(DISTINCT case_file) FROM shell_step WHERE did = 'visited'"
    "  AND to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') = month) FROM review_month"
)


async def planned_month(month: str) -> PlannedMonth | None:
    row = await fetchrow(f"{_PLANNED} WHERE month = $1", month)
    return None if row is None else PlannedMonth(*row)


async def planned_months() -> list[PlannedMonth]:
    """The newest first."""
    return [PlannedMonth(*row) for row in await fetch(f"{_PLANNED} ORDER BY month DESC")]


class ReviewLoad(msgspec.Struct, frozen=True):
    """Outcomes of one screen before: for the drift from run to run."""

    as_of_month: str
    ran_at: datetime
    counts: dict[str, int]


async def past_screens(limit: int = 6) -> list[ReviewLoad]:
    """The newest first."""
    rows = await fetch(
        "SELECT as_of_month, ran_at, counts FROM screen_run ORDER BY ran_at DESC LIMIT $1", limit
    )
    return [ReviewLoad(row[0], row[1], msgspec.json.decode(row[2])) for row in rows]


class Band(msgspec.Struct, frozen=True):
    """How many agencies of a screen have points from `low` to below `low` + 10, and how many of
    them it watches and flags; the first band also takes all below, the last all above."""

    low: int
    count: int
    watched: int
    flagged: int


BAND = 10
_FIRST, _LAST = -50, 150


async def distribution(screen: str) -> list[Band]:
    """The bands from the first to the last that has anybody in it."""
    rows = await fetch(
        "SELECT least(greatest(floor(points / 10) * 10, $2), $3)::int AS band, count(*),"
        " count(*) FILTER (WHERE outcome = 'watch'), count(*) FILTER (WHERE outcome = 'case')"
        " FROM finding WHERE run = $1::uuid GROUP BY band ORDER BY band",
        screen,
        _FIRST,
        _LAST,
    )
    bands = {row[0]: Band(*row) for row in rows}
    if not bands:
        return []
    return [bands.get(low, Band(low, 0, 0, 0)) for low in range(min(bands), max(bands) + 1, BAND)]


class FeedDrift(msgspec.Struct, frozen=True):
    """One feed in its newest month: how many firms it named, against the median of the six months
    before; None where there is no month before."""

    feed: str
    month: str
    firms: int
    usual: float | None


async def feed_drift(at: datetime) -> list[FeedDrift]:
    """Of every feed that has come, in the order of the contract."""
    found: dict[str, dict[str, int]] = {}
    for one in await known_partitions(at):
        if one.month and one.feed in MONTHLY:
            months = found.setdefault(one.feed, {})
            months[one.month] = max(months.get(one.month, 0), one.firms)
    drift = []
    for feed in MONTHLY:
        if feed in found:
            newest, *before = sorted(found[feed], reverse=True)
            usual = [found[feed][month] for month in before[:6]]
            drift.append(
                FeedDrift(feed, newest, found[feed][newest], median(usual) if usual else None)
            )
    return drift
