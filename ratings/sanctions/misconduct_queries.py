"""Reading the records and warnings that count against agencies."""

from datetime import date, datetime
from typing import Any

import msgspec

from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.sanctions.misconduct import Mark, counts_until
from ratings.sanctions.rules import Kind

_OFFICIALS = (Role.CENTRE, Role.SUPERVISOR, Role.AUDITOR)


class MarkRow(msgspec.Struct, frozen=True):
    """A record or a warning, for its agency and officials. `act` is a code of the list, null where
    the case was opened by counting. It counts from `final_at` on, null while it can be objected
    to, and before `counts_until`; `counted_in` is the number of the case it was counted into."""

    case: str
    number: str
    uscc: str
    kind: Kind
    act: str | None
    document: str | None
    reason: str
    decided_at: datetime
    final_at: datetime | None
    counts_until: date
    counted_in: str | None


class PublishedWarning(msgspec.Struct, frozen=True):
    """A warning while it counts, for everybody."""

    number: str
    uscc: str
    act: str | None
    reason: str
    decided_at: datetime
    counts_until: date
    objected: bool


_MARK = (
    "SELECT c.id::text, c.number, c.uscc, c.kind, c.act, c.document, c.decision, c.decided_at,"
    " c.final_at, k.number FROM case_file c LEFT JOIN case_file k ON k.id = c.counted_in"
    " WHERE c.state IN ('recorded', 'warned')"
)


def _mark(row: Any) -> MarkRow:
    case, number, uscc, kind, act, document, reason, decided_at, final_at, counted_in = row
    until = counts_until(decided_at)
    return MarkRow(
        case,
        number,
        uscc,
        Kind(kind),
        act,
        document,
        reason,
        decided_at,
        final_at,
        until,
        counted_in,
    )


async def marks(actor: Actor, uscc: str = "") -> list[MarkRow]:
    """Those that have not lapsed, the newest first: an agency's own, for officials all or those of
    one; none for others."""
    if actor.role not in _OFFICIALS:
        if not actor.uscc:
            return []
        uscc = actor.uscc
    rows = await fetch(
        f"{_MARK} AND ($1 = '' OR c.uscc = $1) ORDER BY c.decided_at DESC, c.number DESC", uscc
    )
    today = local_date(actor.at)
    return [one for one in map(_mark, rows) if today < one.counts_until]


async def warnings_in_force(at: datetime, uscc: str = "") -> list[PublishedWarning]:
    """Of one agency or of all, the newest first."""
    rows = await fetch(
        "SELECT c.number, c.uscc, c.act, c.decision, c.decided_at, EXISTS (SELECT 1"
        " FROM objection o WHERE o.case_file = c.id AND o.answered_at IS NULL) FROM case_file c"
        " WHERE c.state = 'warned' AND ($1 = '' OR c.uscc = $1)"
        " ORDER BY c.decided_at DESC, c.number DESC",
        uscc,
    )
    found = []
    for number, agency, act, reason, decided_at, objected in rows:
        until = counts_until(decided_at)
        if local_date(at) < until:
            found.append(PublishedWarning(number, agency, act, reason, decided_at, until, objected))
    return found


async def countable(uscc: str) -> list[Mark]:
    """The records and warnings of an agency that stand, for the rules."""
    rows = await fetch(
        "SELECT id::text, number, kind, decided_at, final_at, counted_in IS NOT NULL"
        " FROM case_file WHERE uscc = $1 AND state IN ('recorded', 'warned')",
        uscc,
    )
    return [Mark(row[0], row[1], Kind(row[2]), *row[3:]) for row in rows]


async def agencies_to_count() -> list[str]:
    """The agencies with records or warnings that are final and were not counted yet."""
    rows = await fetch(
        "SELECT DISTINCT uscc FROM case_file WHERE state IN ('recorded', 'warned')"
        " AND final_at IS NOT NULL AND counted_in IS NULL ORDER BY uscc"
    )
    return [row[0] for row in rows]


async def still_counted(case: str) -> tuple[int, int]:
    """How many of the decisions that a case has counted still stand, and how many it counted."""
    row = await fetchrow(
        "SELECT count(*) FILTER (WHERE state IN ('recorded', 'warned')), count(*) FROM case_file"
        " WHERE counted_in = $1",
        row_id(case),
    )
    assert row is not None
    return row[0], row[1]
