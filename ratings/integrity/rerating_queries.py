"""Re-ratings by the centre: of which engagement, how far each is, and who may still object."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ratings.evaluations.indicators import CODES, Party
from ratings.evaluations.queries import VISIBLE
from ratings.evaluations.reratings import STANDING, ReratingState, ReratingStep, Taken, due, state
from ratings.evaluations.switch_queries import left_out_among
from ratings.integrity.queries import FlagRow
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, row_id
from ratings.ledger.errors import NotFound
from ratings.sanctions import objections
from ratings.sanctions.objections import Answer, Matter, Objection, Outcome

_READ_OBJECTIONS = (Role.CENTRE, Role.AUDITOR, Role.AGENCY)
"""Owner and supervisor read that the agency has objected, not what it says."""


class TakenStep(msgspec.Struct, frozen=True):
    """One step of a re-rating and why it was taken."""

    step: ReratingStep
    at: datetime
    reason: str


class ReratingRow(msgspec.Struct, frozen=True):
    """One engagement that the centre rates again because of a flag.

    `due` is the instant until which it may be given, `objecting_until` that until which the agency
    may go one step further against it, None when no step is open. `scores` and `reasons` by
    indicator are empty until it is given; the centre's first ones stay in the evaluation.
    """

    id: str
    docket: str
    engagement: str
    uscc: str
    flag: str
    state: ReratingState
    due: datetime
    objecting_until: datetime | None
    scores: dict[str, Decimal]
    reasons: dict[str, str]
    steps: tuple[TakenStep, ...]


class Kept(msgspec.Struct, frozen=True):
    """One stored step with who took it."""

    rerating: str
    docket: str
    engagement: str
    uscc: str
    cause: str
    step: ReratingStep
    at: datetime
    scores: dict[str, Decimal]
    reasons: dict[str, str]
    reason: str
    person: str


async def rerating(actor: Actor, identifier: str) -> ReratingRow:
    """One re-rating, for whom the evaluation is; NotFound for everybody else."""
    kept = await _kept(
        f"r.rerating = $1 AND ({VISIBLE})",
        row_id(identifier),
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    if not kept:
        raise NotFound("rerating-unknown", "There is no re-rating {id}.", id=identifier)
    return _row(actor, kept)


async def reratings_of_flag(actor: Actor, flag: str) -> list[ReratingRow]:
    """Those that a flag has led to, the oldest first; for officials."""
    return _rows(actor, await _kept("r.cause = $1", flag))


async def reratings_of_docket(actor: Actor, docket: str) -> list[ReratingRow]:
    """Those of one evaluation; whom they are for decides the caller by reading the docket first."""
    return _rows(actor, await _kept("r.docket = $1", row_id(docket)))


async def reratings_of_agency(actor: Actor, uscc: str) -> list[ReratingRow]:
    """Those of an agency's engagements; for itself."""
    return _rows(actor, await _kept("d.uscc = $1", uscc))


async def unfinished_reratings(actor: Actor) -> list[ReratingRow]:
    """What waits for a person of the centre: to be given, or an objection to be answered."""
    waiting = (ReratingState.WAITING, ReratingState.CONTESTED)
    return [row for row in _rows(actor, await _kept("true")) if row.state in waiting]


async def reratings_in_force(actor: Actor, uscc: str) -> dict[str, dict[Party, TakenStep]]:
    """By engagement of an agency, and the centre as its party: when it was rated again, and why.
    For everybody: a score says what came to stand in it."""
    rows = await reratings_of_agency(actor, uscc)
    return {
        row.engagement: {
            Party.CENTRE: next(one for one in row.steps if one.step is ReratingStep.GIVEN)
        }
        for row in rows
        if row.state is ReratingState.IN_FORCE
    }


async def to_rate_again(flag: FlagRow, at: datetime) -> list[str]:
    """The dockets of a flag that can be rated again: opened, with an answer of the centre that
    counts, and with no other re-rating that stands.

    One that was annulled upon an objection is not tried again because of the same flag.
    """
    rows = await fetch(
        "SELECT d.id::text FROM docket d JOIN answer a ON a.docket = d.id AND a.edition = 1"
        " WHERE d.engagement = ANY($1::text[]) AND d.unsealed_at IS NOT NULL AND a.party = $2"
        " AND NOT EXISTS (SELECT FROM rerating r WHERE r.docket = d.id AND r.cause = $3"
        "  AND r.step = 'annulled') ORDER BY 1",
        list(flag.engagements),
        Party.CENTRE.value,
        flag.id,
    )
    dockets = [row[0] for row in rows]
    out = {docket for docket, party in await left_out_among(dockets) if party is Party.CENTRE}
    kept = await _kept("r.docket = ANY($1::uuid[])", dockets)
    standing = {own[0].docket for own in by_rerating(kept) if state_of(own, at) in STANDING}
    return [docket for docket in dockets if docket not in out | standing]


async def steps_of(identifier: str) -> list[Kept]:
    """Every step of one re-rating in its order; none where there is no such re-rating."""
    return await _kept("r.rerating = $1", row_id(identifier))


def matter(steps: Collection[Kept]) -> Matter:
    """What was given, as a decision that the agency may object to; asked once it was given."""
    decided_at, deciders = steps_at(steps, ReratingStep.GIVEN)[0].at, set[str]()
    filed: list[Objection] = []
    for one in steps:
        if one.step in (ReratingStep.OPENED, ReratingStep.GIVEN):
            deciders.add(one.person)
        elif one.step is ReratingStep.OBJECTED:
            filed.append(Objection(one.at))
        elif one.step in (ReratingStep.UPHELD, ReratingStep.ANNULLED):
            outcome = Outcome(one.step.value)
            filed[-1] = Objection(filed[-1].filed_at, Answer(one.at, one.person, outcome))
    return Matter(decided_at, frozenset(deciders), filed=tuple(filed))


def steps_at(steps: Collection[Kept], step: ReratingStep) -> list[Kept]:
    return [one for one in steps if one.step is step]


def state_of(steps: Collection[Kept], at: datetime) -> ReratingState:
    """With all steps that were read: whoever asks may have begun before the last was taken."""
    return state(_taken(steps), max([at, *(one.at for one in steps)]))


def _taken(steps: Collection[Kept]) -> list[Taken]:
    return [Taken(one.rerating, one.step, one.at, one.scores) for one in steps]


def by_rerating(kept: Collection[Kept]) -> list[list[Kept]]:
    found: dict[str, list[Kept]] = {}
    for one in kept:
        found.setdefault(one.rerating, []).append(one)
    return list(found.values())


def _rows(actor: Actor, kept: Collection[Kept]) -> list[ReratingRow]:
    return [_row(actor, own) for own in by_rerating(kept)]


def _row(actor: Actor, own: list[Kept]) -> ReratingRow:
    first, given = own[0], steps_at(own, ReratingStep.GIVEN)
    found = state_of(own, actor.at)
    open_still = found is ReratingState.IN_FORCE
    reads = actor.role in _READ_OBJECTIONS
    return ReratingRow(
        first.rerating,
        first.docket,
        first.engagement,
        first.uscc,
        first.cause,
        found,
        due(first.at),
        objections.may_file_until(matter(own)) if open_still else None,
        given[0].scores if given else {},
        given[0].reasons if given else {},
        tuple(
            TakenStep(
                one.step,
                one.at,
                one.reason if reads or one.step is not ReratingStep.OBJECTED else "",
            )
            for one in own
        ),
    )


async def _kept(condition: str, *values: object) -> list[Kept]:
    """Steps in the order in which they were taken, of all re-ratings that fit."""
    rows = await fetch(
        "SELECT r.rerating::text, d.id::text, d.engagement, d.uscc, r.cause, r.step, r.taken_at,"
        " r.scores, r.reasons, r.reason, r.person FROM rerating r JOIN docket d ON d.id = r.docket"
        f" WHERE {condition} ORDER BY r.taken_at, r.rerating",
        *values,
    )
    return [_step(tuple(row)) for row in rows]


def _step(row: tuple[Any, ...]) -> Kept:
    *place, step, at, scores, reasons, reason, person = row
    # What the database keeps of a JSON object is not its order: readers get that of the indicators.
    given = msgspec.json.decode(scores, type=dict[str, Decimal])
    said = msgspec.json.decode(reasons, type=dict[str, str])
    ordered = {code: given[code] for code in CODES if code in given}
    columns = [*place, ReratingStep(step), at, ordered, said, reason, person]
    return Kept(*columns)
