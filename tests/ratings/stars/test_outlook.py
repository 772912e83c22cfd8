from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.outlook import outlook
from ratings.stars.policy import load_policy
from ratings.stars.reference import estimate
from ratings.stars.robust import robust_standing
from ratings.stars.standing import State, standing

POLICY = load_policy("standard")
AGENCY = "91330281MA2AAAAA1X"
DAY = date(2026, 6, 30)


def engagement(name: str, on: date, score: str = "90") -> RatedEngagement:
    return RatedEngagement(
        name, AGENCY, "survey", on, {party: {"overall": Decimal(score)} for party in Party}
    )


def event(document: str, on: date, severity: str, **more: date) -> OutsideEvent:
    return OutsideEvent(AGENCY, on, "tax", document, Severity(severity), **more)


def test_engagements_leave_and_deductions_end_one_after_the_other() -> None:
    engagements = [
        engagement("a", date(2025, 8, 15), "60"),
        engagement("b", date(2026, 3, 1)),
        engagement("c", date(2026, 5, 2)),
    ]
    # 80 less 8 today; 90 less 8 without the first, two engagements left; then without the 8.
    events = [event("罚〔2026〕7号", date(2026, 1, 10), "general")]
    first, second, third, fourth = outlook(AGENCY, engagements, events, DAY, POLICY)
    assert (first.on, first.engagements, first.documents) == (date(2026, 8, 15), ("a",), ())
    assert (first.score, first.stars, first.state) == (Decimal("82.00"), 4, State.PROVISIONAL)
    assert (second.on, second.documents) == (date(2027, 1, 10), ("罚〔2026〕7号",))
    assert (second.score, second.stars) == (Decimal("90.00"), 5)
    assert (third.on, third.engagements, third.state) == (
        date(2027, 3, 1),
        ("b",),
        State.PROVISIONAL,
    )
    assert (fourth.on, fourth.score, fourth.stars) == (date(2027, 5, 2), None, None)
    assert fourth.state is State.UNRATED


@pytest.mark.parametrize(
    ("settled_on", "gone"),
    [
        (date(2025, 7, 1), date(2026, 7, 1)),
        # The window of 28 February 2025 begins after the 28th, so the 29th is still inside.
        (date(2024, 2, 29), date(2025, 3, 1)),
    ],
)
def test_the_first_day_without_an_engagement(settled_on: date, gone: date) -> None:
    kept = [engagement("a", settled_on)]
    (change,) = outlook(AGENCY, kept, [], settled_on, POLICY)
    assert change.on == gone
    before = standing(AGENCY, kept, [], gone - timedelta(days=1), POLICY)
    assert (before.engagements, standing(AGENCY, kept, [], gone, POLICY).engagements) == (1, 0)


@pytest.mark.parametrize("settled_on", [date(2023, 9, 14), date(2024, 2, 29), date(2023, 8, 31)])
def test_the_first_day_without_an_engagement_by_the_robust_method(settled_on: date) -> None:
    """The first day of its window is in; what decays to too little was unrated long before."""
    robust = load_policy("robust")
    kept = [engagement("a", settled_on), engagement("b", date(2026, 6, 1))]
    reference = estimate(kept, DAY, robust)
    first, last = outlook(AGENCY, kept, [], DAY, robust, reference, 5)
    assert (first.engagements, last.engagements) == (("a",), ("b",))
    counts = [
        robust_standing(AGENCY, kept, [], first.on - timedelta(days=ago), robust, reference)
        for ago in (1, 0)
    ]
    assert [one.engagements for one in counts] == [2, 1]
    assert (first.score, last.score) == (counts[1].score, None)


def test_a_cap_has_no_end_and_a_repair_of_tomorrow_is_not_known() -> None:
    capped = OutsideEvent(
        AGENCY, DAY, "tax", "税〔2026〕1号", Severity.NONE, DAY + timedelta(days=1), Cap.TWO_STAR
    )
    kept = [engagement(name, DAY) for name in "abc"]
    (change,) = outlook(AGENCY, kept, [capped], DAY, POLICY)
    assert change.documents == ()
    assert outlook("91330281MA2BBBBB17", kept, [capped], DAY, POLICY) == ()


severities = st.sampled_from(["minor", "general", "serious", "bonus"])
days = st.integers(0, 500).map(lambda n: DAY - timedelta(days=n))


@given(
    st.lists(days, max_size=6),
    st.lists(st.tuples(days, severities), max_size=4),
)
def test_the_rows_are_all_that_changes(
    settled: list[date], reported: list[tuple[date, str]]
) -> None:
    """Nobody repairs anything, so between two rows the standing stays as it is."""
    engagements = [engagement(f"e{n}", on, str(60 + n)) for n, on in enumerate(settled)]
    events = [event(f"D{n}", on, severity) for n, (on, severity) in enumerate(reported)]
    rows = outlook(AGENCY, engagements, events, DAY, POLICY)
    assert [row.on for row in rows] == sorted({row.on for row in rows})
    now = standing(AGENCY, engagements, events, DAY, POLICY)
    known = (now.score, now.stars, now.state)
    for row in rows:
        eve = standing(AGENCY, engagements, events, row.on - timedelta(days=1), POLICY)
        assert (eve.score, eve.stars, eve.state) == known
        known = (row.score, row.stars, row.state)
    last = rows[-1].on if rows else DAY
    later = standing(AGENCY, engagements, events, last + timedelta(days=2000), POLICY)
    assert (later.score, later.stars, later.state) == known
