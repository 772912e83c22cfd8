"""Reading the catalogue as it stands in the database, and what a package should cost."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from typing import TypeVar

import asyncpg
import msgspec

from market.catalogue.county import CountyRange
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.independence import ReviewRule, review_rules, rules_about
from market.catalogue.items import Item
from market.catalogue.package_fees import PackageRange
from market.catalogue.package_fees import package_range as reckon
from market.catalogue.packages import Package
from market.catalogue.project_facts import Field, ProjectFacts
from market.catalogue.project_form import facts_needed
from market.catalogue.schedule import Bar, package_days, schedule
from market.catalogue.standard_versions import standards_on
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.ledger.errors import NotFound, Refused

T = TypeVar("T")

# The catalogue changes a few times a year and is read by every page. So PostgreSQL is asked for a
# mark of the records first, and for the records themselves only where the mark is a new one. By
# chance two different texts have the same one of 64 bits once in 10^19 times.
_MOST_MARKS = 512
_LISTS: dict[int, list[Item]] = {}


async def items(*, active: bool | None = None) -> list[Item]:
    """Every item in the order of its code, or only the active or the withdrawn ones."""
    found = "FROM item WHERE $1::bool IS NULL OR active = $1"
    mark = f"SELECT hashtextextended(string_agg(record::text, '' ORDER BY code), 0) {found}"
    seen = await fetchval(mark, active)
    # No record has no mark.
    known = [] if seen is None else _LISTS.get(seen)
    if known is None:
        # The mark once more, in the same moment as the records.
        rows = await fetch(f"SELECT ({mark}), record {found} ORDER BY code", active)
        known = [_item(row[1]) for row in rows]
        if rows:
            _remember(_LISTS, rows[0][0], known)
    return list(known)


def _remember(marks: dict[int, T], mark: int, found: T) -> None:
    if len(marks) >= _MOST_MARKS:
        marks.clear()
    marks[mark] = found


async def item(code: str) -> Item:
    row = await fetchrow("SELECT record FROM item WHERE code = $1", code)
    if row is None:
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=code)
    return _item(row[0])


@lru_cache(maxsize=512)
def _item(record: str) -> Item:
    return msgspec.json.decode(record, type=Item)


class PackageRow(msgspec.Struct, frozen=True):
    """A package with its items in order; `working_days` is the critical path through the required
    ones.

    `agencies` counts those that sell it today; `figures` are what its fee range is reckoned from.
    `schedule` is that of the required items, `independence` says who may not be chosen. `number` is
    that of the version in force.
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
    optional: list[Item]
    related: list[Item]
    figures: tuple[Field, ...]
    schedule: tuple[Bar, ...]
    independence: tuple[ReviewRule, ...]
    record: Package
    version: int
    number: int


_PACKAGE = """
    SELECT p.supervisor::text AS supervisor, o.name AS supervisor_name,
           (SELECT count(*) FROM listing l JOIN agency a ON a.uscc = l.agency
            WHERE l.package = p.code AND l.state = 'live' AND a.state = 'admitted'
              AND NOT EXISTS (SELECT 1 FROM off_market d WHERE d.uscc = a.uscc))::int AS agencies,
           p.version,
           (SELECT max(v.number) FROM package_version v
            WHERE v.package = p.code AND v.in_force_at IS NOT NULL) AS number,
           hashtextextended('{today}' || p.record::text || array_to_string(held.records, '')
               || (SELECT coalesce(string_agg(v.id::text, ' ' ORDER BY v.id), '')
                   FROM fee_standard_version v WHERE v.state = 'adopted'), 0) AS mark
           {records}
    FROM package p LEFT JOIN organisation o ON o.id = p.supervisor
    CROSS JOIN LATERAL (
        SELECT ARRAY(SELECT i.record::text FROM item i WHERE i.code IN (
                     SELECT jsonb_array_elements_text(p.record->'items'
                         || coalesce(p.record->'optional', '[]')
                         || coalesce(p.record->'related', '[]'))) ORDER BY i.code) AS records) held
    {which}
"""


class _Contents(msgspec.Struct, frozen=True):
    """What follows from the records of a package and its items, and from the fee standards in force
    on a day."""

    record: Package
    items: dict[str, Item]
    working_days: int
    figures: tuple[Field, ...]
    schedule: tuple[Bar, ...]
    independence: tuple[ReviewRule, ...]


_CONTENTS: dict[int, _Contents] = {}


def _contents(record: str, items: Sequence[str], standards: Mapping[str, FeeStandard]) -> _Contents:
    package = msgspec.json.decode(record, type=Package)
    found = {item.code: item for item in map(_item, items)}
    return _Contents(
        record=package,
        items=found,
        working_days=package_days(package, found),
        figures=facts_needed(package, standards),
        schedule=schedule(package, found),
        independence=tuple(rules_about(package.items + package.optional, review_rules())),
    )


async def _packages(which: str, *arguments: object) -> list[PackageRow]:
    today = local_date(now())
    query = partial(_PACKAGE.format, which=which, today=today)
    rows = await fetch(query(records=""), *arguments)
    if any(row["mark"] not in _CONTENTS for row in rows):
        rows = await fetch(query(records=", p.record, held.records"), *arguments)
        # After the mark: what is adopted in between makes it one that never comes again.
        standards = await standards_on(today)
        contents = [_contents(row["record"], row["records"], standards) for row in rows]
        for row, one in zip(rows, contents, strict=True):
            _remember(_CONTENTS, row["mark"], one)
    else:
        contents = [_CONTENTS[row["mark"]] for row in rows]
    return [_package(row, one) for row, one in zip(rows, contents, strict=True)]


def _package(row: asyncpg.Record, contents: _Contents) -> PackageRow:
    record, found = contents.record, contents.items
    return PackageRow(
        code=record.code,
        name_zh=record.name_zh,
        name_en=record.name_en,
        description_zh=record.description_zh,
        description_en=record.description_en,
        working_days=contents.working_days,
        supervisor=row["supervisor"],
        supervisor_name=row["supervisor_name"],
        agencies=row["agencies"],
        items=[found[code] for code in record.items],
        optional=[found[code] for code in record.optional],
        related=[found[code] for code in record.related],
        figures=contents.figures,
        schedule=contents.schedule,
        independence=contents.independence,
        record=record,
        version=row["version"],
        number=row["number"],
    )


async def packages() -> list[PackageRow]:
    return await _packages("ORDER BY p.position")


async def package(code: str) -> PackageRow:
    found = await _packages("WHERE p.code = $1", code)
    if not found:
        raise NotFound("package-unknown", "The catalogue has no package {code}.", code=code)
    return found[0]


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


class Priced(msgspec.Struct, frozen=True):
    """A range, and the number of the version of the package that it is reckoned from."""

    number: int
    range: PackageRange


async def priced(code: str, facts: ProjectFacts, on: date, options: Collection[str] = ()) -> Priced:
    """The standard fee range of a package for a project, by what was in force on a day.

    `options` are the optional items that are counted.
    """
    number, record = await version_on(code, on)
    ranges = [
        msgspec.convert(row, CountyRange, from_attributes=True) for row in await county_ranges(on)
    ]
    standards = await standards_on(on)
    return Priced(number, reckon(record, facts, standards, ranges, on, options))


async def package_range(
    code: str, facts: ProjectFacts, on: date, options: Collection[str] = ()
) -> PackageRange:
    """As `priced`, for whom the version does not matter."""
    return (await priced(code, facts, on, options)).range


async def version_on(code: str, on: date) -> tuple[int, Package]:
    """The version of a package that is in force on a day, and its number.

    It goes by the day and not by what the timetable has done, so that nothing is bought under a
    version that has ended. Before the first day of a package it is the first version.
    """
    row = await fetchrow(
        "SELECT v.number, v.record FROM package_version v JOIN package p ON p.code = v.package"
        " WHERE v.package = $1 AND v.state = 'adopted' ORDER BY"
        " (v.effective_on IS NULL OR v.effective_on <= $2) DESC,"
        " CASE WHEN v.effective_on > $2 THEN v.number ELSE -v.number END LIMIT 1",
        code,
        on,
    )
    if row is None:
        raise NotFound("package-unknown", "The catalogue has no package {code}.", code=code)
    return row[0], msgspec.json.decode(row[1], type=Package)


class Project(msgspec.Struct, frozen=True):
    """A project of some day: `facts` is the JSON of its figures, as an engagement keeps them.

    `number` is the version of the package that it was offered or bought under.
    """

    package: str
    facts: str
    on: date
    number: int
    options: tuple[str, ...] = ()


async def standard_ranges(projects: Sequence[Project]) -> list[PackageRange | None]:
    """The range of each project by what was in force on its day; None where none can be reckoned.

    Equal projects are reckoned once.
    """
    records = {
        (row[0], row[1]): msgspec.json.decode(row[2], type=Package)
        for row in await fetch(
            "SELECT package, number, record FROM package_version WHERE state = 'adopted'"
        )
    }
    ranges = [
        msgspec.convert(dict(row), CountyRange)
        for row in await fetch(
            "SELECT item, size_class, low_fen, high_fen, set_on, reason, demonstration"
            " FROM county_range"
        )
    ]
    of_days = {day: await standards_on(day) for day in {one.on for one in projects}}
    found: dict[Project, PackageRange | None] = {}
    for one in projects:
        if one not in found:
            facts = msgspec.json.decode(one.facts, type=ProjectFacts)
            try:
                found[one] = reckon(
                    records[one.package, one.number],
                    facts,
                    of_days[one.on],
                    ranges,
                    one.on,
                    one.options,
                )
            except Refused:
                found[one] = None
    return [found[one] for one in projects]
