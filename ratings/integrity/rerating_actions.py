"""The centre rates the engagements of a collusion flag again, and the agency may object.

One person opens it and a person gives the answer, both without a first answer in any of these
engagements; somebody else answers an objection. Every step counts from its own moment on.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ratings.evaluations.actions import RESTAND, decimals_of
from ratings.evaluations.indicators import Party, check_answer
from ratings.evaluations.queries import docket_for_update
from ratings.evaluations.reratings import ACTS, FROM, ReratingState, ReratingStep, rerating_digest
from ratings.evaluations.rules import check_enough, check_reasons
from ratings.evaluations.switch_actions import check_decider, opened_for_update
from ratings.evaluations.switch_queries import has_answered, left_out_among
from ratings.evaluations.tables import Rerating
from ratings.integrity.actions import DISMISSED, OPEN, take_up_flag
from ratings.integrity.flags import FlagKind
from ratings.integrity.queries import flag_of
from ratings.integrity.rerating_queries import (
    Kept,
    matter,
    state_of,
    steps_of,
    to_rate_again,
)
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.sanctions import objections
from ratings.sanctions.matter_queries import barred
from ratings.sanctions.objections import Answer, Outcome

_LONGEST = 5000


async def open_reratings(actor: Actor, flag: str, reason: str) -> int:
    """Have every engagement of a collusion flag that can be rated again by the centre so rated;
    returns how many. An open flag is taken up by it.

    By a person of the centre who answered in none of them. The first answers count until then.
    """
    check_decider(actor, reason)
    async with tx():
        await fetch("SELECT 1 FROM integrity_flag WHERE id = $1 FOR UPDATE", row_id(flag))
        row = await flag_of(flag)
        if row.kind is not FlagKind.COLLUSION:
            raise Refused(
                "rerating-needless", "Only the engagements of a flag of collusion are rated again."
            )
        if row.state == DISMISSED:
            raise Conflict("flag-decided", "This flag has been decided already.")
        await _check_apart(actor, row.engagements)
        dockets = await to_rate_again(row, actor.at)
        if not dockets:
            raise Conflict(
                "rerating-opened",
                "There is nothing here to rate again: it has been opened or given already, or the"
                " centre has no answer that counts.",
            )
        rows, known_at = await opened_for_update(actor, [(one, Party.CENTRE) for one in dockets])
        # Whoever waited for another one's act on the same engagements looks again.
        if await to_rate_again(row, actor.at) != dockets:
            raise Conflict("rerating-opened", "That has been done already; look at it again.")
        made = []
        for docket in dockets:
            step = Kept(
                str(uuid.uuid4()),
                docket,
                rows[docket].engagement,
                rows[docket].uscc,
                row.id,
                ReratingStep.OPENED,
                await _after(docket, known_at),
                {},
                {},
                reason.strip(),
                actor.person or "",
            )
            await _insert(step)
            made.append(step)
        if row.state == OPEN:
            await take_up_flag(actor, flag, reason)
        await record(
            actor,
            "integrity_flag.rerating_opened",
            "integrity_flag",
            row.id,
            {"engagements": len(made)},
            reason.strip(),
        )
        for step in made:
            await _tell(actor, step)
    return len(made)


async def rate_again(
    actor: Actor,
    rerating: str,
    scores: Mapping[str, str],
    reason: str,
    reasons: Mapping[str, str],
) -> None:
    """Give the centre's answer anew: by the same indicators and rules as its first one, with a
    reason that everybody reads. It is final; the standing follows."""
    check_decider(actor, reason)
    decimals = decimals_of(dict(scores))
    said = {code: text for code, one in reasons.items() if (text := one.strip())}
    async with tx():
        steps, known_at = await _held(actor, rerating, ReratingStep.GIVEN)
        first = steps[0]
        await _check_apart(actor, (await flag_of(first.cause)).engagements)
        if (first.docket, Party.CENTRE) in await left_out_among([first.docket]):
            raise Conflict(
                "rerating-left-out",
                "The answer of the centre is left out of the score; take it in before it is rated"
                " again.",
            )
        check_answer(Party.CENTRE, decimals)
        check_reasons(decimals, said)
        check_enough(Party.CENTRE, decimals)
        await _take(actor, steps, ReratingStep.GIVEN, known_at, reason, decimals, said)


async def object_to_rerating(actor: Actor, rerating: str, text: str) -> None:
    """The agency objects to what was given, or asks for the review of the answer, within the times
    of any objection. The centre's first answer counts until somebody else has answered."""
    if not text.strip():
        raise Refused("objection-empty", "Write what you object to, and why.")
    if len(text) > _LONGEST:
        raise Refused("rerating-text-long", "An objection has at most 5,000 characters.")
    async with tx():
        steps, known_at = await _held(actor, rerating, ReratingStep.OBJECTED)
        objections.file(matter(steps), actor.at)
        await _take(actor, steps, ReratingStep.OBJECTED, known_at, text)


async def answer_rerating_objection(
    actor: Actor, rerating: str, outcome: Outcome, reason: str
) -> None:
    """Uphold what was given, or annul it; late, too, for an objection stays owed.

    Forbidden to whoever opened or gave it, answered before, or has rated the agency.
    """
    check_decider(actor, reason)
    if outcome is Outcome.CHANGED:
        raise Refused("rerating-outcome", "A re-rating is upheld or annulled, nothing between.")
    step = ReratingStep(outcome.value)
    async with tx():
        steps, known_at = await _held(actor, rerating, step)
        found = matter(steps)
        given = Answer(known_at, actor.person or "", outcome)
        objections.answer(found, given, barred=await barred(found, steps[0].uscc))
        await _take(actor, steps, step, known_at, reason)


async def lift_rerating(actor: Actor, rerating: str, reason: str) -> None:
    """The centre takes a re-rating back, before or after it was given: its first answer counts.

    By a person who gave none of the first answers; not while an objection waits.
    """
    check_decider(actor, reason)
    async with tx():
        steps, known_at = await _held(actor, rerating, ReratingStep.LIFTED)
        await _check_apart(actor, (await flag_of(steps[0].cause)).engagements)
        await _take(actor, steps, ReratingStep.LIFTED, known_at, reason)


async def _check_apart(actor: Actor, engagements: tuple[str, ...]) -> None:
    """Who has answered in one of the engagements is no judge of the others either."""
    dockets = await fetch(
        "SELECT id::text FROM docket WHERE engagement = ANY($1::text[])", list(engagements)
    )
    for (docket,) in dockets:
        if await has_answered(docket, actor.person):
            raise Forbidden(
                "rater-of-the-engagement",
                "You have answered in this evaluation yourself; somebody else has to decide.",
            )


async def _held(actor: Actor, rerating: str, step: ReratingStep) -> tuple[list[Kept], datetime]:
    """Lock the evaluation, then read the steps: the moment from which the next one counts.

    NotFound for another agency; Conflict where the step cannot follow.
    """
    docket = await fetchval(
        "SELECT docket::text FROM rerating WHERE rerating = $1 LIMIT 1", row_id(rerating)
    )
    steps = []
    if docket is not None:
        row = await docket_for_update(docket)
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        steps = await steps_of(rerating)
    if not steps or (step is ReratingStep.OBJECTED and actor.uscc != steps[0].uscc):
        raise NotFound("rerating-unknown", "There is no re-rating {id}.", id=rerating)
    found = state_of(steps, actor.at)
    if found not in FROM[step]:
        if step in (ReratingStep.UPHELD, ReratingStep.ANNULLED):
            raise Conflict("nothing-filed", "There is no objection that waits for an answer.")
        if step is ReratingStep.OBJECTED and found is ReratingState.CONTESTED:
            raise Conflict("objection-open", "Your objection waits for its answer.")
        raise Conflict(*_REFUSALS[found])
    return steps, await _after(steps[0].docket, known_at)


_REFUSALS = {
    ReratingState.WAITING: ("rerating-not-given", "The centre has not rated again yet."),
    ReratingState.LAPSED: (
        "rerating-lapsed",
        "The time to rate again is over; it has to be opened anew.",
    ),
    ReratingState.IN_FORCE: (
        "rerating-given",
        "This has been rated again already; look at it again.",
    ),
    ReratingState.CONTESTED: (
        "rerating-contested",
        "The agency has objected; the objection has to be answered first.",
    ),
    ReratingState.ENDED: ("rerating-ended", "This re-rating has been taken back or annulled."),
}


async def _after(docket: str, known_at: datetime) -> datetime:
    """A moment after the last step about an evaluation: who waited for it comes after it."""
    last: datetime | None = await fetchval(
        "SELECT max(taken_at) FROM rerating WHERE docket = $1", row_id(docket)
    )
    return known_at if last is None else max(known_at, last + timedelta(microseconds=1))


async def _take(
    actor: Actor,
    steps: list[Kept],
    step: ReratingStep,
    known_at: datetime,
    reason: str,
    scores: Mapping[str, Decimal] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """The next step of a re-rating; the standing follows where the scores that count may change."""
    taken = msgspec.structs.replace(
        steps[0],
        step=step,
        at=known_at,
        scores=dict(scores or {}),
        reasons=dict(reasons or {}),
        reason=reason.strip(),
        person=actor.person or "",
    )
    await _insert(taken)
    if step is ReratingStep.GIVEN or any(one.step is ReratingStep.GIVEN for one in steps):
        await enqueue(RESTAND, {"uscc": taken.uscc}, actor.at)
    await _tell(actor, taken)


async def _insert(step: Kept) -> None:
    text = {code: str(score) for code, score in step.scores.items()}
    await Rerating.insert(
        Rerating(
            rerating=step.rerating,
            docket=step.docket,
            cause=step.cause,
            step=step.step.value,
            scores=msgspec.json.encode(text).decode(),
            reasons=msgspec.json.encode(step.reasons).decode(),
            reason=step.reason,
            person=step.person,
            taken_at=step.at,
        )
    )


async def _tell(actor: Actor, step: Kept) -> None:
    """One entry in the ledger. The words of an objection stay out of it, and so do the scores:
    their digest holds them fast."""
    facts = {
        "rerating": step.rerating,
        "party": Party.CENTRE.value,
        "uscc": step.uscc,
        "engagement": step.engagement,
    }
    if step.step is ReratingStep.GIVEN:
        facts["digest"] = rerating_digest(step.scores, step.reasons)
    reason = "" if step.step is ReratingStep.OBJECTED else step.reason
    await record(actor, ACTS[step.step], "docket", step.docket, facts, reason)
