"""Reading what of an agency can be repaired, and what was applied for."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, row_id
from ratings.ledger.errors import NotFound
from ratings.sanctions import repair
from ratings.sanctions.matter_queries import matter_of
from ratings.sanctions.misconduct import counts_until
from ratings.sanctions.objections import Against, rested
from ratings.sanctions.queries import visible_case_file

What = Literal["delisting", "event", "record", "warning"]


class Effect(msgspec.Struct, frozen=True):
    """What weighs on an agency: an outside event, named by its document, or a delisting, a record
    or a warning, named by its case number. `first_day` is the first on which its repair may be
    applied for; `case` is that of a pending application."""

    reference: str
    what: What
    severity: str
    since: date
    first_day: date
    case: str | None


class RepairRow(msgspec.Struct, frozen=True):
    """An application: all of `references` are lifted together, or none."""

    case: str
    references: list[str]
    text: str
    decision_due: datetime
    overdue: bool
    granted: bool | None


# An application is pending until it is decided, and again while its refusal is objected to.
_PENDING = (
    "(SELECT c.id::text FROM repair_effect e JOIN case_file c ON c.id = e.case_file"
    " WHERE {mine} AND (c.state = 'asked' OR (c.state = 'refused' AND EXISTS (SELECT 1"
    " FROM objection b WHERE b.case_file = c.id AND b.answered_at IS NULL))) LIMIT 1)"
)


async def effects_of(uscc: str, at: datetime) -> list[Effect]:
    """Everything of an agency that a repair could lift: the delisting, what was reported, and the
    records and warnings that count."""
    delistings = await fetch(
        "SELECT c.number, d.severity, d.starts, c.id::text,"
        f" {_PENDING.format(mine='e.delisting = d.id')}"
        " FROM delisting d JOIN case_file c ON c.id = d.case_file"
        " WHERE d.uscc = $1 AND d.lifted_at IS NULL",
        uscc,
    )
    found = []
    for number, severity, starts, identifier, case in delistings:
        # Days of suspension were not served, so the least time begins as much later.
        first = repair.first_day(severity, starts)
        days = rested(await matter_of(identifier, Against.DELISTING), at)
        first = date.fromordinal(first.toordinal() + days)
        found.append(Effect(number, "delisting", severity, starts, first, case))
    events = await fetch(
        f'SELECT o.document, o.severity, o."on", {_PENDING.format(mine="e.event = o.id")}'
        " FROM outside_event o WHERE o.uscc = $1 AND o.withdrawn_at IS NULL"
        " AND o.severity <> 'bonus'"
        # The cap that came with a delisting ends with it.
        " AND NOT EXISTS (SELECT 1 FROM delisting d JOIN case_file f ON f.id = d.case_file"
        ' WHERE f.uscc = o.uscc AND f.number = o.document) ORDER BY o."on" DESC, o.document',
        uscc,
    )
    found += [
        Effect(document, "event", severity, on, repair.first_day(severity, on), case)
        for document, severity, on, case in events
    ]
    marks = await fetch(
        "SELECT m.number, m.kind, m.decided_at,"
        f" {_PENDING.format(mine='e.mark = m.id')} FROM case_file m WHERE m.uscc = $1"
        " AND m.state IN ('recorded', 'warned') AND m.final_at IS NOT NULL"
        " ORDER BY m.decided_at DESC, m.number DESC",
        uscc,
    )
    for number, what, decided_at, case in marks:
        if local_date(at) < counts_until(decided_at):
            since = local_date(decided_at)
            found.append(Effect(number, what, "minor", since, since, case))
    return found


async def repair_of(actor: Actor, case: str) -> RepairRow | None:
    """For officials and the agency itself; None where the case is no application."""
    found = await visible_case_file(actor, case)
    rows = await fetch(
        "SELECT coalesce(o.document, c.number, m.number) FROM repair_effect e"
        " LEFT JOIN case_file m ON m.id = e.mark"
        " LEFT JOIN outside_event o ON o.id = e.event"
        " LEFT JOIN delisting d ON d.id = e.delisting"
        " LEFT JOIN case_file c ON c.id = d.case_file WHERE e.case_file = $1"
        " ORDER BY d.id NULLS LAST, 1",
        row_id(found.id),
    )
    if not rows:
        return None
    due = repair.decision_due(found.opened_at)
    waits = found.decided_at is None
    return RepairRow(
        found.id,
        [row[0] for row in rows],
        found.reasons[0].zh,
        due,
        waits and actor.at >= due,
        None if waits else found.state == "repaired",
    )


def chosen(known: Iterable[Effect], references: Iterable[str]) -> list[Effect]:
    """The named ones; NotFound for what is not the agency's or no longer weighs on it."""
    by_name = {one.reference: one for one in known}
    found = []
    for reference in dict.fromkeys(references):
        if reference not in by_name:
            raise NotFound(
                "effect-unknown",
                "Nothing that weighs on you has the number {reference}.",
                reference=reference,
            )
        found.append(by_name[reference])
    return found
