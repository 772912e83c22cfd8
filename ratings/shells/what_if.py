"""What another policy would say of the last screen, from the rows that were kept of it."""

import math
from collections.abc import Iterable, Mapping

import msgspec

from ratings.ledger.errors import Refused
from ratings.shells.policy import Policy
from ratings.shells.scorecard import Outcome, Reason, expit

_WITHOUT_A_CLASS = ("base", "excuse")


class Wanted(msgspec.Struct, frozen=True):
    """What is tried: thresholds, the cap of a class, and by how much the weights of a feature are
    multiplied (1 leaves them)."""

    case_probability: float
    watch_probability: float
    class_cap: float
    factors: Mapping[str, float]


class Moved(msgspec.Struct, frozen=True):
    """An agency whose outcome would be another one."""

    uscc: str
    before: str
    after: str
    probability_before: float
    probability_after: float


def as_it_is(policy: Policy) -> Wanted:
    return Wanted(policy.case_probability, policy.watch_probability, policy.class_cap, {})


def check_wanted(wanted: Wanted, policy: Policy) -> None:
    """Refused where no policy could be like that."""
    if not policy.base_rate < wanted.watch_probability < wanted.case_probability < 1:
        raise Refused(
            "what-if-thresholds",
            "The thresholds must rise: above the base rate of {base} to watch, more to flag, below"
            " 100 %.",
            base=f"{policy.base_rate:.0%}",
        )
    if not 0 < wanted.class_cap <= 10 or any(not 0 <= one <= 10 for one in wanted.factors.values()):
        raise Refused("what-if-weights", "A cap and a factor lie between 0 and 10.")


def rescored(policy: Policy, rows: Iterable[Reason], wanted: Wanted) -> tuple[float, int]:
    """The log-odds of one agency and its classes of independent evidence, by its kept rows.

    With everything as it is, the log-odds are those that were kept.
    """
    base, lawful = 0.0, 0.0
    classes: dict[str, list[float]] = {}
    for row in rows:
        if row.signal_class == "base":
            base += row.contribution
        elif row.signal_class == "excuse":
            lawful += policy.excuses[row.feature].weight
        elif row.feature != "class_cap":
            factor = wanted.factors.get(row.feature, 1.0)
            classes.setdefault(row.signal_class, []).append(row.contribution * factor)
    cap = wanted.class_cap
    totals = {name: max(-cap, min(cap, math.fsum(one))) for name, one in classes.items()}
    against = math.fsum(totals.values())
    independent = {
        policy.sources[name]
        for name, one in totals.items()
        if name in policy.sources and one >= policy.independent_evidence
    }
    return base + against - min(max(against, 0.0), cap, lawful), len(independent)


def outcome(
    policy: Policy, wanted: Wanted, log_odds: float, independent: int, *, before: str
) -> str:
    """What the screen would say; too little data stays too little, whatever the weights."""
    if before == Outcome.INSUFFICIENT:
        return before
    probability = expit(log_odds)
    if probability >= wanted.case_probability and independent >= policy.independent_classes:
        return Outcome.CASE.value
    return Outcome.WATCH.value if probability >= wanted.watch_probability else Outcome.NONE.value
