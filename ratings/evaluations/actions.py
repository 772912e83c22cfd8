"""One engagement, one evaluation: opening the docket, answering, unsealing."""

import uuid
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from ratings.evaluations.indicators import Party, check_answer
from ratings.evaluations.queries import DocketRow, answers, asked_party, docket_for_update
from ratings.evaluations.rules import (
    DocketView,
    answer_digest,
    check_enough,
    check_reason,
    due_times,
    may_unseal,
)
from ratings.evaluations.tables import Answer, Docket
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Conflict, Fault, NotFound, Refused
from ratings.ledger.jobs import enqueue

UNSEAL = "unseal_docket"
RESTAND = "restand_agency"


class NewDocket(msgspec.Struct, frozen=True):
    """A settled engagement; `owner` and `supervisor` are organisation ids."""

    engagement: str
    uscc: str
    trade: str
    title: str
    settled_on: date
    owner: str
    supervisor: str


async def open_docket(actor: Actor, wanted: NewDocket) -> str:
    """Ask the three parties; part of the transaction that settles the engagement."""
    due = due_times(wanted.settled_on)
    identifier = str(uuid.uuid4())
    async with tx():
        exists = await fetchval("SELECT true FROM docket WHERE engagement = $1", wanted.engagement)
        if exists:
            raise Conflict("already-evaluated", "This engagement already has its evaluation.")
        await Docket.insert(
            Docket(
                id=identifier,
                engagement=wanted.engagement,
                uscc=wanted.uscc,
                trade=wanted.trade,
                title=wanted.title,
                settled_on=wanted.settled_on,
                owner=wanted.owner,
                supervisor=wanted.supervisor,
                opened_at=actor.at,
                owner_due=due[Party.OWNER],
                supervisor_due=due[Party.SUPERVISOR],
                centre_due=due[Party.CENTRE],
            )
        )
        await enqueue(UNSEAL, {"docket": identifier}, max(due.values()))
        await record(
            actor,
            "docket.opened",
            "docket",
            identifier,
            {"engagement": wanted.engagement, "uscc": wanted.uscc},
        )
    return identifier


async def answer(actor: Actor, docket: str, scores: dict[str, str], comment: str = "") -> Party:
    """Take one party's sealed answer; the last one opens all three.

    `scores` maps indicator codes to decimals in text, 0 to 100 with at most two places.
    """
    decimals = _decimals(scores)
    async with tx():
        row = await docket_for_update(docket)
        party = party_of(actor, row)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        if row.unsealed_at is not None or actor.at >= row.due[party]:
            raise Conflict("evaluation-closed", "The time to answer has passed.")
        if party in row.answered:
            raise Conflict(
                "already-answered", "You have answered already; an evaluation is given once."
            )
        check_answer(party, decimals)
        check_reason(decimals, comment)
        check_enough(party, decimals)
        await Answer.insert(
            Answer(
                docket=row.id,
                party=party.value,
                person=actor.person or "",
                organisation=actor.organisation or "",
                scores=msgspec.json.encode(
                    {code: str(score) for code, score in decimals.items()}
                ).decode(),
                comment=comment,
                answered_at=actor.at,
            )
        )
        # What was answered stays sealed, in the ledger too: only that it was.
        await record(actor, "docket.answered", "docket", row.id, {"party": party.value})
        complete = msgspec.structs.replace(row, answered=(*row.answered, party))
        await _unseal_if_due(actor, complete, known_at)
    return party


async def unseal(actor: Actor, docket: str) -> bool:
    """Open the answers once everybody has answered or the time is up; else do nothing."""
    async with tx():
        row = await docket_for_update(docket)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        return await _unseal_if_due(actor, row, known_at)


async def _unseal_if_due(actor: Actor, row: DocketRow, known_at: datetime) -> bool:
    view = DocketView(row.owner, row.supervisor, row.due, row.answered)
    if row.unsealed_at is not None or not may_unseal(view, actor.at):
        return False
    await execute("UPDATE docket SET unsealed_at = $2 WHERE id = $1", row.id, known_at)
    await enqueue(RESTAND, {"uscc": row.uscc}, actor.at)
    await record(
        actor,
        "docket.unsealed",
        "docket",
        row.id,
        {
            "uscc": row.uscc,
            "engagement": row.engagement,
            "answers": {
                answer.party.value: answer_digest(answer) for answer in await answers(row.id)
            },
        },
    )
    return True


def party_of(actor: Actor, row: DocketRow) -> Party:
    """Which party the actor answers for; NotFound for everybody else."""
    party = asked_party(actor, row)
    if party is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=row.id)
    return party


def _decimals(scores: dict[str, str]) -> dict[str, Decimal]:
    decimals = {}
    faults = []
    for code, text in scores.items():
        try:
            decimals[code] = Decimal(text)
        except InvalidOperation:
            faults.append(Fault(f"/scores/{code}", "score-number", "A score is a number."))
    if faults:
        raise Refused(
            "answer-invalid",
            "The evaluation was not taken: {count} of its scores cannot stand.",
            faults=tuple(faults),
            count=len(faults),
        )
    return decimals
