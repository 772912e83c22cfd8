"""Reading what the feeds have proposed as outside events."""

from datetime import date, datetime

import msgspec

from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment
from ratings.stars.event_proposals import SIGNS, Sign
from ratings.stars.feedback import Cap, Severity

OPEN, CONFIRMED, DISMISSED = "open", "confirmed", "dismissed"


class EventProposalRow(msgspec.Struct, frozen=True):
    """`feed` says it for `month`, `since` where it names the day; `severity` and `cap` are what the
    method makes of it. `decided_by` is a person by the id."""

    id: str
    uscc: str
    sign: Sign
    feed: str
    severity: Severity
    cap: Cap
    month: str
    since: date | None
    found_at: datetime
    state: str
    document: str
    reason: str
    decided_by: str | None
    decided_at: datetime | None


_COLUMNS = (
    "id::text, uscc, sign, month, since, found_at, state, document, reason, decided_by, decided_at"
)


def _row(values: tuple[object, ...]) -> EventProposalRow:
    identifier, uscc, sign, *rest = values
    said = Sign(str(sign))
    return EventProposalRow(str(identifier), str(uscc), said, *SIGNS[said], *rest)  # type: ignore[arg-type] # columns in the order of the fields


async def event_proposals(
    *, state: str = "", limit: int, after: Moment | None = None
) -> list[EventProposalRow]:
    """The newest first; of one state, where it is given."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM event_proposal WHERE ($1 = '' OR state = $1)"
        " AND ($2::timestamptz IS NULL OR (found_at, id) < ($2, $3::uuid))"
        " ORDER BY found_at DESC, id DESC LIMIT $4",
        state,
        None if after is None else after.at,
        None if after is None else after.id,
        limit,
    )
    return [_row(tuple(row)) for row in rows]


async def event_proposal(identifier: str) -> EventProposalRow:
    row = await fetchrow(f"SELECT {_COLUMNS} FROM event_proposal WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("event-proposal-unknown", "There is no proposal {id}.", id=identifier)
    return _row(tuple(row))
