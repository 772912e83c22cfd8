"""The two feeds that are no plain monthly figures: the register, and certificate holders."""

import numpy as np
import pyarrow as pa

from ratings.shells.simulator.feeds import CERTIFICATES, Columns, View, identifier
from ratings.shells.simulator.parameters import HONEST
from ratings.shells.simulator.population import ADVERSARIAL, DISPATCH, FORMS, SECTORS

_OFFICES = 40  # companies that dispatch workers, and others where holders are really employed


def registration(view: View, i: np.ndarray, m: np.ndarray) -> Columns:
    people, truth, random = view.people, view.truth, view.random
    firms, months = truth.alive.shape
    moved, changes = _changes(view)
    noisy = view.per_firm() < view.county.of["address_noise"]
    # An address or a telephone that only this firm has, and one more each time it moves.
    alone = 10**12 + own_numbers(people.uscc) * 64
    place = np.where(
        (moved > 0) | noisy[:, None], alone[:, None] + moved, people.shared["address"][:, None]
    )
    phone_noise = view.per_firm() < view.county.of["address_noise"]
    phone = np.where(phone_noise, alone, people.shared["phone"])
    listed = _listed(view)
    closes: np.ndarray = np.minimum(people.closed, months)
    resting = truth.resting[i, m]
    reasons = np.where(view.per_firm() < 0.5, "cannot be reached at the address", "住所无法联系")
    reports, staff = _reports(view)
    days = random.integers(0, 27, (2, firms))
    began = view.day(people.established, days[0])
    since = view.day(listed, days[1])
    return {
        "status": np.where(resting, "dormant", "active"),
        "legal_form": np.array(FORMS)[people.form][i],
        "established_on": began[i],
        "address_id": _texts("a", place[i, m]),
        "address_hosted": people.hosted[i],
        "legal_rep_id": identifier("r", people.shared["rep"])[i],
        "phone_id": identifier("p", phone)[i],
        "changes_12m": changes[i, m],
        "dormant_from": pa.array(view.day(closes, np.zeros(firms, int))[i], mask=~resting),
        "dormant_to": pa.array(view.day(closes + 35, np.zeros(firms, int))[i], mask=~resting),
        "abnormal_since": pa.array(since[i], mask=m < listed[i]),
        "abnormal_reason": pa.array(reasons[i], mask=m < listed[i]),
        "annual_report_filed": reports[i, m],
        "annual_report_staff": staff[i],
        "sector": np.array(SECTORS)[people.sector][i],
    }


def _texts(letter: str, numbers: np.ndarray) -> np.ndarray:
    """Identifiers of numbers that repeat often, each made once."""
    own, back = np.unique(numbers, return_inverse=True)
    texts: np.ndarray = identifier(letter, own)[back]
    return texts


def _changes(view: View) -> tuple[np.ndarray, np.ndarray]:
    """How often a firm has moved so far, and its changes of the last twelve months."""
    rate = view.county.trait["moves"][view.truth.kind] / 12
    change = view.random.random(rate.shape) < rate
    address = np.where((view.people.archetype == ADVERSARIAL)[:, None], 0.9, 0.4)
    moved = np.cumsum(change & (view.random.random(rate.shape) < address), axis=1)
    # The months before the window are not simulated; they were like those in it.
    total = np.cumsum(change, axis=1) + view.random.poisson(rate[:, :1] * 12)
    before = np.zeros_like(total)
    before[:, 12:] = total[:, :-12]
    fade = np.clip(12 - np.arange(rate.shape[1]), 0, 12) / 12
    recent = np.where(
        np.arange(rate.shape[1]) < 12, np.rint(total * np.maximum(fade, 0.5)), total - before
    )
    return moved, recent.astype(np.int64)


def _listed(view: View) -> np.ndarray:
    """The month from which a firm is on the list of abnormal operations; past the end if never."""
    people = view.people
    months = view.truth.alive.shape[1]
    chance = view.county.trait["unreachable"][people.archetype] * view.county.of["abnormal_recall"]
    on = view.per_firm() < chance
    earliest = np.maximum(np.maximum(people.since, people.established), -6)
    when = earliest + view.random.integers(2, months, len(on))
    listed: np.ndarray = np.where(on, when, months)
    return listed


def _reports(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Whether the report due in a calendar year is filed by each month, and the staff it claims."""
    truth = view.truth
    firms, months = truth.alive.shape
    year = (view.first + np.arange(months)) // 12
    filed = np.zeros((firms, months), bool)
    for one in sorted(set(year.tolist())):
        own = year == one
        kind = truth.kind[:, np.flatnonzero(own)[-1]]
        skipped = view.per_firm() < view.county.trait["report_missing"][kind]
        by = view.random.integers(0, 6, len(filed))
        filed[:, own] = ~skipped[:, None] & (view.calendar[own][None, :] >= by[:, None])
    claimed = truth.staff.max(axis=1)
    shell = view.people.archetype >= len(HONEST)
    proud = shell & (view.per_firm() >= view.county.of["modest_claim"])
    claimed = np.where(proud, claimed + view.random.poisson(3, firms), claimed)
    return filed, claimed


def practitioners(view: View, present: np.ndarray) -> tuple[np.ndarray, np.ndarray, Columns]:
    """Rows of firm, month and holder, for the firm-months that are `present`."""
    people, random = view.people, view.random
    months = present.shape[1]
    count = random.poisson(view.county.trait["holders"][people.archetype])
    firm = np.repeat(np.arange(len(count)), count)
    holders = len(firm)
    luck = random.random(holders)
    # One firm's holders are alike: some firms register many who work elsewhere, others few.
    lean = np.exp(random.normal(0, 0.5, len(count)))[firm]
    hops = random.poisson(view.county.trait["hops"][people.archetype][firm] * 0.6)
    entered = np.where(random.random(holders) < 0.3, random.integers(0, months, holders), -1)
    left = np.where(random.random(holders) < 0.15, random.integers(0, months, holders), months)
    holder = np.repeat(np.arange(holders), months)
    month = np.tile(np.arange(months), holders)
    keep = present[firm[holder], month] & (month >= entered[holder]) & (month < left[holder])
    holder, month = holder[keep], month[keep]
    i = firm[holder]
    chance = view.county.trait["elsewhere"][view.truth.kind[i, month]]
    odds = chance / (1 - chance) * lean[holder]
    away = luck[holder] < odds / (1 + odds)
    where = random.integers(0, len(people.uscc), holders)[holder]
    office = people.uscc[random.integers(0, len(people.uscc), _OFFICES)]
    other = np.where(people.archetype[i] == DISPATCH, office[where % _OFFICES], people.uscc[where])
    nowhere = away & (random.random(holders) < 0.3)[holder]
    until = view.day(np.full(holders, months), random.integers(-200, 900, holders))
    # Holders are numbered after the numbers of their firms, which no two firms share.
    ident = identifier("h", own_numbers(people.uscc)[firm] * 64 + _rank(firm))
    return (
        i,
        month,
        {
            "person_id": ident[holder],
            "certificate": np.array(CERTIFICATES)[random.integers(0, 6, holders)][holder],
            "insured_uscc": pa.array(np.where(away, other, people.uscc[i]), mask=nowhere),
            "valid_to": until[holder],
            "registration_changes_12m": hops[holder],
        },
    )


def own_numbers(uscc: np.ndarray) -> np.ndarray:
    numbers: np.ndarray = np.array([text[8:16] for text in uscc], dtype="U8").astype(np.int64)
    return numbers


def _rank(firm: np.ndarray) -> np.ndarray:
    """The place of each holder within its firm."""
    starts = np.flatnonzero(np.r_[True, firm[1:] != firm[:-1]])
    return np.arange(len(firm)) - np.repeat(starts, np.diff(np.r_[starts, len(firm)]))
