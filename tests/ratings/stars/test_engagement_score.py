from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.stars.engagement_score import EngagementScore, RatedEngagement, engagement_score
from ratings.stars.policy import load_policy
from ratings.stars.rounding import published

STANDARD = load_policy("standard")
Answers = dict[Party, dict[str, Decimal]]


def score(parties: Answers) -> EngagementScore:
    engagement = RatedEngagement("e", "91330281MA2AAAAA1X", "survey", date(2026, 1, 1), parties)
    return engagement_score(engagement, STANDARD)


def overall(**scores: str) -> Answers:
    return {Party(party): {"overall": Decimal(value)} for party, value in scores.items()}


@pytest.mark.parametrize(
    ("answers", "expected", "provisional", "stars"),
    [
        (overall(owner="92", supervisor="85", centre="88"), "89.10", False, 4),
        (overall(supervisor="85", centre="88"), "86.20", True, 4),
        (overall(owner="92", centre="88"), "90.86", True, 5),
        (overall(owner="92", supervisor="85"), "89.38", True, 4),
        (overall(owner="90", supervisor="90", centre="89.975"), "90.00", False, 5),
        (overall(owner="100"), "100.00", True, 5),
    ],
)
def test_checked_values(answers: Answers, expected: str, provisional: bool, stars: int) -> None:
    result = score(answers)
    assert result.score is not None
    rounded = published(result.score, 2)
    assert str(rounded) == expected
    assert result.provisional is provisional
    assert STANDARD.stars.stars(rounded) == stars


@pytest.mark.parametrize("parties", [{"centre": "100"}, {"supervisor": "100"}, {}])
def test_less_than_half_of_the_parties_is_unrated(parties: dict[str, str]) -> None:
    assert score(overall(**parties)).score is None


def test_a_party_with_too_few_indicators_counts_as_missing() -> None:
    whole = overall(supervisor="85", centre="88")
    thin = whole | {Party.OWNER: {"quality": Decimal(100), "timeliness": Decimal(100)}}
    result = score(thin)
    assert result.score == score(whole).score
    owner = next(part for part in result.parts if part.party is Party.OWNER)
    assert (owner.score, owner.answered, owner.weight_scored, owner.share) == (None, True, 35, 0)


SCORES = st.decimals(min_value=0, max_value=100, places=2)
FULL = st.fixed_dictionaries(
    {
        party: st.fixed_dictionaries(dict.fromkeys(weights, SCORES))
        for party, weights in WEIGHTS.items()
    }
)


@given(FULL, st.sets(st.sampled_from(Party)))
def test_a_missing_party_never_takes_the_score_beyond_those_present(
    answers: Answers, absent: set[Party]
) -> None:
    present = {party: answer for party, answer in answers.items() if party not in absent}
    result = score(present)
    weight = sum((STANDARD.parties[party] for party in present), Decimal(0))
    assert (result.score is not None) == (weight >= Decimal("0.5"))
    if result.score is None:
        return
    values = [part.score for part in result.parts if part.score is not None]
    assert 0 <= min(values) <= result.score <= max(values) <= 100
    assert sum(part.share for part in result.parts) == 1
    assert result.provisional == bool(absent)


@given(FULL, st.data())
def test_a_better_indicator_adds_exactly_its_weight(answers: Answers, data: st.DataObject) -> None:
    party = data.draw(st.sampled_from(Party))
    code = data.draw(st.sampled_from(sorted(answers[party])))
    better = data.draw(st.decimals(answers[party][code], 100, places=2))
    before = score(answers).score
    after = score(answers | {party: answers[party] | {code: better}}).score
    assert before is not None
    assert after is not None
    weight = Fraction(STANDARD.parties[party]) * WEIGHTS[party][code] / 100
    assert after - before == Fraction(better - answers[party][code]) * weight
