"""What many show says little of one: weights by how common a sign is, within limits."""

import math
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.explanation import reason_texts
from ratings.shells.policy import Feature, Policy, load_policy
from ratings.shells.prevalence import (
    beginning,
    beyond,
    common,
    factors,
    local,
    made_where,
    missing,
    weights_here,
)
from ratings.shells.scorecard import logit

POLICY = load_policy()
assert POLICY.prevalence is not None
USUAL = POLICY.prevalence
NAMES = sorted(USUAL.shares)
Shown = dict[str, list[int]]


@st.composite
def counties(draw: st.DrawFn) -> Shown:
    """Any number of firms in any bins; of some features nobody was read."""
    found = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        bins = len(POLICY.by_name[name].weights)
        most = draw(st.sampled_from([3, 1000, 10**6]))
        found[name] = draw(st.lists(st.integers(0, most), min_size=bins, max_size=bins))
    return found


def usually(firms: int) -> Shown:
    """A county of so many firms that is as usual."""
    found = {}
    for name, shares in USUAL.shares.items():
        feature, there = POLICY.by_name[name], [round(share * firms) for share in shares]
        turn = feature.turn
        low = [b - a for a, b in pairwise([0, *there[:turn]])]
        high = [a - b for a, b in pairwise([*there[turn + 1 :], 0])]
        found[name] = [*low, firms - sum(low) - sum(high), *high]
    return found


@given(counties())
def test_a_local_policy_is_a_policy_within_the_limits(shown: Shown) -> None:
    here = local(POLICY, shown)
    # Its own checks ask for shapes.
    assert msgspec.convert(msgspec.to_builtins(here), Policy) == here
    for old, new in zip(POLICY.features, here.features, strict=True):
        assert old.turn == new.turn
        for was, now in zip(old.weights, new.weights, strict=True):
            assert (was == 0) == (now == 0)
            if old.name not in USUAL.shares:
                assert was == now
            if was < 0:
                assert was == now
                continue
            # Not below its own limit; above it only where a bin nearer weighs as much.
            assert now >= was / USUAL.most - 1e-12
            assert now <= max(old.weights) * USUAL.most + 1e-12


@given(counties(), st.sampled_from(NAMES))
def test_what_nobody_was_read_for_weighs_as_the_policy_says(shown: Shown, name: str) -> None:
    shown = {one: own for one, own in shown.items() if one != name}
    assert local(POLICY, shown).by_name[name] == POLICY.by_name[name]


@given(st.sampled_from(NAMES), st.data())
def test_what_more_firms_show_weighs_no_more(name: str, data: st.DataObject) -> None:
    feature = POLICY.by_name[name]
    bins = len(feature.weights)
    counts = data.draw(st.lists(st.integers(0, 500), min_size=bins, max_size=bins))
    place = data.draw(st.integers(0, bins - 1))
    # Firms that were in the middle have moved to this bin.
    counts[feature.turn] += 400
    moved = list(counts)
    moved[feature.turn] -= 400
    moved[place] += 400
    before, after = (factors(POLICY, {name: one})[name] for one in (counts, moved))
    assert all(two <= one + 1e-12 for one, two in zip(before, after, strict=True))


def test_a_county_as_usual_changes_nothing() -> None:
    here = local(POLICY, usually(10**7))
    for old, new in zip(POLICY.features, here.features, strict=True):
        assert new.weights == pytest.approx(old.weights, rel=0.01), old.name


def test_four_times_as_common_weighs_half_and_is_told() -> None:
    shown = usually(10**6)
    name = "abnormal_address"
    share = 4 * USUAL.shares[name][1]
    shown[name] = [round(10**6 * (1 - share)), round(10**6 * share)]
    here = local(POLICY, shown)
    told = common(POLICY, here, name, 1)
    assert told is not None
    assert told.factor == pytest.approx(0.5, rel=0.01)
    assert (told.share, told.usual) == (pytest.approx(share, rel=0.01), USUAL.shares[name][1])
    assert here.by_name[name].weights[1] == pytest.approx(
        POLICY.by_name[name].weights[1] / 2, rel=0.01
    )
    assert common(POLICY, here, name, 0) is None
    assert common(POLICY, here, "watched_ties", 1) is None


def test_a_few_firms_prove_no_county_to_be_another() -> None:
    """Of the 136 agencies of the case seven were shells, and each had its share of the signs."""
    one, few, many = (
        local(POLICY, {"abnormal_address": counts}).by_name["abnormal_address"].weights[1]
        for counts in ([1, 1], [129, 7], [0, 3000])
    )
    usual = POLICY.by_name["abnormal_address"].weights[1]
    assert many == usual / USUAL.most
    assert 0.85 * usual < few < 0.95 * usual < one < usual


@given(counties())
def test_every_bin_is_told_with_both_weights(shown: Shown) -> None:
    here = local(POLICY, shown) if shown else POLICY
    for one in weights_here(POLICY, shown):
        old, new = POLICY.by_name[one.feature], here.by_name[one.feature]
        assert [bin.bin for bin in one.bins] == [old.bin_text(n) for n in range(len(one.bins))]
        assert tuple(bin.weight for bin in one.bins) == old.weights
        assert tuple(bin.weight_here for bin in one.bins) == new.weights
        assert one.firms == (sum(shown[one.feature]) if one.feature in shown else None)
        told = [bin.usual is not None for bin in one.bins]
        assert told == [one.feature in USUAL.shares] * len(told)


def test_a_policy_that_asks_for_nothing_is_left_as_it_is() -> None:
    plain = msgspec.structs.replace(
        POLICY,
        features=tuple(one for one in POLICY.features if one.favourable is None),
        prevalence=None,
    )
    assert local(plain, usually(1000)) is plain
    assert made_where(plain, usually(1000)) is plain
    assert factors(plain, usually(1000)) == {}


@given(st.data())
def test_where_the_weights_were_made_nothing_is_changed(data: st.DataObject) -> None:
    shown = {}
    for name in USUAL.shares:
        bins = len(POLICY.by_name[name].weights)
        shown[name] = data.draw(st.lists(st.integers(10**6, 10**7), min_size=bins, max_size=bins))
    made = made_where(POLICY, shown)
    again = local(made, shown)
    for old, new in zip(made.features, again.features, strict=True):
        assert new.weights == pytest.approx(old.weights, rel=1e-4)


@given(st.sampled_from(sorted(USUAL.read)), st.floats(0, 1))
def test_firms_begin_lower_where_what_speaks_for_them_is_not_read(name: str, left: float) -> None:
    """By what it usually says for a firm where it is read for nobody, by nothing from half on."""
    shown = usually(10**6)
    read = USUAL.read[name] * left
    most = sum(shown["register_changes"])
    for other, share in USUAL.read.items():
        whole = sum(shown[other])
        kept = read if other == name else share
        shown[other] = [round(one * kept * most / whole) for one in shown[other]]
    here = local(POLICY, shown)
    lower = logit(POLICY.base_rate) - logit(here.base_rate)
    if left >= 0.51:
        assert here.base_rate == POLICY.base_rate
        return
    usual = usually(10**6)[name]
    weights = POLICY.by_name[name].weights
    mean = -sum(min(w, 0) * n for w, n in zip(weights, usual, strict=True)) / sum(usual)
    assert lower == pytest.approx(max(0, 1 - 2 * left) * USUAL.read[name] * mean, abs=0.02)
    assert missing(POLICY, shown).keys() <= {name}


@given(st.dictionaries(st.sampled_from(sorted(USUAL.read)), st.floats(0, 1.2)))
def test_where_firms_begin_is_told_with_its_causes(left: dict[str, float]) -> None:
    shown = usually(10**6)
    for name, share in left.items():
        shown[name] = [round(one * share) for one in shown[name]]
    told = beginning(POLICY, shown)
    assert told.base_rate == POLICY.base_rate
    assert told.base_rate_here == local(POLICY, shown).base_rate
    gap = logit(told.base_rate) - logit(told.base_rate_here)
    assert math.fsum(one.by for one in told.lowered) == pytest.approx(gap, abs=1e-9)
    assert [one.by for one in told.lowered] == sorted((o.by for o in told.lowered), reverse=True)
    assert all(one.by > 0 for one in told.lowered)
    assert beginning(POLICY, {}).lowered == ()


def test_the_base_row_says_that_it_is_lower() -> None:
    here = local(POLICY, {"cluster": [9] * len(POLICY.by_name["cluster"].weights)})
    assert here.base_rate < POLICY.base_rate
    rows = reason_texts(POLICY, here).to_pylist()
    (base,) = [row for row in rows if row["feature"] == "base_rate"]
    assert (base["same"], base["weight"]) == (here.base_rate, logit(here.base_rate))
    assert "by the policy 2.27%" in base["rule"]


def test_beyond_counts_from_the_side_that_weighs() -> None:
    def feature(shape: str, weights: list[float]) -> Feature:
        return msgspec.convert(
            msgspec.to_builtins(POLICY.features[0])
            | {"shape": shape, "weights": weights, "edges": [1.0, 2.0]},
            Feature,
        )

    assert beyond(feature("rising", [0, 1, 2]), [5, 3, 2]) == (10, 5, 2)
    assert beyond(feature("falling", [2, 1, 0]), [5, 3, 2]) == (5, 8, 10)
    assert beyond(feature("valley", [1, 0, 2]), [5, 3, 2]) == (5, 10, 2)
