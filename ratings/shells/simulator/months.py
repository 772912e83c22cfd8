"""What really happens in the firms of an invented county, month by month."""

import msgspec
import numpy as np

from ratings.shells.simulator.parameters import HONEST, County
from ratings.shells.simulator.population import (
    ADVERSARIAL,
    MILL,
    QUARTERLY,
    SECTOR_SALES,
    Population,
)

FEN = 1_000_000  # ten thousand yuan
KWH_EACH = 30.0
_SEASON = np.array([1.15, 0.7, 0.85, 0.9, 0.9, 1.05, 1.2, 1.2, 1.0, 0.85, 0.9, 1.1])


class Truth(msgspec.Struct, frozen=True):
    """Arrays of firms × months: what each firm does, before any source has reported it.

    `alive` is false before a firm is established, `resting` true while its closure is on record.
    `kind` is the archetype a firm behaves like in a month. Money in fen, electricity in kWh.
    """

    alive: np.ndarray
    resting: np.ndarray
    kind: np.ndarray
    staff: np.ndarray
    insured: np.ndarray
    contributors: np.ndarray
    sales: np.ndarray
    filed: np.ndarray
    invoiced: np.ndarray
    kwh: np.ndarray
    bids: np.ndarray
    awards: np.ndarray
    delivered: np.ndarray
    overdue: np.ndarray


def live(
    county: County,
    people: Population,
    calendar: np.ndarray,
    slump: np.ndarray,
    random: np.random.Generator,
) -> Truth:
    """`calendar` is the month of the year (0 to 11) and `slump` whether demand is down."""
    firms, months = len(people.uscc), len(calendar)
    month = np.arange(months)[None, :]
    turned = month >= people.since[:, None]
    kind = np.where(turned, people.archetype[:, None], people.before[:, None])
    alive = month >= people.established[:, None]
    resting = month >= people.closed[:, None]
    of = {name: own[kind].astype(np.float32) for name, own in county.trait.items()}
    honest = kind < len(HONEST)
    hit = honest & slump & (random.random((firms, 1)) < county.of["shock_hit"])
    staff = _staff(of["staff"], people, random)
    active = _active(np.where(hit, np.maximum(of["quiet"], 0.75), of["quiet"]), of["stick"], random)
    # A firm in its first months has nothing yet to sell.
    active &= (month >= people.established[:, None] + 3) | (random.random((firms, months)) < 0.3)
    active &= alive & ~resting
    working = np.where(resting, 0, staff)
    scale = np.where(honest, (np.maximum(staff, 1) / np.maximum(of["staff"], 1)) ** 0.8, 1.0)
    sales = of["turnover"] * FEN * scale * SECTOR_SALES[people.sector][:, None]
    sales *= np.exp(_steady(firms, 0.5, random) + random.normal(0, 0.55, (firms, months)))
    # A mill is set up to be used: most of what it invoices falls into its first weeks.
    age = month - people.established[:, None]
    mill = people.archetype[:, None] == MILL
    sales *= np.where(mill & (age < 2), 6.0, 1.0)
    sales = np.where(active | (mill & alive & (age < 2)), sales, 0).astype(np.int64)
    quarterly = people.archetype == QUARTERLY
    sales[quarterly] = _by_quarter(sales[quarterly], calendar)
    share = np.clip(of["insured_share"] + _steady(firms, 0.06, random), 0, 1)
    share *= _some(firms, county.of["partly_insured"], (0.3, 0.9), honest, random)
    # Whether somebody who comes now and then is insured is the firm's habit, not the month's.
    insured = np.floor(working * share + random.random((firms, 1)) * 0.35).astype(np.int64)
    # The first insurance comes some months after the licence.
    insured[month < people.established[:, None] + 2] = 0
    covered = people.circumstance[:, None]
    insured[np.broadcast_to((covered > 0) & (covered < 4), insured.shape)] = 0
    insured[~alive | resting] = 0
    joined = np.clip(of["fund"] + _steady(firms, 0.25, random), 0, 1)
    awards = random.poisson(_order_rate(of, staff, honest, hit, people, random) * alive * ~resting)
    failing = random.binomial(awards, of["fails"])
    delivered = _later(awards - failing)
    return Truth(
        alive=alive,
        resting=resting,
        kind=kind,
        staff=working,
        insured=insured,
        contributors=np.floor(insured * joined + 0.3).astype(np.int64),
        sales=sales,
        filed=_filed(county, people, of, alive, random),
        invoiced=_invoiced(of, sales, random),
        kwh=_power(county, of, working, active, resting, honest, random),
        bids=awards + random.poisson(of["awards"] * 1.2 * alive * ~resting),
        awards=awards,
        delivered=delivered,
        overdue=_later(failing),
    )


def _steady(firms: int, spread: float, random: np.random.Generator) -> np.ndarray:
    """What a firm keeps over the months, as a column."""
    return random.normal(0, spread, (firms, 1)).astype(np.float32)


def _some(
    firms: int,
    share: float,
    least_most: tuple[float, float],
    honest: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """1 for most firms, for a `share` of them a number between the two, while they are honest."""
    own = np.where(random.random(firms) < share, random.uniform(*least_most, firms), 1.0)
    return np.where(honest, own[:, None], 1.0)


def _staff(median: np.ndarray, people: Population, random: np.random.Generator) -> np.ndarray:
    """People at work: a firm's own size, with slow changes."""
    firms, months = median.shape
    spread = np.where(people.shell & (people.archetype != ADVERSARIAL), 0.35, 0.55)[:, None]
    size = median * np.exp(_steady(firms, 1.0, random) * spread)
    drift = np.cumsum(random.normal(0, 0.035, (firms, months)), axis=1)
    whole = np.rint(size * np.exp(drift))
    # Below one person the median is a chance: so many of these firms have somebody at all.
    some = np.where(random.random((firms, 1)) < median, np.maximum(whole, 1), 0)
    people_there: np.ndarray = np.where(median < 1, some, np.maximum(whole, 1))
    return people_there.astype(np.int64)


def _active(quiet: np.ndarray, stick: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Months with sales: each firm has its own share of quiet ones, and they come in runs."""
    firms, months = quiet.shape
    odds = np.log(quiet / (1 - quiet)) + _steady(firms, 0.8, random)
    quiet = 1 / (1 + np.exp(-odds))
    still = np.empty((firms, months), bool)
    state = random.random(firms) < quiet[:, 0]
    for place in range(months):
        kept = random.random(firms) < stick[:, place]
        state = np.where(kept, state, random.random(firms) < quiet[:, place])
        still[:, place] = state
    return ~still


def _by_quarter(sales: np.ndarray, calendar: np.ndarray) -> np.ndarray:
    """A quarter's sales are declared in its last month."""
    total = np.zeros_like(sales)
    for place in range(sales.shape[1]):
        if calendar[place] % 3 == 2:
            total[:, place] = sales[:, max(0, place - 2) : place + 1].sum(axis=1)
    return total


def _order_rate(
    of: dict[str, np.ndarray],
    staff: np.ndarray,
    honest: np.ndarray,
    hit: np.ndarray,
    people: Population,
    random: np.random.Generator,
) -> np.ndarray:
    """An honest firm wins what it can carry; a shell what it is lent for."""
    own = np.exp(_steady(len(people.uscc), 0.6, random))
    able = (np.maximum(staff, 1) / np.maximum(of["staff"], 1)) ** 0.7
    rate: np.ndarray = of["awards"] * own * np.where(honest, able, 1.0) * np.where(hit, 0.3, 1.0)
    # Not everybody uses the platform.
    return rate * (random.random((len(people.uscc), 1)) < np.where(honest[:, :1], 0.75, 0.85))


def _later(orders: np.ndarray) -> np.ndarray:
    """What was won three months earlier falls due."""
    due = np.zeros_like(orders)
    due[:, 3:] = orders[:, :-3]
    return due


def _filed(
    county: County,
    people: Population,
    of: dict[str, np.ndarray],
    alive: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    firms, months = alive.shape
    month = np.arange(months)[None, :]
    gives_up = random.random(firms) < county.trait["stops_filing"][people.archetype]
    stops = np.maximum(people.since, 0) + random.integers(0, months, firms)
    last = np.where(gives_up, stops, months)
    filed: np.ndarray = (month < last[:, None]) & (random.random((firms, months)) > of["overdue"])
    return filed


def _invoiced(
    of: dict[str, np.ndarray], sales: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    ratio = np.clip(of["inflated"] + _steady(len(sales), 0.08, random), 0.2, 5)
    invoiced: np.ndarray = sales * ratio * np.exp(random.normal(0, 0.18, sales.shape))
    return invoiced.astype(np.int64)


def _power(
    county: County,
    of: dict[str, np.ndarray],
    working: np.ndarray,
    active: np.ndarray,
    resting: np.ndarray,
    honest: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    firms, months = working.shape
    ground = of["power"] * np.exp(_steady(firms, 0.5, random))
    # Whom a shell pays for is seldom there.
    present = KWH_EACH * working * np.where(honest, 1.0, 0.2)
    used = ground * np.where(active, 1.0, 0.8) + present
    used *= _some(firms, county.of["works_outside"], (0.05, 0.4), honest, random)
    used = np.where(resting, 2.0, used) * np.exp(random.normal(0, 0.2, (firms, months)))
    whole: np.ndarray = np.rint(used)
    return whole
