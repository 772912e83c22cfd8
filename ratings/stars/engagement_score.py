"""The score of one engagement from the answers of its three parties."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from ratings.evaluations.indicators import OVERALL, Party, party_score
from ratings.stars.policy import Policy


class RatedEngagement(msgspec.Struct, frozen=True):
    """A settled engagement and what each party answered.

    `parties` holds, for each party that answered, its scores by indicator code, or a single
    score under `overall`. A party that never answered has no key, nor has one whose answer the
    centre has left out: that one stands in `left_out`. `raters` names who answered for a party,
    where that is known. `weights` are of answers that weigh less than their share by an order of
    the centre, as shares of 1; `rated_again` are those whose first scores gave way to newer ones.
    """

    engagement: str
    uscc: str
    trade: str
    settled_on: date
    parties: dict[Party, dict[str, Decimal]]
    raters: dict[Party, str] = {}
    left_out: frozenset[Party] = frozenset()
    weights: dict[Party, Decimal] = {}
    rated_again: frozenset[Party] = frozenset()


class PartyPart(msgspec.Struct, frozen=True):
    """One party's part: `share` is what it weighs after missing parties are left out and orders
    are followed, `weight` its stated share by the orders alone."""

    party: Party
    score: Fraction | None
    stated_share: Decimal
    weight: Fraction
    share: Fraction
    answered: bool
    weight_scored: int


class EngagementScore(msgspec.Struct, frozen=True):
    """E in 0–100, exact; None when too little was answered. Provisional when a party lacks."""

    score: Fraction | None
    provisional: bool
    parts: tuple[PartyPart, ...]


def engagement_score(engagement: RatedEngagement, policy: Policy) -> EngagementScore:
    """`Σ w·x / Σ w` over the parties present, if their shares reach the policy's least share.

    An order of the centre lowers the weight w of an answer. Whether enough have answered is
    asked of the stated shares: an answer that weighs less is still there.

    An absent party, or one with too few indicators, is left out and the rest re-normalised:
    filling in zero would punish an agency for somebody else's silence, filling in full marks
    would reward it.
    """
    values: dict[Party, Fraction] = {}
    scored: dict[Party, int] = {}
    least = policy.missing.least_indicator_share
    for party, answer in engagement.parties.items():
        own = policy.indicators[party]
        scored[party] = sum(
            weight for code, weight in own.items() if code in answer or OVERALL in answer
        )
        result = party_score(party, answer, policy.indicators, least)
        if result is not None:
            values[party] = result.score
    present = sum((Fraction(policy.parties[party]) for party in values), Fraction(0))
    enough = present >= Fraction(policy.missing.least_party_share)
    weights = {
        party: Fraction(stated) * Fraction(engagement.weights.get(party, 1))
        for party, stated in policy.parties.items()
    }
    whole = sum((weights[party] for party in values), Fraction(0))
    parts = tuple(
        PartyPart(
            party=party,
            score=values.get(party),
            stated_share=stated,
            weight=weights[party],
            share=weights[party] / whole if enough and party in values else Fraction(0),
            answered=bool(engagement.parties.get(party)),
            weight_scored=scored.get(party, 0),
        )
        for party, stated in policy.parties.items()
    )
    if not enough:
        return EngagementScore(score=None, provisional=False, parts=parts)
    total = sum((part.share * (part.score or 0) for part in parts), Fraction(0))
    return EngagementScore(score=total, provisional=len(values) < len(parts), parts=parts)
