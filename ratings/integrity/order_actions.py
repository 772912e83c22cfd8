"""A person gives the order that a flag of manipulation calls for, and lifts it again."""

from ratings.evaluations.switch_actions import turn_switches
from ratings.evaluations.switches import Switch
from ratings.evaluations.weight_actions import weigh
from ratings.evaluations.weights import WHOLE
from ratings.integrity.actions import DISMISSED, OPEN, take_up_flag
from ratings.integrity.order_queries import FlagOrder, order_of
from ratings.integrity.orders import Order
from ratings.integrity.queries import flag_of
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, row_id, tx
from ratings.ledger.errors import Conflict, Refused


async def give_order(actor: Actor, flag: str, reason: str) -> None:
    """Hold the answers of a flag out of the score, or have them weigh less, from now on.

    By a person of the centre who gave none of them. An open flag is taken up by it; a dismissed
    one calls for nothing. What was held or lowered before by the same flag stays so.
    """
    async with tx():
        found = await _locked(flag)
        row = await flag_of(flag)
        if row.state == DISMISSED:
            raise Conflict("flag-decided", "This flag has been decided already.")
        answers = set(found.answers) - set(found.in_force)
        if not answers:
            raise Conflict(
                "order-given", "Everything that can be ordered here is in force already."
            )
        if found.order is Order.HOLD:
            await turn_switches(actor, answers, Switch.SCORE, off=True, reason=reason)
        else:
            await weigh(actor, answers, found.weight or WHOLE, flag, reason)
        if row.state == OPEN:
            await take_up_flag(actor, flag, reason)
        await _record(actor, "integrity_flag.ordered", flag, found, len(answers), reason)


async def lift_order(actor: Actor, flag: str, reason: str) -> None:
    """Let the answers count in full again from now on; of a flag that has an order in force."""
    async with tx():
        found = await _locked(flag)
        if not found.in_force:
            raise Conflict("order-missing", "No order is in force here.")
        if found.order is Order.HOLD:
            await turn_switches(actor, found.in_force, Switch.SCORE, off=False, reason=reason)
        else:
            await weigh(actor, found.in_force, WHOLE, flag, reason)
        acted = len(found.in_force)
        await _record(actor, "integrity_flag.order_lifted", flag, found, acted, reason)


async def _locked(flag: str) -> FlagOrder:
    await fetch("SELECT 1 FROM integrity_flag WHERE id = $1 FOR UPDATE", row_id(flag))
    found = await order_of(await flag_of(flag))
    if found is None:
        raise Refused(
            "order-unknown", "No order about the score belongs to such a flag; other acts do."
        )
    return found


async def _record(
    actor: Actor, act: str, flag: str, found: FlagOrder, answers: int, reason: str
) -> None:
    facts = {
        "order": found.order.value,
        "weight": None if found.weight is None else str(found.weight),
        "answers": answers,
    }
    await record(actor, act, "integrity_flag", flag, facts, reason.strip())
