"""Who lives in an invented county: firms, what they really are, and what they share."""

import msgspec
import numpy as np

from ratings.ledger.uscc import ALPHABET
from ratings.shells.simulator.parameters import ARCHETYPES, HONEST, County

COUNTY = "330281"
ELSEWHERE = ("330282", "330205", "330106", "310115", "320581")
CIRCUMSTANCES = ("", "branch", "retirees_interns", "group_payroll", "out_of_county")
FORMS = ("company", "branch", "sole", "partnership")
SECTORS = ("7481", "7482", "7483", "7484", "7485", "7486")
SECTOR_SALES = np.array([1.0, 1.3, 0.9, 1.6, 1.1, 0.7])
SHARED = ("address", "phone", "rep", "finance", "network", "device")
NORMAL, NEW, DORMANT, SOLE, DISPATCH, QUARTERLY, INCUBATOR, STRUGGLING = range(len(HONEST))
MILL, ADVERSARIAL = ARCHETYPES.index("mill"), ARCHETYPES.index("adversarial")
_CHARACTERS = np.frombuffer(ALPHABET.encode(), np.uint8)
_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_CROWD = 180  # small firms in one business centre
_BOOKKEEPER = 90  # clients of one bookkeeper


class Population(msgspec.Struct, frozen=True):
    """Arrays with one entry per firm; months are numbers counted from the first of the window.

    `archetype` and `before` index ARCHETYPES: what the firm is, and what it was before the month
    `since` (0 or less: always). `closed` is the first month of a registered closure, or a month
    past the end. `ring` is -1 for none. `shared` names what a firm shares: a number that other
    firms have too is the same address, telephone and so on.
    """

    uscc: np.ndarray
    archetype: np.ndarray
    before: np.ndarray
    since: np.ndarray
    established: np.ndarray
    closed: np.ndarray
    circumstance: np.ndarray
    form: np.ndarray
    sector: np.ndarray
    hosted: np.ndarray
    ring: np.ndarray
    recorded: np.ndarray
    shared: dict[str, np.ndarray]

    @property
    def shell(self) -> np.ndarray:
        return self.archetype >= len(HONEST)

    def part(self, first: int, last: int) -> "Population":
        """The firms from `first` up to and without `last`."""
        cut = slice(first, last)
        fields = {
            name: value[cut]
            for name, value in msgspec.structs.asdict(self).items()
            if name != "shared"
        }
        return Population(**fields, shared={name: own[cut] for name, own in self.shared.items()})


def usccs(numbers: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Valid codes of 18 characters for distinct numbers below 10^8; `region` holds six digits.

    Characters 9 to 17 are an organisation code with a check character of its own (GB 11714).
    """
    body = numbers[:, None] // 10 ** np.arange(7, -1, -1) % 10
    own = (11 - body @ _BODY_WEIGHTS % 11) % 11
    values = np.empty((len(numbers), 18), np.int64)
    values[:, 0], values[:, 1] = 9, 1
    values[:, 2:8] = region[:, None] // 10 ** np.arange(5, -1, -1) % 10
    values[:, 8:16] = body
    values[:, 16] = np.where(own == 10, ALPHABET.index("X"), own)
    values[:, 17] = (31 - values[:, :17] @ _WEIGHTS % 31) % 31
    return _CHARACTERS[values].view("S18").ravel().astype("U18")


def settle(
    county: County, firms: int, months: int, ahead: int, random: np.random.Generator
) -> Population:
    """`firms` firms whose window has `months` months, and who go on for `ahead` more."""
    of = county.of
    shells = round(firms * of["shells"])
    share = county.trait["share"]
    mix = share[: len(HONEST)] / share[: len(HONEST)].sum()
    tricks = share[len(HONEST) :] / share[len(HONEST) :].sum()
    archetype = np.concatenate(
        [
            random.choice(len(HONEST), firms - shells, p=mix),
            len(HONEST) + random.choice(len(tricks), shells, p=tricks),
        ]
    )
    random.shuffle(archetype)
    shell = archetype >= len(HONEST)
    circumstance = np.where(
        (archetype == NORMAL) & (random.random(firms) < of["circumstance"]),
        random.integers(1, len(CIRCUMSTANCES), firms),
        0,
    )
    before, since = _turning(of, archetype, months, ahead, random)
    age = random.gamma(2.0, 45.0, firms).astype(np.int64) + 14
    # Shells are younger on average, and a mill is set up to be used at once.
    age[shell] = random.gamma(1.5, 26.0, shell.sum()).astype(np.int64) + 9
    mill = archetype == MILL
    age[mill] = random.integers(9, 40, mill.sum())
    new = archetype == NEW
    age[new] = random.integers(1, 9, new.sum())
    established = months - np.maximum(age, np.where(shell & (since > 0), months - since + 8, 0))
    closed = np.full(firms, months + ahead + 1)
    dormant = archetype == DORMANT
    closed[dormant] = random.integers(-8, months - 5, dormant.sum())
    region = np.full(firms, int(COUNTY))
    away = circumstance == CIRCUMSTANCES.index("out_of_county")
    region[away] = random.choice([int(code) for code in ELSEWHERE], away.sum())
    # An odd factor walks through all numbers below 10^8 without a repeat.
    numbers = (np.arange(firms) * 48_271_003 + random.integers(0, 10**8)) % 10**8
    ring, shared = _ties(of, archetype, random)
    return Population(
        uscc=usccs(numbers, region),
        archetype=archetype,
        before=before,
        since=since,
        established=established,
        closed=closed,
        circumstance=circumstance,
        form=_forms(archetype, circumstance, random),
        sector=random.integers(0, len(SECTORS), firms),
        hosted=(archetype == INCUBATOR) & (random.random(firms) < of["excuse_recorded"]),
        ring=ring,
        recorded=random.random(firms) < of["excuse_recorded"],
        shared=shared,
    )


def _turning(
    of: dict[str, float],
    archetype: np.ndarray,
    months: int,
    ahead: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """A shell may have been a firm like others until some month, in the window or after it."""
    firms = len(archetype)
    shell = archetype >= len(HONEST)
    chance = random.random(firms)
    inside = shell & (chance < of["turned_in_window"])
    after = shell & ~inside & (chance < of["turned_in_window"] + of["turned_after"])
    since = np.zeros(firms, np.int64)
    since[inside] = random.integers(1, months - 2, inside.sum())
    since[after] = random.integers(months, months + ahead, after.sum())
    past = random.choice([NORMAL, STRUGGLING], firms, p=[0.5, 0.5])
    return np.where(shell, past, archetype), since


def _forms(
    archetype: np.ndarray, circumstance: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    form = np.where(random.random(len(archetype)) < 0.04, FORMS.index("sole"), 0)
    sole = archetype == SOLE
    form[sole] = random.choice([FORMS.index("sole"), FORMS.index("partnership")], sole.sum())
    form[circumstance == CIRCUMSTANCES.index("branch")] = FORMS.index("branch")
    return form


def _ties(
    of: dict[str, float], archetype: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    firms = len(archetype)
    shared = {name: np.arange(firms) for name in SHARED}
    fresh = firms
    small = ~np.isin(archetype, [NORMAL, DISPATCH])
    # Strangers who share one thing: a bookkeeper's telephone, a floor of a business centre.
    for name, chance, size in (
        ("phone", of["bookkeeper"], _BOOKKEEPER),
        ("address", of["business_centre"], _CROWD),
    ):
        likely = np.where(small, chance, chance / 4)
        inside = np.flatnonzero(random.random(firms) < likely)
        groups = max(1, len(inside) // size)
        shared[name][inside] = fresh + random.integers(0, groups, len(inside))
        fresh += groups
    hosted = np.flatnonzero(archetype == INCUBATOR)
    groups = max(1, len(hosted) // 60)
    shared["address"][hosted] = fresh + random.integers(0, groups, len(hosted))
    fresh += groups
    honest = np.flatnonzero((archetype < len(HONEST)) & (random.random(firms) < of["honest_group"]))
    random.shuffle(honest)
    for sisters in np.split(honest, np.arange(3, len(honest), 3)):
        for name in random.choice(["address", "phone", "rep", "finance"], 2, replace=False):
            shared[name][sisters] = fresh
            fresh += 1
    ring = np.full(firms, -1)
    often = np.where(archetype == ADVERSARIAL, of["ring_member"] * 0.6, of["ring_member"])
    members = np.flatnonzero((archetype >= len(HONEST)) & (random.random(firms) < often))
    random.shuffle(members)
    first = number = 0
    while first < len(members):
        size = int(np.clip(random.gamma(2.0, of["ring_size"] / 2.0), 3, 20))
        own = members[first : first + size]
        if len(own) < 3:
            break
        ring[own] = number
        count = int(np.clip(np.rint(random.normal(of["ring_shared"], 0.6)), 2, 4))
        if (archetype[own] == ADVERSARIAL).mean() > 0.4:
            count = 2  # who hides shares little
        for name in random.choice(SHARED, count, replace=False):
            # A member may keep one of the things to itself, but two of them share everything.
            bound = own[(random.random(len(own)) < 0.9) | (np.arange(len(own)) < 2)]
            shared[name][bound] = fresh
            fresh += 1
        first, number = first + size, number + 1
    return ring, shared
