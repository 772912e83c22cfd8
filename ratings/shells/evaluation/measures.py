"""How well a ranking of firms finds the shells among them: pure arithmetic on arrays.

Firms that a ranking cannot tell apart are counted together: a figure never depends on the order
in which they happen to stand.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec
import numpy as np

FALSE_POSITIVES = 0.01
BUDGET = 0.03
CALIBRATION_BINS = 10


class Interval(msgspec.Struct, frozen=True):
    """A mean and the half-width of its 95 % interval."""

    mean: float
    half: float


def precision_recall(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall at every distinct score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])
    found = np.cumsum(labels[order])[last]
    return found / (last + 1), found / max(1, labels.sum())


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """The area under the curve of precision over recall, by steps."""
    precision, recall = precision_recall(labels, scores)
    return float(np.sum(np.diff(np.r_[0.0, recall]) * precision))


def threshold_at(labels: np.ndarray, scores: np.ndarray, share: float = FALSE_POSITIVES) -> float:
    """The lowest score at which at most `share` of the honest firms are flagged (score ≥ it)."""
    honest = np.sort(scores[~labels])[::-1]
    allowed = int(share * len(honest))
    if allowed >= len(honest):
        return float(honest[-1])
    above = scores[scores > honest[allowed]]
    return float(above.min()) if len(above) else float(np.nextafter(scores.max(), np.inf))


def recall(labels: np.ndarray, flagged: np.ndarray) -> float:
    return float(flagged[labels].mean()) if labels.any() else float("nan")


def false_positives(labels: np.ndarray, flagged: np.ndarray) -> float:
    return float(flagged[~labels].mean()) if (~labels).any() else float("nan")


def precision_at_budget(labels: np.ndarray, scores: np.ndarray, budget: float = BUDGET) -> float:
    """The share of shells among the `budget` share of firms that rank highest.

    Of firms with the same score at the edge, as many are taken as there is room for, and they
    count with the average of all of them.
    """
    room = max(1, round(budget * len(scores)))
    edge = np.sort(scores)[::-1][room - 1]
    above, at = scores > edge, scores == edge
    left = room - above.sum()
    return float((labels[above].sum() + left * labels[at].mean()) / room)


def calibration(labels: np.ndarray, chances: np.ndarray) -> list[tuple[float, float, int]]:
    """Mean probability, share of shells and number of firms, in ten steps of probability."""
    step = np.minimum((chances * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        (float(chances[own].mean()), float(labels[own].mean()), int(own.sum()))
        for number in range(CALIBRATION_BINS)
        if (own := step == number).any()
    ]


def calibration_error(labels: np.ndarray, chances: np.ndarray) -> float:
    """The mean distance between what was said and what was so, weighted by firms."""
    rows = calibration(labels, chances)
    return sum(abs(said - found) * firms for said, found, firms in rows) / len(labels)


def over_seeds(values: Iterable[float]) -> Interval | None:
    """Mean and interval over counties; None where no county has a value."""
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return None
    half = 1.96 * known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else 0.0
    return Interval(float(known.mean()), float(half))


def resampled(
    labels: np.ndarray,
    groups: np.ndarray,
    figure: Callable[[np.ndarray], float],
    seed: int = 1,
    times: int = 200,
) -> Interval:
    """The interval of a figure within one county, by drawing firms again.

    `groups` keeps a ring together: its members are drawn or left out as one, because they are
    found or missed as one. `figure` is told the places of the firms drawn.
    """
    random = np.random.default_rng(seed)
    own, back = np.unique(groups, return_inverse=True)
    order = np.argsort(back, kind="stable")
    starts = np.searchsorted(back[order], np.arange(len(own) + 1))
    values = []
    for _ in range(times):
        drawn = random.integers(0, len(own), len(own))
        places = np.concatenate([order[starts[one] : starts[one + 1]] for one in drawn])
        if labels[places].any():
            values.append(figure(places))
    known = np.array(values)
    return Interval(float(known.mean()), float(1.96 * known.std()))


def ranking_figures(labels: np.ndarray, scores: np.ndarray) -> Mapping[str, float]:
    """The three figures that a ranking alone has."""
    flagged = scores >= threshold_at(labels, scores)
    return {
        "pr-auc": average_precision(labels, scores),
        "recall": recall(labels, flagged),
        "precision": precision_at_budget(labels, scores),
    }
