"""How well scores and stars agree with a truth that is known."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import sqrt
from statistics import fmean, stdev

import msgspec

Figures = dict[str, dict[str, float]]
"""By situation and measure."""


class Interval(msgspec.Struct, frozen=True):
    """A mean over seeds and the half-width of its 95 % interval, 1.96 standard errors."""

    mean: float
    half: float
    seeds: int


def over_seeds(values: Sequence[float]) -> Interval | None:
    """None without a value; one value alone has no width that could be known: zero."""
    if not values:
        return None
    half = 1.96 * stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
    return Interval(fmean(values), half, len(values))


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in range(at, end + 1):
            found[order[place]] = (at + end) / 2 + 1
        at = end + 1
    return found


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation of the ranks; None where one side does not vary."""
    if len(first) != len(second):
        raise ValueError("both sides need the same members")
    if len(first) < 2:
        return None
    one, two = ranks(first), ranks(second)
    mean = (len(first) + 1) / 2
    spread = sqrt(sum((a - mean) ** 2 for a in one) * sum((b - mean) ** 2 for b in two))
    if not spread:
        return None
    return sum((a - mean) * (b - mean) for a, b in zip(one, two, strict=True)) / spread


def kendall(first: Sequence[float], second: Sequence[float]) -> float | None:
    """τ-b: concordant less discordant pairs, over the pairs tied on neither side."""
    if len(first) != len(second):
        raise ValueError("both sides need the same members")
    agreed = one = two = 0
    for (a, b), (c, d) in combinations(zip(first, second, strict=True), 2):
        left, right = (a > c) - (a < c), (b > d) - (b < d)
        agreed += left * right
        one += left != 0
        two += right != 0
    return agreed / sqrt(one * two) if one and two else None


def per_hundred(members: Mapping[str, bool]) -> float | None:
    """How many of 100 members are it; None when there is nobody."""
    return 100 * sum(members.values()) / len(members) if members else None
