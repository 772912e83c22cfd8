"""Objections as lists: what everybody may read, and what the centre has to answer."""

from datetime import datetime
from typing import Any

import msgspec

from ratings.ledger.database import fetch, fetchrow
from ratings.ledger.places import Moment
from ratings.sanctions import objections
from ratings.sanctions.objections import Against, Objection, Outcome


class PublishedObjection(msgspec.Struct, frozen=True):
    """As `FiledObjection`, for everybody: without what the agency wrote."""

    id: str
    number: str
    uscc: str
    against: Against
    instance: int
    filed_at: datetime
    answer_due: datetime
    overdue: bool
    answered_at: datetime | None
    outcome: Outcome | None
    reason: str | None


_PUBLISHED = (
    "SELECT o.id::text, c.number, c.uscc, o.against, o.instance, o.filed_at, o.answered_at,"
    " o.outcome, o.reason FROM objection o JOIN case_file c ON c.id = o.case_file"
)
# What is not public itself is not so by being objected to; and what was repaired is public no more.
_ON_VIEW = (
    "o.against NOT IN ('repair', 'record') AND NOT EXISTS (SELECT 1 FROM repair_effect e"
    " JOIN case_file r ON r.id = e.case_file AND r.state = 'repaired'"
    " LEFT JOIN delisting d ON d.id = e.delisting LEFT JOIN outside_event v ON v.id = e.event"
    " WHERE c.id IN (d.case_file, e.mark) OR (v.uscc = c.uscc AND v.document = c.number))"
)


def _published(row: tuple[Any, ...], at: datetime) -> PublishedObjection:
    identifier, number, uscc, against, instance, filed_at, answered_at, outcome, reason = row
    due = objections.answer_due(Objection(filed_at))
    return PublishedObjection(
        identifier,
        number,
        uscc,
        Against(against),
        instance,
        filed_at,
        due,
        answered_at is None and at >= due,
        answered_at,
        Outcome(outcome) if outcome else None,
        reason,
    )


async def published_objections(
    at: datetime, *, waiting: bool = False, limit: int = 100, after: Moment | None = None
) -> list[PublishedObjection]:
    """All, or those that wait for an answer; the newest first, `after` one that was seen. What was
    repaired is not among them."""
    rows = await fetch(
        f"{_PUBLISHED} WHERE {_ON_VIEW} AND (NOT $1 OR o.answered_at IS NULL)"
        " AND ($3::timestamptz IS NULL OR (o.filed_at, o.id) < ($3, $4::uuid))"
        " ORDER BY o.filed_at DESC, o.id DESC LIMIT $2",
        waiting,
        limit,
        after and after.at,
        after and after.id,
    )
    return [_published(tuple(row), at) for row in rows]


class WaitingObjection(msgspec.Struct, frozen=True):
    """What somebody at the centre has to answer."""

    case: str
    number: str
    uscc: str
    against: Against
    instance: int
    filed_at: datetime
    answer_due: datetime
    overdue: bool


async def waiting_objections(at: datetime) -> list[WaitingObjection]:
    """All of them, however late; the oldest first."""
    rows = await fetch(
        "SELECT c.id::text, c.number, c.uscc, o.against, o.instance, o.filed_at FROM objection o"
        " JOIN case_file c ON c.id = o.case_file"
        " WHERE o.answered_at IS NULL ORDER BY o.filed_at, o.id"
    )
    found = []
    for case, number, uscc, against, instance, filed_at in rows:
        due = objections.answer_due(Objection(filed_at))
        late = at >= due
        found.append(
            WaitingObjection(case, number, uscc, Against(against), instance, filed_at, due, late)
        )
    return found


async def objection_on_view(uscc: str, at: datetime) -> PublishedObjection | None:
    """What suspends an agency's delisting now."""
    row = await fetchrow(
        f"{_PUBLISHED} JOIN delisting d ON d.case_file = c.id WHERE c.uscc = $1"
        " AND o.against = 'delisting' AND o.answered_at IS NULL AND d.lifted_at IS NULL",
        uscc,
    )
    return None if row is None else _published(tuple(row), at)
