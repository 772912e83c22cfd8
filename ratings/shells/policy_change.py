"""What a county may change of a screening policy, and what that would change of a screen."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from ratings.ledger.errors import Fault, Refused
from ratings.ledger.text import N_
from ratings.shells.policy import Policy
from ratings.shells.scorecard import Outcome, Reason

BOUNDS: dict[str, tuple[float, float]] = {
    "base_rate": (0.0001, 0.2),
    "watch_probability": (0.01, 0.9),
    "case_probability": (0.05, 0.99),
    "class_cap": (0.5, 3.0),
    "independent_evidence": (0.3, 2.0),
    "independent_classes": (2, 6),
    "least_coverage": (0.5, 1.0),
    "least_classes": (3, 7),
    "class_months": (3, 24),
    "bookkeeper_firms": (5, 1000),
    "minimum_wage_fen": (100_000, 1_000_000),
}
"""The least and the most of each number. Two kinds that agree, three kinds known and half of what
could be known are the least a flag may rest on: a county can ask for more, never for less."""
EXCUSE_BOUNDS = (0.0, 5.0)
FACTOR_BOUNDS = (0.0, 3.0)
OUTSIDE = N_("It lies outside the bounds that are stated at the field.")


class Numbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy in the words of its form.

    `excuses` are weights in log-odds by kind; `factors` multiply the weights that a feature
    has in the policy it was copied from. What neither names stays as it is there.
    """

    name: str
    version: str
    base_rate: float
    watch_probability: float
    case_probability: float
    class_cap: float
    independent_evidence: float
    independent_classes: int
    least_coverage: float
    least_classes: int
    class_months: int
    bookkeeper_firms: int
    minimum_wage_fen: int
    excuses: dict[str, float] = {}
    factors: dict[str, float] = {}


def numbers_of(policy: Policy, source: Policy) -> Numbers:
    """The numbers of a policy that was copied from `source`."""
    return Numbers(
        name=policy.name,
        version=policy.version,
        excuses={kind: one.weight for kind, one in policy.excuses.items()},
        factors=_factors(policy, source),
        **{name: getattr(policy, name) for name in BOUNDS},
    )


def _factors(policy: Policy, source: Policy) -> dict[str, float]:
    own = {one.name: one.greatest for one in policy.features}
    return {
        one.name: round(own[one.name] / one.greatest, 6) if one.greatest else 1.0
        for one in source.features
    }


def changed_policy(source: Policy, wanted: Numbers) -> Policy:
    """`source` with other numbers; Refused with a fault at every number that cannot stand."""
    faults = tuple(_faults(source, wanted))
    if faults:
        raise Refused(
            "policy-numbers",
            "Some numbers of the policy cannot stand. Each is told at its field.",
            faults=faults,
        )
    features = tuple(
        msgspec.structs.replace(
            one,
            # Nothing times a weight below zero is nothing, not a negative zero.
            weights=tuple(
                weight * wanted.factors.get(one.name, 1.0) + 0.0 for weight in one.weights
            ),
        )
        for one in source.features
    )
    excuses = {
        kind: msgspec.structs.replace(one, weight=wanted.excuses.get(kind, one.weight))
        for kind, one in source.excuses.items()
    }
    return msgspec.structs.replace(
        source,
        name=wanted.name,
        version=wanted.version,
        features=features,
        excuses=excuses,
        **{name: getattr(wanted, name) for name in BOUNDS},
    )


def _faults(source: Policy, wanted: Numbers) -> Iterator[Fault]:
    for name, bounds in BOUNDS.items():
        yield from _outside(f"/{name}", getattr(wanted, name), bounds)
    tables: tuple[tuple[str, Mapping[str, float], set[str], tuple[float, float]], ...] = (
        ("excuses", wanted.excuses, set(source.excuses), EXCUSE_BOUNDS),
        ("factors", wanted.factors, {one.name for one in source.features}, FACTOR_BOUNDS),
    )
    for table, given, known, bounds in tables:
        for name, number in given.items():
            if name in known:
                yield from _outside(f"/{table}/{name}", number, bounds)
            else:
                told = N_("The policy it was copied from has nothing of this name.")
                yield Fault(f"/{table}/{name}", "policy-name-unknown", told)
    told = N_("The thresholds must rise: the base rate, then to watch, then to flag.")
    if not wanted.base_rate < wanted.watch_probability:
        yield Fault("/watch_probability", "thresholds-order", told)
    if not wanted.watch_probability < wanted.case_probability:
        yield Fault("/case_probability", "thresholds-order", told)


def _outside(place: str, number: float, bounds: tuple[float, float]) -> Iterator[Fault]:
    if not bounds[0] <= number <= bounds[1]:
        yield Fault(place, "number-outside", OUTSIDE)


class Difference(msgspec.Struct, frozen=True):
    """A number that two policies do not share.

    `number` is a field of `Numbers`; in `excuses` and `factors` that of `of`, where `before` of a
    factor is 1.
    """

    number: str
    of: str
    before: float
    after: float


def differences(source: Policy, policy: Policy) -> list[Difference]:
    """In the order of the form."""
    before, after = numbers_of(source, source), numbers_of(policy, source)
    found = [
        Difference(name, "", getattr(before, name), getattr(after, name))
        for name in BOUNDS
        if getattr(before, name) != getattr(after, name)
    ]
    for name in ("excuses", "factors"):
        old, new = getattr(before, name), getattr(after, name)
        found += [Difference(name, of, old[of], new[of]) for of in old if old[of] != new[of]]
    return found


class ScreenWhy(StrEnum):
    """What explains another outcome: a row of the explanation, or limits that moved around it."""

    ROW = "row"
    LIMITS = "limits"


class Judged(msgspec.Struct, frozen=True):
    """What a screen says of one agency; `probability` is 0–1."""

    uscc: str
    log_odds: float
    probability: float
    outcome: str
    reasons: tuple[Reason, ...]


class MovedRow(msgspec.Struct, frozen=True):
    """The row of the explanation that moves most, with its contributions in log-odds."""

    signal_class: str
    feature: str
    before: float
    after: float
    sentence: str
    sentence_zh: str
    params: dict[str, str]


class OutcomeChange(msgspec.Struct, frozen=True):
    """One agency; `moved` is None where no row has another contribution."""

    uscc: str
    outcome_before: str
    outcome_after: str
    probability_before: float
    probability_after: float
    why: ScreenWhy
    moved: MovedRow | None


class ScreenImpact(msgspec.Struct, frozen=True):
    """All agencies of one screen as it was kept and as another policy would have it.

    `outcomes_before` and `outcomes_after` count agencies by case, watch, none and insufficient.
    """

    screen: str
    as_of_month: str
    agencies: int
    probabilities_moved: int
    outcomes_before: dict[str, int]
    outcomes_after: dict[str, int]
    changes: list[OutcomeChange]


SAME = 1e-9
"""Log-odds nearer than this are the same: a sum may be added up in another order."""


def impact(
    screen: str, as_of_month: str, kept: Iterable[Judged], again: Mapping[str, Judged], to: Policy
) -> ScreenImpact:
    """`again` is by USCC; the highest probability under the other policy comes first."""
    before, after = ({one.value: 0 for one in Outcome} for _ in range(2))
    changes, agencies, moved = [], 0, 0
    for old in kept:
        new = again[old.uscc]
        agencies += 1
        before[old.outcome] += 1
        after[new.outcome] += 1
        moved += abs(old.log_odds - new.log_odds) > SAME
        if old.outcome != new.outcome:
            changes.append(_change(old, new, to))
    changes.sort(key=lambda one: (-one.probability_after, one.uscc))
    return ScreenImpact(screen, as_of_month, agencies, moved, before, after, changes)


def _change(old: Judged, new: Judged, to: Policy) -> OutcomeChange:
    row = _most_moved(old.reasons, new.reasons)
    carried = row is not None and _band(old.probability, to) != _band(new.probability, to)
    return OutcomeChange(
        uscc=old.uscc,
        outcome_before=old.outcome,
        outcome_after=new.outcome,
        probability_before=old.probability,
        probability_after=new.probability,
        why=ScreenWhy.ROW if carried else ScreenWhy.LIMITS,
        moved=row,
    )


def _band(probability: float, policy: Policy) -> int:
    return (probability >= policy.watch_probability) + (probability >= policy.case_probability)


def _most_moved(old: Iterable[Reason], new: Iterable[Reason]) -> MovedRow | None:
    before, after = _by_place(old), _by_place(new)
    best: MovedRow | None = None
    for place in sorted(before.keys() | after.keys()):
        told = after.get(place) or before[place]
        one, other = (
            rows[place].contribution if place in rows else 0.0 for rows in (before, after)
        )
        if abs(one - other) > (abs(best.before - best.after) if best else SAME):
            best = MovedRow(*place, one, other, told.sentence, told.sentence_zh, told.params)
    return best


def _by_place(rows: Iterable[Reason]) -> dict[tuple[str, str], Reason]:
    return {(row.signal_class, row.feature): row for row in rows}
