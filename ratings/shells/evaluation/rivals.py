"""Other ways to rank the same firms by the same readings, for comparison only.

The black boxes need scikit-learn, which is a development dependency: without it the report says
that they were left out. None of them has rows that a firm could answer.
"""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from ratings.shells.evaluation.looks import Look
from ratings.shells.policy import Policy
from ratings.shells.scorecard import logit

FIRES = 0.3
LIBRARY = "sklearn"


def have_library() -> bool:
    return find_spec(LIBRARY) is not None


def rule_count(look: Look) -> np.ndarray:
    """How many features say something of weight; every rule is worth the same."""
    fired: np.ndarray = np.sum([weight >= FIRES for weight in look.weights.values()], axis=0)
    return fired.astype(float)


def noisy_or(look: Look, policy: Policy) -> np.ndarray:
    """Each feature alone would make a shell with some probability; one of them suffices."""
    base = logit(policy.base_rate)
    spared = np.ones(len(look.odds))
    for weight in look.weights.values():
        alone = 1 / (1 + np.exp(-(base + weight)))
        spared *= 1 - np.where(weight > 0, alone, 0.0)
    return 1 - (1 - policy.base_rate) * spared


def matrix(look: Look, names: Sequence[str]) -> np.ndarray:
    return np.column_stack([look.readings[name] for name in names])


def isolation(look: Look, names: Sequence[str], seed: int = 1) -> np.ndarray:
    """How lonely a firm is among the others; what is not known is set to the median."""
    from sklearn.ensemble import IsolationForest

    table = matrix(look, names)
    middle = np.array([_median(column) for column in table.T])
    filled = np.where(np.isnan(table), middle, table)
    forest = IsolationForest(n_estimators=200, random_state=seed).fit(filled)
    lonely: np.ndarray = -forest.score_samples(filled)
    return lonely


def _median(column: np.ndarray) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0


class Boosting:
    """Gradient-boosted trees on the readings, trained on other counties than it is tried on."""

    def __init__(
        self, looks: Sequence[Look], labels: Sequence[np.ndarray], names: Sequence[str]
    ) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier

        # A feature that says the same of everybody teaches nothing, and the trees refuse it.
        tables = {name: np.concatenate([one.readings[name] for one in looks]) for name in names}
        names = [name for name, own in tables.items() if len(np.unique(own[~np.isnan(own)])) > 1]
        self.names = names
        self.model = HistGradientBoostingClassifier(
            max_iter=250,
            learning_rate=0.05,
            max_leaf_nodes=15,
            l2_regularization=1.0,
            random_state=1,
        ).fit(np.vstack([matrix(one, names) for one in looks]), np.concatenate(labels))

    def chance(self, look: Look) -> np.ndarray:
        found: np.ndarray = self.model.predict_proba(matrix(look, self.names))[:, 1]
        return found
