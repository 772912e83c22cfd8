"""Reading dockets. Answers are handed out only after they have been unsealed."""

from datetime import date, datetime
from decimal import Decimal

import asyncpg
import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.rules import AnswerRow
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound


class DocketRow(msgspec.Struct, frozen=True):
    """A docket and who has answered so far, without what they answered."""

    id: str
    engagement: str
    uscc: str
    trade: str
    title: str
    settled_on: date
    owner: str
    supervisor: str
    opened_at: datetime
    due: dict[Party, datetime]
    unsealed_at: datetime | None
    answered: tuple[Party, ...]


_ROW = """
    SELECT d.id::text, d.engagement, d.uscc, d.trade, d.title, d.settled_on, d.owner,
           d.supervisor, d.opened_at, d.owner_due, d.supervisor_due, d.centre_due, d.unsealed_at,
           ARRAY(SELECT a.party FROM answer a WHERE a.docket = d.id ORDER BY a.party)
    FROM docket d
"""


def _docket(row: asyncpg.Record) -> DocketRow:
    owner_due, supervisor_due, centre_due, unsealed_at, answered = tuple(row)[9:]
    due = {
        Party.OWNER: owner_due,
        Party.SUPERVISOR: supervisor_due,
        Party.CENTRE: centre_due,
    }
    parties = tuple(Party(party) for party in answered)
    columns = [*tuple(row)[:9], due, unsealed_at, parties]
    return DocketRow(*columns)


async def docket_for_update(identifier: str) -> DocketRow:
    """Lock the docket, then read it: two answers at once are taken one after the other."""
    await fetch("SELECT 1 FROM docket WHERE id = $1 FOR UPDATE", row_id(identifier))
    row = await fetchrow(f"{_ROW} WHERE d.id = $1", row_id(identifier))
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
    return _docket(row)


async def docket(actor: Actor, identifier: str) -> DocketRow:
    """The docket, for those who are asked and for officials; NotFound for everybody else."""
    row = await fetchrow(
        f"{_ROW} WHERE d.id = $1 AND ({_VISIBLE})",
        row_id(identifier),
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
    return _docket(row)


_VISIBLE = (
    "$2 IN ('centre', 'auditor') OR d.owner = $3 OR ($2 = 'supervisor' AND d.supervisor = $3)"
    " OR d.uscc = $4"
)


def asked_party(actor: Actor, row: DocketRow) -> Party | None:
    """Which party the actor answers for, or None for those who only read."""
    if actor.role is Role.CENTRE:
        return Party.CENTRE
    if actor.organisation == row.owner:
        return Party.OWNER
    if actor.organisation == row.supervisor and actor.role is Role.SUPERVISOR:
        return Party.SUPERVISOR
    return None


async def docket_of_engagement(actor: Actor, engagement: str) -> DocketRow | None:
    row = await fetchrow(
        f"{_ROW} WHERE d.engagement = $1 AND ({_VISIBLE})",
        engagement,
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    return None if row is None else _docket(row)


async def awaiting(actor: Actor) -> list[DocketRow]:
    """Dockets the actor still has to answer, the most urgent first."""
    if actor.role is Role.CENTRE:
        party, due = Party.CENTRE, "d.centre_due"
    elif actor.role is Role.SUPERVISOR:
        party, due = Party.SUPERVISOR, "d.supervisor_due"
    else:
        party, due = Party.OWNER, "d.owner_due"
    rows = await fetch(
        f"{_ROW} WHERE d.unsealed_at IS NULL AND {due} > $1"
        " AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.docket = d.id AND a.party = $2)"
        " AND ($2 = 'centre' OR ($2 = 'owner' AND d.owner = $3)"
        "      OR ($2 = 'supervisor' AND d.supervisor = $3 AND d.supervisor <> d.owner))"
        f" ORDER BY {due}",
        actor.at,
        party.value,
        actor.organisation,
    )
    return [_docket(row) for row in rows]


async def answers(docket_id: str) -> list[AnswerRow]:
    """The answers of an unsealed docket; none while it is sealed."""
    rows = await fetch(
        "SELECT a.party, a.scores, a.comment, a.answered_at FROM answer a"
        " JOIN docket d ON d.id = a.docket WHERE d.id = $1 AND d.unsealed_at IS NOT NULL"
        " ORDER BY a.party",
        row_id(docket_id),
    )
    return [
        AnswerRow(
            Party(row["party"]),
            msgspec.json.decode(row["scores"], type=dict[str, Decimal]),
            row["comment"],
            row["answered_at"],
        )
        for row in rows
    ]


class RatedRow(msgspec.Struct, frozen=True):
    """One unsealed engagement with all its answers, for computing standings."""

    engagement: str
    uscc: str
    trade: str
    settled_on: date
    unsealed_at: datetime
    parties: dict[Party, dict[str, Decimal]]


async def unsealed_of(uscc: str) -> list[RatedRow]:
    """Every unsealed engagement of an agency, in the order of settlement."""
    rows = await fetch(
        "SELECT d.engagement, d.uscc, d.trade, d.settled_on, d.unsealed_at,"
        " coalesce(jsonb_object_agg(a.party, a.scores) FILTER (WHERE a.id IS NOT NULL), '{}')"
        " FROM docket d LEFT JOIN answer a ON a.docket = d.id"
        " WHERE d.uscc = $1 AND d.unsealed_at IS NOT NULL"
        " GROUP BY d.id ORDER BY d.settled_on, d.engagement",
        uscc,
    )
    found = []
    for row in rows:
        parties = msgspec.json.decode(row[5], type=dict[Party, dict[str, Decimal]])
        columns = [*tuple(row)[:5], parties]
        found.append(RatedRow(*columns))
    return found


async def overdue(at: datetime) -> list[str]:
    """Sealed dockets whose every window has closed, for the timetable."""
    rows = await fetch(
        "SELECT id::text FROM docket WHERE unsealed_at IS NULL"
        " AND greatest(owner_due, supervisor_due, centre_due) <= $1",
        at,
    )
    return [row[0] for row in rows]
