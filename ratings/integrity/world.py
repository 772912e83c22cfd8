"""An invented county whose agencies' true worth is known: what a rating method is held against.

Nobody knows the true worth of a real agency, so how well a method finds it can only be measured
where it was made up. Every number of `Shape` is an assumption of this project, chosen so that the
parties' means lie where the method's worked example has them; the report prints them all.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from math import exp
from random import Random
from statistics import NormalDist

import msgspec

from ratings.evaluations.indicators import OVERALL, Party
from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import RatedEngagement

_NORMAL = NormalDist()

YOUNG_MONTHS = 12
"""A county is looked at after its first year, when most is unknown, and at its end."""


class Shape(msgspec.Struct, frozen=True):
    """What a county is like: counts, shares of 1, and points of 0–100.

    A lazy owner gives everybody the same mark, give or take one. `absent` is how often a party
    does not answer. `start` is the day before the first engagement can be settled.
    """

    agencies: int = 159
    jobs_per_year: float = 2.23
    start: date = date(2023, 6, 30)
    months: int = 36
    trades: int = 3
    owners: int = 200
    supervisors: int = 12
    bad_share: float = 0.06
    good_mean: float = 87
    good_spread: float = 4.5
    bad_mean: float = 66
    bad_spread: float = 3
    job_spread: float = 3
    lazy_share: float = 0.45
    lazy_from: float = 94
    lazy_to: float = 99
    owner_bias: float = 3
    owner_noise: float = 5
    supervisor_bias: float = 2
    supervisor_noise: float = 4
    centre_level: float = 4
    centre_noise: float = 3
    absent_owner: float = 0.15
    absent_supervisor: float = 0.10
    absent_centre: float = 0.02

    @property
    def end(self) -> date:
        return add_months(self.start, self.months)


class Owner(msgspec.Struct, frozen=True):
    """How an owner marks: always `level` if lazy, else the work as it is, `bias` added."""

    lazy: bool
    level: float
    bias: float


class World(msgspec.Struct, frozen=True):
    """The record of a county, and what only its maker knows.

    `truth` is the mean quality of each agency's work, 0–100. `quality` is that of each
    engagement, by its number: attacks and absences change marks, never quality.
    """

    shape: Shape
    truth: dict[str, float]
    owners: dict[str, Owner]
    quality: dict[str, float]
    engagements: tuple[RatedEngagement, ...]


def normal(random: Random, mean: float, spread: float) -> float:
    """From `random()` alone, the only draw that Python promises never to change."""
    return mean + spread * _NORMAL.inv_cdf(max(random.random(), 1e-12))


def mark(value: float) -> Decimal:
    """Raters give whole points."""
    return Decimal(round(min(max(value, 0.0), 100.0)))


def _pick(random: Random, cumulative: Sequence[float]) -> int:
    at = random.random() * cumulative[-1]
    return next(index for index, limit in enumerate(cumulative) if at < limit)


def owner_mark(owner: Owner, quality: float, shape: Shape, random: Random) -> Decimal:
    if owner.lazy:
        return mark(owner.level + (int(random.random() * 5) == 0))
    return mark(normal(random, quality + owner.bias, shape.owner_noise))


def make_world(seed: int, shape: Shape) -> World:
    """The same seed and shape make the same world on every machine."""
    random = Random(seed)
    agencies = [f"agency-{n:03}" for n in range(1, shape.agencies + 1)]
    truth, trades, busy = {}, {}, []
    for name in agencies:
        bad = random.random() < shape.bad_share
        mean, spread = (
            (shape.bad_mean, shape.bad_spread) if bad else (shape.good_mean, shape.good_spread)
        )
        truth[name] = min(max(normal(random, mean, spread), 0.0), 100.0)
        trades[name] = int(random.random() * shape.trades)
        busy.append(exp(normal(random, 0, 0.6)))
    owners = {
        f"owner-{n:03}": Owner(
            lazy=random.random() < shape.lazy_share,
            level=shape.lazy_from + random.random() * (shape.lazy_to - shape.lazy_from),
            bias=normal(random, 0, shape.owner_bias),
        )
        for n in range(1, shape.owners + 1)
    }
    names = list(owners)
    builds = list(accumulate(exp(normal(random, 0, 0.8)) for _ in names))
    habits = [normal(random, 0, shape.supervisor_bias) for _ in range(shape.supervisors)]
    sought = list(accumulate(busy))
    days = (shape.end - shape.start).days
    quality, engagements = {}, []
    for n in range(round(shape.agencies * shape.jobs_per_year * shape.months / 12)):
        agency = agencies[_pick(random, sought)]
        owner = names[_pick(random, builds)]
        # Each trade has its own few supervisors.
        each = shape.supervisors // shape.trades
        supervisor = trades[agency] * each + int(random.random() * each)
        number = f"job-{n:05}"
        quality[number] = normal(random, truth[agency], shape.job_spread)
        marks = {
            Party.SUPERVISOR: mark(
                normal(random, quality[number] + habits[supervisor], shape.supervisor_noise)
            ),
            Party.OWNER: owner_mark(owners[owner], quality[number], shape, random),
            Party.CENTRE: mark(
                normal(random, quality[number] + shape.centre_level, shape.centre_noise)
            ),
        }
        engagements.append(
            RatedEngagement(
                engagement=number,
                uscc=agency,
                trade=f"trade-{trades[agency] + 1}",
                settled_on=shape.start + timedelta(days=1 + int(random.random() * days)),
                parties=_present(marks, shape, random),
                raters={
                    Party.SUPERVISOR: f"supervisor-{supervisor + 1:02}",
                    Party.OWNER: owner,
                    Party.CENTRE: "centre",
                },
            )
        )
    return World(shape, truth, owners, quality, tuple(engagements))


def _present(
    marks: dict[Party, Decimal], shape: Shape, random: Random
) -> dict[Party, dict[str, Decimal]]:
    """One draw for each party, so that another share of absences changes nothing else."""
    absent = {
        Party.SUPERVISOR: shape.absent_supervisor,
        Party.OWNER: shape.absent_owner,
        Party.CENTRE: shape.absent_centre,
    }
    return {
        party: {OVERALL: given}
        for party, given in marks.items()
        if random.random() >= absent[party]
    }
