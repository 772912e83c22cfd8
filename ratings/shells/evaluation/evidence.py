"""The figures of the screen on invented counties."""

from collections.abc import Mapping

import msgspec
import numpy as np

from ratings.shells.evaluation import rivals
from ratings.shells.evaluation.lead_time import Lead, as_known, months_screened, rule_month
from ratings.shells.evaluation.looks import Look, Truth, county, look
from ratings.shells.evaluation.measures import (
    Interval,
    average_precision,
    calibration,
    calibration_error,
    false_positives,
    precision_at_budget,
    precision_recall,
    ranking_figures,
    recall,
    resampled,
    threshold_at,
)
from ratings.shells.evaluation.outages import outages
from ratings.shells.policy import Policy
from ratings.shells.simulator.county import Plan
from ratings.shells.simulator.parameters import HONEST, SHELLS, World, load_world, widened
from ratings.signals.cells import month_number

SCREEN = "screen"
# Counties the yardstick learns from: the standard world, stretched, as for the fit.
TRAINING_SEEDS = (1, 2, 3)
STRETCH = 1.5
LEAD_MONTHS = 48
CURVE_POINTS = 60


class Figures(msgspec.Struct, frozen=True):
    """One county. `rankings` by method, `honest` and `shells` by archetype at 1 % false positives,
    `outages` the share of honest firms flagged at the same threshold, `curves` precision at evenly
    spaced recalls, `drawn` the intervals within the county."""

    firms: int
    shells_found: int
    rankings: dict[str, dict[str, float]]
    honest: dict[str, float]
    shells: dict[str, float]
    cases: dict[str, float]
    outages: dict[str, float]
    curves: dict[str, list[float]]
    calibration: list[tuple[float, float, int]]
    drawn: dict[str, Interval]


def trained(policy: Policy, firms: int) -> rivals.Boosting:
    """The black-box yardstick, trained on stretched counties."""
    world = widened(load_world("standard"), STRETCH)
    looks, labels = [], []
    for seed in TRAINING_SEEDS:
        plan = Plan(world, firms, seed)
        with county(plan) as (directory, truth):
            looks.append(look(directory, plan.as_of, policy, truth.uscc))
            labels.append(truth.label)
    return rivals.Boosting(looks, labels, [one.name for one in policy.features])


def figures_of(
    plan: Plan, policy: Policy, yardstick: rivals.Boosting | None, *, with_outages: bool = True
) -> Figures:
    with county(plan) as (directory, truth):
        seen = look(directory, plan.as_of, policy, truth.uscc)
        threshold = threshold_at(truth.label, seen.odds)
        silent = {"none": float((seen.odds[~truth.label] >= threshold).mean())}
        for name, without in outages(directory, plan.as_of) if with_outages else ():
            odds = look(without, plan.as_of, policy, truth.uscc).odds
            silent[name] = float((odds[~truth.label] >= threshold).mean())
    flagged = seen.odds >= threshold
    opened = seen.outcome == "case"
    scores = _all_scores(seen, policy, yardstick)
    return Figures(
        firms=len(truth.label),
        shells_found=int(truth.label.sum()),
        rankings=_rankings(truth, seen, scores, policy),
        honest={one: _share(flagged, truth.archetype == one) for one in HONEST},
        shells={one: _share(flagged, truth.archetype == one) for one in SHELLS},
        cases={
            "opened": float(opened.mean()),
            "precision": float(truth.label[opened].mean()) if opened.any() else float("nan"),
            "recall": recall(truth.label, opened),
            "false": false_positives(truth.label, opened),
            "insufficient": float((seen.outcome == "insufficient").mean()),
        },
        outages=silent,
        curves={name: _curve(truth.label, own) for name, own in scores.items()},
        calibration=calibration(truth.label, seen.chance),
        drawn=_drawn(truth, seen.odds),
    )


def _share(flagged: np.ndarray, own: np.ndarray) -> float:
    return float(flagged[own].mean()) if own.any() else float("nan")


def _all_scores(
    seen: Look, policy: Policy, yardstick: rivals.Boosting | None
) -> dict[str, np.ndarray]:
    # A firm that no feed names stands below all others.
    scores = {
        SCREEN: np.where(np.isfinite(seen.odds), seen.odds, -99.0),
        "rule count": rivals.rule_count(seen),
        "noisy-or": rivals.noisy_or(seen, policy),
    }
    if yardstick is not None:
        scores["isolation forest"] = rivals.isolation(seen, yardstick.names)
        scores["gradient boosting"] = yardstick.chance(seen)
    return scores


def _rankings(
    truth: Truth, seen: Look, scores: Mapping[str, np.ndarray], policy: Policy
) -> dict[str, dict[str, float]]:
    found = {name: dict(ranking_figures(truth.label, own)) for name, own in scores.items()}
    found[SCREEN]["calibration"] = calibration_error(truth.label, seen.chance)
    for name in ("noisy-or", "gradient boosting"):
        if name in scores:
            found[name]["calibration"] = calibration_error(truth.label, scores[name])
    return found


def _curve(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    """Precision where so many of the shells have been found, from few to all."""
    precision, found = precision_recall(labels, scores)
    wanted = np.linspace(1 / CURVE_POINTS, 1, CURVE_POINTS)
    return [round(float(one), 4) for one in precision[np.searchsorted(found, wanted - 1e-9)]]


def _drawn(truth: Truth, odds: np.ndarray) -> dict[str, Interval]:
    """Intervals by drawing firms again, rings as a whole."""
    groups = np.where(truth.ring >= 0, truth.ring, len(odds) + np.arange(len(odds)))
    label = truth.label
    return {
        "pr-auc": resampled(label, groups, lambda at: average_precision(label[at], odds[at])),
        "recall": resampled(
            label,
            groups,
            lambda at: recall(label[at], odds[at] >= threshold_at(label[at], odds[at])),
        ),
        "precision": resampled(label, groups, lambda at: precision_at_budget(label[at], odds[at])),
    }


def lead_of(world: World, firms: int, seed: int, policy: Policy) -> Lead:
    """Shells that turned while a county was looked at for four years, screened every six months
    at the threshold of 1 % false positives of the month."""
    plan = Plan(world, firms, seed, months=LEAD_MONTHS)
    newest, first = plan.newest, plan.first
    with county(plan) as (directory, truth):
        seen_in = {}
        for as_of in months_screened(first, newest):
            odds = look(as_known(directory, as_of), as_of, policy, truth.uscc).odds
            seen_in[month_number(as_of)] = odds >= threshold_at(truth.label, odds)
        ruled = rule_month(directory, truth.uscc, first, newest)
    begun = np.array([month_number(one) if one else -1 for one in truth.since])
    ours = truth.label & (begun >= first) & (begun <= newest)
    flagged = np.full(len(truth.label), np.inf)
    for month in sorted(seen_in, reverse=True):
        flagged[seen_in[month] & (month >= begun)] = month
    return Lead(
        flagged=(flagged - begun)[ours],
        ruled=(ruled - begun)[ours],
        watched=(newest - begun)[ours].astype(float),
    )
