"""Reading standings: the one in force, its history, and what it is computed from."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from ratings.evaluations.queries import unsealed_of
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.policy import load_policy
from ratings.stars.standing import Standing, standing
from ratings.stars.waterfall import Step


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


_COLUMNS = (
    "uscc, as_of, score, stars, state, engagements, waterfall, policy, policy_version,"
    " policy_digest"
)


_WATERFALL = msgspec.json.Decoder(list[Step])


def standing_row(row: tuple[object, ...]) -> StandingRow:
    """From columns in the order of its fields, the waterfall as JSON."""
    values = list(row)
    values[6] = _WATERFALL.decode(str(values[6]))
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


async def outside_events(uscc: str) -> list[tuple[datetime, OutsideEvent]]:
    """What the authorities reported, each with the moment it was recorded."""
    rows = await fetch(
        'SELECT recorded_at, uscc, "on", source, document, severity, repaired_on, cap'
        ' FROM outside_event WHERE uscc = $1 ORDER BY "on", document',
        uscc,
    )
    return [
        (
            row["recorded_at"],
            OutsideEvent(
                uscc=row["uscc"],
                on=row["on"],
                source=row["source"],
                document=row["document"],
                severity=Severity(row["severity"]),
                repaired_on=row["repaired_on"],
                cap=Cap(row["cap"]),
            ),
        )
        for row in rows
    ]


async def recompute(uscc: str, as_of: datetime, policy: str = "standard") -> Standing:
    """The standing by what was known at `as_of`: later answers and events do not count."""
    engagements = [
        RatedEngagement(
            engagement=row.engagement,
            uscc=row.uscc,
            trade=row.trade,
            settled_on=row.settled_on,
            parties=row.parties,
        )
        for row in await unsealed_of(uscc)
        if row.unsealed_at <= as_of
    ]
    events = [event for recorded_at, event in await outside_events(uscc) if recorded_at <= as_of]
    return standing(uscc, engagements, events, local_date(as_of), load_policy(policy))


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
        " UNION SELECT true FROM outside_event WHERE uscc = $1 AND recorded_at > $2",
        uscc,
        moment,
    )
    return bool(rows)
