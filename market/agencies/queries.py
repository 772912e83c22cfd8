"""Reading agencies and listings. What the bureau has delisted is nowhere on sale: joined here."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from market.agencies.lookalikes import NameCheck, check_name
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound
from ratings.sanctions.queries import DelistingRow, delisting_in_force, no_delisting_meanwhile

# An agency counts as delisted until the timetable has lifted the delisting.
DELISTED = "EXISTS (SELECT 1 FROM off_market d WHERE d.uscc = a.uscc)"

STANDING = "LEFT JOIN standing s ON s.uscc = a.uscc AND s.current"

# Best stars first, the confirmed before the others of as many, the unrated last.
BEST_FIRST = "s.stars DESC NULLS LAST, s.confirmed DESC NULLS LAST, s.score DESC NULLS LAST"


class AgencyRow(msgspec.Struct, frozen=True):
    """One line of the directory; `state` is the standing's (rated, provisional, unrated)."""

    uscc: str
    name: str
    name_en: str
    established_on: date
    staff: int
    demonstration: bool
    stars: int | None
    score: str | None
    state: str
    engagements: int
    delisted: bool
    packages: list[str]
    qualifications: list[str]
    settled: int
    confirmed: bool


class AgencyRecord(msgspec.Struct, frozen=True):
    """The public record of one agency, without its private contact columns."""

    uscc: str
    name: str
    name_en: str
    introduction: str
    established_on: date
    staff: int
    address: str
    state: str
    applied_at: datetime
    decided_at: datetime | None
    decision: str | None
    demonstration: bool


async def agency_names(usccs: Iterable[str]) -> dict[str, Bilingual]:
    """Names by code, of whatever state; one without an English name goes by the Chinese one."""
    rows = await fetch(
        "SELECT uscc, name, name_en FROM agency WHERE uscc = ANY($1::text[])", list(set(usccs))
    )
    return {uscc: Bilingual(zh=name, en=name_en or name) for uscc, name, name_en in rows}


class AgencyContact(msgspec.Struct, frozen=True):
    """Private: for the agency itself, its engagements' owners and officials."""

    contact_name: str
    contact_phone: str


_RECORD = (
    "uscc, name, name_en, introduction, established_on, staff, address, state, applied_at,"
    " decided_at, decision, demonstration"
)


async def agency(uscc: str) -> AgencyRecord:
    row = await fetchrow(f"SELECT {_RECORD} FROM agency WHERE uscc = $1", uscc)
    if row is None:
        raise _unknown(uscc)
    return AgencyRecord(*row)


async def public_agency(uscc: str) -> AgencyRecord:
    """As `agency`, but applicants and the refused are not public."""
    record = await agency(uscc)
    if record.state != "admitted":
        raise _unknown(uscc)
    return record


async def visible_agency(actor: Actor, uscc: str) -> AgencyRecord:
    """The agency itself and officials see an application and its refusal; others the admitted."""
    return await agency(uscc) if sees_all_of(actor, uscc) else await public_agency(uscc)


def sees_all_of(actor: Actor, uscc: str) -> bool:
    """Whether the actor sees an agency in whatever state it is."""
    return actor.role in (Role.CENTRE, Role.AUDITOR) or actor.uscc == uscc


def _unknown(uscc: str) -> NotFound:
    return NotFound("agency-unknown", "No agency has the code {uscc}.", uscc=uscc)


async def name_check(uscc: str) -> NameCheck:
    """What is remarkable about an agency's name beside those of the admitted ones."""
    record = await agency(uscc)
    rows = await fetch(
        "SELECT uscc, name FROM agency WHERE state = 'admitted' AND uscc <> $1 ORDER BY uscc", uscc
    )
    return check_name(record.name, [(row[0], row[1]) for row in rows])


async def admitted() -> frozenset[str]:
    """The codes of every admitted agency, delisted ones included."""
    rows = await fetch("SELECT uscc FROM agency WHERE state = 'admitted'")
    return frozenset(row[0] for row in rows)


async def contact(uscc: str) -> AgencyContact:
    row = await fetchrow("SELECT contact_name, contact_phone FROM agency WHERE uscc = $1", uscc)
    if row is None:
        raise _unknown(uscc)
    return AgencyContact(*row)


class QualificationRow(msgspec.Struct, frozen=True):
    name: str
    level: str
    number: str
    valid_to: date | None


_QUALIFICATION = "q.name, q.level, q.number, q.valid_to"
_QUALIFICATIONS_OF = "FROM qualification q WHERE q.agency = $1 ORDER BY q.name"


async def qualifications(uscc: str) -> list[QualificationRow]:
    rows = await fetch(f"SELECT {_QUALIFICATION} {_QUALIFICATIONS_OF}", uscc)
    return [QualificationRow(*row) for row in rows]


async def awaiting_admission() -> list[AgencyRecord]:
    """Those the centre has to decide on, the longest waiting first."""
    return await _in_state("applied")


async def refused_admissions() -> list[AgencyRecord]:
    """Those refused so far, who may be admitted once they have mended what was wrong."""
    return await _in_state("refused")


async def _in_state(state: str) -> list[AgencyRecord]:
    rows = await fetch(f"SELECT {_RECORD} FROM agency WHERE state = $1 ORDER BY applied_at", state)
    return [AgencyRecord(*row) for row in rows]


class ListingRow(msgspec.Struct, frozen=True):
    """A listing beside its agency's standing; the range is that of the day of listing."""

    id: str
    uscc: str
    agency: str
    agency_en: str
    package: str
    price_fen: int
    working_days: int
    facts: dict[str, object]
    range_low_fen: int
    range_high_fen: int
    listed_at: datetime
    state: str
    stars: int | None
    score: str | None
    standing: str
    engagements: int
    package_version: int
    options: list[str]
    confirmed: bool


_LISTING_COLUMNS = """
    l.id::text, a.uscc, a.name, a.name_en, l.package, l.price_fen, l.working_days, l.facts,
    l.range_low_fen, l.range_high_fen, l.listed_at, l.state, s.stars, s.score::text,
    coalesce(s.state, 'unrated'), coalesce(s.engagements, 0), l.package_version,
    to_json(l.options)::text, coalesce(s.confirmed, false)
"""
_LISTED = f"FROM listing l JOIN agency a ON a.uscc = l.agency {STANDING}"
_LISTING = f"SELECT {_LISTING_COLUMNS} {_LISTED}"
_OF_AGENCY = f"""
    WHERE l.agency = $1 AND l.state = 'live'
      AND (NOT $2 OR (a.state = 'admitted' AND NOT {DELISTED})) ORDER BY l.package
"""


def _listing(row: tuple[object, ...]) -> ListingRow:
    """JSON comes as text: an array within a record has no decoder."""
    values = list(row)
    values[7], values[17] = (msgspec.json.decode(str(values[place])) for place in (7, 17))
    return ListingRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


async def listings_of_package(package: str) -> list[ListingRow]:
    """Live listings of agencies in good standing to sell, best stars first."""
    rows = await fetch(
        f"{_LISTING} WHERE l.package = $1 AND l.state = 'live' AND a.state = 'admitted'"
        f" AND NOT {DELISTED} ORDER BY {BEST_FIRST}, l.price_fen",
        package,
    )
    return [_listing(row) for row in rows]


async def listings_of_agency(uscc: str, *, public: bool) -> list[ListingRow]:
    """The agency's live listings; to the public none while it is delisted."""
    return [_listing(row) for row in await fetch(f"{_LISTING} {_OF_AGENCY}", uscc, public)]


class AgencyProfile(AgencyRecord, frozen=True):
    """One agency; while it is delisted its listings are empty and `delisting` says why."""

    qualifications: list[QualificationRow]
    listings: list[ListingRow]
    delisting: DelistingRow | None


async def visible_profile(actor: Actor, uscc: str) -> AgencyProfile:
    """As `visible_agency`, with what belongs to it; an agency itself always sees its listings."""
    row = await fetchrow(
        f"SELECT {_RECORD}, {DELISTED},"
        f" ARRAY(SELECT ROW({_QUALIFICATION}) {_QUALIFICATIONS_OF}),"
        f" ARRAY(SELECT ROW({_LISTING_COLUMNS}) {_LISTED} {_OF_AGENCY})"
        " FROM agency a WHERE a.uscc = $1",
        uscc,
        actor.uscc != uscc,
    )
    if row is None or not (row["state"] == "admitted" or sees_all_of(actor, uscc)):
        raise _unknown(uscc)
    *record, delisted, held, listed = row
    parts = [
        [QualificationRow(*one) for one in held],
        [_listing(one) for one in listed],
        await delisting_in_force(uscc) if delisted else None,
    ]
    return AgencyProfile(*record, *parts)


async def buyable_listing(identifier: str) -> ListingRow:
    row = await fetchrow(
        f"{_LISTING} WHERE l.id = $1 AND l.state = 'live' AND a.state = 'admitted'"
        f" AND NOT {DELISTED}",
        row_id(identifier),
    )
    if row is None:
        raise NotFound("listing-unknown", "There is no live listing {listing}.", listing=identifier)
    return _listing(row)


async def held_listing(identifier: str) -> ListingRow:
    """As `buyable_listing`, and its agency is not delisted before the transaction ends."""
    seen = await buyable_listing(identifier)
    await no_delisting_meanwhile(seen.uscc)
    return await buyable_listing(identifier)


async def agency_of(actor: Actor) -> str:
    """The USCC of the agency the actor acts for."""
    if actor.uscc is None:
        raise Forbidden("not-an-agency", "Only an agency may do this.")
    return actor.uscc


async def in_force(uscc: str) -> None:
    """Conflict unless the agency is admitted and not delisted: only such may sell.

    Part of a transaction, and true until it ends.
    """
    await no_delisting_meanwhile(uscc)
    row = await fetchrow(
        f"SELECT a.state, {DELISTED} AS delisted FROM agency a WHERE a.uscc = $1",
        uscc,
    )
    if row is None:
        raise _unknown(uscc)
    if row["state"] != "admitted":
        raise Conflict(
            "agency-not-admitted",
            "The centre has not admitted this agency (state: {state}).",
            state=row["state"],
        )
    if row["delisted"]:
        raise Conflict("agency-delisted", "This agency is delisted and may not sell meanwhile.")
