"""Twenty-four months of invented feeds for a given list of invented agencies.

Everything is drawn from a fixed seed and each agency from its own stream, so the same call
writes the same bytes, and adding an agency changes nobody else's cells.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from random import Random

import msgspec

from ratings.signals.cells import WINDOW, late_months, month_end, month_number, month_text
from ratings.signals.contract import FEEDS, Excuse, State
from ratings.signals.identifiers import keyed_hash

FEED_NAMES = ("tax_filing", "social_insurance", "registration", "excuses", "manifest")
# The identifiers are invented, so their key may stand here; a real one never does.
DEMONSTRATION_KEY = b"demonstration identifiers only"


class Profile(StrEnum):
    NORMAL = "normal"
    NEW_FIRM = "new_firm"
    REGISTERED_CLOSURE = "registered_closure"
    MISSING_FEED = "missing_feed"
    QUARTERLY = "quarterly"
    SOLE_PRACTITIONER = "sole_practitioner"
    STRUGGLING = "struggling"
    SHELL = "shell"


class AgencyFacts(msgspec.Struct, frozen=True):
    """What the generator must know: the code, the part it plays, and if need be its age."""

    uscc: str
    profile: Profile = Profile.NORMAL
    established_on: dt.date | None = None


class _Month(msgspec.Struct, frozen=True):
    """What happened in one month; `sales_fen` None means that no return was filed."""

    sales_fen: int | None
    insured: int


Row = dict[str, object]


def write_feeds(
    directory: Path, agencies: Sequence[AgencyFacts], as_of_month: str, seed: int = 1
) -> None:
    """Write the feed files for the 24 months up to `as_of_month` into `directory`, five at most:
    one without rows is left out."""
    newest = month_number(as_of_month)
    rows: dict[str, list[Row]] = {name: [] for name in FEED_NAMES}
    for agency in agencies:
        digest = hashlib.sha256(f"{seed} {agency.uscc}".encode()).digest()
        _write_agency(rows, agency, newest, Random(digest))
    rows["manifest"] = list(_manifest(rows, newest, len(agencies)))
    directory.mkdir(parents=True, exist_ok=True)
    for name in FEED_NAMES:
        if rows[name]:
            (directory / f"{name}.csv").write_bytes(_csv(name, rows[name]))


def _write_agency(
    rows: dict[str, list[Row]], agency: AgencyFacts, newest: int, random: Random
) -> None:
    established = agency.established_on or _established(agency.profile, newest, random)
    born = established.year * 12 + established.month - 1
    life = _LIVES[agency.profile](random)
    for place in range(WINDOW):
        month = newest - WINDOW + 1 + place
        if month < born:
            continue
        cell = {"uscc": agency.uscc, "month": month_text(month)}
        happened = life(place)
        rows["registration"].append(cell | _registration(agency, established, month, newest))
        if month not in late_months(FEEDS["tax_filing"], newest):
            rows["tax_filing"].append(cell | _tax(agency.profile, happened, month, random))
        insured = agency.profile is not Profile.MISSING_FEED
        if insured and month not in late_months(FEEDS["social_insurance"], newest):
            rows["social_insurance"].append(cell | _insurance(happened))
    if agency.profile is Profile.SOLE_PRACTITIONER:
        rows["excuses"].append(
            {
                "uscc": agency.uscc,
                "kind": Excuse.SOLE_PRACTITIONER,
                "from_month": month_text(newest - WINDOW + 1),
                "to_month": "",
                "source": "demonstration statement",
            }
        )


def _established(profile: Profile, newest: int, random: Random) -> dt.date:
    age = 3 if profile is Profile.NEW_FIRM else random.randint(40, 200)
    return month_end(newest - age).replace(day=random.randint(2, 26))


def _normal(random: Random) -> Callable[[int], _Month]:
    staff, usual = random.randint(4, 25), random.randint(8, 90) * 1_000_000

    def month(place: int) -> _Month:
        sales = 0 if random.random() < 0.04 else int(usual * random.uniform(0.4, 1.8))
        return _Month(sales, staff + random.choice((-1, 0, 0, 1)))

    return month


def _new_firm(random: Random) -> Callable[[int], _Month]:
    return lambda place: _Month(0, 0)


def _closure(random: Random) -> Callable[[int], _Month]:
    before = _normal(random)
    return lambda place: before(place) if place < _CLOSED_FROM else _Month(0, 0)


def _missing_feed(random: Random) -> Callable[[int], _Month]:
    """Weak in the feed that came: a screen that read the absent one as zeros would flag it."""
    before = _normal(random)
    return lambda place: _Month(0, 0) if place in range(10, 18) else before(place)


def _sole(random: Random) -> Callable[[int], _Month]:
    usual = random.randint(2, 12) * 1_000_000
    return lambda place: _Month(int(usual * random.uniform(0.3, 1.7)), 0)


def _struggling(random: Random) -> Callable[[int], _Month]:
    usual = random.randint(3, 12) * 1_000_000
    bad = random.randint(0, 2)

    def month(place: int) -> _Month:
        if place == 12 + bad:
            return _Month(None, 3)
        idle = place % 5 in (bad, bad + 1)
        return _Month(0 if idle else int(usual * random.uniform(0.2, 1.0)), 5 - place // 6)

    return month


def _shell(random: Random) -> Callable[[int], _Month]:
    """Files zeros from its first months on, insures nobody, and then stops filing."""
    stops = random.randint(18, 19)
    return lambda place: _Month(None if place >= stops else 0, 0)


_CLOSED_FROM = 11
_LIVES: dict[Profile, Callable[[Random], Callable[[int], _Month]]] = {
    Profile.NORMAL: _normal,
    Profile.NEW_FIRM: _new_firm,
    Profile.REGISTERED_CLOSURE: _closure,
    Profile.MISSING_FEED: _missing_feed,
    Profile.QUARTERLY: _normal,
    Profile.SOLE_PRACTITIONER: _sole,
    Profile.STRUGGLING: _struggling,
    Profile.SHELL: _shell,
}


def _tax(profile: Profile, happened: _Month, month: int, random: Random) -> Row:
    quarterly = profile is Profile.QUARTERLY
    cell: Row = {"filing_cycle": "Q" if quarterly else "M", "taxpayer_state": "normal"}
    if quarterly and month % 3 != 2:
        return cell | {"state": State.NOT_DUE}
    if happened.sales_fen is None:
        return cell | {"state": State.OVERDUE}
    filed = month_end(month + 1).replace(day=random.randint(3, 15))
    return cell | {
        "state": State.POS if happened.sales_fen else State.ZERO,
        "filed_on": filed.isoformat(),
        "sales_fen": happened.sales_fen,
        "tax_fen": happened.sales_fen // 100,
    }


def _insurance(happened: _Month) -> Row:
    due = happened.insured * 145_000
    return {
        "state": State.POS if happened.insured else State.ZERO,
        "insured": happened.insured,
        "due_fen": due,
        "paid_fen": due,
    }


def _registration(agency: AgencyFacts, established: dt.date, month: int, newest: int) -> Row:
    shell = agency.profile is Profile.SHELL
    # The shells are one ring: one person, one telephone, one address stand behind all of them.
    who = "ring" if shell else agency.uscc
    closed_from = newest - WINDOW + 1 + _CLOSED_FROM
    closed = agency.profile is Profile.REGISTERED_CLOSURE and month >= closed_from
    listed = shell and month >= newest - 8
    return {
        "status": "dormant" if closed else "active",
        "legal_form": "sole" if agency.profile is Profile.SOLE_PRACTITIONER else "company",
        "established_on": established.isoformat(),
        "address_id": keyed_hash(DEMONSTRATION_KEY, f"address {who}"),
        "address_hosted": "false",
        "legal_rep_id": keyed_hash(DEMONSTRATION_KEY, f"representative {who}"),
        "phone_id": keyed_hash(DEMONSTRATION_KEY, f"phone {who}"),
        "changes_12m": 0,
        "dormant_from": month_end(closed_from).replace(day=1).isoformat() if closed else "",
        "dormant_to": month_end(closed_from + 23).isoformat() if closed else "",
        "abnormal_since": month_end(newest - 8).isoformat() if listed else "",
        "abnormal_reason": "address unreachable" if listed else "",
        "annual_report_filed": "false" if shell else "true",
    }


def _manifest(rows: dict[str, list[Row]], newest: int, agencies: int) -> Iterable[Row]:
    for name in ("tax_filing", "social_insurance", "registration"):
        for month in range(newest - WINDOW + 1, newest + 1):
            text = month_text(month)
            matched = sum(row["month"] == text for row in rows[name])
            if not matched:
                continue
            received = month_end(month) + dt.timedelta(days=FEEDS[name].lag_days)
            yield {
                "feed": name,
                "month": text,
                "received_at": f"{received.isoformat()}T02:00:00Z",
                "rows": matched,
                "matched": matched,
                "coverage": f"{matched / agencies:.4f}",
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
