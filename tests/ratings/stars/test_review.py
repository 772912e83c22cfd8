"""When a review opens although the published score hides what it would find."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.evaluations.indicators import OVERALL, Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.policy import load_policy
from ratings.stars.reference import Reference
from ratings.stars.review import Review, review
from ratings.stars.robust import robust_standing

ROBUST = load_policy("robust")
DAY = date(2026, 6, 30)
MEANS = {Party.SUPERVISOR: Decimal(86), Party.OWNER: Decimal(93), Party.CENTRE: Decimal(90)}
USUAL = Reference({"": MEANS}, {}, {}, Decimal(2), Decimal(36))


def reviewed(*marks: int, on: date = DAY) -> Review | None:
    """Engagements in which every party gives the same mark."""
    rows = [
        RatedEngagement(f"e{n}", "A", "t", on, {party: {OVERALL: Decimal(m)} for party in Party})
        for n, m in enumerate(marks)
    ]
    one = robust_standing("A", rows, (), DAY, ROBUST, USUAL)
    return review("A", rows, one, ROBUST, USUAL)


def test_a_bad_agency_with_one_engagement_is_seen() -> None:
    """60 alone: E = 60, pulled to (60 + 2 × 90.3) ÷ 3 = 80.20, four stars."""
    found = reviewed(60)
    assert found is not None
    assert found.mean == 60
    assert found.opens
    assert found.sober == 60
    assert found.probability > 0.9
    good = reviewed(90)
    assert good is not None
    assert not good.opens
    assert reviewed() is None
    assert reviewed(60, on=date(2023, 6, 29)) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=5), st.integers(0, 20))
def test_a_better_mark_never_opens_a_review(marks: list[int], more: int) -> None:
    before, after = reviewed(*marks), reviewed(min(marks[0] + more, 100), *marks[1:])
    assert before is not None
    assert after is not None
    assert after.mean >= before.mean
    assert after.probability <= before.probability + 1e-12
    assert before.opens or not after.opens


def with_owner(owner: int) -> Review:
    """One engagement that supervisor and centre find bad: 20 points below what is usual."""
    marks = {Party.SUPERVISOR: 66, Party.OWNER: owner, Party.CENTRE: 70}
    given = {party: {OVERALL: Decimal(points)} for party, points in marks.items()}
    row = RatedEngagement("e", "A", "t", DAY, given)
    one = robust_standing("A", [row], (), DAY, ROBUST, USUAL)
    found = review("A", [row], one, ROBUST, USUAL)
    assert found is not None
    return found


def test_an_owner_who_praises_everything_hides_nothing() -> None:
    """97 is pulled to 15 above the other two: E = 77.80. Counted as the other two: 70.30."""
    careless = with_owner(97)
    assert (careless.mean, careless.sober) == (Fraction(778, 10), Fraction(703, 10))
    assert careless.opens
    assert with_owner(73).mean == with_owner(73).sober == Fraction(703, 10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100), st.integers(0, 100))
def test_a_better_mark_of_the_owner_alone_opens_none_either(mark: int, more: int) -> None:
    before, after = with_owner(mark), with_owner(min(mark + more, 100))
    assert after.mean >= before.mean
    assert after.sober >= before.sober
    assert before.opens or not after.opens
