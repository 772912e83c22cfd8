"""Reading case files and delistings."""

from datetime import date, datetime

import msgspec

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import Bilingual, NotFound
from ratings.ledger.places import Moment
from ratings.sanctions.rules import Kind, Severity

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
    decided_at: datetime | None
    decision: str | None


_CASE = (
    "SELECT id::text, number, uscc, kind, state, opened_at, reasons, answer, answered_at,"
    " decided_at, decision FROM case_file"
)


def _case(row: tuple[object, ...]) -> CaseRow:
    values = list(row)
    values[3] = Kind(str(values[3]))
    values[6] = msgspec.json.decode(str(values[6]), type=list[Bilingual])
    return CaseRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def case_file(identifier: str) -> CaseRow:
    row = await fetchrow(f"{_CASE} WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=identifier)
    return _case(row)


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
    """When a person last decided such a question about an agency, either way, or None."""
    found: datetime | None = await fetchval(
        "SELECT max(decided_at) FROM case_file WHERE uscc = $1 AND kind = $2",
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


def _delisting(row: tuple[object, ...]) -> DelistingRow:
    values = list(row)
    values[4] = Severity(str(values[4]))
    return DelistingRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def delisting_in_force(uscc: str) -> DelistingRow | None:
    row = await fetchrow(f"{_DELISTING} WHERE d.uscc = $1 AND d.lifted_at IS NULL", uscc)
    return None if row is None else _delisting(row)


async def no_delisting_meanwhile(uscc: str) -> None:
    """Hold off every decision on an agency until the transaction ends; sales go on side by side.

    Comes before the check that it may sell, and before the first entry of the ledger.
    """
    await execute("SELECT pg_advisory_xact_lock_shared(hashtext('case ' || $1::text))", uscc)


async def delistings_in_force() -> list[DelistingRow]:
    """Every agency that is off the market today, the latest decision first."""
    rows = await fetch(f"{_DELISTING} WHERE d.lifted_at IS NULL ORDER BY d.starts DESC, d.uscc")
    return [_delisting(row) for row in rows]


async def due_to_lift(at: datetime) -> list[str]:
    """Delistings whose last day is over, for the timetable."""
    rows = await fetch(
        "SELECT id::text FROM delisting WHERE lifted_at IS NULL"
        " AND until < ($1 AT TIME ZONE 'Asia/Shanghai')::date",
        at,
    )
    return [row[0] for row in rows]
