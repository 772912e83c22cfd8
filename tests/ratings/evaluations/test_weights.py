"""Answers that weigh less by an order: by what was known at a moment, and exactly."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import OVERALL, Party
from ratings.evaluations.weights import WHOLE, Weighed, weights_at
from ratings.stars.engagement_score import RatedEngagement, engagement_score
from ratings.stars.policy import load_policy
from ratings.stars.reference import centred, nothing_known

START = datetime(2026, 1, 1, tzinfo=UTC)
WEIGHTS = st.decimals("0.0001", 1, places=4)
ORDERS = st.lists(
    st.builds(
        lambda party, cause, hour, weight: Weighed(
            party, cause, START + timedelta(hours=hour), weight
        ),
        st.sampled_from(Party),
        st.sampled_from(["a", "b"]),
        st.integers(0, 50),
        WEIGHTS,
    ),
    unique_by=lambda one: (one.party, one.cause, one.at),
)
SCORES = st.decimals(0, 100, places=2)


@given(ORDERS, st.integers(0, 50))
def test_the_lowest_of_the_last_orders_known_holds(orders: list[Weighed], hour: int) -> None:
    moment = START + timedelta(hours=hour)
    found = weights_at(orders, moment)
    assert found == weights_at(reversed([one for one in orders if one.at <= moment]), moment)
    for party in Party:
        last = [
            max(own, key=lambda one: one.at).weight
            for cause in "ab"
            if (
                own := [
                    one
                    for one in orders
                    if (one.party, one.cause) == (party, cause) and one.at <= moment
                ]
            )
        ]
        assert found.get(party, WHOLE) == min(last, default=WHOLE)
        assert found.get(party) != WHOLE


def engagement(scores: dict[Party, Decimal], weights: dict[Party, Decimal]) -> RatedEngagement:
    answers = {party: {OVERALL: score} for party, score in scores.items()}
    return RatedEngagement("1", "u", "t", START.date(), answers, weights=weights)


def test_half_the_weight_of_the_owner_by_hand() -> None:
    """(0.3 · 90 + 0.25 · 60 + 0.2 · 80) / 0.75 = 77 1/3, and C is 0.75."""
    scores = {
        Party.OWNER: Decimal(60),
        Party.SUPERVISOR: Decimal(90),
        Party.CENTRE: Decimal(80),
    }
    one = engagement(scores, {Party.OWNER: Decimal("0.5000")})
    result = engagement_score(one, load_policy("standard"))
    assert (result.score, result.provisional) == (Fraction(232, 3), False)
    robust = load_policy("robust")
    reference = msgspec.structs.replace(
        nothing_known(robust), means={"": dict.fromkeys(Party, Decimal(80))}
    )
    held = centred(one, engagement_score(one, robust), reference, robust)
    assert held.weight == Fraction(3, 4)
    # The owner lies 25 below the mean of the others, and is clipped to 15: 70 instead of 60.
    assert held.score == (Fraction(3, 10) * 90 + Fraction(1, 4) * 70 + Fraction(1, 5) * 80) * 4 / 3


@pytest.mark.parametrize("weight", ["0.0001", "0.5", "1"])
def test_an_answer_that_weighs_less_is_still_there(weight: str) -> None:
    """The owner alone is enough to rate an engagement, whatever an order leaves of it."""
    one = engagement({Party.OWNER: Decimal(80)}, {Party.OWNER: Decimal(weight)})
    assert engagement_score(one, load_policy("standard")).score == 80


@given(st.fixed_dictionaries(dict.fromkeys(Party, SCORES)), WEIGHTS, WEIGHTS)
def test_the_less_an_answer_weighs_the_less_it_moves(
    scores: dict[Party, Decimal], first: Decimal, second: Decimal
) -> None:
    policy = load_policy("standard")
    lower, higher = sorted((first, second))
    others = {party: one for party, one in scores.items() if party is not Party.OWNER}
    without = engagement_score(engagement(others, {}), policy).score
    few, more, whole = (
        engagement_score(engagement(scores, {Party.OWNER: one}), policy).score
        for one in (lower, higher, WHOLE)
    )
    assert None not in (without, few, more, whole)
    assert abs((few or 0) - (without or 0)) <= abs((more or 0) - (without or 0))
    assert whole == engagement_score(engagement(scores, {}), policy).score
