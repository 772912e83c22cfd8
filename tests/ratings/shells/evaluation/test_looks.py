"""What the evaluation reads off a screen is what the screen said."""

from collections.abc import Iterator

import numpy as np
import pytest

from ratings.shells.evaluation.looks import Look, Truth, county, look
from ratings.shells.policy import load_policy
from ratings.shells.scorecard import logit
from ratings.shells.simulator.county import Plan
from ratings.shells.simulator.parameters import load_world

POLICY = load_policy()


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[Look, Truth]]:
    plan = Plan(load_world("shifted"), 800, 5)
    with county(plan) as (directory, truth):
        yield look(directory, plan.as_of, POLICY, truth.uscc), truth


def test_the_bins_add_up_to_the_log_odds(seen: tuple[Look, Truth]) -> None:
    found, truth = seen
    against = np.zeros(len(truth.uscc))
    for name in POLICY.classes:
        own = [found.weights[one.name] for one in POLICY.features if one.of == name]
        against += np.clip(np.sum(own, axis=0), -POLICY.class_cap, POLICY.class_cap)
    lawful = sum(found.excuses[kind] * POLICY.excuses[kind].weight for kind in POLICY.excuses)
    taken = np.minimum(np.clip(against, 0, POLICY.class_cap), lawful)
    named = np.isfinite(found.odds)
    assert named.mean() > 0.9
    expected = logit(POLICY.base_rate) + against - taken
    assert np.abs(found.odds - expected)[named].max() < 1e-9


def test_a_reading_lies_in_its_bin(seen: tuple[Look, Truth]) -> None:
    found, _ = seen
    for feature in POLICY.features:
        value, place = found.readings[feature.name], found.bins[feature.name]
        assert (np.isnan(value) == (place == -1)).all(), feature.name
        edges = np.array(feature.edges)
        told = ~np.isnan(value)
        assert (np.searchsorted(edges, value[told], side="right") == place[told]).all()


def test_a_contradiction_holds_where_both_of_its_parts_do(seen: tuple[Look, Truth]) -> None:
    found, _ = seen
    shapes = {one.name: one.shape for one in POLICY.features}
    held = 0
    for feature in POLICY.features:
        if not feature.both:
            continue
        expected = np.ones(len(found.odds))
        for part in feature.both:
            value = found.readings[part.feature]
            falling = shapes[part.feature] == "falling"
            beyond = value < part.at if falling else value >= part.at
            expected = np.where(np.isnan(value), np.nan, expected * beyond)
        assert np.array_equal(found.readings[feature.name], expected, equal_nan=True)
        held += int(np.nansum(expected))
    assert held > 0
