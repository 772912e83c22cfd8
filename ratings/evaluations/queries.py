"""Reading dockets. Answers are handed out only after they have been unsealed."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from ratings.evaluations.indicators import CODES, OVERALL, Party
from ratings.evaluations.reratings import Taken
from ratings.evaluations.rules import (
    AnswerRow,
    AttachmentRow,
    DocketView,
    may_unseal,
    parties_asked,
    reminder,
)
from ratings.evaluations.switches import Turned
from ratings.evaluations.weights import Weighed
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
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
    revisable_until: dict[Party, datetime]

    def view(self) -> DocketView:
        return DocketView(
            self.owner, self.supervisor, self.due, self.answered, self.revisable_until
        )


# An answer is changed by a new edition; only the last one counts.
_LAST_OF_DOCKET = (
    "(SELECT DISTINCT ON (party) * FROM answer WHERE docket = d.id ORDER BY party, edition DESC)"
)

_ROW = f"""
    SELECT d.id::text, d.engagement, d.uscc, d.trade, d.title, d.settled_on, d.owner,
           d.supervisor, d.opened_at, d.owner_due, d.supervisor_due, d.centre_due, d.unsealed_at,
           ARRAY(SELECT a.party FROM answer a WHERE a.docket = d.id AND a.edition = 1
                 ORDER BY a.party),
           (SELECT coalesce(jsonb_object_agg(a.party, a.revisable_until)
                   FILTER (WHERE a.revisable_until IS NOT NULL), '{{}}')
            FROM {_LAST_OF_DOCKET} a)::text
    FROM docket d
"""


def _docket(row: asyncpg.Record) -> DocketRow:
    owner_due, supervisor_due, centre_due, unsealed_at, answered, revisable = tuple(row)[9:]
    due = {
        Party.OWNER: owner_due,
        Party.SUPERVISOR: supervisor_due,
        Party.CENTRE: centre_due,
    }
    parties = tuple(Party(party) for party in answered)
    until = msgspec.json.decode(revisable, type=dict[Party, datetime])
    columns = [*tuple(row)[:9], due, unsealed_at, parties, until]
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
        f"{_ROW} WHERE d.id = $1 AND ({VISIBLE})",
        row_id(identifier),
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)
    return _docket(row)


VISIBLE = (
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


async def has_rated(person: str, uscc: str) -> bool:
    """Whether the person has answered in any evaluation of the agency, or rated it again."""
    return bool(
        await fetchval(
            "SELECT true FROM docket d WHERE d.uscc = $2"
            " AND (EXISTS (SELECT FROM answer a WHERE a.docket = d.id AND a.person = $1)"
            "  OR EXISTS (SELECT FROM rerating r WHERE r.docket = d.id AND r.person = $1"
            "   AND r.step = 'given')) LIMIT 1",
            person,
            uscc,
        )
    )


async def docket_of_engagement(actor: Actor, engagement: str) -> DocketRow | None:
    row = await fetchrow(
        f"{_ROW} WHERE d.engagement = $1 AND ({VISIBLE})",
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
        " AND NOT EXISTS (SELECT FROM rater_relation r WHERE r.docket = d.id AND r.person = $4)"
        f" ORDER BY {due}",
        actor.at,
        party.value,
        actor.organisation,
        actor.person,
    )
    return [_docket(row) for row in rows]


async def answers(docket_id: str) -> list[AnswerRow]:
    """The answers of an unsealed docket, as they were last changed; none while it is sealed."""
    rows = await fetch(
        f"SELECT {_ANSWER} FROM docket d, LATERAL {_LAST_OF_DOCKET} a"
        " WHERE d.id = $1 AND d.unsealed_at IS NOT NULL ORDER BY a.party",
        row_id(docket_id),
    )
    return [_answer(row) for row in rows]


class AnswerOf(msgspec.Struct, frozen=True):
    """One opened answer and where it belongs."""

    docket: str
    engagement: str
    answer: AnswerRow


async def opened_of(actor: Actor, uscc: str) -> list[AnswerOf]:
    """The opened answers about an agency, of the dockets that the actor may read."""
    rows = await fetch(
        f"SELECT d.id::text, d.engagement, {_ANSWER} FROM docket d, LATERAL {_LAST_OF_DOCKET} a"
        f" WHERE d.uscc = $1 AND d.unsealed_at IS NOT NULL AND ({VISIBLE})",
        uscc,
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    return [AnswerOf(row[0], row[1], _answer(tuple(row)[2:])) for row in rows]


async def own_answer(actor: Actor, row: DocketRow) -> AnswerRow | None:
    """What the actor's own party has answered so far, sealed or not: nobody else's."""
    party = asked_party(actor, row)
    if party is None:
        return None
    found = await fetchrow(
        f"SELECT {_ANSWER} FROM answer a WHERE a.docket = $1 AND a.party = $2"
        " ORDER BY a.edition DESC LIMIT 1",
        row_id(row.id),
        party.value,
    )
    return None if found is None else _answer(found)


_ANSWER = """
    a.party, a.scores, a.reasons, a.comment, a.answered_at, a.edition,
    (SELECT coalesce(json_agg(json_build_object('id', f.id, 'filename', f.filename,
            'content_type', f.content_type, 'size', f.size, 'sha256', f.sha256,
            'uploaded_at', f.uploaded_at) ORDER BY f.uploaded_at, f.id), '[]')
     FROM answer_attachment f
     WHERE f.docket = a.docket AND f.party = a.party AND f.withdrawn_at IS NULL)::text
"""


def _answer(row: Iterable[Any]) -> AnswerRow:
    party, stored, reasons, comment, answered_at, edition, files = row
    # What the database keeps of a JSON object is not its order: readers get that of the indicators.
    scores = msgspec.json.decode(stored, type=dict[str, Decimal])
    return AnswerRow(
        Party(party),
        {code: scores[code] for code in (*CODES, OVERALL) if code in scores},
        msgspec.json.decode(reasons, type=dict[str, str]),
        comment,
        answered_at,
        edition,
        msgspec.json.decode(files, type=tuple[AttachmentRow, ...]),
    )


class RatedRow(msgspec.Struct, frozen=True):
    """One unsealed engagement with all its answers, for computing standings.

    `owner` and `supervisor` are the organisations that were asked, `turns` what was done about
    leaving answers out of the score and taking them in again, `orders` what they were to weigh,
    `reratings` what the centre gave anew.
    """

    engagement: str
    uscc: str
    trade: str
    settled_on: date
    unsealed_at: datetime
    owner: str
    supervisor: str
    parties: dict[Party, dict[str, Decimal]]
    turns: tuple[Turned, ...]
    orders: tuple[Weighed, ...]
    reratings: tuple[Taken, ...]


async def unsealed_of(uscc: str) -> list[RatedRow]:
    """Every unsealed engagement of an agency, in the order of settlement."""
    return [_rated(row) for row in await fetch(_UNSEALED.format(whose="d.uscc = $1"), uscc)]


async def unsealed_among(engagements: list[str]) -> list[RatedRow]:
    """Those of some engagements that are unsealed, in the order of settlement."""
    rows = await fetch(_UNSEALED.format(whose="d.engagement = ANY($1::text[])"), engagements)
    return [_rated(row) for row in rows]


async def unsealed_everywhere() -> list[RatedRow]:
    """Every unsealed engagement of all agencies, in the order of settlement."""
    return [_rated(row) for row in await fetch(_UNSEALED.format(whose="true"))]


_UNSEALED = (
    "SELECT d.engagement, d.uscc, d.trade, d.settled_on, d.unsealed_at, d.owner, d.supervisor,"
    " coalesce(jsonb_object_agg(a.party, a.scores) FILTER (WHERE a.id IS NOT NULL), '{{}}'),"
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(s.party, s.turned_at, s.is_off)), '[]')"
    "  FROM answer_switch s WHERE s.docket = d.id AND s.switch = 'score'),"
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(w.party, w.cause, w.ordered_at,"
    "  w.weight::text)), '[]') FROM answer_weight w WHERE w.docket = d.id),"
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(r.rerating, r.step, r.taken_at, r.scores)),"
    "  '[]') FROM rerating r WHERE r.docket = d.id)"
    f" FROM docket d LEFT JOIN LATERAL {_LAST_OF_DOCKET} a ON true"
    " WHERE {whose} AND d.unsealed_at IS NOT NULL"
    " GROUP BY d.id ORDER BY d.settled_on, d.engagement"
)


def _rated(row: asyncpg.Record) -> RatedRow:
    parties = msgspec.json.decode(row[7], type=dict[Party, dict[str, Decimal]])
    turns = msgspec.json.decode(row[8], type=tuple[Turned, ...])
    orders = msgspec.json.decode(row[9], type=tuple[Weighed, ...])
    reratings = msgspec.json.decode(row[10], type=tuple[Taken, ...])
    columns = [*tuple(row)[:7], parties, turns, orders, reratings]
    return RatedRow(*columns)


async def overdue(at: datetime) -> list[str]:
    """Sealed dockets of which nobody may answer or change an answer any more, for the timetable."""
    maybe = (
        "(greatest(d.owner_due, d.supervisor_due, d.centre_due) <= $1"
        " OR EXISTS (SELECT FROM answer a WHERE a.docket = d.id))"
    )
    return [row.id for row in await _sealed(maybe, at) if may_unseal(row.view(), at)]


async def to_remind(at: datetime) -> list[str]:
    """Sealed dockets of which a party is to be reminded, for the timetable."""
    sealed = [
        row for row in await _sealed("d.settled_on <= $1", local_date(at)) if due_reminders(row, at)
    ]
    rows = await fetch(
        "SELECT docket::text, party, min(working_days_left) FROM reminder"
        " WHERE docket = ANY($1::uuid[]) GROUP BY docket, party",
        [row.id for row in sealed],
    )
    sent = {(docket, Party(party)): left for docket, party, left in rows}
    return [
        row.id
        for row in sealed
        if any(
            left < sent.get((row.id, party), left + 1)
            for party, left in due_reminders(row, at).items()
        )
    ]


def due_reminders(row: DocketRow, at: datetime) -> dict[Party, int]:
    """Who has not answered and which reminder its day has come to, sent already or not."""
    day = local_date(at)
    return {
        party: left
        for party in parties_asked(row.owner, row.supervisor)
        if party not in row.answered and (left := reminder(party, row.settled_on, day)) is not None
    }


async def reminded(docket_id: str) -> dict[Party, int]:
    """The last reminder each party of a docket has had, as working days left."""
    rows = await fetch(
        "SELECT party, min(working_days_left) FROM reminder WHERE docket = $1 GROUP BY party",
        row_id(docket_id),
    )
    return {Party(party): left for party, left in rows}


async def _sealed(condition: str, value: date) -> list[DocketRow]:
    rows = await fetch(
        f"{_ROW} WHERE d.unsealed_at IS NULL AND {condition} ORDER BY d.settled_on, d.id", value
    )
    return [_docket(row) for row in rows]
