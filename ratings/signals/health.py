"""How well each feed comes: its months, their lag and coverage, what is held, what has drifted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

import msgspec

from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch
from ratings.signals.cells import (
    COVERAGE_MEDIAN_MONTHS,
    LEAST_COVERAGE_OF_MEDIAN,
    WINDOW,
    month_end,
    month_number,
    month_text,
)
from ratings.signals.contract import FEEDS, State
from ratings.signals.drift import Drift, drift_of

LEAST_LAGS = 3


class MonthHealth(msgspec.Struct, frozen=True):
    """One month of a feed. `state` is POS for a complete month, LATE, FEED_MISSING.

    `lag_days` run from the end of the month to the first batch with it; `coverage` is the share of
    the known agencies, and None where nothing came. `batches` counts corrections too.
    """

    month: str
    state: State
    lag_days: int | None
    rows: int
    firms: int
    coverage: float | None
    batches: int
    erased: bool
    figures: dict[str, float]


class FeedHealth(msgspec.Struct, frozen=True):
    """One feed, its months oldest first. `usual_lag_days` is the median of what was seen, or what
    the contract says while little has come."""

    feed: str
    months: list[MonthHealth]
    usual_lag_days: int
    newest: str
    overdue_days: int
    held: int
    open_rows: int
    received_at: datetime | None
    drift: list[Drift]


def months_until(newest: int, count: int = WINDOW) -> list[str]:
    """The `count` months up to the month number `newest`, oldest first."""
    return [month_text(number) for number in range(newest - count + 1, newest + 1)]


def finished_months(at: datetime, count: int = WINDOW) -> list[str]:
    """The last `count` months that are over at `at`, oldest first."""
    return months_until(month_number(f"{local_date(at):%Y-%m}") - 1, count)


async def feed_health(at: datetime, count: int = WINDOW) -> list[FeedHealth]:
    """The nine feeds over the last `count` finished months, as known at `at`."""
    today = local_date(at)
    newest = month_number(f"{today:%Y-%m}") - 1
    months = months_until(newest, max(count, WINDOW))
    rows = await fetch(
        "SELECT p.feed, p.month, min(b.received_at) AS first, count(*) AS batches,"
        " sum(p.rows) AS rows, max(p.firms_known) AS firms,"
        " bool_and(p.erased_at IS NOT NULL) AS erased,"
        " (array_agg(p.figures ORDER BY p.rows DESC))[1] AS figures"
        " FROM feed_partition p JOIN feed_batch b ON b.id = p.batch"
        " WHERE b.known_at <= $1 AND p.month >= $2 GROUP BY p.feed, p.month",
        at,
        months[0],
    )
    came = {(row["feed"], row["month"]): row for row in rows}
    register = [row["firms"] for row in rows if row["feed"] == "registration"]
    everyone = max(register or [row["firms"] for row in rows] or [0])
    waiting = await fetch(
        "SELECT b.feed, count(*) FILTER (WHERE b.state = 'held'), max(b.received_at),"
        " coalesce(sum((SELECT count(*) FROM unmatched_row u"
        " WHERE u.batch = b.id AND u.state = 'open')), 0)::int"
        " FROM feed_batch b GROUP BY b.feed"
    )
    told = {row[0]: (row[1], row[2], row[3]) for row in waiting}
    found: list[FeedHealth] = []
    for name, feed in FEEDS.items():
        if "uscc" not in feed.key or "month" not in feed.key:
            continue
        covered = {
            month: min(1.0, came[name, month]["firms"] / everyone)
            for month in months
            if (name, month) in came and everyone
        }
        states = month_states(covered, feed.lag_days, months, today)
        listed = [
            _month(month, states[month], came.get((name, month)), covered.get(month))
            for month in months
        ]
        lags = habit([(one.month, one.lag_days) for one in listed if one.lag_days is not None])
        usual = round(median(lags)) if len(lags) >= LEAST_LAGS else feed.lag_days
        there = [one for one in listed if one.batches]
        held, received, open_rows = told.get(name, (0, None, 0))
        found.append(
            FeedHealth(
                feed=name,
                months=listed[-count:],
                usual_lag_days=usual,
                newest=there[-1].month if there else "",
                overdue_days=_overdue(there, usual, newest, today),
                held=held,
                open_rows=open_rows,
                received_at=received,
                drift=drift_of([one.figures for one in there]),
            )
        )
    return found


def habit(lags: Sequence[tuple[str, int]]) -> list[int]:
    """The lags in days, given with their months (YYYY-MM, the oldest first), that tell a habit. A
    month that came on the day of a later one, or after it, was caught up on."""
    found: list[int] = []
    later = date.max
    for month, lag in reversed(lags):
        came = month_end(month_number(month)) + timedelta(days=lag)
        if came < later:
            found.append(lag)
            later = came
    return found


def month_states(
    covered: Mapping[str, float], lag_days: int, months: list[str], today: date
) -> dict[str, State]:
    """POS where a month came and is complete; otherwise LATE while it may still come, and
    FEED_MISSING after that or when it covers less than 95 % of the median of the six before."""
    states: dict[str, State] = {}
    for month in months:
        number = month_number(month)
        before = [
            covered[earlier]
            for earlier in months_until(number - 1, COVERAGE_MEDIAN_MONTHS)
            if earlier in covered
        ]
        whole = month in covered and (
            not before or covered[month] >= LEAST_COVERAGE_OF_MEDIAN * median(before)
        )
        due = month_end(number) + timedelta(days=lag_days) <= today
        states[month] = State.POS if whole else State.FEED_MISSING if due else State.LATE
    return states


async def gaps(at: datetime, newest: str, count: int = WINDOW) -> dict[str, dict[str, State]]:
    """For each feed and month up to `newest` without a complete batch, why."""
    wanted = set(months_until(month_number(newest), count))
    return {
        one.feed: {
            row.month: row.state
            for row in one.months
            if row.month in wanted and row.state is not State.POS
        }
        for one in await feed_health(at, count + COVERAGE_MEDIAN_MONTHS)
    }


def _month(
    month: str, state: State, row: Mapping[str, object] | None, coverage: float | None
) -> MonthHealth:
    if row is None:
        return MonthHealth(month, state, None, 0, 0, None, 0, False, {})
    first = row["first"]
    assert isinstance(first, datetime), "every batch has a time"
    lag = (local_date(first) - month_end(month_number(month))).days
    figures = msgspec.json.decode(str(row["figures"]), type=dict[str, float])
    return MonthHealth(
        month,
        state,
        lag,
        int(str(row["rows"])),
        int(str(row["firms"])),
        coverage,
        int(str(row["batches"])),
        bool(row["erased"]),
        figures,
    )


def _overdue(there: list[MonthHealth], usual: int, newest: int, today: date) -> int:
    """Days since the next month should have come by the feed's own habit; 0 while it is in time."""
    if not there:
        return 0
    following = month_number(there[-1].month) + 1
    if following > newest:
        return 0
    return max(0, (today - month_end(following)).days - usual)
