"""Rank agreement: known values, and what holds for any numbers."""

from math import isclose
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.integrity.measures import kendall, over_seeds, ranks, spearman

NUMBERS = st.lists(st.integers(-20, 20), min_size=2, max_size=12)
PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=12)


def test_known_values() -> None:
    # Kendall's own example of two judges of ten competitors, and a pair with ties.
    first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    second = [2, 1, 4, 3, 6, 5, 8, 7, 10, 9]
    assert isclose(kendall(first, second) or 0, (45 - 2 * 5) / 45)
    assert isclose(spearman(first, second) or 0, 1 - 6 * 10 / (10 * 99))
    assert isclose(kendall([1, 1, 2, 3], [1, 2, 2, 3]) or 0, 4 / 5)
    assert ranks([5, 3, 5, 1]) == [3.5, 2, 3.5, 1]


@given(PAIRS)
def test_bounds_symmetry_and_direction(pairs: list[tuple[int, int]]) -> None:
    one, two = [a for a, _ in pairs], [b for _, b in pairs]
    for agreement in (kendall, spearman):
        found = agreement(one, two)
        if found is None:
            assert len(set(one)) == 1 or len(set(two)) == 1
            continue
        assert -1 - 1e-9 <= found <= 1 + 1e-9
        assert isclose(found, agreement(two, one) or 0, abs_tol=1e-12)
        assert isclose(found, -(agreement(one, [-b for b in two]) or 0), abs_tol=1e-12)
        # Only the order counts.
        assert isclose(found, agreement(one, [b**3 for b in two]) or 0, abs_tol=1e-12)


@given(NUMBERS)
def test_an_order_agrees_with_itself(values: list[int]) -> None:
    for agreement in (kendall, spearman):
        found = agreement(values, values)
        assert found is None if len(set(values)) == 1 else isclose(found or 0, 1)


def test_unequal_sides_are_an_error() -> None:
    for agreement in (kendall, spearman):
        with pytest.raises(ValueError, match="same members"):
            agreement([1, 2], [1, 2, 3])


def test_the_interval_over_seeds() -> None:
    assert over_seeds([]) is None
    one = over_seeds([3.0])
    assert one is not None
    assert (one.mean, one.half, one.seeds) == (3.0, 0.0, 1)
    values = [1.0, 2.0, 4.0, 5.0]
    four = over_seeds(values)
    assert four is not None
    assert (four.mean, four.half) == (3.0, 1.96 * stdev(values) / 2)
