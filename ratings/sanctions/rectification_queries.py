"""Reading orders to rectify, with what was done about them."""

from datetime import date, datetime

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.sanctions import rectification
from ratings.sanctions.matter_queries import waits
from ratings.sanctions.queries import visible_case_file
from ratings.sanctions.rectification import Check, Rectification, Try


class TryRow(msgspec.Struct, frozen=True):
    """One time to show what was mended; `passed` is null before the check."""

    number: int
    due: date
    overdue: bool
    evidence: str | None
    evidence_at: datetime | None
    checked_at: datetime | None
    passed: bool | None
    reason: str | None


class RectificationRow(msgspec.Struct, frozen=True):
    """`instructions` say what is to be mended; the last of `tries` is the one going on or over."""

    case: str
    instructions: str
    ordered_at: datetime
    plan: str | None
    planned_at: datetime | None
    tries: list[TryRow]


class PublishedRectification(msgspec.Struct, frozen=True):
    """An order that an agency is at; public while it lasts. `number` is that of the case."""

    case: str
    number: str
    uscc: str
    instructions: str
    ordered_at: datetime
    due: date


async def rectification_of(case: str) -> Rectification | None:
    """The rectification of a case, for the rules."""
    row = await fetchrow(
        "SELECT id, planned_at FROM rectification WHERE case_file = $1", row_id(case)
    )
    if row is None:
        return None
    tries = await fetch(
        "SELECT due, evidence_at, checked_at, checked_by, passed FROM rectification_try"
        " WHERE rectification = $1 ORDER BY number",
        row[0],
    )
    return Rectification(
        row[1],
        tuple(
            Try(due, evidence_at, Check(at, by, passed) if at else None)
            for due, evidence_at, at, by, passed in tries
        ),
    )


async def visible_rectification(actor: Actor, case: str) -> RectificationRow | None:
    """For officials and the agency itself; None before anything was ordered."""
    found = await visible_case_file(actor, case)
    row = await fetchrow(
        "SELECT id, instructions, ordered_at, plan, planned_at FROM rectification"
        " WHERE case_file = $1",
        row_id(found.id),
    )
    if row is None:
        return None
    rows = await fetch(
        "SELECT number, due, evidence, evidence_at, checked_at, passed, reason"
        " FROM rectification_try WHERE rectification = $1 ORDER BY number",
        row[0],
    )
    state, at_it = await rectification_of(found.id), found.state == "ordered"
    late = state is not None and rectification.overdue(state, actor.at)
    # The time stands still while an objection waits, so nothing is overdue meanwhile.
    late = late and at_it and not await waits(found.id)
    tries = [
        TryRow(number, due, late and number == len(rows), *rest)
        for number, due, *rest in rows
        if at_it or rest[-3] is not None
    ]
    _, instructions, ordered_at, plan, planned_at = row
    return RectificationRow(found.id, instructions, ordered_at, plan, planned_at, tries)


_PUBLISHED = (
    "SELECT c.id::text, c.number, c.uscc, r.instructions, r.ordered_at, max(t.due)"
    " FROM rectification r JOIN case_file c ON c.id = r.case_file"
    " JOIN rectification_try t ON t.rectification = r.id WHERE c.state = 'ordered'"
)


async def rectifications_in_force(uscc: str = "") -> list[PublishedRectification]:
    """Of one agency or of all, the latest order first."""
    rows = await fetch(
        f"{_PUBLISHED} AND ($1 = '' OR c.uscc = $1) GROUP BY c.id, r.id"
        " ORDER BY r.ordered_at DESC, c.uscc",
        uscc,
    )
    return [PublishedRectification(*row) for row in rows]
