"""The centre turns the switches of an opened answer: two acts, two reasons, undone by a fact."""

from datetime import timedelta

from ratings.evaluations.actions import RESTAND
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import docket_for_update
from ratings.evaluations.switch_queries import has_answered, last_turn
from ratings.evaluations.switches import ACTS, Switch
from ratings.evaluations.tables import AnswerSwitch
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import tx
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.ledger.jobs import enqueue

_LONGEST_REASON = 1000


async def turn_switch(
    actor: Actor, docket: str, party: Party, switch: Switch, *, off: bool, reason: str
) -> None:
    """Hide or show what an answer says, or leave it out of the score or take it in again.

    Of an opened answer only, by a person of the centre who gave none of this engagement, with a
    reason. What is left out is missing in every computation from then on, and in none before.
    """
    if actor.role is not Role.CENTRE or actor.person is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    if len(reason) > _LONGEST_REASON:
        raise Refused("switch-reason-long", "A reason has at most 1,000 characters.")
    async with tx():
        row = await docket_for_update(docket)
        if await has_answered(row.id, actor.person):
            raise Forbidden(
                "rater-of-the-engagement",
                "You have answered in this evaluation yourself; somebody else has to decide.",
            )
        if row.unsealed_at is None or party not in row.answered:
            raise Conflict(
                "no-opened-answer",
                "There is no opened answer of this party: it has not answered, or the answers are"
                " still sealed.",
            )
        known_at = await turn("standing.published", "agency", row.uscc, actor.at)
        last = await last_turn(row.id, party, switch)
        if off == (last is not None and last.off):
            raise Conflict("switch-turned", "That has been done already; look at it again.")
        if last is not None:
            # Who waited for the other one's act comes after it, whenever it was asked for.
            known_at = max(known_at, last.at + timedelta(microseconds=1))
        await AnswerSwitch.insert(
            AnswerSwitch(
                docket=row.id,
                party=party.value,
                switch=switch.value,
                is_off=off,
                reason=reason.strip(),
                person=actor.person,
                turned_at=known_at,
            )
        )
        if switch is Switch.SCORE:
            await enqueue(RESTAND, {"uscc": row.uscc}, actor.at)
        facts = {"party": party.value, "uscc": row.uscc, "engagement": row.engagement}
        await record(actor, ACTS[switch, off], "docket", row.id, facts, reason.strip())
