"""One engagement, one evaluation: opening the docket, answering, changing an answer, unsealing."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

import msgspec

from ratings.evaluations.indicators import Party, check_answer
from ratings.evaluations.queries import (
    DocketRow,
    answers,
    asked_party,
    docket_for_update,
    due_reminders,
    reminded,
)
from ratings.evaluations.relation_queries import has_stepped_back
from ratings.evaluations.rules import (
    REVISION_DAYS,
    answer_digest,
    check_enough,
    check_reasons,
    due_times,
    may_unseal,
    opens_at,
    parties_asked,
    revisable_until,
)
from ratings.evaluations.tables import Answer, Docket, Reminder
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Conflict, Fault, NotFound, Refused
from ratings.ledger.jobs import enqueue

UNSEAL = "unseal_docket"
RESTAND = "restand_agency"
_NO_REASONS: Mapping[str, str] = MappingProxyType({})


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


async def answer(
    actor: Actor,
    docket: str,
    scores: dict[str, str],
    comment: str = "",
    *,
    reasons: Mapping[str, str] = _NO_REASONS,
    final: bool = False,
) -> Party:
    """Take one party's sealed answer.

    `scores` maps indicator codes to decimals in text, 0 to 100 with at most two places;
    `reasons` says at an indicator why, and must do so below 60. A `final` answer gives up the days
    in which it might be changed; when all are final, all are opened.
    """
    decimals = decimals_of(scores)
    async with tx():
        row = await docket_for_update(docket)
        party = party_of(actor, row)
        await _check_unrelated(actor, row)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        if row.unsealed_at is not None or actor.at >= row.due[party]:
            raise Conflict("evaluation-closed", "The time to answer has passed.")
        if party in row.answered:
            raise Conflict(
                "already-answered",
                "You have answered already; an evaluation is given once. While it is sealed it can"
                " be changed for {days} working days unless it was given as final.",
                days=REVISION_DAYS,
            )
        until = None if final else revisable_until(actor.at, row.due)
        given = _Given(decimals, reasons, comment)
        await _take(actor, row, party, given, edition=1, until=until)
        # What was answered stays sealed, in the ledger too: only that it was.
        await record(
            actor, "docket.answered", "docket", row.id, {"party": party.value, "final": final}
        )
        await _wait_or_unseal(actor, row, known_at)
    return party


async def revise(
    actor: Actor,
    docket: str,
    scores: dict[str, str],
    comment: str = "",
    *,
    reasons: Mapping[str, str] = _NO_REASONS,
    final: bool = False,
) -> Party:
    """Change the answer of one's own party while its days for that last and all are sealed.

    The earlier edition stays in the table. The days are not counted anew; `final` gives up what is
    left of them.
    """
    decimals = decimals_of(scores)
    async with tx():
        row = await docket_for_update(docket)
        party = party_of(actor, row)
        await _check_unrelated(actor, row)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        if party not in row.answered:
            raise Conflict("not-answered", "You have not answered yet; there is nothing to change.")
        until = row.revisable_until.get(party)
        if row.unsealed_at is not None or until is None or actor.at >= until:
            raise Conflict(
                "revision-closed",
                "This answer is final: the {days} working days in which it could be changed are"
                " over, or it was given as final, or the answers have been opened.",
                days=REVISION_DAYS,
            )
        edition = 1 + await fetchval(
            "SELECT max(edition) FROM answer WHERE docket = $1 AND party = $2", row.id, party.value
        )
        kept = None if final else until
        given = _Given(decimals, reasons, comment)
        await _take(actor, row, party, given, edition=edition, until=kept)
        await record(
            actor,
            "docket.revised",
            "docket",
            row.id,
            {"party": party.value, "edition": edition, "final": final},
        )
        await _wait_or_unseal(actor, row, known_at)
    return party


class _Given(msgspec.Struct, frozen=True):
    scores: dict[str, Decimal]
    reasons: Mapping[str, str]
    comment: str


async def _check_unrelated(actor: Actor, row: DocketRow) -> None:
    if await has_stepped_back(row.id, actor.person):
        raise Conflict(
            "stepped-back",
            "You have stepped back from this evaluation; another person of your organisation"
            " answers.",
        )


async def _take(
    actor: Actor,
    row: DocketRow,
    party: Party,
    given: _Given,
    *,
    edition: int,
    until: datetime | None,
) -> None:
    reasons = {code: said for code, reason in given.reasons.items() if (said := reason.strip())}
    check_answer(party, given.scores)
    check_reasons(given.scores, reasons)
    check_enough(party, given.scores)
    text = {code: str(score) for code, score in given.scores.items()}
    await Answer.insert(
        Answer(
            docket=row.id,
            party=party.value,
            person=actor.person or "",
            organisation=actor.organisation or "",
            scores=msgspec.json.encode(text).decode(),
            reasons=msgspec.json.encode(reasons).decode(),
            comment=given.comment,
            answered_at=actor.at,
            edition=edition,
            revisable_until=until,
        )
    )


async def remind(actor: Actor, docket: str) -> bool:
    """Tell the parties that have not answered how long they still may; else do nothing.

    The entry in the ledger is what the parties and their programs are told.
    """
    async with tx():
        row = await docket_for_update(docket)
        sent = await reminded(row.id)
        due = {
            party: left
            for party, left in due_reminders(row, actor.at).items()
            if party not in sent or left < sent[party]
        }
        if row.unsealed_at is not None or not due:
            return False
        for party, left in due.items():
            await Reminder.insert(
                Reminder(docket=row.id, party=party.value, working_days_left=left, sent_at=actor.at)
            )
        await record(
            actor,
            "docket.reminded",
            "docket",
            row.id,
            {"working_days_left": {party.value: left for party, left in due.items()}},
        )
    return True


async def unseal(actor: Actor, docket: str) -> bool:
    """Open the answers once nobody may answer or change an answer any more; else do nothing."""
    async with tx():
        row = await docket_for_update(docket)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        return await _unseal_if_due(actor, row, known_at)


async def _wait_or_unseal(actor: Actor, before: DocketRow, known_at: datetime) -> None:
    """After an answer: open all, or see to it that they are opened when the waiting ends."""
    row = await docket_for_update(before.id)
    opens = opens_at(row.view())
    if (
        not await _unseal_if_due(actor, row, known_at)
        and opens
        and opens != opens_at(before.view())
    ):
        await enqueue(UNSEAL, {"docket": row.id}, opens)


async def _unseal_if_due(actor: Actor, row: DocketRow, known_at: datetime) -> bool:
    if row.unsealed_at is not None or not may_unseal(row.view(), actor.at):
        return False
    await execute("UPDATE docket SET unsealed_at = $2 WHERE id = $1", row.id, known_at)
    await enqueue(RESTAND, {"uscc": row.uscc}, actor.at)
    asked = parties_asked(row.owner, row.supervisor)
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
            "missing": [party.value for party in asked if party not in row.answered],
        },
    )
    return True


def party_of(actor: Actor, row: DocketRow) -> Party:
    """Which party the actor answers for; NotFound for everybody else."""
    party = asked_party(actor, row)
    if party is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=row.id)
    return party


def decimals_of(scores: dict[str, str]) -> dict[str, Decimal]:
    """Scores as numbers; refused as a whole, with one fault for each that is none."""
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
