"""What the method lets a person order about the answers that a flag rests on, by its kind.

A program orders nothing. The kinds without an order here are answered by other acts: a case, the
check of a clipped owner, a look before an admission.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from ratings.integrity.flags import FlagKind
from ratings.stars.rounding import published

PAIR_COUNTS_AS = 3
"""However many engagements a pair has, its owner's answers together weigh like so many (the rating
method, §4: min(1, 3/n))."""
CARELESS_WEIGHS = Fraction(1, 2)
WEIGHT_PLACES = 4


class Order(StrEnum):
    """`hold`: the answers are left out of the score; `weight`: they weigh less in it."""

    HOLD = "hold"
    WEIGHT = "weight"


ORDERS: Mapping[FlagKind, Order] = MappingProxyType(
    {
        FlagKind.COLLUSION: Order.WEIGHT,
        FlagKind.CARELESS: Order.WEIGHT,
        FlagKind.BOMBING: Order.HOLD,
        FlagKind.INVENTED: Order.HOLD,
    }
)


def ordered_weight(kind: FlagKind, engagements: int) -> Decimal | None:
    """What each answer of the flag is to weigh of its share, in four decimals; None where the
    kind has no such order, or nothing would be lowered."""
    if ORDERS.get(kind) is not Order.WEIGHT:
        return None
    share = CARELESS_WEIGHS
    if kind is FlagKind.COLLUSION:
        share = Fraction(PAIR_COUNTS_AS, max(engagements, PAIR_COUNTS_AS))
    return published(share, WEIGHT_PLACES) if share < 1 else None
