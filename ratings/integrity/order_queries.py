"""The order that belongs to a flag: about which answers, and which of them it holds at present."""

from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.switch_queries import left_out_among
from ratings.evaluations.weight_queries import lowered_by
from ratings.integrity.flags import FlagKind
from ratings.integrity.orders import ORDERS, Order, ordered_weight
from ratings.integrity.queries import FlagRow
from ratings.ledger.database import fetch


class FlagOrder(msgspec.Struct, frozen=True):
    """`answers` and `in_force` are pairs of docket and party. `weight` is what each of them weighs
    of its share (a share of 1), None where they are held."""

    order: Order
    weight: Decimal | None
    answers: tuple[tuple[str, Party], ...]
    in_force: tuple[tuple[str, Party], ...]


async def order_of(flag: FlagRow) -> FlagOrder | None:
    """None for a kind without an order, and where the order would change nothing."""
    order = ORDERS.get(flag.kind)
    weight = ordered_weight(flag.kind, len(flag.engagements))
    if order is None or (order is Order.WEIGHT and weight is None):
        return None
    rows = await fetch(
        "SELECT d.id::text, a.party, d.owner, d.supervisor FROM docket d"
        " JOIN answer a ON a.docket = d.id AND a.edition = 1"
        " WHERE d.engagement = ANY($1::text[]) AND d.unsealed_at IS NOT NULL ORDER BY 1, 2",
        list(flag.engagements),
    )
    answers = tuple(
        (docket, Party(party))
        for docket, party, owner, supervisor in rows
        if _concerned(flag, Party(party), owner, supervisor)
    )
    if order is Order.HOLD:
        held = await left_out_among({docket for docket, _ in answers})
    else:
        held = await lowered_by(flag.id)
    return FlagOrder(order, weight, answers, tuple(one for one in answers if one in held))


def _concerned(flag: FlagRow, party: Party, owner: str, supervisor: str) -> bool:
    """All of an engagement in doubt; the marks of a careless rater; else those of the owner."""
    if flag.kind is FlagKind.INVENTED:
        return True
    if flag.kind is FlagKind.CARELESS:
        return flag.subject == {Party.OWNER: owner, Party.SUPERVISOR: supervisor}.get(party)
    return party is Party.OWNER
