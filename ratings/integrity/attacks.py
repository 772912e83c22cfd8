"""Attacks on a record: each takes a world and gives the record after it, and whom it was about."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import msgspec

from ratings.evaluations.indicators import OVERALL, Party
from ratings.integrity.world import World, mark, normal
from ratings.stars.engagement_score import RatedEngagement

BOMBED_SHARE = 0.04
RETALIATED_SHARE = 0.05
RETALIATION = 40
VICTIMS = 6
CAMPAIGN_JOBS = 4
STUFFED_JOBS = 6
QUIET_JOBS = 3


class Attacked(msgspec.Struct, frozen=True):
    """`targets` are the agencies it was about, `planted` the engagements it added or changed."""

    engagements: tuple[RatedEngagement, ...]
    targets: frozenset[str]
    planted: frozenset[str]


Attack = Callable[[World, date, int], Attacked]


def _with_owner(one: RatedEngagement, given: Decimal) -> RatedEngagement:
    return msgspec.structs.replace(one, parties={**one.parties, Party.OWNER: {OVERALL: given}})


def _changed(
    world: World, share: float, random: Random, given: Callable[[float], Decimal]
) -> Attacked:
    """A share of all engagements gets another answer of its owner."""
    rows, targets, planted = [], set(), set()
    for one in world.engagements:
        if random.random() < share:
            one = _with_owner(one, given(world.quality[one.engagement]))
            targets.add(one.uscc)
            planted.add(one.engagement)
        rows.append(one)
    return Attacked(tuple(rows), frozenset(targets), frozenset(planted))


def scattered_bombing(world: World, as_of: date, seed: int) -> Attacked:
    """4 % of all engagements get an owner's mark below 60, whatever the work was like."""
    random = Random(f"scattered {seed}")
    return _changed(world, BOMBED_SHARE, random, lambda _: Decimal(int(random.random() * 60)))


def retaliation(world: World, as_of: date, seed: int) -> Attacked:
    """5 % of all engagements ended in a dispute, and the owner gives 40 points too few."""
    random = Random(f"retaliation {seed}")
    return _changed(world, RETALIATED_SHARE, random, lambda quality: mark(quality - RETALIATION))


def _added(
    world: World,
    agency: str,
    number: str,
    settled_on: date,
    owner: tuple[str, Decimal],
    random: Random,
) -> RatedEngagement:
    """One more engagement of an agency: the owner as told, the other two as the work deserves."""
    shape = world.shape
    quality = normal(random, world.truth[agency], shape.job_spread)
    known = next(one for one in world.engagements if one.uscc == agency)
    others = {
        Party.SUPERVISOR: mark(normal(random, quality, shape.supervisor_noise)),
        Party.CENTRE: mark(normal(random, quality + shape.centre_level, shape.centre_noise)),
    }
    given = {Party.OWNER: owner[1], **others}
    return RatedEngagement(
        engagement=number,
        uscc=agency,
        trade=known.trade,
        settled_on=settled_on,
        parties={party: {OVERALL: points} for party, points in given.items()},
        raters={**known.raters, Party.OWNER: owner[0]},
    )


def _some(
    world: World, as_of: date, random: Random, least: float, most: float, count: int
) -> list[str]:
    """Agencies with an engagement by then whose truth lies in the range, in random order."""
    known = {one.uscc for one in world.engagements if one.settled_on <= as_of}
    fitting = [name for name in sorted(known) if least <= world.truth[name] < most]
    return sorted(fitting, key=lambda _: random.random())[:count]


def campaign(world: World, as_of: date, seed: int) -> Attacked:
    """Six good agencies get four bad marks each within a week, from owners never seen before."""
    random = Random(f"campaign {seed}")
    victims = _some(world, as_of, random, 80, 101, VICTIMS)
    added = []
    for agency in victims:
        last = as_of - timedelta(days=int(random.random() * 60))
        for n in range(CAMPAIGN_JOBS):
            day = last - timedelta(days=int(random.random() * 6))
            stranger = f"stranger-{agency}-{n}", mark(random.random() * 30)
            added.append(_added(world, agency, f"bomb-{agency}-{n}", day, stranger, random))
    return _joined(world, victims, added)


def collusion(world: World, as_of: date, seed: int) -> Attacked:
    """Six agencies worth less than four stars get six engagements of one owner who gives 100."""
    return _stuffed(world, as_of, Random(f"collusion {seed}"), STUFFED_JOBS, Decimal(100))


def quiet_collusion(world: World, as_of: date, seed: int) -> Attacked:
    """The same with care: three engagements only, and the friend gives 84."""
    return _stuffed(world, as_of, Random(f"quiet {seed}"), QUIET_JOBS, Decimal(84))


def _stuffed(world: World, as_of: date, random: Random, jobs: int, given: Decimal) -> Attacked:
    agencies = _some(world, as_of, random, 0, 80, VICTIMS)
    added = []
    for agency in agencies:
        for n in range(jobs):
            day = as_of - timedelta(days=int(random.random() * 330))
            friend = f"friend-{agency}", given
            added.append(_added(world, agency, f"stuffed-{agency}-{n}", day, friend, random))
    return _joined(world, agencies, added)


def _joined(world: World, agencies: list[str], added: list[RatedEngagement]) -> Attacked:
    planted = frozenset(one.engagement for one in added)
    return Attacked((*world.engagements, *added), frozenset(agencies), planted)


ATTACKS: dict[str, Attack] = {
    "scattered bombing": scattered_bombing,
    "bombing campaign": campaign,
    "retaliation": retaliation,
    "collusion": collusion,
    "quiet collusion": quiet_collusion,
}
