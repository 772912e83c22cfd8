"""Reading case files and delistings."""

from datetime import date, datetime
from typing import Any

import msgspec

from ratings.evaluations.queries import has_rated
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import Bilingual, NotFound
from ratings.ledger.places import Moment
from ratings.sanctions.rules import UNDECIDED, Kind, Severity, answer_due, check_impartial

_OFFICIALS = (Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR)


class CaseRow(msgspec.Struct, frozen=True):
    """A case file; `reasons` are the sentences it was opened with, in both languages."""

    id: str
    number: str
    uscc: str
    kind: Kind
    state: str
    opened_at: datetime
    reasons: list[Bilingual]
    answer: str | None
    answered_at: datetime | None
    answer_due: datetime
    decided_at: datetime | None
    decision: str | None
    final_at: datetime | None

    @property
    def undecided(self) -> bool:
        return self.state in UNDECIDED


class ProposedDelisting(msgspec.Struct, frozen=True):
    """A delisting that waits for a second person. `by` is the id of who proposed it."""

    severity: Severity
    until: date
    reason: str
    by: str
    at: datetime


_CASE = (
    "SELECT id::text, number, uscc, kind, state, opened_at, reasons, answer, answered_at,"
    " decided_at, decision, final_at FROM case_file"
)


def _case(row: tuple[Any, ...]) -> CaseRow:
    values = list(row)
    values[3] = Kind(str(values[3]))
    values[6] = msgspec.json.decode(str(values[6]), type=list[Bilingual])
    values.insert(9, answer_due(row[5]))
    return CaseRow(*values)


async def case_file(identifier: str) -> CaseRow:
    row = await fetchrow(f"{_CASE} WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=identifier)
    return _case(row)


async def impartial(actor: Actor, identifier: str) -> None:
    """Forbidden, with the reason, to whom may not decide the case."""
    row = await fetchrow("SELECT uscc, opened_by FROM case_file WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=identifier)
    rated = actor.person is not None and await has_rated(actor.person, row["uscc"])
    check_impartial(actor, row["opened_by"], has_rated=rated)


async def proposed_delisting(identifier: str) -> ProposedDelisting | None:
    """What is proposed in a case that waits for a second person; for officials alone."""
    row = await fetchrow(
        "SELECT proposal, proposed_by, proposed_at FROM case_file"
        " WHERE id = $1 AND state = 'proposed'",
        row_id(identifier),
    )
    if row is None:
        return None
    stated = msgspec.json.decode(row["proposal"], type=dict[str, Any])
    return msgspec.convert(
        stated | {"by": row["proposed_by"], "at": row["proposed_at"]}, ProposedDelisting
    )


async def case_files(*, uscc: str = "", state: str = "", limit: int = 100) -> list[CaseRow]:
    """The undecided first, oldest first; then the decided, newest first."""
    rows = await fetch(
        f"{_CASE} WHERE ($1 = '' OR uscc = $1) AND ($2 = '' OR state = $2)"
        " ORDER BY (decided_at IS NULL) DESC, CASE WHEN decided_at IS NULL THEN opened_at END,"
        " decided_at DESC LIMIT $3",
        uscc,
        state,
        limit,
    )
    return [_case(row) for row in rows]


async def reported_case_files(actor: Actor, *, limit: int = 100) -> list[CaseRow]:
    """Those that people of the actor's organisation have opened, the newest first."""
    rows = await fetch(
        f"{_CASE} WHERE id::text IN (SELECT facts::jsonb ->> 'case' FROM ledger_entry"
        " WHERE act = 'case.opened' AND organisation = $1)"
        " ORDER BY opened_at DESC, id DESC LIMIT $2",
        actor.organisation,
        limit,
    )
    return [_case(row) for row in rows]


async def visible_case_file(actor: Actor, identifier: str) -> CaseRow:
    """As `case_file`, for officials and for the agency itself; to others it does not exist."""
    found = await case_file(identifier)
    if actor.role not in _OFFICIALS and found.uscc != actor.uscc:
        raise NotFound("case-unknown", "There is no case {id}.", id=identifier)
    return found


async def visible_case_files(
    actor: Actor, *, state: str = "", limit: int = 100, after: Moment | None = None
) -> list[CaseRow]:
    """All for officials, its own for an agency, none for others; in an order that nothing changes:
    the newest first, `after` one that was seen."""
    if actor.role not in _OFFICIALS and not actor.uscc:
        return []
    rows = await fetch(
        f"{_CASE} WHERE ($1 = '' OR uscc = $1) AND ($2 = '' OR state = $2)"
        " AND ($4::timestamptz IS NULL OR (opened_at, id) < ($4, $5::uuid))"
        " ORDER BY opened_at DESC, id DESC LIMIT $3",
        "" if actor.role in _OFFICIALS else actor.uscc,
        state,
        limit,
        after and after.at,
        after and after.id,
    )
    return [_case(row) for row in rows]


async def last_decision(uscc: str, kind: Kind) -> datetime | None:
    """When a person last decided such a question about an agency, either way, or checked what it
    has rectified; or None."""
    found: datetime | None = await fetchval(
        "SELECT max(greatest(c.decided_at, t.checked_at)) FROM case_file c"
        " LEFT JOIN rectification r ON r.case_file = c.id"
        " LEFT JOIN rectification_try t ON t.rectification = r.id"
        " WHERE c.uscc = $1 AND c.kind = $2",
        uscc,
        kind.value,
    )
    return found


class DelistingRow(msgspec.Struct, frozen=True):
    """Why and until when an agency is off the market; public while it lasts."""

    id: str
    uscc: str
    case_file: str
    number: str
    severity: Severity
    reason: str
    starts: date
    until: date
    lifted_at: datetime | None


_DELISTING = (
    "SELECT d.id::text, d.uscc, d.case_file::text, c.number, d.severity, d.reason, d.starts,"
    " d.until, d.lifted_at FROM delisting d JOIN case_file c ON c.id = d.case_file"
)

# The view of the delistings that are neither over nor suspended by an objection.
_IN_FORCE = "JOIN off_market o ON o.id = d.id"


def _delisting(row: tuple[object, ...]) -> DelistingRow:
    values = list(row)
    values[4] = Severity(str(values[4]))
    return DelistingRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def delisting_in_force(uscc: str) -> DelistingRow | None:
    """What keeps an agency off the market now; None also while an objection suspends it."""
    row = await fetchrow(f"{_DELISTING} {_IN_FORCE} WHERE d.uscc = $1", uscc)
    return None if row is None else _delisting(row)


async def delisting_of(case: str) -> DelistingRow | None:
    """The delisting that came of a case, over or not."""
    row = await fetchrow(f"{_DELISTING} WHERE d.case_file = $1", row_id(case))
    return None if row is None else _delisting(row)


async def no_delisting_meanwhile(uscc: str) -> None:
    """Hold off every decision on an agency until the transaction ends; sales go on side by side.

    Comes before the check that it may sell, and before the first entry of the ledger.
    """
    await execute("SELECT pg_advisory_xact_lock_shared(hashtext('case ' || $1::text))", uscc)


async def delistings_in_force() -> list[DelistingRow]:
    """Every agency that is off the market today, the latest decision first."""
    rows = await fetch(f"{_DELISTING} {_IN_FORCE} ORDER BY d.starts DESC, d.uscc")
    return [_delisting(row) for row in rows]


async def due_to_lift(at: datetime) -> list[str]:
    """Delistings whose last day is over, for the timetable."""
    rows = await fetch(
        "SELECT id::text FROM off_market WHERE until < ($1 AT TIME ZONE 'Asia/Shanghai')::date",
        at,
    )
    return [row[0] for row in rows]
