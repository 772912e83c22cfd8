"""What would change a flag: which rows, answered, and which excuses, registered, lift it.

By the same rules as the score (`what_if.rescored`), over the rows that were kept of the screen.
"""

import itertools
from collections.abc import Sequence

import msgspec

from ratings.shells.policy import Policy
from ratings.shells.scorecard import Outcome, Reason, expit
from ratings.shells.what_if import as_it_is, outcome, rescored

# A way of more parts than this is not looked for among all; one is found part by part.
_MOST_PARTS = 3
_MOST_WAYS = 6
_SAME = 1e-6


class Lever(msgspec.Struct, frozen=True):
    """A row that speaks against the agency (`excuse` empty), or an excuse that is not on record.

    `falls` are the features whose rows are gone once it is answered: its own and the
    contradictions it is one half of. `log_odds`, `probability` and `outcome` are the score if this
    alone were answered or registered.
    """

    feature: str
    excuse: str
    falls: tuple[str, ...]
    contribution: float
    log_odds: float
    probability: float
    outcome: str


class Way(msgspec.Struct, frozen=True):
    """Levers (their places) that lift the flag together and none of which can be left out."""

    levers: tuple[int, ...]
    probability: float
    outcome: str


class Change(msgspec.Struct, frozen=True):
    """The strongest lever first. `ways` have the fewest levers there can be, up to three, or are
    one that was found by taking the strongest each time; the one that leaves least first."""

    levers: tuple[Lever, ...]
    ways: tuple[Way, ...]


def what_would_change(
    policy: Policy, rows: Sequence[Reason], log_odds: float, before: str
) -> Change | None:
    """None where nothing is flagged, or where the rows are those of another policy, by whose rules
    they cannot be counted again."""
    if before != Outcome.CASE or not _readable(policy, rows):
        return None
    if abs(rescored(policy, rows, as_it_is(policy))[0] - log_odds) > _SAME:
        return None
    parts = _parts(policy, rows)
    levers = sorted(
        (_lever(policy, rows, excuse, falls, points) for excuse, falls, points in parts),
        key=lambda one: (one.log_odds, one.feature, one.excuse),
    )
    return Change(tuple(levers), tuple(_ways(policy, rows, levers)))


def _readable(policy: Policy, rows: Sequence[Reason]) -> bool:
    features = {feature.name for feature in policy.features} | {"class_cap"}
    return all(
        row.feature in policy.excuses
        if row.signal_class == "excuse"
        else row.signal_class == "base"
        or (row.feature in features and row.signal_class in policy.classes)
        for row in rows
    )


def _parts(policy: Policy, rows: Sequence[Reason]) -> list[tuple[str, tuple[str, ...], float]]:
    """(excuse, features that fall, points of the row) of every lever there is."""
    against = [
        row for row in rows if row.contribution > 0 and row.signal_class not in ("base", "excuse")
    ]
    found: list[tuple[str, tuple[str, ...], float]] = []
    for row in against:
        halves = (
            feature.name
            for feature in policy.features
            if any(part.feature == row.feature for part in feature.both)
        )
        found.append(("", (row.feature, *halves), row.contribution))
    told = {row.feature for row in rows if row.signal_class == "excuse"}
    for kind, excuse in sorted(policy.excuses.items()):
        if kind not in told and excuse.weight > 0:
            found.append((kind, (), 0.0))
    return found


def _lever(
    policy: Policy, rows: Sequence[Reason], excuse: str, falls: tuple[str, ...], points: float
) -> Lever:
    log_odds, said = _again(policy, rows, falls, (excuse,) if excuse else ())
    feature = falls[0] if falls else ""
    return Lever(feature, excuse, falls, points, log_odds, expit(log_odds), said)


def _again(
    policy: Policy, rows: Sequence[Reason], falls: Sequence[str], excuses: Sequence[str]
) -> tuple[float, str]:
    """The log-odds and the outcome without these features and with these excuses.

    An excuse counts with its own weight only. Its months are not read any more either, which can
    take away more evidence but add none.
    """
    kept = [row for row in rows if row.feature not in falls or row.signal_class == "excuse"]
    kept += [_excused(kind) for kind in excuses]
    wanted = as_it_is(policy)
    log_odds, independent = rescored(policy, kept, wanted)
    return log_odds, outcome(policy, wanted, log_odds, independent, before=Outcome.CASE)


def _excused(kind: str) -> Reason:
    return Reason("excuse", kind, None, "months", "", "", 0.0, "", "", "", {})


def _ways(policy: Policy, rows: Sequence[Reason], levers: Sequence[Lever]) -> list[Way]:
    for size in range(1, _MOST_PARTS + 1):
        found = []
        for places in itertools.combinations(range(len(levers)), size):
            log_odds, said = _together(policy, rows, [levers[place] for place in places])
            if said != Outcome.CASE:
                found.append((log_odds, Way(places, expit(log_odds), said)))
        if found:
            return [way for _, way in sorted(found, key=lambda one: one[0])[:_MOST_WAYS]]
    return [_part_by_part(policy, rows, levers)]


def _part_by_part(policy: Policy, rows: Sequence[Reason], levers: Sequence[Lever]) -> Way:
    chosen: list[int] = []
    said, log_odds = Outcome.CASE.value, 0.0
    while said == Outcome.CASE:
        left = [place for place in range(len(levers)) if place not in chosen]
        tried = {
            place: _together(policy, rows, [levers[one] for one in (*chosen, place)])
            for place in left
        }
        best = min(left, key=lambda place: tried[place][0])
        chosen.append(best)
        log_odds, said = tried[best]
    return Way(tuple(sorted(chosen)), expit(log_odds), said)


def _together(policy: Policy, rows: Sequence[Reason], levers: Sequence[Lever]) -> tuple[float, str]:
    falls = [name for one in levers for name in one.falls]
    return _again(policy, rows, falls, [one.excuse for one in levers if one.excuse])
