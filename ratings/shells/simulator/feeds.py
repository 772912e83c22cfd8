"""What the sources report about an invented county: the tables of the file contract."""

from collections.abc import Callable

import msgspec
import numpy as np
import pyarrow as pa

from ratings.shells.simulator.months import Truth
from ratings.shells.simulator.parameters import HONEST, County
from ratings.shells.simulator.population import (
    CIRCUMSTANCES,
    DISPATCH,
    QUARTERLY,
    STRUGGLING,
    Population,
)

LOCAL = ("tax_filing", "invoices", "social_insurance", "housing_fund", "utilities")
"""Feeds of county offices: they do not know a firm that is registered elsewhere."""
CERTIFICATES = ("supervision", "cost", "survey", "fire", "environment", "safety")
LOWEST_DUE_FEN = 115_000  # contributions of one person on the lowest base; an assumption
WAGE_FEN = 300_000  # a month of dispatched work at the least; an assumption
_BASE = np.datetime64("1970-01", "M")
Columns = dict[str, np.ndarray | pa.Array]


class View(msgspec.Struct, frozen=True):
    """One part of a county as the sources see it. `first` is the month number of place 0."""

    county: County
    people: Population
    truth: Truth
    first: int
    random: np.random.Generator

    @property
    def calendar(self) -> np.ndarray:
        return (self.first + np.arange(self.truth.alive.shape[1])) % 12

    def day(self, place: np.ndarray, plus: np.ndarray) -> np.ndarray:
        """The date `plus` days after the first of month `place`."""
        month = _BASE + (self.first + place - 1970 * 12).astype("timedelta64[M]")
        days: np.ndarray = month.astype("datetime64[D]") + plus.astype("timedelta64[D]")
        return days

    def dice(self) -> np.ndarray:
        return self.random.random(self.truth.alive.shape)

    def per_firm(self) -> np.ndarray:
        return self.random.random(len(self.people.uscc))


def tax_filing(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    truth, people = view.truth, view.people
    calendar = view.calendar[None, :]
    quarterly = (people.archetype == QUARTERLY)[:, None]
    filed = truth.filed
    state = np.where(truth.sales > 0, "POS", "ZERO").astype("U8")
    state[~filed] = "OVERDUE"
    state[np.broadcast_to(quarterly & (calendar % 3 != 2), state.shape)] = "NOT_DUE"
    told = view.per_firm() < 0.5
    state[truth.resting & told[:, None]] = "EXEMPT"
    state[truth.resting & ~told[:, None]] = "ZERO"
    branch = people.circumstance == CIRCUMSTANCES.index("branch")
    state[branch] = "ZERO"
    overdue = state == "OVERDUE"
    abnormal = overdue.copy()
    abnormal[:, 2:] &= overdue[:, 1:-1] & overdue[:, :-2]
    abnormal[:, :2] = False
    sales = np.where((state == "POS"), truth.sales, 0)
    late = view.dice() < view.county.of["late_filing"]
    shell = truth.kind >= len(HONEST)
    own = np.exp(view.random.normal(0, 0.4, (len(state), 1)))
    rate = np.where(shell, 0.015, 0.02) * own
    day = np.where(late, 20 + view.dice() * 40, view.dice() * 14).astype(np.int64)
    grade = _grades(view, overdue)
    on = view.day(m + 1, day[i, m])
    return {
        "state": state[i, m],
        "filing_cycle": np.where(quarterly[i, 0], "Q", "M"),
        "filed_on": pa.array(on, mask=np.isin(state[i, m], ["OVERDUE", "NOT_DUE"])),
        "sales_fen": sales[i, m],
        "exempt_sales_fen": np.zeros(len(i), np.int64),
        "tax_fen": (sales * rate).astype(np.int64)[i, m],
        "taxpayer_state": np.where(abnormal[i, m], "abnormal", "normal"),
        "arrears_fen": (abnormal * rate * 20_000_000).astype(np.int64)[i, m],
        "credit_grade": grade[i],
    }


def _grades(view: View, overdue: np.ndarray) -> np.ndarray:
    """The tax office grades by what was filed in time; a young firm gets an M."""
    missed = overdue.sum(axis=1) + view.random.poisson(0.5, len(overdue))
    grade = np.array(list("ABCD"))[np.digitize(missed, [1, 4, 9])]
    young = view.people.established > overdue.shape[1] - 18
    return np.where(young & (missed < 9), "M", grade)


def invoices(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    truth, random = view.truth, view.random
    kind = truth.kind[i, m]
    out = truth.invoiced[i, m]
    trait = view.county.trait
    ticket = 1_500_000 * np.exp(random.normal(0, 0.5, len(view.people.uscc)))[i]
    count = np.where(out > 0, 1 + random.poisson(out / ticket), 0)
    bought = trait["inputs"][kind] * np.exp(random.normal(0, 0.5, len(i))) * out
    # Rent, telephone and the bookkeeper are paid whether or not anything is sold.
    bought += np.where(kind < len(HONEST), 150_000, 15_000) * random.random(len(i))
    dispatched = (view.people.archetype == DISPATCH)[i]
    labour = np.where(
        dispatched, truth.staff[i, m] * WAGE_FEN * random.uniform(0.9, 1.8, len(i)), 0
    ).astype(np.int64)
    labour[truth.resting[i, m]] = 0
    top = np.clip(trait["top_buyer"][kind] + random.normal(0, 0.15, len(i)), 0.03, 1)
    return {
        "out_count": count,
        "out_fen": out,
        "in_count": random.poisson(np.minimum(bought / 400_000, 200)),
        "in_fen": bought.astype(np.int64) + labour,
        "void_count": random.binomial(count, trait["void"][kind]),
        "top_buyer_share": pa.array(np.where(count == 1, 1.0, top).round(3), mask=count == 0),
        "distinct_buyers": np.minimum(count, (1 / top).astype(np.int64) + count // 4),
        "labour_service_in_fen": labour,
    }


def social_insurance(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    insured = view.truth.insured[i, m]
    lowest = view.per_firm() < view.county.trait["lowest"][view.people.archetype]
    above = np.exp(np.abs(view.random.normal(0, 0.35, len(lowest))))
    each = LOWEST_DUE_FEN * np.where(lowest, 1.0, above)[i]
    due = (insured * each).astype(np.int64)
    poor = view.truth.kind[i, m] == STRUGGLING
    owing = view.random.random(len(i)) < np.where(poor, 0.12, 0.02)
    return {"insured": insured, "due_fen": due, "paid_fen": np.where(owing, 0, due)}


def housing_fund(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    contributors = view.truth.contributors[i, m]
    return {"contributors": contributors, "paid_fen": contributors * 60_000}


def utilities(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    holder = view.per_firm() < view.county.trait["meter"][view.people.archetype]
    kwh = np.where(holder[i], view.truth.kwh[i, m], 0.0)
    return {"meter_holder": holder[i], "kwh": kwh, "water_m3": np.rint(kwh / 25)}


def judicial(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    trait = view.county.trait["trouble"][view.people.archetype]
    months = view.truth.alive.shape[1]
    since = np.where(
        view.per_firm() < trait, view.random.integers(-months, months, len(trait)), months
    )
    sort = view.random.integers(0, 3, len(trait))
    now = m >= since[i]
    owed = now & (sort[i] != 1)
    fined = now & (sort[i] != 0)
    severity = np.array(["minor", "general", "serious"])[np.digitize(view.per_firm(), [0.6, 0.92])]
    return {
        "dishonest": owed & (view.per_firm() < 0.4)[i],
        "open_enforcement_fen": np.where(owed, 5_000_000 + since[i] % 7 * 3_000_000, 0),
        "penalties": fined.astype(np.int64),
        "penalty_severity": np.where(fined, severity[i], "none"),
    }


def platform(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    truth, random = view.truth, view.random
    delivered = truth.delivered[i, m]
    honest = truth.kind[i, m] < len(HONEST)
    able = np.where(honest, np.maximum(1, truth.staff[i, m] // 2), 1)
    signers = np.minimum(np.minimum(delivered, able), 1 + random.poisson(0.8, len(i)))
    worth = truth.awards[i, m] * 3_000_000 * np.exp(random.normal(0, 0.5, len(i)))
    shared = view.people.shared
    return {
        "bids": truth.bids[i, m],
        "awards": truth.awards[i, m],
        "delivered": delivered,
        "overdue": truth.overdue[i, m],
        "contract_fen": worth.astype(np.int64),
        "distinct_signers": signers,
        "network_id": identifier("n", shared["network"])[i],
        "device_id": identifier("d", shared["device"])[i],
        "finance_officer_id": identifier("f", shared["finance"])[i],
    }


def identifier(letter: str, numbers: np.ndarray) -> np.ndarray:
    """Invented stand-ins for keyed hashes: 16 hexadecimal digits mixed from a number."""
    mixed = numbers.astype(np.uint64) + np.uint64(ord(letter) << 40)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    digits = (mixed[:, None] >> (np.arange(15, -1, -1) * 4).astype(np.uint64)) & np.uint64(15)
    text = np.frombuffer(b"0123456789abcdef", np.uint8)[digits].view("S16").ravel().astype("U16")
    return np.char.add(f"{letter}-", text)


Maker = Callable[[View, np.ndarray, np.ndarray], Columns]
MONTHLY: dict[str, Maker] = {
    "tax_filing": tax_filing,
    "invoices": invoices,
    "social_insurance": social_insurance,
    "housing_fund": housing_fund,
    "utilities": utilities,
    "judicial": judicial,
    "platform": platform,
}
