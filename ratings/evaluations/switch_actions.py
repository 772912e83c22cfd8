"""The centre turns the switches of opened answers: two acts, two reasons, undone by a fact."""

from collections.abc import Collection
from datetime import datetime, timedelta

from ratings.evaluations.actions import RESTAND
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import DocketRow, docket_for_update
from ratings.evaluations.switch_queries import has_answered, last_turn
from ratings.evaluations.switches import ACTS, Switch
from ratings.evaluations.tables import AnswerSwitch
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import tx
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.ledger.jobs import enqueue

_LONGEST_REASON = 1000
Answered = tuple[str, Party]
"""One answer: its docket and its party."""


async def turn_switch(
    actor: Actor, docket: str, party: Party, switch: Switch, *, off: bool, reason: str
) -> None:
    """Hide or show what an answer says, or leave it out of the score or take it in again.

    Of an opened answer only, by a person of the centre who gave none of this engagement, with a
    reason. What is left out is missing in every computation from then on, and in none before.
    """
    await turn_switches(actor, [(docket, party)], switch, off=off, reason=reason)


async def turn_switches(
    actor: Actor, answers: Collection[Answered], switch: Switch, *, off: bool, reason: str
) -> None:
    """The same for several answers at once: all of them or none."""
    check_decider(actor, reason)
    async with tx():
        rows, known_at = await opened_for_update(actor, answers)
        for docket, party in sorted(answers):
            last = await last_turn(docket, party, switch)
            if off == (last is not None and last.off):
                raise Conflict("switch-turned", "That has been done already; look at it again.")
            if last is not None:
                # Who waited for the other one's act comes after it, whenever it was asked for.
                known_at = max(known_at, last.at + timedelta(microseconds=1))
        for docket, party in sorted(answers):
            await AnswerSwitch.insert(
                AnswerSwitch(
                    docket=docket,
                    party=party.value,
                    switch=switch.value,
                    is_off=off,
                    reason=reason.strip(),
                    person=actor.person,
                    turned_at=known_at,
                )
            )
        if switch is Switch.SCORE:
            for uscc in sorted({row.uscc for row in rows.values()}):
                await enqueue(RESTAND, {"uscc": uscc}, actor.at)
        for docket, party in sorted(answers):
            row = rows[docket]
            facts = {"party": party.value, "uscc": row.uscc, "engagement": row.engagement}
            await record(actor, ACTS[switch, off], "docket", row.id, facts, reason.strip())


def check_decider(actor: Actor, reason: str) -> None:
    """Only a person of the centre decides about an opened answer, and says why."""
    if actor.role is not Role.CENTRE or actor.person is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    if len(reason) > _LONGEST_REASON:
        raise Refused("switch-reason-long", "A reason has at most 1,000 characters.")


async def opened_for_update(
    actor: Actor, answers: Collection[Answered]
) -> tuple[dict[str, DocketRow], datetime]:
    """Lock the dockets of some answers and the standings that rest on them; the dockets by their
    ids, and the moment from which a decision counts.

    Always in the same order, and before the first entry in the ledger: two acts never wait for
    each other. Refused to who has answered there, and while an answer is not opened.
    """
    rows = {}
    for docket in sorted({docket for docket, _ in answers}):
        rows[docket] = row = await docket_for_update(docket)
        if await has_answered(row.id, actor.person):
            raise Forbidden(
                "rater-of-the-engagement",
                "You have answered in this evaluation yourself; somebody else has to decide.",
            )
    for docket, party in answers:
        if rows[docket].unsealed_at is None or party not in rows[docket].answered:
            raise Conflict(
                "no-opened-answer",
                "There is no opened answer of this party: it has not answered, or the answers are"
                " still sealed.",
            )
    known_at = actor.at
    for uscc in sorted({row.uscc for row in rows.values()}):
        known_at = max(known_at, await turn("standing.published", "agency", uscc, actor.at))
    return rows, known_at
