from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import (
    CODES,
    INDICATORS,
    WEIGHTS,
    Party,
    check_answer,
    party_score,
)
from ratings.ledger.errors import Refused

SCORES = st.decimals(min_value=0, max_value=100, places=2)


def test_ten_indicators_in_the_order_of_the_rule_and_100_points_a_party() -> None:
    assert CODES == (
        "quality",
        "timeliness",
        "fee",
        "responsiveness",
        "procedure",
        "first-pass",
        "staff",
        "contract",
        "integrity",
        "reporting",
    )
    assert all(indicator.name_zh and indicator.name_en for indicator in INDICATORS)
    assert {party: sum(weights.values()) for party, weights in WEIGHTS.items()} == dict.fromkeys(
        Party, 100
    )
    assert all(set(weights) <= set(CODES) for weights in WEIGHTS.values())


def test_the_checked_89_975_of_the_centre_comes_from_its_indicators() -> None:
    scores = {code: Decimal(90) for code in WEIGHTS[Party.CENTRE]}
    scores["first-pass"] = Decimal("89.75")
    result = party_score(Party.CENTRE, scores)
    assert result is not None
    assert result.score == Fraction(89975, 1000)


def test_seventy_points_of_weight_are_enough_and_less_is_missing() -> None:
    # Supervisor: 25 + 10 + 20 + 15 = 70 points.
    enough = dict.fromkeys(("quality", "timeliness", "first-pass", "staff"), Decimal(80))
    result = party_score(Party.SUPERVISOR, enough)
    assert result is not None
    assert (result.score, result.weight_scored, result.weight_whole) == (80, 70, 100)
    # 25 + 10 + 15 + 15 = 65 points.
    less = dict.fromkeys(("quality", "timeliness", "procedure", "staff"), Decimal(80))
    assert party_score(Party.SUPERVISOR, less) is None
    assert party_score(Party.SUPERVISOR, {}) is None


def test_an_overall_score_stands_for_the_whole() -> None:
    result = party_score(Party.OWNER, {"overall": Decimal("91.5")})
    assert result is not None
    assert (result.score, result.weight_scored) == (Fraction(183, 2), 100)


@given(st.sampled_from(Party), st.data())
def test_a_party_score_lies_between_its_scores_and_rises_with_each(
    party: Party, data: st.DataObject
) -> None:
    scores = {code: data.draw(SCORES) for code in WEIGHTS[party]}
    result = party_score(party, scores)
    assert result is not None
    assert min(scores.values()) <= result.score <= max(scores.values())
    code = data.draw(st.sampled_from(sorted(scores)))
    better = scores | {code: data.draw(st.decimals(scores[code], 100, places=2))}
    risen = party_score(party, better)
    assert risen is not None
    gain = Fraction(better[code] - scores[code]) * WEIGHTS[party][code] / 100
    assert risen.score - result.score == gain


@pytest.mark.parametrize(
    ("scores", "pointer", "code"),
    [
        ({"speed": "90"}, "/scores/speed", "indicator-unknown"),
        ({"overall": "90"}, "/scores/overall", "indicator-unknown"),
        ({"fee": "90"}, "/scores/fee", "indicator-not-asked"),
        ({"quality": "100.01"}, "/scores/quality", "score-range"),
        ({"quality": "-0.01"}, "/scores/quality", "score-range"),
        ({"quality": "90.001"}, "/scores/quality", "score-decimals"),
        ({"quality": "NaN"}, "/scores/quality", "score-number"),
        ({"quality": "Infinity"}, "/scores/quality", "score-number"),
        ({}, "/scores", "answer-empty"),
    ],
)
def test_an_answer_that_cannot_stand_is_refused(
    scores: dict[str, str], pointer: str, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        check_answer(Party.SUPERVISOR, {key: Decimal(value) for key, value in scores.items()})
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [(pointer, code)]


def test_every_fault_of_an_answer_is_named_at_once() -> None:
    with pytest.raises(Refused) as caught:
        check_answer(
            Party.OWNER,
            {"quality": Decimal(101), "reporting": Decimal(50), "staff": Decimal(50)},
        )
    assert [fault.pointer for fault in caught.value.faults] == [
        "/scores/quality",
        "/scores/reporting",
    ]


def test_a_full_answer_with_two_decimals_and_both_ends_is_taken() -> None:
    scores = {code: Decimal("89.75") for code in WEIGHTS[Party.CENTRE]}
    check_answer(Party.CENTRE, scores | {"fee": Decimal(0), "staff": Decimal("100.00")})
