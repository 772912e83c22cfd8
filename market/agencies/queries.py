"""Reading agencies and listings. What the bureau has delisted is nowhere on sale: joined here."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import msgspec

from market.agencies import names
from market.agencies.lookalikes import NameCheck, check_name
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound
from ratings.sanctions.queries import DelistingRow, delisting_in_force, no_delisting_meanwhile

# An agency counts as delisted until the timetable has lifted the delisting.
DELISTED = "EXISTS (SELECT 1 FROM delisting d WHERE d.uscc = a.uscc AND d.lifted_at IS NULL)"

_STANDING = "LEFT JOIN standing s ON s.uscc = a.uscc AND s.current"

# Best stars first; the provisional after the rated, the unrated last.
BEST_FIRST = "s.stars DESC NULLS LAST, (s.state = 'rated') DESC NULLS LAST, s.score DESC NULLS LAST"


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


class AgencyFilter(msgspec.Struct, frozen=True):
    """`text` matches name, pinyin, initials or code; the other fields narrow further."""

    text: str = ""
    package: str = ""
    stars: int = 0
    include_delisted: bool = True


_ROW = f"""
    a.uscc, a.name, a.name_en, a.established_on, a.staff, a.demonstration,
    s.stars, s.score::text, coalesce(s.state, 'unrated'), coalesce(s.engagements, 0),
    {DELISTED} AS delisted,
    ARRAY(SELECT l.package FROM listing l WHERE l.agency = a.uscc AND l.state = 'live'
          ORDER BY l.package) AS packages,
    ARRAY(SELECT q.name || CASE WHEN q.level <> '' THEN ' ' || q.level ELSE '' END
          FROM qualification q WHERE q.agency = a.uscc ORDER BY q.name) AS qualifications,
    (SELECT count(*) FROM engagement e WHERE e.agency = a.uscc AND e.state = 'settled')::int
"""

_MATCHES = f"""
    a.state = 'admitted'
    AND ($1 = '' OR a.bigrams @> $2 OR a.pinyin LIKE $3 OR a.initials LIKE $3
         OR lower(a.name_en) LIKE $4 OR starts_with(a.uscc, upper($1)))
    AND ($5 = '' OR (NOT {DELISTED} AND EXISTS (
         SELECT 1 FROM listing l WHERE l.agency = a.uscc AND l.package = $5 AND l.state = 'live')))
    AND ($6 = 0 OR s.stars >= $6)
    AND ($7 OR NOT {DELISTED})
"""


def _arguments(wanted: AgencyFilter) -> tuple[object, ...]:
    plain = names.normalise(wanted.text)
    pieces = names.bigrams(wanted.text) or ([plain] if plain else [])
    return (
        plain,
        pieces,
        _containing(plain),
        _containing(wanted.text.strip().lower()),
        wanted.package,
        wanted.stars,
        wanted.include_delisted,
    )


def _containing(text: str) -> str:
    """A LIKE pattern in which the text means nothing but itself."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


class Rank(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of the directory ended: how the last agency stood, and its code.

    Standings change. An agency that moves past this place while the pages are being read is met
    twice or not at all; one whose standing stays is met exactly once.
    """

    stars: int
    rated: bool
    score: Decimal
    uscc: str


def rank_of(row: AgencyRow) -> Rank:
    score = Decimal(row.score) if row.score is not None else Decimal(-1)
    return Rank(row.stars or 0, row.state == "rated", score, row.uscc)


_RANK = (
    "(-coalesce(s.stars, 0), coalesce(s.state <> 'rated', true), -coalesce(s.score, -1), a.uscc)"
)


async def agencies(
    wanted: AgencyFilter, *, limit: int, offset: int = 0, after: Rank | None = None
) -> list[AgencyRow]:
    """Admitted agencies that match, best stars first; `after` begins behind one that was seen."""
    rows = await fetch(
        f"SELECT {_ROW} FROM agency a {_STANDING} WHERE {_MATCHES}"
        f" AND ($10::int IS NULL OR {_RANK} > (-$10::int, $11::bool, -$12::numeric, $13::text))"
        f" ORDER BY {_RANK} LIMIT $8 OFFSET $9",
        *_arguments(wanted),
        limit,
        offset,
        after and after.stars,
        after and not after.rated,
        after and after.score,
        after and after.uscc,
    )
    return [AgencyRow(*row) for row in rows]


async def count_agencies(wanted: AgencyFilter) -> int:
    rows = await fetch(
        f"SELECT count(*)::int FROM agency a {_STANDING} WHERE {_MATCHES}",
        *_arguments(wanted),
    )
    count: int = rows[0][0]
    return count


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


_LISTING_COLUMNS = """
    l.id::text, a.uscc, a.name, a.name_en, l.package, l.price_fen, l.working_days, l.facts,
    l.range_low_fen, l.range_high_fen, l.listed_at, l.state, s.stars, s.score::text,
    coalesce(s.state, 'unrated'), coalesce(s.engagements, 0), l.package_version,
    to_json(l.options)::text
"""
_LISTED = f"FROM listing l JOIN agency a ON a.uscc = l.agency {_STANDING}"
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
