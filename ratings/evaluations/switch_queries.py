"""Opened answers as they are displayed, with what was hidden and what was left out, and why."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import answers, opened_of
from ratings.evaluations.rules import AnswerRow
from ratings.evaluations.switches import Switch, Turned
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id

# They have to see what is hidden: the one to take it back, the other to check it.
_READ_HIDDEN = (Role.CENTRE, Role.AUDITOR)


class TurnedOff(msgspec.Struct, frozen=True):
    """Since when something is hidden or left out, and why."""

    at: datetime
    reason: str


class ShownAnswer(AnswerRow, frozen=True):
    """An opened answer: `hidden` empties its words for whom it is hidden, `left_out` says that its
    scores do not count."""

    hidden: TurnedOff | None = None
    left_out: TurnedOff | None = None


async def shown_answers(actor: Actor, docket_id: str) -> list[ShownAnswer]:
    """The answers of an unsealed docket; none while it is sealed. Whom they are for decides the
    caller by reading the docket first."""
    offs = await _offs([docket_id])
    return [
        _shown(actor, row, offs.get((docket_id, row.party), {})) for row in await answers(docket_id)
    ]


async def answers_of_agency(actor: Actor, uscc: str) -> dict[str, dict[Party, ShownAnswer]]:
    """The opened answers about an agency by engagement, of the dockets that the actor may read."""
    rows = await opened_of(actor, uscc)
    offs = await _offs({row.docket for row in rows})
    found: dict[str, dict[Party, ShownAnswer]] = {}
    for row in rows:
        party = row.answer.party
        shown = _shown(actor, row.answer, offs.get((row.docket, party), {}))
        found.setdefault(row.engagement, {})[party] = shown
    return found


async def left_out_of(uscc: str) -> dict[str, dict[Party, TurnedOff]]:
    """Whose answers about an agency are left out of its score at present, by engagement.

    For everybody: a score that lacks an answer says so.
    """
    rows = await fetch(
        "SELECT id::text, engagement FROM docket WHERE uscc = $1 AND unsealed_at IS NOT NULL", uscc
    )
    engagements = {row[0]: row[1] for row in rows}
    found: dict[str, dict[Party, TurnedOff]] = {}
    for (docket, party), off in (await _offs(engagements)).items():
        if Switch.SCORE in off:
            found.setdefault(engagements[docket], {})[party] = off[Switch.SCORE]
    return found


async def left_out_among(dockets: Collection[str]) -> set[tuple[str, Party]]:
    """The answers, as docket and party, that are left out of the score at present."""
    offs = await _offs(dockets)
    return {answer for answer, off in offs.items() if Switch.SCORE in off}


async def last_turn(docket_id: str, party: Party, switch: Switch) -> Turned | None:
    row = await fetchrow(
        "SELECT turned_at, is_off FROM answer_switch"
        " WHERE docket = $1 AND party = $2 AND switch = $3 ORDER BY turned_at DESC LIMIT 1",
        row_id(docket_id),
        party.value,
        switch.value,
    )
    return None if row is None else Turned(party, row[0], row[1])


async def is_hidden(docket_id: str, party: Party) -> bool:
    """Whether what a party said in words is hidden at present, its files among it."""
    last = await last_turn(docket_id, party, Switch.COMMENT)
    return last is not None and last.off


def reads_hidden(actor: Actor) -> bool:
    return actor.role in _READ_HIDDEN


async def has_answered(docket_id: str, person: str | None) -> bool:
    """Whether a person has given any answer in an evaluation, for whichever party."""
    return bool(
        await fetchval(
            "SELECT true FROM answer WHERE docket = $1 AND person = $2 LIMIT 1",
            row_id(docket_id),
            person,
        )
    )


async def _offs(dockets: Collection[str]) -> dict[tuple[str, Party], dict[Switch, TurnedOff]]:
    rows = await fetch(
        "SELECT DISTINCT ON (docket, party, switch) docket::text, party, switch, is_off, turned_at,"
        " reason FROM answer_switch WHERE docket = ANY($1::uuid[])"
        " ORDER BY docket, party, switch, turned_at DESC",
        list(dockets),
    )
    found: dict[tuple[str, Party], dict[Switch, TurnedOff]] = {}
    for docket, party, switch, off, at, reason in rows:
        if off:
            found.setdefault((docket, Party(party)), {})[Switch(switch)] = TurnedOff(at, reason)
    return found


def _shown(actor: Actor, row: AnswerRow, off: dict[Switch, TurnedOff]) -> ShownAnswer:
    hidden = off.get(Switch.COMMENT)
    if hidden and not reads_hidden(actor):
        row = msgspec.structs.replace(row, reasons={}, comment="", attachments=())
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return ShownAnswer(**fields, hidden=hidden, left_out=off.get(Switch.SCORE))
