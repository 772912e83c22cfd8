"""Fitting the weights of the screen once it is known what came of cases.

The scorecard stays what it is: bins, shapes and caps are those of the expert's policy, and what
speaks for a firm by it goes on speaking for it or says nothing; so does what speaks against it.
With few labels one factor β per feature and per excuse is fitted around the expert's own weights,
β ~ N(1, 0.5²) and β ≥ 0. With many, the weight of every bin moves by itself, within the shape of
its feature.
"""

import itertools
import math
from collections.abc import Sequence

import msgspec
import numpy as np

from ratings.ledger.errors import Refused
from ratings.shells.policy import Feature, Policy
from ratings.shells.scorecard import expit, logit

LEAST_LABELS = 50
LEAST_OF_A_KIND = 10
LEAST_LABELS_FOR_SHAPES = 2000
SPREAD = 0.5
STEPS = 300
PACE = 0.03


class Examples(msgspec.Struct, frozen=True):
    """Firms whose truth is known. `bins` holds the bin of each feature, -1 where it was not read;
    `excuses` whether one of that kind is on record."""

    labels: np.ndarray
    bins: dict[str, np.ndarray]
    excuses: dict[str, np.ndarray]
    counts: np.ndarray
    """How much each label counts; 1 for all unless said otherwise."""
    factors: dict[str, np.ndarray]
    """What the weight of the firm's bin is multiplied by in its county, of the features that have
    such a factor."""

    def __len__(self) -> int:
        return len(self.labels)

    def some(self, wanted: np.ndarray) -> "Examples":
        """The examples at the places where `wanted` is true."""
        return Examples(
            self.labels[wanted],
            {name: own[wanted] for name, own in self.bins.items()},
            {kind: own[wanted] for kind, own in self.excuses.items()},
            self.counts[wanted],
            {name: own[wanted] for name, own in self.factors.items()},
        )

    @classmethod
    def together(cls, parts: Sequence["Examples"]) -> "Examples":
        return cls(
            np.concatenate([one.labels for one in parts]),
            {name: np.concatenate([one.bins[name] for one in parts]) for name in parts[0].bins},
            {
                kind: np.concatenate([one.excuses[kind] for one in parts])
                for kind in parts[0].excuses
            },
            np.concatenate([one.counts for one in parts]),
            {
                name: np.concatenate([one.factors[name] for one in parts])
                for name in parts[0].factors
            },
        )


class Fit(msgspec.Struct, frozen=True):
    """The new policy, and the mean log loss of the labels before and after."""

    policy: Policy
    before: float
    after: float
    shells: int
    honest: int


def fit(
    policy: Policy, examples: Examples, *, version: str, shapes: bool = False, trust: float = 1.0
) -> Fit:
    """The policy called `version` with the weights that the labels and the expert make likeliest.

    The expert's word counts `trust` times. Refused on fewer than 50 labels, or fewer than ten of
    either kind.
    """
    _enough(examples, shapes)
    card = _Card(policy, examples, shapes, trust)
    found = card.climb()
    fitted = msgspec.structs.replace(card.policy_of(card.level(found)), version=version)
    return Fit(
        policy=fitted,
        before=card.loss(card.start)[0],
        after=card.loss(found)[0],
        shells=int(examples.labels.sum()),
        honest=int((~examples.labels).sum()),
    )


def _enough(examples: Examples, shapes: bool) -> None:
    shells = int(examples.labels.sum())
    least = LEAST_LABELS_FOR_SHAPES if shapes else LEAST_LABELS
    if len(examples) < least:
        raise Refused(
            "fit-few-labels",
            "{labels} labels are too few to fit weights on; it takes {least}. Until then the"
            " expert's weights hold.",
            labels=len(examples),
            least=least,
        )
    if min(shells, len(examples) - shells) < LEAST_OF_A_KIND:
        raise Refused(
            "fit-one-kind",
            "Of {labels} labels {shells} are shells and {honest} are not; it takes at least"
            " {least} of each to fit weights.",
            labels=len(examples),
            shells=shells,
            honest=len(examples) - shells,
            least=LEAST_OF_A_KIND,
        )


def _steps(feature: Feature, shapes: bool) -> np.ndarray:
    """How the weights are made of numbers from 0 up: weights = steps @ numbers.

    One number that stretches the expert's shape; or one for each step away from the best bin, and,
    of what speaks for a firm, from the worst bin that does.
    """
    weights = np.array(feature.weights)
    if not shapes:
        return weights[:, None]
    count, turn = len(weights), feature.turn
    places = np.arange(count)
    outward = 1 if feature.shape == "rising" else -1
    columns = [
        -1.0 * ((places - step) * outward <= 0) * (weights < 0)
        if weights[step] < 0
        else (places >= step if step > turn else places <= step) * (weights >= 0)
        for step in range(count)
        if step != turn or weights[step] < 0
    ]
    return np.array(columns, dtype=float).T


def _start(feature: Feature, steps: np.ndarray, shapes: bool) -> np.ndarray:
    """The numbers that give the expert's own weights."""
    if not shapes:
        return np.ones(1)
    numbers: np.ndarray = np.maximum(
        np.linalg.lstsq(steps, np.array(feature.weights), rcond=None)[0], 0
    )
    return numbers


class _Card:
    """The scorecard as a function of one vector: the base, then a block per feature and excuse."""

    def __init__(self, policy: Policy, examples: Examples, shapes: bool, trust: float) -> None:
        self.policy, self.examples, self.shapes, self.trust = policy, examples, shapes, trust
        self.steps = {one.name: _steps(one, shapes) for one in policy.features}
        first, starts = 1, [np.array([logit(policy.base_rate)])]
        self.blocks: dict[str, slice] = {}
        for one in policy.features:
            own = _start(one, self.steps[one.name], shapes)
            self.blocks[one.name] = slice(first, first + len(own))
            first += len(own)
            starts.append(own)
        self.kinds = tuple(sorted(policy.excuses))
        self.excuse_block = slice(first, first + len(self.kinds))
        given = np.array([policy.excuses[kind].weight for kind in self.kinds])
        starts.append(given if shapes else np.ones(len(self.kinds)))
        self.excuse_scale = np.ones(len(self.kinds)) if shapes else given
        self.start = np.concatenate(starts)
        self.present = np.array([examples.excuses[kind] for kind in self.kinds], dtype=float)

    def weights(self, numbers: np.ndarray, feature: Feature) -> np.ndarray:
        found: np.ndarray = self.steps[feature.name] @ numbers[self.blocks[feature.name]]
        return found

    def level(self, numbers: np.ndarray) -> np.ndarray:
        """The same numbers with the base at which as many shells are expected as there are.

        However much a label counted in the fit, a probability speaks of firms as they are.
        """
        low, high = -12.0, 0.0
        found = numbers.copy()
        for _ in range(40):
            found[0] = (low + high) / 2
            if (1 / (1 + np.exp(-self._odds(found)[0]))).sum() < self.examples.labels.sum():
                low = found[0]
            else:
                high = found[0]
        return found

    def _odds(
        self, numbers: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Log-odds, evidence by class before the cap, all evidence, and what excuses weigh."""
        policy, examples = self.policy, self.examples
        raw = {name: np.zeros(len(examples)) for name in policy.classes}
        for feature in policy.features:
            table = np.append(self.weights(numbers, feature), 0.0)
            own = table[examples.bins[feature.name]]
            raw[feature.of] += own * examples.factors.get(feature.name, 1.0)
        cap = policy.class_cap
        against = np.sum([np.clip(one, -cap, cap) for one in raw.values()], axis=0)
        lawful = (self.excuse_scale * numbers[self.excuse_block]) @ self.present
        taken = np.minimum(np.clip(against, 0, cap), lawful)
        return numbers[0] + against - taken, raw, against, lawful

    def loss(self, numbers: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean log loss and its slope; the expert's word is not in it."""
        policy, examples = self.policy, self.examples
        odds, raw, against, lawful = self._odds(numbers)
        there = np.clip(against, 0, policy.class_cap)
        taken = np.minimum(there, lawful)
        chance = 1 / (1 + np.exp(-odds))
        labels, counts = examples.labels, examples.counts / examples.counts.sum()
        loss = np.logaddexp(0, np.where(labels, -odds, odds)) @ counts
        error = (chance - labels) * counts
        slope = np.zeros_like(numbers)
        slope[0] = error.sum()
        # What excuses take away whole no weight can change.
        felt = np.where((taken < against) | (against <= 0), error, 0.0)
        for feature in policy.features:
            own = np.where(np.abs(raw[feature.of]) < policy.class_cap, felt, 0.0)
            count = len(feature.weights)
            bins = examples.bins[feature.name]
            own = own * examples.factors.get(feature.name, 1.0)
            sums = np.bincount(np.where(bins < 0, count, bins), own, count + 1)[:count]
            slope[self.blocks[feature.name]] = self.steps[feature.name].T @ sums
        least = lawful <= there
        slope[self.excuse_block] = -self.excuse_scale * (self.present @ np.where(least, error, 0))
        # An excuse that the expert lets weigh nothing goes on weighing nothing: some are read from
        # a feed, and a firm must not look worse when that feed falls silent.
        slope[self.excuse_block] *= self.start[self.excuse_block] * self.excuse_scale > 0
        return float(loss), slope

    def _expert(self, numbers: np.ndarray) -> np.ndarray:
        """The slope of what the expert's word costs, per label."""
        slope = np.zeros_like(numbers)
        if self.shapes:
            for feature in self.policy.features:
                away = self.weights(numbers, feature) - np.array(feature.weights)
                slope[self.blocks[feature.name]] = self.steps[feature.name].T @ away
        else:
            slope[1:] = numbers[1:] - self.start[1:]
        return slope * self.trust / SPREAD**2 / len(self.examples)

    def climb(self) -> np.ndarray:
        """The most likely numbers, by steps of even length that shrink towards the end (Adam)."""
        numbers = self.start.copy()
        mean, square = np.zeros_like(numbers), np.zeros_like(numbers)
        for step in range(1, STEPS + 1):
            slope = self.loss(numbers)[1] + self._expert(numbers)
            mean = 0.9 * mean + 0.1 * slope
            square = 0.99 * square + 0.01 * slope**2
            pace = PACE * 0.5 * (1 + math.cos(math.pi * step / STEPS))
            move = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
            numbers = numbers - pace * move
            numbers[1:] = np.maximum(numbers[1:], 0)
        return numbers

    def policy_of(self, numbers: np.ndarray) -> Policy:
        """The policy with these numbers, its weights to three decimals."""
        features = tuple(
            msgspec.structs.replace(one, weights=_rounded(one, self.weights(numbers, one)))
            for one in self.policy.features
        )
        scaled = self.excuse_scale * numbers[self.excuse_block]
        excuses = {
            kind: msgspec.structs.replace(self.policy.excuses[kind], weight=round(float(weight), 3))
            for kind, weight in zip(self.kinds, scaled, strict=True)
        }
        base = float(
            np.clip(round(expit(float(numbers[0])), 5), 1e-5, self.policy.watch_probability / 2)
        )
        return msgspec.structs.replace(
            self.policy, features=features, excuses=excuses, base_rate=base
        )


def _rounded(feature: Feature, weights: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(weight), 3) for weight in weights)


def changes(before: Policy, after: Policy) -> list[tuple[str, float, float]]:
    """Feature or excuse, its greatest weight before and after; only what has changed."""
    pairs = itertools.chain(
        (
            (one.name, one.greatest, two.greatest)
            for one, two in zip(before.features, after.features, strict=True)
        ),
        ((kind, own.weight, after.excuses[kind].weight) for kind, own in before.excuses.items()),
        (("base_rate", before.base_rate, after.base_rate),),
    )
    return [(name, old, new) for name, old, new in pairs if old != new]
