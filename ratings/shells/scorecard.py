"""From readings to a score whose rows add up to it, and to what should happen next.

The log-odds of being a shell are the base row plus evidence per class, capped both ways, less what
the excuses on record take away. No row is hidden: their contributions sum to the log-odds. All of
it is an expression of one row, for a million firms in the engine or for one in plain Python.
"""

import functools
import math
import operator
from collections.abc import Iterable
from enum import StrEnum

import ibis
import ibis.expr.types as ir
import msgspec

from ratings.shells.evidence import with_evidence, with_ties
from ratings.shells.facts import SHORT
from ratings.shells.masks import bits
from ratings.shells.policy import Common, Feature, Policy
from ratings.signals.cells import FULL, Extend, extended

POINTS_AT_PRIOR = 50.0
POINTS_PER_LOG_ODDS = 28.85
PRIOR = 0.05

BASE_SENTENCE = "Where every firm begins: {value} of firms of which nothing is known are shells."
BASE_SENTENCE_ZH = "所有企业的起点：尚无任何信息的企业中空壳占{value}。"
LOWER_SENTENCE = (
    "Where every firm begins: {value}. By the policy it is {usual}; it is lower here, since data"
    " that could speak for firms are missing for most of the county."
)
LOWER_SENTENCE_ZH = (
    "所有企业的起点：{value}。按政策为{usual}；因本县多数企业缺少可为其作证的数据，起点相应降低。"
)
CAP_SENTENCE = (
    "One kind of evidence counts {value} at most, for or against; the rest is taken off again."
)
CAP_SENTENCE_ZH = "同一类证据不论有利不利，最多计{value}，超出部分扣回。"
SCORE_COLUMNS = (
    "log_odds",
    "probability",
    "points",
    "coverage",
    "classes",
    "outcome",
)
_NOTHING = 0.0


def points_at(probability: float) -> float:
    """The points of a probability: 50 at 5 %, 20 more where the odds are twice as high."""
    return POINTS_AT_PRIOR + POINTS_PER_LOG_ODDS * (logit(probability) - logit(PRIOR))


class Outcome(StrEnum):
    CASE = "case"
    WATCH = "watch"
    NONE = "none"
    INSUFFICIENT = "insufficient"


class Reason(msgspec.Struct, frozen=True):
    """One row of the explanation.

    `signal_class` is a class of the policy, or base or excuse. `contribution` is in log-odds.
    `sentence` is a msgid that `params` fill; `sentence_zh` is the same for Chinese readers.
    `common` is there where the weight was changed for how common the sign is in the county.
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
    common: Common | None = None


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


class Line(msgspec.Struct, frozen=True):
    """What a row of the explanation says whatever the firm; `bins` are the texts of its bins."""

    signal_class: str
    feature: str
    unit: str
    rule: str
    bins: tuple[str, ...]
    sentence: str
    sentence_zh: str


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def expit(log_odds: float) -> float:
    """The probability of log-odds, without overflow at either end."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


@functools.lru_cache(maxsize=16)
def lines_of(policy: Policy) -> tuple[Line, ...]:
    """Every row an explanation may have, in the order in which it is read."""
    base = Line(
        "base",
        "base_rate",
        "share",
        f"{policy.name} {policy.version}",
        ("",),
        BASE_SENTENCE,
        BASE_SENTENCE_ZH,
    )
    return (
        base,
        *(line for name in policy.classes for line in _class_lines(policy, name)),
        *(
            Line(
                "excuse",
                kind,
                "months",
                "lawful zero",
                ("on record",),
                excuse.sentence,
                excuse.sentence_zh,
            )
            for kind, excuse in sorted(policy.excuses.items())
        ),
    )


def _class_lines(policy: Policy, name: str) -> Iterable[Line]:
    for feature in policy.features:
        if feature.of == name:
            yield Line(
                name,
                feature.name,
                feature.unit,
                f"{feature.rule} ({feature.basis})",
                tuple(feature.bin_text(number) for number in range(len(feature.weights))),
                feature.sentence,
                feature.sentence_zh,
            )
    rule = "cap on one class of evidence"
    yield Line(name, "class_cap", "log-odds", rule, ("",), CAP_SENTENCE, CAP_SENTENCE_ZH)


def scored(readings: ir.Table, policy: Policy, extend: Extend = extended) -> ir.Table:
    """The table of `with_readings` and `watched_ties` with the contribution of every line and the
    SCORE_COLUMNS.

    `line_N` is what the Nth of `lines_of` contributes, null where the row is not there. A
    contradiction that does not hold has none: its two halves have rows of their own.
    """
    readings = extend(readings, known_of(readings, policy))
    evidence = with_ties(with_evidence(readings, policy, extend), policy, extend)
    table = judged(evidence, policy, extend)
    lines = {
        f"line_{number}": line_of(table, line, policy)
        for number, line in enumerate(lines_of(policy))
    }
    return extend(table, lines)


def judged(evidence: ir.Table, policy: Policy, extend: Extend = extended) -> ir.Table:
    """The table of `with_ties` and `known_of` with the SCORE_COLUMNS and what `line_of` reads."""
    table = _weighed(evidence, policy, policy.features, extend)
    probability = 1 / (1 + (-table["log_odds"]).exp())
    points = POINTS_AT_PRIOR + POINTS_PER_LOG_ODDS * (table["log_odds"] - logit(PRIOR))
    table = extend(table, {"probability": probability, "points": points})
    return extend(table, {"outcome": _outcome(table, policy)})


def watched_alone(evidence: ir.Table, policy: Policy, extend: Extend = extended) -> ir.Table:
    """The table of `with_evidence` with the column `watched`: whether the firm would be watched for
    what it shows itself, whoever it is tied to."""
    tied = {feature.name for feature in policy.features if feature.of == "ties"}
    own = tuple(
        feature
        for feature in policy.features
        if feature.name not in tied and not tied & {part.feature for part in feature.both}
    )
    table = _weighed(evidence, policy, own, extend)
    return extend(table, {"watched": table["log_odds"] >= logit(policy.watch_probability)})


def _weighed(
    evidence: ir.Table, policy: Policy, features: Iterable[Feature], extend: Extend
) -> ir.Table:
    """The log-odds by these features, with raw_ and class_ of every class, and the relief."""
    by_class: dict[str, list[Feature]] = {name: [] for name in policy.classes}
    for feature in features:
        by_class[feature.of].append(feature)
    raw = {
        f"raw_{name}": _sum(_weight(evidence, feature) for feature in own)
        for name, own in by_class.items()
    }
    table = extend(evidence, raw)
    capped = {
        f"class_{name}": ibis.greatest(
            ibis.least(table[f"raw_{name}"], policy.class_cap), -policy.class_cap
        )
        for name in by_class
    }
    table = extend(table, capped)
    lawful = _sum(
        (table[f"excuse_{kind}"] != 0).ifelse(policy.excuses[kind].weight, _NOTHING)
        for kind in sorted(policy.excuses)
    )
    against = _sum(table[f"class_{name}"] for name in by_class)
    table = extend(table, {"against": against, "lawful": lawful})
    # Together the excuses take away their weights, yet never more than there is, nor more than
    # one class may add.
    there = ibis.greatest(table["against"], _NOTHING)
    taken = ibis.least(there, policy.class_cap, table["lawful"])
    relief = (table["lawful"] > 0).ifelse(taken / table["lawful"], _NOTHING)
    table = extend(table, {"relief": relief})
    log_odds = logit(policy.base_rate) + table["against"] - table["relief"] * table["lawful"]
    return extend(table, {"log_odds": log_odds})


def _weight(table: ir.Table, feature: Feature) -> ir.NumericValue:
    """What the feature says of a firm; nothing where it was not read."""
    if feature.both:
        held = feature.weights[feature.bin_of(1.0)]
        return table[f"months_{feature.name}"].notnull().ifelse(held, _NOTHING)
    place = table[f"bin_{feature.name}"]
    if len(feature.weights) == 2:
        # Most features are flags, for which an engine is slow to look into a list.
        low, high = feature.weights
        return place.cases((0, low), (1, high), else_=_NOTHING)
    return ibis.array(list(feature.weights))[place.cast("int32")].fill_null(_NOTHING)


def line_of(table: ir.Table, line: Line, policy: Policy) -> ir.NumericValue:
    """What this line contributes in a table of `judged`, null where the row is not there."""
    none = ibis.null("float64")
    if line.signal_class == "base":
        return ibis.literal(logit(policy.base_rate), "float64")
    if line.signal_class == "excuse":
        weight = policy.excuses[line.feature].weight
        # No negative zero: what takes nothing away contributes nothing.
        given = (table["relief"] * weight > 0).ifelse(-weight * table["relief"], _NOTHING)
        return (table[f"excuse_{line.feature}"] != 0).ifelse(given, none)
    if line.feature == "class_cap":
        raw = table[f"raw_{line.signal_class}"]
        cap = ibis.cases(
            (raw > policy.class_cap, policy.class_cap), (raw < -policy.class_cap, -policy.class_cap)
        )
        return cap - raw
    feature = policy.by_name[line.feature]
    there = table[f"months_{line.feature}" if feature.both else f"counted_{line.feature}"]
    return there.notnull().ifelse(_weight(table, feature), none)


def _sum(values: Iterable[ir.NumericValue]) -> ir.NumericValue:
    return functools.reduce(operator.add, values, ibis.literal(_NOTHING, "float64"))


def known_of(table: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    """Known months among those that could be known, and classes known for long enough.

    A feed counts by its weight in the policy. What the source normally has not sent yet is
    nobody's gap and is left out of the count.
    """
    known = due = ibis.literal(_NOTHING, "float64")
    long_enough: dict[str, ir.BooleanValue] = {}
    for feed, own in policy.feeds.items():
        short = SHORT[feed]
        covered = table[f"{short}_covered"]
        known = known + own.weight * bits(covered)
        due = due + own.weight * bits(covered | (table[f"{short}_late"] ^ FULL))
        # A firm a source never names may be excused by its age alone; that is no knowledge.
        enough = (bits(covered) >= policy.class_months) & (table[f"{short}_heard"] != 0)
        long_enough[own.of] = long_enough.get(own.of, ibis.literal(False)) | enough
    classes = functools.reduce(
        operator.add, (one.ifelse(1, 0) for one in long_enough.values()), ibis.literal(0, "int64")
    )
    return {
        "coverage": (due > 0).ifelse(known / due, _NOTHING),
        "classes": classes.cast("int64"),
    }


def _outcome(table: ir.Table, policy: Policy) -> ir.StringValue:
    speaks: dict[str, ir.BooleanValue] = {}
    for name, source in policy.sources.items():
        enough = table[f"class_{name}"] >= policy.independent_evidence
        speaks[source] = speaks[source] | enough if source in speaks else enough
    independent = functools.reduce(operator.add, (one.ifelse(1, 0) for one in speaks.values()))
    few = (table["coverage"] < policy.least_coverage) | (table["classes"] < policy.least_classes)
    # Of a firm that the register does not know hardly anything is read: no clean bill either.
    few = few | (table["known"] == 0)
    case = (table["probability"] >= policy.case_probability) & (
        independent >= policy.independent_classes
    )
    return ibis.cases(
        (few, Outcome.INSUFFICIENT.value),
        (case, Outcome.CASE.value),
        (table["probability"] >= policy.watch_probability, Outcome.WATCH.value),
        else_=Outcome.NONE.value,
    )


def number_text(value: float, unit: str) -> str:
    """The value as people read it: “83 %”, “7”, “1.5”."""
    if unit == "share":
        return f"{value:.0%}".replace("%", " %")
    if unit == "ratio":
        return f"{value:.2f}"
    return f"{value:.1f}".removesuffix(".0")
