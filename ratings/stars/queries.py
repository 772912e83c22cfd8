"""Reading standings: the one in force, its history, and what it is computed from."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import RatedRow, unsealed_everywhere, unsealed_of
from ratings.evaluations.reratings import rerated
from ratings.evaluations.switches import turned_off
from ratings.evaluations.weights import weights_at
from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.database import fetch, fetchrow
from ratings.ledger.errors import Refused
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimate_queries import reference_of
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.outlook import ComingChange, outlook
from ratings.stars.policy import Method, Policy
from ratings.stars.policy_queries import policy_in_force, policy_of_digest
from ratings.stars.robust import robust_standing
from ratings.stars.standing import Standing, standing
from ratings.stars.waterfall import Step, StepCode


class StandingRow(msgspec.Struct, frozen=True):
    """A published standing; `waterfall` points sum to `score` exactly."""

    uscc: str
    as_of: datetime
    score: Decimal | None
    stars: int | None
    state: str
    engagements: int
    waterfall: list[Step]
    policy: str
    policy_version: str
    policy_digest: str
    lower_bound: Decimal | None
    confirmed: bool


_COLUMNS = (
    "uscc, as_of, score, stars, state, engagements, waterfall, policy, policy_version,"
    " policy_digest, lower_bound, confirmed"
)


# A published standing stays as it is, and is shown far more often than it is published.
@lru_cache(maxsize=128)
def _waterfall(text: str) -> tuple[Step, ...]:
    return msgspec.json.decode(text, type=tuple[Step, ...])


def standing_row(row: tuple[object, ...]) -> StandingRow:
    """From columns in the order of its fields, the waterfall as JSON."""
    values = list(row)
    values[6] = list(_waterfall(str(values[6])))
    return StandingRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def current(uscc: str) -> StandingRow | None:
    """The standing in force, or None before anything was ever published."""
    row = await fetchrow(
        f"SELECT {_COLUMNS} FROM standing WHERE uscc = $1 AND current",
        uscc,
    )
    return None if row is None else standing_row(row)


async def published(uscc: str = "") -> list[StandingRow]:
    """Every standing ever published, of one agency or of all, oldest first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM standing WHERE $1 = '' OR uscc = $1 ORDER BY uscc, as_of",
        uscc,
    )
    return [standing_row(row) for row in rows]


async def outside_events(as_of: datetime, uscc: str = "") -> list[OutsideEvent]:
    """What the authorities reported about an agency, or about all, as it was known at a moment:
    what a repair had lifted by then is not among it."""
    rows = await fetch(
        'SELECT uscc, "on", source, document, severity, repaired_on, cap FROM outside_event'
        " WHERE ($2 = '' OR uscc = $2) AND recorded_at <= $1"
        ' AND (withdrawn_at IS NULL OR withdrawn_at > $1) ORDER BY uscc, "on", document',
        as_of,
        uscc,
    )
    return [
        OutsideEvent(
            uscc=row["uscc"],
            on=row["on"],
            source=row["source"],
            document=row["document"],
            severity=Severity(row["severity"]),
            repaired_on=row["repaired_on"],
            cap=Cap(row["cap"]),
        )
        for row in rows
    ]


async def recompute(uscc: str, as_of: datetime, policy: Policy | None = None) -> Standing:
    """The standing by what was known at `as_of`, under the policy that was in force on its day or
    under another one: later answers, events and policies do not count."""
    engagements, events = await evidence(uscc, as_of)
    on = local_date(as_of)
    rule = await policy_in_force(on) if policy is None else policy
    if rule.method is Method.PLAIN:
        return standing(uscc, engagements, events, on, rule)
    reference = await reference_of(rule, on, engagements)
    held = await stars_held(uscc, as_of)
    return robust_standing(uscc, engagements, events, on, rule, reference, held)


async def stars_held(uscc: str, before: datetime) -> int | None:
    """The stars of the last standing published before a moment, as they were without any cap."""
    row = await fetchrow(
        f"SELECT {_COLUMNS} FROM standing WHERE uscc = $1 AND as_of < $2"
        " ORDER BY as_of DESC LIMIT 1",
        uscc,
        before,
    )
    if row is None:
        return None
    last = standing_row(row)
    kept = [step.params["stars"] for step in last.waterfall if step.code is StepCode.HYSTERESIS]
    policy = await policy_of_digest(last.policy_digest)
    if kept:
        return int(kept[0])
    return None if last.score is None or policy is None else policy.stars.stars(last.score)


def last_moment(day: date | None, at: datetime) -> datetime:
    """The end of a day as it can be known at `at`: of today, and of no day, that is `at` itself.

    Refused for a day that lies in the future.
    """
    if day is None or day == local_date(at):
        return at
    if day > local_date(at):
        raise Refused("as-of-later", "{day} lies in the future; the record ends today.", day=day)
    return end_of_day(day) - timedelta(microseconds=1)


async def coming_changes(uscc: str, as_of: datetime) -> tuple[ComingChange, ...]:
    """What time alone will change in the standing, by what was known at `as_of`."""
    engagements, events = await evidence(uscc, as_of)
    on = local_date(as_of)
    policy = await policy_in_force(on)
    if policy.method is Method.PLAIN:
        return outlook(uscc, engagements, events, on, policy)
    reference = await reference_of(policy, on, engagements)
    held = await stars_held(uscc, as_of)
    return outlook(uscc, engagements, events, on, policy, reference, held)


async def evidence(uscc: str, as_of: datetime) -> tuple[list[RatedEngagement], list[OutsideEvent]]:
    """What a standing is computed from: the unsealed answers and the events known at `as_of`."""
    rows = [row for row in await unsealed_of(uscc) if row.unsealed_at <= as_of]
    return [_engagement(row, as_of) for row in rows], await outside_events(as_of, uscc)


async def whole_record(as_of: datetime) -> tuple[list[RatedEngagement], list[OutsideEvent]]:
    """The evidence of all agencies, as it was known at `as_of`: never for a public page."""
    rows = [row for row in await unsealed_everywhere() if row.unsealed_at <= as_of]
    return [_engagement(row, as_of) for row in rows], await outside_events(as_of)


def _engagement(row: RatedRow, as_of: datetime) -> RatedEngagement:
    """Without the answers that were left out at `as_of`, the others as they weighed then, and the
    centre's as it was last given.

    A rater is the organisation that was asked. The centre is one: it has no habit of its own
    beside the mean of its party."""
    left_out = turned_off(row.turns, as_of)
    again = rerated(row.reratings, as_of)
    parties = row.parties if again is None else {**row.parties, Party.CENTRE: again}
    return RatedEngagement(
        engagement=row.engagement,
        uscc=row.uscc,
        trade=row.trade,
        settled_on=row.settled_on,
        parties={party: parties[party] for party in parties if party not in left_out},
        raters={Party.OWNER: row.owner, Party.SUPERVISOR: row.supervisor},
        left_out=left_out,
        weights=weights_at(row.orders, as_of),
        rated_again=frozenset() if again is None else frozenset((Party.CENTRE,)),
    )


class Distribution(msgspec.Struct, frozen=True):
    """How many agencies stand at each number of stars; `unrated` have none."""

    stars: dict[int, int]
    unrated: int


async def distribution() -> Distribution:
    rows = await fetch("SELECT stars, count(*)::int FROM standing WHERE current GROUP BY stars")
    counts = {row[0]: row[1] for row in rows}
    return Distribution(
        stars={stars: counts.get(stars, 0) for stars in range(1, 6)},
        unrated=counts.get(None, 0),
    )


async def agencies_with_answers() -> list[str]:
    """Every USCC that has an unsealed evaluation or an outside event."""
    rows = await fetch(
        "SELECT uscc FROM docket WHERE unsealed_at IS NOT NULL"
        " UNION SELECT uscc FROM outside_event ORDER BY 1"
    )
    return [row[0] for row in rows]


class TrendPoint(msgspec.Struct, frozen=True):
    on: date
    score: Decimal
    stars: int


async def trend(uscc: str) -> list[TrendPoint]:
    """The published scores of an agency over time, oldest first."""
    rows = await fetch(
        "SELECT as_of, score, stars FROM standing WHERE uscc = $1 AND score IS NOT NULL"
        " ORDER BY as_of",
        uscc,
    )
    return [TrendPoint(local_date(row[0]), row[1], row[2]) for row in rows]


async def evidence_since(uscc: str, moment: datetime) -> bool:
    """Whether anything new about an agency became known after a moment."""
    rows = await fetch(
        "SELECT true FROM docket WHERE uscc = $1 AND unsealed_at > $2"
        " UNION SELECT true FROM outside_event WHERE uscc = $1 AND recorded_at > $2"
        " UNION SELECT true FROM answer_switch s JOIN docket d ON d.id = s.docket"
        " WHERE d.uscc = $1 AND s.switch = 'score' AND s.turned_at > $2"
        " UNION SELECT true FROM answer_weight w JOIN docket d ON d.id = w.docket"
        " WHERE d.uscc = $1 AND w.ordered_at > $2"
        " UNION SELECT true FROM rerating r JOIN docket d ON d.id = r.docket"
        " WHERE d.uscc = $1 AND r.taken_at > $2"
        " AND r.step IN ('given', 'annulled', 'lifted')",
        uscc,
        moment,
    )
    return bool(rows)
