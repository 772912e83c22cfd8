"""Reading how packages were composed: their versions, the draft of the next, and what it gives."""

from collections.abc import Collection
from datetime import date, datetime

import msgspec

from market.catalogue.composition import problems
from market.catalogue.county import CountyRange
from market.catalogue.edition_queries import leaving_items
from market.catalogue.items import Item
from market.catalogue.package_fees import PackageRange
from market.catalogue.package_fees import package_range as reckon
from market.catalogue.packages import FeeLine, Package
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.queries import county_ranges, items
from market.catalogue.schedule import Bar, package_days, schedule
from market.catalogue.standard_versions import newest_standards, standards_on
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow
from ratings.ledger.errors import NotFound, Refused, SteelyardError


class VersionRow(msgspec.Struct, frozen=True):
    """An adopted version. `effective_on` is None for the one that the catalogue was loaded with;
    `in_force_at` is None while its day has not come."""

    package: str
    number: int
    record: Package
    reason: str
    decided_at: datetime
    effective_on: date | None
    in_force_at: datetime | None


_VERSION = (
    "SELECT package, number, record, reason, decided_at, effective_on, in_force_at"
    " FROM package_version"
)


async def versions(code: str) -> list[VersionRow]:
    """The adopted versions of a package, the latest first."""
    rows = await fetch(
        f"{_VERSION} WHERE package = $1 AND state = 'adopted' ORDER BY number DESC", code
    )
    if not rows:
        raise NotFound("package-unknown", "The catalogue has no package {code}.", code=code)
    return [_version(tuple(row)) for row in rows]


async def version(code: str, number: int) -> VersionRow:
    row = await fetchrow(
        f"{_VERSION} WHERE package = $1 AND number = $2 AND state = 'adopted'", code, number
    )
    if row is None:
        raise NotFound(
            "package-version-unknown",
            "The package {code} has no version {number}.",
            code=code,
            number=number,
        )
    return _version(tuple(row))


def _version(row: tuple[object, ...]) -> VersionRow:
    values = list(row)
    values[2] = msgspec.json.decode(str(values[2]), type=Package)
    return VersionRow(*values)  # type: ignore[arg-type] # columns in the order of the fields


class DraftRow(msgspec.Struct, frozen=True):
    """The draft of the next version; `editors` are the persons who have written in it, and may not
    adopt it."""

    package: str
    record: Package
    reason: str
    version: int
    editors: list[str]
    drafted_at: datetime


async def draft(code: str) -> DraftRow | None:
    """The one draft of a package, if there is one."""
    row = await fetchrow(
        "SELECT package, record, reason, version, editors::text[], drafted_at FROM package_version"
        " WHERE package = $1 AND state = 'draft'",
        code,
    )
    if row is None:
        return None
    return DraftRow(row[0], msgspec.json.decode(row[1], type=Package), *tuple(row)[2:])


async def the_draft(code: str) -> DraftRow:
    """The draft of a package; NotFound where there is none."""
    found = await draft(code)
    if found is None:
        raise NotFound("package-draft-unknown", "The package {code} has no draft.", code=code)
    return found


async def drafts() -> list[str]:
    """The codes of the packages that have a draft, new ones among them."""
    rows = await fetch("SELECT package FROM package_version WHERE state = 'draft' ORDER BY package")
    return [row[0] for row in rows]


async def due_versions(at: datetime) -> list[str]:
    """Packages of which an adopted version has come to its day and is not in force yet."""
    rows = await fetch(
        "SELECT DISTINCT package FROM package_version WHERE state = 'adopted'"
        " AND in_force_at IS NULL AND effective_on <= $1",
        local_date(at),
    )
    return [row[0] for row in rows]


async def known_lines() -> list[FeeLine]:
    """Every fee line that a package in force has, for packages that take up its items."""
    rows = await fetch("SELECT record FROM package ORDER BY position")
    return [line for row in rows for line in msgspec.json.decode(row[0], type=Package).fee_lines]


class Preview(msgspec.Struct, frozen=True):
    """What a composition would give. `problems` keep it from being saved; `unpriced` says why no
    range can be reckoned for the figures."""

    problems: list[SteelyardError]
    working_days: int | None
    schedule: tuple[Bar, ...]
    range: PackageRange | None
    unpriced: SteelyardError | None


async def preview(
    record: Package, facts: ProjectFacts, on: date, options: Collection[str] = ()
) -> Preview:
    """Days, schedule and fees of a composition for the figures of a project; nothing is written."""
    every = {one.code: one for one in await items()}
    wrong: list[SteelyardError] = list(await unsound(record, every))
    days, bars, found, unpriced = None, tuple[Bar, ...](), None, None
    try:
        bars = schedule(record, every, options)
        days = package_days(record, every, options)
        if wrong:
            return Preview(wrong, days, bars, None, None)
        ranges = [
            msgspec.convert(row, CountyRange, from_attributes=True)
            for row in await county_ranges(on)
        ]
        found = reckon(record, facts, await standards_on(on), ranges, on, options)
    except KeyError:
        # An item that is not there: it stands among the problems.
        pass
    except SteelyardError as error:
        unpriced = None if wrong else error
    return Preview(wrong, days, bars, found, unpriced)


async def unsound(record: Package, every: dict[str, Item] | None = None) -> list[SteelyardError]:
    """The problems of a composition, those with the other packages of the catalogue included."""
    if every is None:
        every = {one.code: one for one in await items()}
    promised = await fetch(
        "SELECT i.code, v.package FROM package_version v,"
        " jsonb_array_elements_text(v.record->'items') i (code)"
        " WHERE v.state = 'adopted' AND v.in_force_at IS NULL AND v.package <> $1"
        " AND i.code = ANY($2::text[]) ORDER BY i.code",
        record.code,
        list(record.items),
    )
    taken: list[SteelyardError] = [
        Refused(
            "item-promised",
            "Item {item} becomes a required item of the package {package}: that version is adopted"
            " already.",
            item=row[0],
            package=row[1],
        )
        for row in promised
    ]
    leaving: list[SteelyardError] = [
        Refused(
            "item-leaving",
            "Item {item} leaves the list with an edition that is adopted already.",
            item=code,
        )
        for code in await leaving_items()
        if code in record.items + record.optional
    ]
    return [*problems(record, every, await newest_standards()), *taken, *leaving]
