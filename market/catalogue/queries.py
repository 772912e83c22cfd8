"""Reading the catalogue as it stands in the database, and what a package should cost."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

import msgspec

from market.catalogue.county import CountyRange
from market.catalogue.items import Item
from market.catalogue.package_fees import PackageRange
from market.catalogue.package_fees import package_range as reckon
from market.catalogue.packages import Package, package_days
from market.catalogue.project_facts import Field, ProjectFacts
from market.catalogue.project_form import facts_needed
from market.catalogue.standards import in_force, shipped_versions
from ratings.ledger.database import fetch, fetchrow
from ratings.ledger.errors import NotFound, Refused


async def items(*, active: bool | None = None) -> list[Item]:
    """Every item in the order of its code, or only the active or the withdrawn ones."""
    rows = await fetch(
        "SELECT record FROM item WHERE $1::bool IS NULL OR active = $1 ORDER BY code", active
    )
    return [_item(row[0]) for row in rows]


async def item(code: str) -> Item:
    row = await fetchrow("SELECT record FROM item WHERE code = $1", code)
    if row is None:
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=code)
    return _item(row[0])


# The catalogue has dozens of records that change once a year, and every page decodes some of them.
@lru_cache(maxsize=512)
def _item(record: str) -> Item:
    return msgspec.json.decode(record, type=Item)


class PackageRow(msgspec.Struct, frozen=True):
    """A package with its items in order; `working_days` is the critical path through them.

    `agencies` counts those that sell it today; `figures` are what its fee range is reckoned from.
    """

    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    working_days: int
    supervisor: str | None
    supervisor_name: str | None
    agencies: int
    items: list[Item]
    figures: tuple[Field, ...]
    record: Package
    version: int


_PACKAGE = """
    SELECT p.record, p.supervisor::text, o.name,
           (SELECT count(*) FROM listing l JOIN agency a ON a.uscc = l.agency
            WHERE l.package = p.code AND l.state = 'live' AND a.state = 'admitted'
              AND NOT EXISTS (SELECT 1 FROM delisting d
                              WHERE d.uscc = a.uscc AND d.lifted_at IS NULL))::int,
           ARRAY(SELECT i.record::text FROM item i WHERE i.package = p.code), p.version
    FROM package p LEFT JOIN organisation o ON o.id = p.supervisor
"""


class _Contents(msgspec.Struct, frozen=True):
    """What follows from the records of a package and its items alone."""

    record: Package
    items: tuple[Item, ...]
    working_days: int
    figures: tuple[Field, ...]


@lru_cache(maxsize=64)
def _contents(record: str, items: tuple[str, ...]) -> _Contents:
    package = msgspec.json.decode(record, type=Package)
    found = {item.code: item for item in map(_item, items)}
    return _Contents(
        record=package,
        items=tuple(found[code] for code in package.items),
        working_days=package_days(package, found),
        figures=facts_needed(package),
    )


def _package(row: tuple[str, str | None, str | None, int, list[str], int]) -> PackageRow:
    contents = _contents(row[0], tuple(row[4]))
    record = contents.record
    return PackageRow(
        code=record.code,
        name_zh=record.name_zh,
        name_en=record.name_en,
        description_zh=record.description_zh,
        description_en=record.description_en,
        working_days=contents.working_days,
        supervisor=row[1],
        supervisor_name=row[2],
        agencies=row[3],
        items=list(contents.items),
        figures=contents.figures,
        record=record,
        version=row[5],
    )


async def packages() -> list[PackageRow]:
    rows = await fetch(f"{_PACKAGE} ORDER BY p.position")
    return [_package(tuple(row)) for row in rows]


async def package(code: str) -> PackageRow:
    row = await fetchrow(f"{_PACKAGE} WHERE p.code = $1", code)
    if row is None:
        raise NotFound("package-unknown", "The catalogue has no package {code}.", code=code)
    return _package(tuple(row))


class CountyRangeRow(msgspec.Struct, frozen=True):
    """A county range with who set it; invented ones are marked `demonstration`."""

    item: str
    size_class: str
    low_fen: int
    high_fen: int
    set_on: date
    reason: str
    demonstration: bool
    set_by_name: str | None
    created_at: datetime


async def county_ranges(on: date) -> list[CountyRangeRow]:
    """For each item and size the range in force on a day: the latest set by then."""
    rows = await fetch(
        "SELECT DISTINCT ON (c.item, c.size_class) c.item, c.size_class, c.low_fen, c.high_fen,"
        " c.set_on, c.reason, c.demonstration, o.name, c.created_at FROM county_range c"
        " LEFT JOIN organisation o ON o.id = c.set_by WHERE c.set_on <= $1"
        " ORDER BY c.item, c.size_class, c.set_on DESC",
        on,
    )
    return [CountyRangeRow(*row) for row in rows]


async def package_range(code: str, facts: ProjectFacts, on: date) -> PackageRange:
    """The standard fee range of a package for a project, by what was in force on a day."""
    found = await package(code)
    ranges = [
        msgspec.convert(row, CountyRange, from_attributes=True) for row in await county_ranges(on)
    ]
    return reckon(found.record, facts, in_force(shipped_versions(), on), ranges, on)


class Project(msgspec.Struct, frozen=True):
    """A project of some day: `facts` is the JSON of its figures, as an engagement keeps them."""

    package: str
    facts: str
    on: date


async def standard_ranges(projects: Sequence[Project]) -> list[PackageRange | None]:
    """The range of each project by what was in force on its day; None where none can be reckoned.

    Equal projects are reckoned once.
    """
    records = {one.code: one.record for one in await packages()}
    ranges = [
        msgspec.convert(dict(row), CountyRange)
        for row in await fetch(
            "SELECT item, size_class, low_fen, high_fen, set_on, reason, demonstration"
            " FROM county_range"
        )
    ]
    found: dict[Project, PackageRange | None] = {}
    for one in projects:
        if one not in found:
            facts = msgspec.json.decode(one.facts, type=ProjectFacts)
            try:
                standards = in_force(shipped_versions(), one.on)
                found[one] = reckon(records[one.package], facts, standards, ranges, one.on)
            except Refused:
                found[one] = None
    return [found[one] for one in projects]
