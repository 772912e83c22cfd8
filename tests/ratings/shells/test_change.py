"""What would lift a flag: counted by the rules of the score, and by nothing else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.change import Change, what_would_change
from ratings.shells.policy import load_policy
from ratings.shells.scorecard import Outcome, Reason, expit, logit
from ratings.shells.what_if import as_it_is, outcome, rescored

POLICY = load_policy()
FEATURES = [feature for feature in POLICY.features if max(feature.weights) > 0]


def row(signal_class: str, feature: str, points: float) -> Reason:
    return Reason(signal_class, feature, 1.0, "months", "", "", points, "", "", "", {})


def base() -> Reason:
    return row("base", "base_rate", logit(POLICY.base_rate))


def flagged(*rows: Reason) -> Change:
    kept = (base(), *rows)
    found = what_would_change(POLICY, kept, rescored(POLICY, kept, as_it_is(POLICY))[0], "case")
    assert found is not None
    return found


rows_against = st.lists(
    st.tuples(st.sampled_from(FEATURES), st.floats(0.05, 2.5)),
    min_size=2,
    max_size=7,
    unique_by=lambda one: one[0].name,
).map(lambda found: [row(feature.of, feature.name, points) for feature, points in found])


@given(rows_against)
def test_every_way_lifts_the_flag_and_no_part_of_it_can_be_left_out(rows: list[Reason]) -> None:
    kept = [base(), *rows]
    log_odds, independent = rescored(POLICY, kept, as_it_is(POLICY))
    said = outcome(POLICY, as_it_is(POLICY), log_odds, independent, before="none")
    found = what_would_change(POLICY, kept, log_odds, said)
    if said != Outcome.CASE:
        assert found is None
        return
    assert found is not None
    assert found.ways

    def after(places: tuple[int, ...]) -> tuple[float, str]:
        levers = [found.levers[place] for place in places]
        falls = {name for one in levers for name in one.falls}
        left = [one for one in kept if one.feature not in falls]
        left += [row("excuse", one.excuse, 0.0) for one in levers if one.excuse]
        points, kinds = rescored(POLICY, left, as_it_is(POLICY))
        return points, outcome(POLICY, as_it_is(POLICY), points, kinds, before="case")

    for way in found.ways:
        points, then = after(way.levers)
        assert then == way.outcome != Outcome.CASE
        assert math.isclose(way.probability, expit(points))
        if len(way.levers) <= 3:
            for place in way.levers:
                assert after(tuple(one for one in way.levers if one != place))[1] == Outcome.CASE
    for place, lever in enumerate(found.levers):
        assert math.isclose(after((place,))[0], lever.log_odds, abs_tol=1e-9)
        assert lever.log_odds <= log_odds + 1e-9


def test_a_contradiction_falls_with_either_half() -> None:
    both = next(feature for feature in POLICY.features if feature.both)
    half = next(one for one in POLICY.features if one.name == both.both[0].feature)
    found = flagged(
        row(half.of, half.name, 1.2),
        row(both.of, both.name, 1.9),
        row("tax", "tax_zero_run", 1.5),
    )
    lever = next(one for one in found.levers if one.feature == half.name)
    assert both.name in lever.falls
    alone = next(one for one in found.levers if one.feature == both.name)
    assert half.name not in alone.falls
    assert lever.log_odds < alone.log_odds


def test_below_the_line_after_one_answer_where_only_two_kinds_of_source_agree() -> None:
    found = flagged(row("tax", "tax_zero_run", 2.0), row("people", "insured_zero_share", 2.0))
    assert {len(way.levers) for way in found.ways} == {1}
    enough = {one.feature for one in found.levers if one.outcome != Outcome.CASE}
    assert enough >= {"tax_zero_run", "insured_zero_share"}


def test_an_excuse_on_record_is_not_offered_again() -> None:
    rows = [
        row("tax", "tax_zero_run", 2.0),
        row("people", "insured_zero_share", 2.0),
        row("certificates", "certificate_gap", 2.0),
    ]
    assert "branch" in {one.excuse for one in flagged(*rows).levers}
    told = row("excuse", "branch", -POLICY.excuses["branch"].weight)
    assert "branch" not in {one.excuse for one in flagged(*rows, told).levers}


def test_where_it_takes_more_than_three_one_way_is_still_found() -> None:
    rows = [
        row("tax", "tax_zero_run", 2.0),
        row("people", "insured_zero_share", 2.0),
        row("register", "annual_report_missing", 2.0),
        row("certificates", "certificate_gap", 2.0),
        row("orders", "orders_failed", 2.0),
        row("court", "enforcement", 2.0),
    ]
    features = {feature.name for feature in POLICY.features}
    found = flagged(*(one for one in rows if one.feature in features))
    assert len(found.ways) == 1
    assert len(found.ways[0].levers) > 3


@pytest.mark.parametrize("change", ["feature", "points", "excuse", "not flagged"])
def test_rows_of_other_rules_are_not_counted_by_these(change: str) -> None:
    rows = [base(), row("tax", "tax_zero_run", 2.0), row("people", "insured_zero_share", 2.0)]
    log_odds, before = rescored(POLICY, rows, as_it_is(POLICY))[0], "case"
    if change == "feature":
        rows[1] = row("tax", "a_feature_of_the_past", 2.0)
    elif change == "points":
        log_odds += 0.3
    elif change == "excuse":
        rows.append(row("excuse", "an_excuse_of_the_past", -0.1))
    else:
        before = "watch"
    assert what_would_change(POLICY, rows, log_odds, before) is None
