"""What invented agencies live through: the parts they play, month by month.

A life is told by the place of a month, counted from the first of the 24 that the story ends with;
months before that have places below zero. Each month is drawn from a stream of its own, so that a
delivery of fewer months tells the same of them.
"""

from collections.abc import Callable
from enum import StrEnum
from random import Random

import msgspec


class Profile(StrEnum):
    NORMAL = "normal"
    NEW_FIRM = "new_firm"
    REGISTERED_CLOSURE = "registered_closure"
    MISSING_FEED = "missing_feed"
    QUARTERLY = "quarterly"
    SOLE_PRACTITIONER = "sole_practitioner"
    LABOUR_DISPATCH = "labour_dispatch"
    RETIRED_STAFF = "retired_staff"
    STRUGGLING = "struggling"
    SHELL = "shell"
    BOUGHT_SHELL = "bought_shell"
    CERTIFICATE_HANGING = "certificate_hanging"


class Month(msgspec.Struct, frozen=True):
    """What happened in one month. `sales_fen` None means that no return was filed; `people` are at
    work, whoever insures them; `labour_fen` is what was paid for dispatched ones."""

    sales_fen: int | None
    insured: int
    people: int
    labour_fen: int = 0


class Life(msgspec.Struct, frozen=True):
    """`stated` persons in the annual report, `holders` of certificates, of whom so many are insured
    with somebody else."""

    month: Callable[[int, Random], Month]
    stated: int
    holders: int
    elsewhere: int = 0


CLOSED_FROM = 11
BOUGHT_FROM = 21
"""From where on the bought shell belongs to the ring of the other shells."""
_IDLE_FROM = 13


def life_of(profile: Profile, random: Random) -> Life:
    """The life of one agency, its constants drawn from its own stream."""
    return _LIVES[profile](random)


def _normal(random: Random) -> Life:
    staff, usual = random.randint(4, 25), random.randint(8, 90) * 1_000_000

    def month(place: int, random: Random) -> Month:
        sales = 0 if random.random() < 0.04 else int(usual * random.uniform(0.4, 1.8))
        insured = staff + random.choice((-1, 0, 0, 1))
        return Month(sales, insured, insured)

    return Life(month, staff, holders=max(2, staff // 4))


def _new_firm(random: Random) -> Life:
    return Life(lambda place, random: Month(0, 0, 0), stated=0, holders=0)


def _closure(random: Random) -> Life:
    before = _normal(random)

    def month(place: int, random: Random) -> Month:
        return before.month(place, random) if place < CLOSED_FROM else Month(0, 0, 0)

    return msgspec.structs.replace(before, month=month)


def _missing_feed(random: Random) -> Life:
    """Weak in the feed that came: a screen that read the absent ones as zeros would flag it."""
    before = _normal(random)

    def month(place: int, random: Random) -> Month:
        return Month(0, 0, 0) if place in range(10, 18) else before.month(place, random)

    return msgspec.structs.replace(before, month=month)


def _sole(random: Random) -> Life:
    usual = random.randint(2, 12) * 1_000_000

    def month(place: int, random: Random) -> Month:
        return Month(int(usual * random.uniform(0.3, 1.7)), 0, 1)

    return Life(month, stated=1, holders=1)


def _dispatch(random: Random) -> Life:
    """Ten people at work, one of them insured: the invoices of the dispatching firm say where the
    others are."""
    usual = random.randint(30, 60) * 1_000_000

    def month(place: int, random: Random) -> Month:
        sales = int(usual * random.uniform(0.6, 1.4))
        return Month(sales, 1, 10, labour_fen=10 * 480_000)

    return Life(month, stated=10, holders=3)


def _retired(random: Random) -> Life:
    """Three retired engineers, whom nobody has to insure, with little work and a register entry
    that has fallen behind: all that a shell shows, until somebody goes there."""

    def month(place: int, random: Random) -> Month:
        return Month(1_800_000 if place % 8 == 3 else 0, 0, 3)

    return Life(month, stated=3, holders=0)


def _struggling(random: Random) -> Life:
    usual = random.randint(3, 12) * 1_000_000
    bad = random.randint(0, 2)

    def month(place: int, random: Random) -> Month:
        if place == 12 + bad:
            return Month(None, 3, 3)
        idle = place % 5 in (bad, bad + 1)
        people = 5 - max(place, 0) // 6
        sales = int(usual * random.uniform(0.2, 1.0))
        return Month(0 if idle else sales, people, people)

    return Life(month, stated=5, holders=2)


def _shell(random: Random) -> Life:
    """Files zeros from its first months on, insures nobody, and then stops filing."""
    stops = random.randint(15, 16)

    def month(place: int, random: Random) -> Month:
        return Month(None if place >= stops else 0, 0, 0)

    return Life(month, stated=6, holders=3, elsewhere=3)


def _bought_shell(random: Random) -> Life:
    """A small firm that worked, fell idle and was bought by the people behind the other shells."""
    before = _normal(random)

    def month(place: int, random: Random) -> Month:
        return before.month(place, random) if place < _IDLE_FROM else Month(0, 0, 0)

    return Life(month, stated=9, holders=3, elsewhere=3)


def _hanging(random: Random) -> Life:
    """One person insured, six certificates of people who work elsewhere, a trickle of sales."""

    def month(place: int, random: Random) -> Month:
        return Month(0 if place % 3 else int(900_000 * random.uniform(0.5, 1.5)), 1, 1)

    return Life(month, stated=7, holders=6, elsewhere=4)


_LIVES: dict[Profile, Callable[[Random], Life]] = {
    Profile.NORMAL: _normal,
    Profile.NEW_FIRM: _new_firm,
    Profile.REGISTERED_CLOSURE: _closure,
    Profile.MISSING_FEED: _missing_feed,
    Profile.QUARTERLY: _normal,
    Profile.SOLE_PRACTITIONER: _sole,
    Profile.LABOUR_DISPATCH: _dispatch,
    Profile.RETIRED_STAFF: _retired,
    Profile.STRUGGLING: _struggling,
    Profile.SHELL: _shell,
    Profile.BOUGHT_SHELL: _bought_shell,
    Profile.CERTIFICATE_HANGING: _hanging,
}
