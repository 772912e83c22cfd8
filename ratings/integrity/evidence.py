"""What a policy makes of one invented county, with and without attacks: the figures of one seed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import OVERALL, Party
from ratings.integrity.attacks import ATTACKS
from ratings.integrity.detection import DETECTORS, acted_on, detection
from ratings.integrity.measures import Figures, kendall, per_hundred, spearman
from ratings.integrity.world import YOUNG_MONTHS, Shape, World, make_world
from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.policy import Method, Policy
from ratings.stars.reference import Reference, estimate
from ratings.stars.review import review
from ratings.stars.robust import robust_standing
from ratings.stars.standing import Standing, standing

QUARTER_MONTHS = 3


class Graded(msgspec.Struct, frozen=True):
    """The standing of every agency that has one, and the engagements it was computed from."""

    standings: dict[str, Standing]
    engagements: dict[str, list[RatedEngagement]]
    reference: Reference | None


def grade_all(
    engagements: Iterable[RatedEngagement],
    as_of: date,
    policy: Policy,
    stars_before: Mapping[str, int | None] | None = None,
) -> Graded:
    """By the bureau's own functions: there is no second copy of the rule."""
    own: defaultdict[str, list[RatedEngagement]] = defaultdict(list)
    for one in engagements:
        if one.settled_on <= as_of:
            own[one.uscc].append(one)
    if policy.method is Method.PLAIN:
        plain = {uscc: standing(uscc, rows, (), as_of, policy) for uscc, rows in own.items()}
        return Graded(plain, own, None)
    reference = estimate((one for rows in own.values() for one in rows), as_of, policy)
    before = stars_before or {}
    robust = {
        uscc: robust_standing(uscc, rows, (), as_of, policy, reference, before.get(uscc))
        for uscc, rows in own.items()
    }
    return Graded(robust, own, reference)


def figures(world: World, graded: Graded, policy: Policy) -> dict[str, float | None]:
    """Agreement with the truth. An honest agency is one that is worth three stars or more."""
    cut, truth = float(policy.stars.three), world.truth
    scored = {u: s for u, s in sorted(graded.standings.items()) if s.score is not None}
    points = [float(one.score or 0) for one in scored.values()]
    honest = {u: s for u, s in scored.items() if truth[u] >= cut}
    bad = {u: s for u, s in scored.items() if truth[u] < cut}
    return {
        "spearman": spearman([truth[u] for u in scored], points),
        "kendall": kendall([truth[u] for u in scored], points),
        "wrongly low": per_hundred({u: (s.stars or 0) <= 2 for u, s in honest.items()}),
        "recall": _share({u: (s.stars or 0) <= 2 for u, s in bad.items()}),
        "scored": float(len(scored)),
        **_reviewed(world, graded, policy),
    }


def _share(members: dict[str, bool]) -> float | None:
    found = per_hundred(members)
    return None if found is None else found / 100


def _reviewed(world: World, graded: Graded, policy: Policy) -> dict[str, float | None]:
    """Reviews, where the policy's method knows them: found among the bad, opened on the honest."""
    if graded.reference is None:
        return {}
    opened = {}
    for uscc, one in graded.standings.items():
        found = review(uscc, graded.engagements[uscc], one, policy, graded.reference)
        if found is not None:
            opened[uscc] = found.opens
    cut = float(policy.stars.three)
    return {
        "review recall": _share({u: o for u, o in opened.items() if world.truth[u] < cut}),
        "review wrongly": per_hundred({u: o for u, o in opened.items() if world.truth[u] >= cut}),
    }


def changes_per_quarter(world: World, policy: Policy) -> dict[str, float | None]:
    """Stars changed for each agency and quarter, from the first year's end to the world's.

    Beside them those of the score's own band, which a policy without hysteresis would show.
    """
    before: dict[str, int | None] = {}
    bands: dict[str, int] = {}
    changed = loose = met = 0
    for months in range(YOUNG_MONTHS, world.shape.months + 1, QUARTER_MONTHS):
        as_of = add_months(world.shape.start, months)
        graded = grade_all(world.engagements, as_of, policy, before)
        after = {u: (s.stars, s.score) for u, s in graded.standings.items() if s.score is not None}
        now = {u: policy.stars.stars(score) for u, (_, score) in after.items()}
        for uscc, (stars, _) in after.items():
            if uscc in bands:
                met += 1
                changed += stars != before[uscc]
                loose += now[uscc] != bands[uscc]
        before, bands = {uscc: stars for uscc, (stars, _) in after.items()}, now
    if not met:
        return {}
    found: dict[str, float | None] = {"changes": changed / met}
    if policy.robust is not None:
        found["changes without hysteresis"] = loose / met
    return found


def filled_with_zero(engagements: Iterable[RatedEngagement]) -> list[RatedEngagement]:
    """What the rule forbids: who did not answer counts as 0. Shown to tell what that would cost."""
    zero = {party: {OVERALL: Decimal(0)} for party in Party}
    return [msgspec.structs.replace(one, parties={**zero, **one.parties}) for one in engagements]


SHAPES: dict[str, dict[str, float]] = {
    "everybody answers": {"absent_owner": 0, "absent_supervisor": 0, "absent_centre": 0},
    "half of the owners silent": {"absent_owner": 0.5},
    "no careless owner": {"lazy_share": 0},
    "nine of ten owners careless": {"lazy_share": 0.9},
}
"""Counties that differ from `Shape` in one thing, with the same agencies and the same work."""


def evidence_of(seed: int, policies: Sequence[Policy], shape: Shape) -> dict[str, Figures]:
    """All figures of one seed by policy; a measure that cannot be taken is left out.

    `shift` is how many points an attack moved the score of those it was about, `low` how many of
    100 of them stand at two stars or below after it, `low before` how many would without it.
    """
    world = make_world(seed, shape)
    plain, found = as_it_is(world, policies)
    for policy in policies:
        more = _situations(world, policy, plain[policy.name], seed)
        found[policy.name] |= {name: _taken(measures) for name, measures in more.items()}
    # No detector looks at a score: what a policy is asked for is the score of a party.
    found[policies[0].name] |= detection(world, policies[0], seed)
    return found


def as_it_is(
    world: World, policies: Sequence[Policy]
) -> tuple[dict[str, Graded], dict[str, Figures]]:
    """The first year without an attack: the standings, and the figures under "as it is"."""
    young = add_months(world.shape.start, YOUNG_MONTHS)
    plain = {one.name: grade_all(world.engagements, young, one) for one in policies}
    common = _common(world, plain)
    found = {}
    for policy in policies:
        own = figures(world, plain[policy.name], policy)
        found[policy.name] = {
            "as it is": _taken({**own, "spearman among all": common[policy.name]})
        }
    return plain, found


def _taken(measures: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in measures.items() if value is not None}


def _common(world: World, graded: Mapping[str, Graded]) -> dict[str, float | None]:
    """Agreement among the agencies that every policy scores: one that is silent on the least
    known agencies would otherwise look better for it."""
    scores = {
        name: {uscc: float(s.score) for uscc, s in one.standings.items() if s.score is not None}
        for name, one in graded.items()
    }
    shared = sorted(set.intersection(*(set(own) for own in scores.values())))
    return {
        name: spearman([world.truth[u] for u in shared], [own[u] for u in shared])
        for name, own in scores.items()
    }


def _situations(
    world: World, policy: Policy, plain: Graded, seed: int
) -> dict[str, dict[str, float | None]]:
    shape = world.shape
    young, old = add_months(shape.start, YOUNG_MONTHS), shape.end
    filled = grade_all(filled_with_zero(world.engagements), young, policy)
    found: dict[str, dict[str, float | None]] = {
        "third year": figures(world, grade_all(world.engagements, old, policy), policy),
        "quarters": changes_per_quarter(world, policy),
        "absent as zero": figures(world, filled, policy),
    }
    for name, changes in SHAPES.items():
        other = make_world(seed, msgspec.structs.replace(shape, **changes))
        found[name] = figures(other, grade_all(other.engagements, young, policy), policy)
    for name, attack in ATTACKS.items():
        attacked = attack(world, young, seed)
        after = grade_all(attacked.engagements, young, policy)
        found[name] = {**figures(world, after, policy), **_moved(attacked.targets, plain, after)}
        if name in DETECTORS:
            left = acted_on(name, attacked, young, policy)
            rest = grade_all(left.engagements, young, policy)
            moved = _moved(attacked.targets, plain, rest)
            found[after_flags(name)] = {**figures(world, rest, policy), **moved}
    return found


def after_flags(attack: str) -> str:
    """The situation in which people left out what was flagged, rightly or not."""
    return f"{attack}, flags acted on"


def _moved(targets: frozenset[str], before: Graded, after: Graded) -> dict[str, float | None]:
    """Only those with a score before and after: an attack may also make the first score."""
    both = [
        (before.standings[uscc], after.standings[uscc])
        for uscc in sorted(targets)
        if uscc in before.standings and uscc in after.standings
    ]
    pairs = [(b, a) for b, a in both if b.score is not None and a.score is not None]
    if not pairs:
        return {}
    count = len(pairs)
    return {
        "shift": sum(float(a.score or 0) - float(b.score or 0) for b, a in pairs) / count,
        "low": 100 * sum((a.stars or 0) <= 2 for _, a in pairs) / count,
        "low before": 100 * sum((b.stars or 0) <= 2 for b, _ in pairs) / count,
    }
