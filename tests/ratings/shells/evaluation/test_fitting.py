"""Refitting: bound to the expert by few labels, free with many, and never out of shape."""

import tomllib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.shells.evaluation.fitting import Examples, changes, fit
from ratings.shells.evaluation.policy_file import policy_of, policy_text
from ratings.shells.policy import Policy, load_policy

POLICY = load_policy()
assert POLICY.prevalence is not None
USUAL = POLICY.prevalence
TOLD = "cluster"


def examples(firms: int, seed: int, shells: float = 0.3) -> Examples:
    """Labels that one feature tells and the others do not."""
    random = np.random.default_rng(seed)
    labels = random.random(firms) < shells
    bins = {one.name: random.integers(-1, len(one.weights), firms) for one in POLICY.features}
    most = next(len(one.weights) - 1 for one in POLICY.features if one.name == TOLD)
    bins[TOLD] = np.where(labels & (random.random(firms) < 0.9), most, 0)
    excuses = {kind: random.random(firms) < 0.1 for kind in POLICY.excuses}
    factors = {name: random.choice([0.5, 1.0, 2.0], firms) for name in sorted(USUAL.shares)}
    return Examples(labels, bins, excuses, np.ones(firms), factors)


def greatest(policy: Policy, name: str) -> float:
    return next(max(one.weights) for one in policy.features if one.name == name)


@pytest.mark.parametrize(
    ("firms", "shells", "code"),
    [(49, 0.3, "fit-few-labels"), (200, 0.0, "fit-one-kind"), (200, 1.0, "fit-one-kind")],
    ids=["too few", "no shell", "nothing but shells"],
)
def test_too_little_is_refused(firms: int, shells: float, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        fit(POLICY, examples(firms, 1, shells), version="x")
    assert refusal.value.code == code


def test_bins_of_their_own_take_many_labels() -> None:
    with pytest.raises(Refused, match="2000"):
        fit(POLICY, examples(1999, 1), version="x", shapes=True)


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 99), st.booleans())
def test_what_comes_out_is_a_policy_and_better(seed: int, shapes: bool) -> None:
    given_labels = examples(2000 if shapes else 120, seed)
    found = fit(POLICY, given_labels, version="next", shapes=shapes)
    assert found.after < found.before
    # A policy refuses negative weights and broken shapes when it is read.
    again = msgspec.convert(tomllib.loads(policy_text(found.policy, ("why",))), Policy)
    assert again.digest == found.policy.digest
    assert again.version == "next"
    assert fit(POLICY, given_labels, version="next", shapes=shapes).policy == found.policy


def test_more_labels_move_the_weights_further() -> None:
    few, many = (fit(POLICY, examples(n, 5), version="x").policy for n in (60, 4000))
    noise = [one.name for one in POLICY.features if one.name != TOLD and max(one.weights) > 0.5]
    kept = [greatest(few, name) / greatest(POLICY, name) for name in noise]
    lost = [greatest(many, name) / greatest(POLICY, name) for name in noise]
    assert np.mean(lost) < np.mean(kept)
    assert greatest(many, TOLD) > np.mean([greatest(many, name) for name in noise])


def test_the_weights_are_those_of_where_the_factor_is_one() -> None:
    """Where every sign weighs half, the same labels ask for weights twice as high."""
    whole = examples(3000, 5)
    whole = msgspec.structs.replace(whole, factors={TOLD: np.ones(3000)})
    half = msgspec.structs.replace(whole, factors={TOLD: np.full(3000, 0.5)})
    free = [
        greatest(fit(POLICY, one, version="x", shapes=True, trust=0.01).policy, TOLD)
        for one in (whole, half)
    ]
    assert free[1] > 1.4 * free[0]


def test_the_report_names_what_changed() -> None:
    found = fit(POLICY, examples(500, 2), version="x").policy
    named = {name for name, _, _ in changes(POLICY, found)}
    assert "base_rate" in named
    assert changes(POLICY, POLICY) == []


def test_a_policy_file_is_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(policy_text(POLICY, ()), "utf-8")
    assert policy_of(str(path)).digest == policy_of("standard").digest
    path.write_text("name = 1", "utf-8")
    with pytest.raises(Refused, match=r"own\.toml"):
        policy_of(str(path))
