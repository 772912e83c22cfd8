"""From evidence to a score whose rows add up to it, and to what should happen next.

The log-odds of being a shell are the base row plus evidence per class, capped, less what the
excuses on record take away. No row is hidden: their contributions sum to the log-odds.
"""

import math
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ratings.shells.evidence import Evidence, Reading
from ratings.shells.masks import FULL, months_of
from ratings.shells.policy import Feature, Policy

POINTS_AT_PRIOR = 50.0
POINTS_PER_LOG_ODDS = 28.85
PRIOR = 0.05

BASE_SENTENCE = (
    "Where every firm begins: {value} of firms of which nothing bad is known are shells."
)
BASE_SENTENCE_ZH = "所有企业的起点：无不良信息的企业中空壳占{value}。"
CAP_SENTENCE = "One kind of evidence counts {value} at most; the rest is taken off again."
CAP_SENTENCE_ZH = "同一类证据最多计{value}，超出部分扣回。"


class Outcome(StrEnum):
    CASE = "case"
    WATCH = "watch"
    NONE = "none"
    INSUFFICIENT = "insufficient"


class Reason(msgspec.Struct, frozen=True):
    """One row of the explanation.

    `signal_class` is a class of the policy, or base or excuse. `contribution` is in log-odds.
    `sentence` is a msgid that `params` fill; `sentence_zh` is the same for Chinese readers.
    """

    signal_class: str
    feature: str
    value: float | None
    unit: str
    months: str
    bin: str
    contribution: float
    rule: str
    sentence: str
    sentence_zh: str
    params: dict[str, str]


class Score(msgspec.Struct, frozen=True):
    uscc: str
    log_odds: float
    probability: float
    points: float
    coverage: float
    classes: int
    outcome: Outcome
    policy: str
    policy_digest: str
    reasons: tuple[Reason, ...]


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def expit(log_odds: float) -> float:
    """The probability of log-odds, without overflow at either end."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


def score(policy: Policy, evidence: Evidence, newest: int) -> Score:
    """The score of one agency; `newest` is the month number of the as-of month."""
    rows = [_base(policy)]
    totals: dict[str, float] = {}
    for name in policy.classes:
        own = list(_class_rows(policy, name, evidence, newest))
        totals[name] = math.fsum(row.contribution for row in own)
        rows += own
    rows += _excuse_rows(policy, evidence, newest, math.fsum(totals.values()))
    log_odds = math.fsum(row.contribution for row in rows)
    coverage, classes = _coverage(policy, evidence)
    independent = sum(total >= policy.independent_evidence for total in totals.values())
    probability = expit(log_odds)
    return Score(
        uscc=evidence.uscc,
        log_odds=log_odds,
        probability=probability,
        points=POINTS_AT_PRIOR + POINTS_PER_LOG_ODDS * (log_odds - logit(PRIOR)),
        coverage=coverage,
        classes=classes,
        outcome=_outcome(policy, probability, coverage, classes, independent),
        policy=f"{policy.name} {policy.version}",
        policy_digest=policy.digest,
        reasons=tuple(rows),
    )


def _outcome(
    policy: Policy, probability: float, coverage: float, classes: int, independent: int
) -> Outcome:
    if coverage < policy.least_coverage or classes < policy.least_classes:
        return Outcome.INSUFFICIENT
    if probability >= policy.case_probability and independent >= policy.independent_classes:
        return Outcome.CASE
    return Outcome.WATCH if probability >= policy.watch_probability else Outcome.NONE


def _coverage(policy: Policy, evidence: Evidence) -> tuple[float, int]:
    """Known months among those that could be known, and classes known for long enough.

    What the source normally has not sent yet is nobody's gap and is left out of the count.
    """
    known = due = classes = 0
    for name in policy.classes:
        coverage = evidence.coverage[name]
        months = coverage.covered.bit_count()
        known += months
        due += (FULL & ~coverage.late | coverage.covered).bit_count()
        # A firm that a source never names may be excused by its age alone; that is no knowledge.
        classes += months >= policy.class_months and coverage.heard != 0
    return (known / due if due else 0.0), classes


def _base(policy: Policy) -> Reason:
    return Reason(
        signal_class="base",
        feature="base_rate",
        value=policy.base_rate,
        unit="share",
        months="",
        bin="",
        contribution=logit(policy.base_rate),
        rule=f"{policy.name} {policy.version}",
        sentence=BASE_SENTENCE,
        sentence_zh=BASE_SENTENCE_ZH,
        params={"value": number_text(policy.base_rate, "share")},
    )


def _class_rows(policy: Policy, name: str, evidence: Evidence, newest: int) -> Iterable[Reason]:
    total = 0.0
    for feature in policy.features:
        if feature.of == name and feature.name in evidence.readings:
            row = _feature_row(feature, evidence.readings[feature.name], newest)
            total += row.contribution
            yield row
    if total > policy.class_cap:
        yield Reason(
            signal_class=name,
            feature="class_cap",
            value=policy.class_cap,
            unit="log-odds",
            months="",
            bin="",
            contribution=policy.class_cap - total,
            rule="cap on one class of evidence",
            sentence=CAP_SENTENCE,
            sentence_zh=CAP_SENTENCE_ZH,
            params={"value": f"{policy.class_cap:g}"},
        )


def _feature_row(feature: Feature, reading: Reading, newest: int) -> Reason:
    number = feature.bin_of(reading.certain)
    months = months_of(reading.months, newest)
    return Reason(
        signal_class=feature.of,
        feature=feature.name,
        value=reading.value,
        unit=feature.unit,
        months=months,
        bin=feature.bin_text(number),
        contribution=feature.weights[number],
        rule=f"{feature.rule} ({feature.basis})",
        sentence=feature.sentence,
        sentence_zh=feature.sentence_zh,
        params={"value": number_text(reading.value, feature.unit), "months": months or "–"},
    )


def _excuse_rows(policy: Policy, evidence: Evidence, newest: int, total: float) -> Iterable[Reason]:
    """Together the excuses take away their weights, yet never more than one class may add."""
    kinds = sorted(kind for kind in evidence.excuses if kind in policy.excuses)
    weights = math.fsum(policy.excuses[kind].weight for kind in kinds)
    share = min(1.0, total / weights, policy.class_cap / weights) if weights else 0.0
    for kind in kinds:
        excuse = policy.excuses[kind]
        mask = evidence.excuses[kind]
        months = months_of(mask, newest)
        yield Reason(
            signal_class="excuse",
            feature=kind,
            value=float(mask.bit_count()),
            unit="months",
            months=months,
            bin="on record",
            contribution=-excuse.weight * share if excuse.weight * share else 0.0,
            rule="lawful zero",
            sentence=excuse.sentence,
            sentence_zh=excuse.sentence_zh,
            params={"value": str(mask.bit_count()), "months": months},
        )


def number_text(value: float, unit: str) -> str:
    """The value as people read it: “83 %”, “7”, “1.5”."""
    if unit == "share":
        return f"{value:.0%}".replace("%", " %")
    return f"{value:.1f}".removesuffix(".0")
