import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.policy import load_policy
from ratings.stars.standing import Standing, State, standing, what_would_lift
from ratings.stars.waterfall import STEP_TEXT, StepCode

STANDARD = load_policy("standard")
AGENCY = "91330281MA2AAAAA1X"
DAY = date(2026, 6, 30)


def engagement(name: str, on: date, **overall: str) -> RatedEngagement:
    parties = {Party(party): {"overall": Decimal(score)} for party, score in overall.items()}
    return RatedEngagement(name, AGENCY, "survey", on, parties)


def level(score: str, count: int = 3) -> list[RatedEngagement]:
    """So many fully answered engagements of the same score, in the last days."""
    return [
        engagement(f"e{n}", DAY - timedelta(days=n), owner=score, supervisor=score, centre=score)
        for n in range(count)
    ]


def event(severity: str, document: str = "D1", cap: str = "none", **days: date) -> OutsideEvent:
    on = days.pop("on", DAY)
    return OutsideEvent(AGENCY, on, "tax", document, Severity(severity), cap=Cap(cap), **days)


def at(engagements: list[RatedEngagement], *events: OutsideEvent, as_of: date = DAY) -> Standing:
    return standing(AGENCY, engagements, events, as_of, STANDARD)


def codes(result: Standing) -> list[StepCode]:
    return [step.code for step in result.waterfall]


@pytest.mark.parametrize(
    ("count", "state"),
    [(0, State.UNRATED), (1, State.PROVISIONAL), (2, State.PROVISIONAL), (3, State.RATED)],
)
def test_state_by_the_number_of_engagements(count: int, state: State) -> None:
    result = at(level("85", count))
    assert (result.state, result.engagements) == (state, count)
    assert result.score == (None if count == 0 else Decimal("85.00"))
    assert result.stars == (None if count == 0 else 4)


def test_three_engagements_are_rated_even_if_some_lack_a_party() -> None:
    result = at([*level("85", 2), engagement("e9", DAY, owner="91")])
    assert (result.state, result.score) == (State.RATED, Decimal("87.00"))
    by_name = {step.reference: step for step in result.waterfall}
    assert (by_name["e0"].provisional, by_name["e9"].provisional) == (False, True)
    missing = {detail.party: detail.missing for detail in by_name["e9"].parties}
    assert missing == {"supervisor": "absent", "owner": "", "centre": "absent"}


def test_an_engagement_without_a_score_does_not_count_and_is_named() -> None:
    result = at([*level("85", 2), engagement("e9", DAY, centre="10")])
    assert (result.state, result.engagements) == (State.PROVISIONAL, 2)
    assert result.score == Decimal("85.00")
    assert codes(result).count(StepCode.ENGAGEMENT_UNRATED) == 1


@pytest.mark.parametrize(
    ("settled_on", "as_of", "inside"),
    [
        (date(2025, 6, 30), date(2026, 6, 30), False),
        (date(2025, 7, 1), date(2026, 6, 30), True),
        (date(2026, 6, 30), date(2026, 6, 30), True),
        (date(2026, 7, 1), date(2026, 6, 30), False),
        # 29 February maps to 28 February.
        (date(2023, 2, 28), date(2024, 2, 29), False),
        (date(2023, 3, 1), date(2024, 2, 29), True),
        (date(2024, 2, 29), date(2025, 2, 28), True),
        (date(2024, 2, 28), date(2025, 2, 28), False),
    ],
)
def test_window_edges(settled_on: date, as_of: date, inside: bool) -> None:
    result = at([engagement("e1", settled_on, owner="90")], as_of=as_of)
    assert result.engagements == int(inside)


def test_rounding_happens_once_and_before_the_band() -> None:
    centre = {code: Decimal(90) for code in WEIGHTS[Party.CENTRE]}
    centre["first-pass"] = Decimal("89.75")
    edge = engagement("e1", DAY, owner="90", supervisor="90")
    result = at([msgspec.structs.replace(edge, parties=edge.parties | {Party.CENTRE: centre})])
    # 0.5·90 + 0.3·90 + 0.2·89.975 = 89.995, half-up.
    assert (str(result.score), result.stars) == ("90.00", 5)
    assert sum(step.points for step in result.waterfall) == Decimal("90.00")


def test_a_mean_without_finite_decimals_still_sums_exactly() -> None:
    result = at([*level("80", 2), engagement("e9", DAY, owner="81")])
    assert str(result.score) == "80.33"
    assert [str(step.points) for step in result.waterfall] == [
        "26.6667",
        "26.6667",
        "27.0000",
        "-0.0034",
    ]
    assert codes(result)[-1] is StepCode.ROUNDING


def test_the_net_of_all_feedback_is_at_most_ten_points_either_way() -> None:
    result = at(level("85"), event("serious"), event("general", "D2"), event("bonus", "D3"))
    assert result.score == Decimal("75.00")
    limit = next(step for step in result.waterfall if step.code is StepCode.FEEDBACK_LIMIT)
    assert limit.points == 16  # The net of -28 and +2 is -26.


def test_the_score_is_clamped_with_a_row_of_its_own() -> None:
    low = at(level("4"), event("serious"))
    assert low.score == Decimal("0.00")
    high = at(level("99.5"), event("bonus"))
    assert high.score == Decimal("100.00")
    clamps = [
        step.points
        for result in (low, high)
        for step in result.waterfall
        if step.code is StepCode.BOUNDS
    ]
    assert clamps == [Decimal("6"), Decimal("-1.5")]


def test_a_first_minor_event_is_shown_and_costs_nothing() -> None:
    result = at(level("85"), event("minor"))
    assert result.score == Decimal("85.00")
    waived = next(step for step in result.waterfall if step.code is StepCode.WAIVED)
    assert (waived.points, waived.reference) == (0, "D1")


@pytest.mark.parametrize(
    ("score", "cap", "stars"),
    [("95", "two-star", 2), ("95", "one-star", 1), ("55", "two-star", 1), ("65", "two-star", 2)],
)
def test_a_cap_changes_the_stars_and_never_the_score(score: str, cap: str, stars: int) -> None:
    result = at(level(score), event("none", cap=cap))
    assert (result.score, result.stars) == (Decimal(score), stars)
    assert result.capped == (result.stars != STANDARD.stars.stars(Decimal(score)))
    assert [step.points for step in result.waterfall if step.code is StepCode.CAP] == [0]


def test_an_unrated_agency_has_one_star_under_a_veto_and_none_under_a_lesser_cap() -> None:
    veto = at([], event("none", cap="one-star"))
    assert (veto.score, veto.stars, veto.state) == (None, 1, State.UNRATED)
    lesser = at([], event("serious", cap="two-star"))
    assert (lesser.score, lesser.stars, lesser.state) == (None, None, State.UNRATED)


def test_rows_of_other_agencies_are_ignored() -> None:
    other = msgspec.structs.replace(event("serious", cap="one-star"), uscc="91330281MA2BBBBB16")
    foreign = msgspec.structs.replace(level("10", 1)[0], uscc="91330281MA2BBBBB16")
    assert at([*level("85"), foreign], other) == at(level("85"))


def test_what_would_lift_names_points_and_caps() -> None:
    short = what_would_lift(at(level("85")), STANDARD)
    assert short is not None
    assert (short.stars, short.points, short.capped_by) == (5, Decimal("5.00"), ())
    held = what_would_lift(at(level("95"), event("none", "D9", "two-star")), STANDARD)
    assert held is not None
    assert (held.stars, held.points, held.capped_by) == (3, Decimal("0.00"), ("D9",))
    assert what_would_lift(at(level("95")), STANDARD) is None
    assert what_would_lift(at([]), STANDARD) is None


SCORES = st.decimals(min_value=0, max_value=100, places=2)
DAYS = st.dates(date(2023, 1, 1), date(2027, 1, 1))
ANSWERS = st.dictionaries(
    st.sampled_from(Party), st.fixed_dictionaries({"overall": SCORES})
) | st.fixed_dictionaries(
    {
        party: st.fixed_dictionaries({}, optional=dict.fromkeys(weights, SCORES))
        for party, weights in WEIGHTS.items()
    }
)
ENGAGEMENTS = st.lists(
    st.builds(
        RatedEngagement,
        st.uuids().map(str),
        st.just(AGENCY),
        st.just("survey"),
        st.dates(date(2025, 1, 1), date(2026, 7, 30)),
        ANSWERS,
    ),
    max_size=9,
)
EVENTS = st.lists(
    st.builds(
        OutsideEvent,
        st.just(AGENCY),
        DAYS,
        st.sampled_from(["tax", "market-regulation"]),
        st.uuids().map(str),
        st.sampled_from(Severity),
        st.none() | DAYS,
        st.sampled_from(Cap),
        st.none() | DAYS,
    ),
    max_size=6,
)


@given(ENGAGEMENTS, EVENTS)
def test_the_waterfall_sums_exactly_to_a_score_within_bounds(
    engagements: list[RatedEngagement], events: list[OutsideEvent]
) -> None:
    result = at(engagements, *events)
    total = sum((step.points for step in result.waterfall), Decimal(0))
    if result.score is None:
        assert (total, result.state) == (0, State.UNRATED)
        return
    assert total == result.score
    assert 0 <= result.score <= 100
    rounding = [step.points for step in result.waterfall if step.code is StepCode.ROUNDING]
    allowed = Decimal("0.005") + Decimal("0.00005") * len(result.waterfall)
    assert all(abs(points) <= allowed for points in rounding)
    assert all(step.points.as_tuple().exponent == -4 for step in result.waterfall)


@given(ENGAGEMENTS, EVENTS)
def test_every_step_can_be_worded_and_survives_json(
    engagements: list[RatedEngagement], events: list[OutsideEvent]
) -> None:
    result = at(engagements, *events)
    for step in result.waterfall:
        words = STEP_TEXT[step.code].format(reference=step.reference, **step.params)
        assert "{" not in words
    assert msgspec.json.decode(msgspec.json.encode(result), type=Standing) == result


@given(ENGAGEMENTS, EVENTS, st.randoms(use_true_random=False))
def test_the_same_record_gives_the_same_standing_in_any_order(
    engagements: list[RatedEngagement], events: list[OutsideEvent], chance: random.Random
) -> None:
    before = at(engagements, *events)
    chance.shuffle(engagements)
    chance.shuffle(events)
    assert at(engagements, *events) == before


@given(ENGAGEMENTS, EVENTS, ENGAGEMENTS, EVENTS)
def test_what_happens_later_never_changes_a_past_standing(
    engagements: list[RatedEngagement],
    events: list[OutsideEvent],
    new_engagements: list[RatedEngagement],
    new_events: list[OutsideEvent],
) -> None:
    later = [
        msgspec.structs.replace(item, settled_on=DAY + timedelta(days=1 + n))
        for n, item in enumerate(new_engagements)
    ]
    reported = [
        msgspec.structs.replace(item, on=DAY + timedelta(days=1 + n))
        for n, item in enumerate(new_events)
    ]
    repaired = [
        item
        if item.repaired_on is not None
        else msgspec.structs.replace(item, repaired_on=DAY + timedelta(days=5))
        for item in events
    ]
    assert at(engagements + later, *repaired, *reported) == at(engagements, *events)


@given(ENGAGEMENTS, EVENTS, st.data())
def test_a_better_answer_never_lowers_the_score_or_the_stars(
    engagements: list[RatedEngagement], events: list[OutsideEvent], data: st.DataObject
) -> None:
    answered = [item for item in engagements if any(item.parties.values())]
    if not answered:
        return
    chosen = data.draw(st.sampled_from(answered))
    party = data.draw(st.sampled_from([key for key, answer in chosen.parties.items() if answer]))
    code = data.draw(st.sampled_from(sorted(chosen.parties[party])))
    better = data.draw(st.decimals(chosen.parties[party][code], 100, places=2))
    raised = msgspec.structs.replace(
        chosen, parties=chosen.parties | {party: chosen.parties[party] | {code: better}}
    )
    before = at(engagements, *events)
    after = at([raised if item is chosen else item for item in engagements], *events)
    assert (before.score is None) == (after.score is None)
    if before.score is not None and after.score is not None:
        assert after.score >= before.score
        assert (after.stars or 0) >= (before.stars or 0)


@given(ENGAGEMENTS, EVENTS)
def test_the_score_is_the_plain_mean_plus_the_limited_feedback(
    engagements: list[RatedEngagement], events: list[OutsideEvent]
) -> None:
    """An independent recomputation from the published steps alone, to the last published digit."""
    result = at(engagements, *events)
    if result.score is None:
        return
    by_code: dict[StepCode, Decimal] = {}
    for step in result.waterfall:
        by_code[step.code] = by_code.get(step.code, Decimal(0)) + step.points
    scores = [
        Fraction(step.params["score"])
        for step in result.waterfall
        if step.code is StepCode.ENGAGEMENT
    ]
    gross = sum(
        (by_code.get(code, Decimal(0)) for code in (StepCode.DEDUCTION, StepCode.BONUS)),
        Decimal(0),
    )
    net = min(max(gross, Decimal(-10)), Decimal(10))
    expected = min(max(sum(scores) / len(scores) + Fraction(net), Fraction(0)), Fraction(100))
    assert abs(expected - Fraction(result.score)) <= Fraction("0.0061")
