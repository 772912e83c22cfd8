"""How much of what was planted the detectors find, and whom they flag without cause: one seed."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import date

from ratings.evaluations.indicators import Party
from ratings.integrity.attacks import ATTACKS, Attacked
from ratings.integrity.collusion import collusion
from ratings.integrity.flags import Flag, Marked, marked
from ratings.integrity.measures import Figures
from ratings.integrity.owners import LEAST_RATINGS, Given, bombing, careless, retaliation
from ratings.integrity.world import YOUNG_MONTHS, Shape, World
from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.policy import Policy

DETECTORS: dict[str, Callable[[Iterable[Marked]], list[Flag]]] = {
    "scattered bombing": bombing,
    "bombing campaign": bombing,
    "retaliation": retaliation,
    "collusion": collusion,
    "quiet collusion": collusion,
}
"""Which detector looks for which attack on or by an agency."""
CARELESS = "careless owners"
MOMENTS = {"first year": YOUNG_MONTHS, "third year": Shape().months}


def situations() -> list[str]:
    return [f"{name}, {moment}" for name in (*DETECTORS, CARELESS) for moment in MOMENTS]


def detection(world: World, policy: Policy, seed: int) -> Figures:
    """By attack and moment: `found` is the share of the agencies it was about that are flagged for
    it, `wrongly` how many of 100 agencies are flagged in the county without the attack.

    The policy only makes party scores of indicators.
    """
    found: Figures = {}
    for moment, months in MOMENTS.items():
        as_of = add_months(world.shape.start, months)
        # The hardest case for the innocent: every engagement of theirs was disputed.
        disputed = {one.engagement for one in world.engagements}
        peace = _known(world.engagements, as_of, policy, disputed)
        agencies = {one.uscc for one in peace}
        for name, detect in DETECTORS.items():
            attacked = ATTACKS[name](world, as_of, seed)
            rows = _known(attacked.engagements, as_of, policy, attacked.planted)
            flags = detect(rows)
            targets = {one.uscc for one in rows if one.engagement in attacked.planted}
            hit = {one.subject for one in flags if attacked.planted & set(one.engagements)}
            own = {"wrongly": 100 * len({one.subject for one in detect(peace)}) / len(agencies)}
            if targets:
                own["found"] = len(hit & targets) / len(targets)
            found[f"{name}, {moment}"] = own
        found[f"{CARELESS}, {moment}"] = _careless(world, peace)
    return found


def acted_on(attack: str, attacked: Attacked, as_of: date, policy: Policy) -> Attacked:
    """The record if a person confirmed every flag: what was flagged is left out, guilty or not."""
    rows = _known(attacked.engagements, as_of, policy, attacked.planted)
    out = {number for flag in DETECTORS[attack](rows) for number in flag.engagements}
    kept = tuple(one for one in attacked.engagements if one.engagement not in out)
    return Attacked(kept, attacked.targets, attacked.planted - out)


def _known(
    engagements: Iterable[RatedEngagement],
    as_of: date,
    policy: Policy,
    disputed: Collection[str],
) -> list[Marked]:
    """Answers are given on the day of settlement; a dispute begins on that day too."""
    return [
        marked(one, policy, disputed_on=one.settled_on if one.engagement in disputed else None)
        for one in engagements
        if one.settled_on <= as_of
    ]


def _careless(world: World, rows: list[Marked]) -> dict[str, float]:
    """Among owners with ratings enough: whoever has fewer cannot be judged."""
    answers = [
        Given(one.owner, one.engagement, one.marks[Party.OWNER])
        for one in rows
        if Party.OWNER in one.marks
    ]
    counts = Counter(answer.rater for answer in answers)
    busy = {rater for rater, count in counts.items() if count >= LEAST_RATINGS}
    lazy = {rater for rater in busy if world.owners[rater].lazy}
    seen = {one.subject for one in careless(answers)}
    own = {}
    if lazy:
        own["found"] = len(seen & lazy) / len(lazy)
    if busy - lazy:
        own["wrongly"] = 100 * len(seen - lazy) / len(busy - lazy)
    return own
