"""Twenty-four months of invented feeds for a given list of invented agencies.

Eight of the nine: the ninth is the market's own, counted from what happened in it. Everything is
drawn from a fixed seed and each agency from its own stream, so the same call writes the same bytes,
and adding an agency changes nobody else's cells.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import msgspec

from ratings.ledger.uscc import check_character
from ratings.shells.demonstration_lives import (
    BOUGHT_FROM,
    CLOSED_FROM,
    Life,
    Month,
    Profile,
    life_of,
)
from ratings.signals.cells import WINDOW, late_months, month_end, month_number, month_text
from ratings.signals.contract import FEEDS, Excuse, State
from ratings.signals.identifiers import keyed_hash

# The identifiers are invented, so their key may stand here; a real one never does.
DEMONSTRATION_KEY = b"demonstration identifiers only"
_CERTIFICATES = ("注册咨询工程师（投资）", "一级注册建筑师", "注册测绘师")
_LISTED_FOR = 8
"""For how many months, the last one included, the register could not reach a shell."""


class AgencyFacts(msgspec.Struct, frozen=True):
    """What the generator must know: the code, the part it plays, and if need be its age."""

    uscc: str
    profile: Profile = Profile.NORMAL
    established_on: dt.date | None = None


Row = dict[str, object]


class _Cell(msgspec.Struct, frozen=True):
    """One agency in one month. `place` counts from the first of the 24 months that the story ends
    with, `newest` is the last of them."""

    agency: AgencyFacts
    life: Life
    happened: Month
    established: dt.date
    month: int
    place: int
    newest: int
    random: Random


def write_feeds(
    directory: Path,
    agencies: Sequence[AgencyFacts],
    as_of_month: str,
    seed: int = 1,
    *,
    story_ends: str = "",
    sent_before: str = "",
) -> None:
    """Write the feed files for the 24 months up to `as_of_month` into `directory`; one without rows
    is left out.

    The story ends in the month `story_ends`, or in `as_of_month`. What a delivery of the month
    `sent_before` had is not written again.
    """
    newest = month_number(as_of_month)
    last = month_number(story_ends) if story_ends else newest
    rows: dict[str, list[Row]] = {name: [] for name in (*_ROWS, "excuses", "manifest")}
    wanted = {name: _months(name, newest, sent_before) for name in _ROWS}
    for agency in agencies:
        _write_agency(rows, wanted, agency, last, seed)
    rows["manifest"] = list(_manifest(rows, len(agencies)))
    directory.mkdir(parents=True, exist_ok=True)
    for name in rows:
        if rows[name]:
            (directory / f"{name}.csv").write_bytes(_csv(name, rows[name]))


def _months(feed: str, newest: int, sent_before: str) -> set[int]:
    """The months that the source has by the end of `newest`, and had not at the delivery before."""
    there = set(range(newest - WINDOW + 1, newest + 1)) - _late(feed, newest)
    if sent_before:
        before = month_number(sent_before)
        late = _late(feed, before)
        there = {month for month in there if month > before or month in late}
    return there


def _late(feed: str, newest: int) -> set[int]:
    """The register is asked on the day of the screen."""
    return set() if feed == "registration" else late_months(FEEDS[feed], newest)


def _write_agency(
    rows: dict[str, list[Row]],
    wanted: dict[str, set[int]],
    agency: AgencyFacts,
    newest: int,
    seed: int,
) -> None:
    own = _stream(seed, agency.uscc)
    established = agency.established_on or _established(agency.profile, newest, own)
    born = established.year * 12 + established.month - 1
    life = life_of(agency.profile, own)
    first = newest - WINDOW + 1
    for month in sorted(set().union(*wanted.values())):
        if month < born:
            continue
        place = month - first
        random = _stream(seed, agency.uscc, place)
        happened = life.month(place, random)
        cell = _Cell(agency, life, happened, established, month, place, newest, random)
        head: Row = {"uscc": agency.uscc, "month": month_text(month)}
        for feed, told in _ROWS.items():
            # Every feed is drawn, so that one that is not wanted changes nothing of the others.
            found = [head | row for row in told(cell)]
            if month in wanted[feed]:
                rows[feed] += found
    if agency.profile is Profile.SOLE_PRACTITIONER:
        rows["excuses"].append(
            {
                "uscc": agency.uscc,
                "kind": Excuse.SOLE_PRACTITIONER,
                "from_month": month_text(first),
                "to_month": "",
                "source": "demonstration statement",
            }
        )


def _stream(seed: int, uscc: str, place: int | None = None) -> Random:
    name = f"{seed} {uscc}" if place is None else f"{seed} {uscc} {place}"
    return Random(hashlib.sha256(name.encode()).digest())


def _established(profile: Profile, newest: int, random: Random) -> dt.date:
    age = 3 if profile is Profile.NEW_FIRM else random.randint(40, 200)
    return month_end(newest - age).replace(day=random.randint(2, 26))


def _tax(cell: _Cell) -> Iterable[Row]:
    quarterly, sales = cell.agency.profile is Profile.QUARTERLY, cell.happened.sales_fen
    told: Row = {"filing_cycle": "Q" if quarterly else "M", "taxpayer_state": "normal"}
    if quarterly and cell.month % 3 != 2:
        yield told | {"state": State.NOT_DUE}
    elif sales is None:
        yield told | {"state": State.OVERDUE}
    else:
        filed = month_end(cell.month + 1).replace(day=cell.random.randint(3, 15))
        yield told | {
            "state": State.POS if sales else State.ZERO,
            "filed_on": filed.isoformat(),
            "sales_fen": sales,
            "tax_fen": sales // 100,
        }


def _bought(cell: _Cell) -> bool:
    return cell.agency.profile is Profile.BOUGHT_SHELL and cell.place >= BOUGHT_FROM


def _silent(cell: _Cell) -> bool:
    """Of the firm whose data are missing only the register and the tax office say anything."""
    return cell.agency.profile is Profile.MISSING_FEED


def _invoices(cell: _Cell) -> Iterable[Row]:
    sales = cell.happened.sales_fen or 0
    count = max(1, sales // 900_000) if sales else 0
    bought = int(sales * cell.random.uniform(0.3, 0.6))
    buyers = min(count, cell.random.randint(4, 9))
    top = cell.random.uniform(0.2, 0.45)
    if _silent(cell):
        return
    yield {
        "out_count": count,
        "out_fen": sales,
        "in_count": max(1, bought // 400_000) if bought else 0,
        "in_fen": bought + cell.happened.labour_fen,
        "void_count": count // 20,
        "top_buyer_share": f"{max(top, 1 / buyers):.3f}" if buyers else "",
        "distinct_buyers": buyers,
        "labour_service_in_fen": cell.happened.labour_fen,
    }


def _insurance(cell: _Cell) -> Iterable[Row]:
    insured = cell.happened.insured
    due = insured * 145_000
    if not _silent(cell):
        yield {
            "state": State.POS if insured else State.ZERO,
            "insured": insured,
            "due_fen": due,
            "paid_fen": due,
        }


def _housing(cell: _Cell) -> Iterable[Row]:
    insured = cell.happened.insured
    contributors = insured - cell.random.randint(0, insured // 6)
    if cell.agency.profile is Profile.CERTIFICATE_HANGING:
        contributors = 0
    if not _silent(cell):
        yield {"contributors": contributors, "paid_fen": contributors * 96_000}


def _registration(cell: _Cell) -> Iterable[Row]:
    profile, month = cell.agency.profile, cell.month
    bought = _bought(cell)
    shell = profile is Profile.SHELL or bought
    # The shells are one ring: one person, one telephone, one address stand behind all of them.
    who = "ring" if shell else cell.agency.uscc
    closed_from = cell.newest - WINDOW + 1 + CLOSED_FROM
    closed = profile is Profile.REGISTERED_CLOSURE and month >= closed_from
    since = cell.newest - _LISTED_FOR
    listed = month >= since and profile in (Profile.SHELL, Profile.RETIRED_STAFF)
    yield {
        "status": "dormant" if closed else "active",
        "legal_form": "sole" if profile is Profile.SOLE_PRACTITIONER else "company",
        "established_on": cell.established.isoformat(),
        "address_id": keyed_hash(DEMONSTRATION_KEY, f"address {who}"),
        "address_hosted": "false",
        "legal_rep_id": keyed_hash(DEMONSTRATION_KEY, f"representative {who}"),
        "phone_id": keyed_hash(DEMONSTRATION_KEY, f"phone {who}"),
        "changes_12m": 3 if bought else 2 if profile is Profile.CERTIFICATE_HANGING else 0,
        "dormant_from": month_end(closed_from).replace(day=1).isoformat() if closed else "",
        "dormant_to": month_end(closed_from + 23).isoformat() if closed else "",
        "abnormal_since": month_end(since).isoformat() if listed else "",
        "abnormal_reason": "address unreachable" if listed else "",
        "annual_report_filed": "false" if shell or profile is Profile.RETIRED_STAFF else "true",
        "annual_report_staff": cell.life.stated,
    }


def _practitioners(cell: _Cell) -> Iterable[Row]:
    own, life = cell.agency.uscc, cell.life
    before = cell.agency.profile is Profile.BOUGHT_SHELL and not _bought(cell)
    for number in range(0 if _silent(cell) else life.holders):
        elsewhere = number < life.elsewhere and not before
        yield {
            "person_id": keyed_hash(DEMONSTRATION_KEY, f"person {own} {number}"),
            "certificate": _CERTIFICATES[number % len(_CERTIFICATES)],
            "insured_uscc": _employer(number) if elsewhere else own,
            "valid_to": month_end(cell.newest + 20 + number).isoformat(),
            "registration_changes_12m": 2 if elsewhere else 0,
        }


def _employer(number: int) -> str:
    """Where a holder who works elsewhere is insured: firms that no register knows."""
    first = f"91339900MA{9_900_000 + number:07d}"
    return first + check_character(first)


def _utilities(cell: _Cell) -> Iterable[Row]:
    people = cell.happened.people
    kwh = 40 + people * cell.random.randint(70, 110) if people else cell.random.randint(0, 3)
    if not _silent(cell):
        yield {"meter_holder": "true", "kwh": kwh, "water_m3": people * 2}


def _judicial(cell: _Cell) -> Iterable[Row]:
    if _silent(cell):
        return
    fined = cell.agency.profile is Profile.STRUGGLING and cell.place >= 16
    yield {
        "dishonest": "false",
        "open_enforcement_fen": 0,
        "penalties": int(fined),
        "penalty_severity": "minor" if fined else "none",
    }


_ROWS: dict[str, Callable[[_Cell], Iterable[Row]]] = {
    "tax_filing": _tax,
    "invoices": _invoices,
    "social_insurance": _insurance,
    "housing_fund": _housing,
    "registration": _registration,
    "practitioners": _practitioners,
    "utilities": _utilities,
    "judicial": _judicial,
}


def _manifest(rows: dict[str, list[Row]], agencies: int) -> Iterable[Row]:
    for name in _ROWS:
        for text in sorted({str(row["month"]) for row in rows[name]}):
            cells = [row for row in rows[name] if row["month"] == text]
            firms = len({row["uscc"] for row in cells})
            received = month_end(month_number(text)) + dt.timedelta(days=FEEDS[name].lag_days)
            yield {
                "feed": name,
                "month": text,
                "received_at": f"{received.isoformat()}T02:00:00Z",
                "rows": len(cells),
                "matched": len(cells),
                "coverage": f"{firms / agencies:.4f}",
                "ok": "true",
            }


def _csv(feed: str, rows: list[Row]) -> bytes:
    used = {name for row in rows for name in row}
    names = [
        column.name for column in FEEDS[feed].columns if column.required or column.name in used
    ]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
