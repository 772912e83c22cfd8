"""What an opened answer weighs in the score where the centre has ordered that it count for less.

An order is a fact that is only ever added to; it is lifted by a further one that says 1.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import Party

WHOLE = Decimal(1)
LOWERED = "docket.answer_weight_lowered"
RESTORED = "docket.answer_weight_restored"


class Weighed(msgspec.Struct, frozen=True, array_like=True):
    """That one party's answer weighs so much of its share (above 0, at most 1) because of `cause`,
    the question that a person has answered so."""

    party: Party
    cause: str
    at: datetime
    weight: Decimal


def weights_at(orders: Iterable[Weighed], as_of: datetime) -> dict[Party, Decimal]:
    """What the answers of one engagement weighed at a moment, by what was known then; those that
    weigh the whole have no key.

    Of several orders about one answer the lowest holds: each asks no more than that the answer
    count for so little.
    """
    last: dict[tuple[Party, str], Decimal] = {}
    for one in sorted(orders, key=lambda one: one.at):
        if one.at <= as_of:
            last[one.party, one.cause] = one.weight
    found: dict[Party, Decimal] = {}
    for (party, _), weight in last.items():
        if weight != WHOLE:
            found[party] = min(weight, found.get(party, WHOLE))
    return found
