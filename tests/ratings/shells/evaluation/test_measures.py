"""The figures: right on what can be seen by eye, and the same whatever the order of firms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.evaluation.measures import (
    average_precision,
    calibration_error,
    false_positives,
    over_seeds,
    precision_at_budget,
    recall,
    resampled,
    threshold_at,
)

FIRMS = st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=4, max_size=60).filter(
    lambda firms: {True, False} <= {label for label, _ in firms}
)


def arrays(firms: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([label for label, _ in firms]), np.array([score for _, score in firms], float)


def test_a_perfect_and_a_blind_ranking() -> None:
    labels = np.array([True, True, False, False, False, False])
    assert average_precision(labels, np.array([6.0, 5, 4, 3, 2, 1])) == 1
    assert average_precision(labels, np.zeros(6)) == pytest.approx(2 / 6)
    assert average_precision(labels, np.array([1.0, 2, 3, 4, 5, 6])) == pytest.approx(
        0.5 * 1 / 5 + 0.5 * 2 / 6
    )


@given(FIRMS, st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order(firms: list[tuple[bool, int]], random: object) -> None:
    mixed = list(firms)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for figure in (average_precision, precision_at_budget, threshold_at):
        assert figure(*arrays(firms)) == pytest.approx(figure(*arrays(mixed)))


@given(FIRMS, st.floats(0, 0.9))
def test_the_threshold_is_the_lowest_that_keeps_the_share(
    firms: list[tuple[bool, int]], share: float
) -> None:
    labels, scores = arrays(firms)
    threshold = threshold_at(labels, scores, share)
    assert false_positives(labels, scores >= threshold) <= share
    lower = scores[scores < threshold]
    if len(lower):
        flagged = scores >= lower.max()
        more = flagged & ~(scores >= threshold)
        # The next score down either breaks the share or adds nobody.
        assert false_positives(labels, flagged) > share or not more.any()


@given(FIRMS)
def test_shares_are_shares(firms: list[tuple[bool, int]]) -> None:
    labels, scores = arrays(firms)
    chances = (scores + 3) / 6
    for value in (
        average_precision(labels, scores),
        precision_at_budget(labels, scores, 0.2),
        calibration_error(labels, chances),
        recall(labels, scores >= 0),
    ):
        assert -1e-9 <= value <= 1 + 1e-9


def test_calibration_is_the_distance_between_said_and_so() -> None:
    labels = np.array([True, False, False, False])
    assert calibration_error(labels, np.full(4, 0.25)) == pytest.approx(0)
    assert calibration_error(labels, np.full(4, 0.55)) == pytest.approx(0.3)


def test_intervals() -> None:
    one = over_seeds([0.4, 0.6, float("nan")])
    assert one is not None
    assert (one.mean, round(one.half, 3)) == (0.5, 0.196)
    assert over_seeds([float("nan")]) is None
    labels = np.arange(40) % 4 == 0
    drawn = resampled(labels, np.arange(40), lambda at: float(labels[at].mean()), times=50)
    assert drawn.mean == pytest.approx(0.25, abs=0.05)
    assert 0.05 < drawn.half < 0.25
