"""The centre orders that opened answers weigh less in the score, and lifts the order again."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal

from ratings.evaluations.actions import RESTAND
from ratings.evaluations.switch_actions import Answered, check_decider, opened_for_update
from ratings.evaluations.tables import AnswerWeight
from ratings.evaluations.weight_queries import lowered_by
from ratings.evaluations.weights import LOWERED, RESTORED, WHOLE
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetchval, row_id, tx
from ratings.ledger.errors import Conflict
from ratings.ledger.jobs import enqueue

_PLACES = Decimal("0.0001")


async def weigh(
    actor: Actor, answers: Collection[Answered], weight: Decimal, cause: str, reason: str
) -> None:
    """Have answers weigh so much of their share, or the whole again where `weight` is 1.

    Of opened answers only, by a person of the centre who gave none of these engagements, with a
    reason; all of them or none. It counts in every computation from then on, and in none before.
    """
    check_decider(actor, reason)
    weight = weight.quantize(_PLACES)
    async with tx():
        rows, known_at = await opened_for_update(actor, answers)
        in_force = await lowered_by(cause)
        for docket, party in sorted(answers):
            if (weight == WHOLE) == ((docket, party) not in in_force):
                raise Conflict("weight-ordered", "That has been done already; look at it again.")
            last = await fetchval(
                "SELECT max(ordered_at) FROM answer_weight WHERE docket = $1 AND party = $2"
                " AND cause = $3",
                row_id(docket),
                party.value,
                cause,
            )
            if last is not None:
                known_at = max(known_at, last + timedelta(microseconds=1))
        for docket, party in sorted(answers):
            await AnswerWeight.insert(
                AnswerWeight(
                    docket=docket,
                    party=party.value,
                    cause=cause,
                    weight=weight,
                    reason=reason.strip(),
                    person=actor.person,
                    ordered_at=known_at,
                )
            )
        for uscc in sorted({row.uscc for row in rows.values()}):
            await enqueue(RESTAND, {"uscc": uscc}, actor.at)
        for docket, party in sorted(answers):
            row = rows[docket]
            facts = {
                "party": party.value,
                "uscc": row.uscc,
                "engagement": row.engagement,
                "cause": cause,
                "weight": str(weight),
            }
            act = RESTORED if weight == WHOLE else LOWERED
            await record(actor, act, "docket", row.id, facts, reason.strip())
