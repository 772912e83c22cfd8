"""What may be sold and what it should cost: items, packages, fee standards, county ranges."""

from datetime import date
from decimal import Decimal
from typing import cast

import msgspec
from litestar import Response, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.serialization import encode_json

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import Department, supervisors
from market.agencies.queries import ListingRow, listings_of_package
from market.api.cursors import Page
from market.api.lists import (
    USUAL,
    Cursor,
    Key,
    Limit,
    best_first,
    constant_page,
    keyset_page,
    sorted_page,
)
from market.api.openapi import problem_answer
from market.api.preconditions import IfMatch, expected, versioned
from market.api.project_figures import project_facts, standard_facts
from market.catalogue import actions, queries
from market.catalogue.edition_queries import item_on, items_on
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.fees import Estimate, Facts, estimate
from market.catalogue.independence import ReviewRule
from market.catalogue.items import Item
from market.catalogue.package_fees import PackageRange
from market.catalogue.packages import Remark
from market.catalogue.project_facts import Field, ProjectFacts
from market.catalogue.queries import CountyRangeRow, PackageRow
from market.catalogue.schedule import Bar
from market.catalogue.standard_versions import standard_on, standards_on
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.lately import Lately

_TAGS = ["catalogue"]
_ITEMS: Lately[dict[str, msgspec.Raw]] = Lately()


class PackageSummary(msgspec.Struct, frozen=True):
    """`working_days` is the critical path; `agencies` counts those that sell the package today."""

    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    working_days: int
    agencies: int
    supervisor: str | None
    supervisor_name: str | None


class PackageDetail(PackageSummary, frozen=True):
    """`figures` are the project figures that its fee range is reckoned from.

    A buyer may add the `optional` items; the `related` ones are often needed with it. `schedule`
    is that of the required items, `independence` says who may not be chosen. `number` is that of
    the version in force.
    """

    items: list[Item]
    optional: list[Item]
    related: list[Item]
    schedule: list[Bar]
    independence: list[ReviewRule]
    discount_percent: Decimal | None
    pitfalls: list[Remark]
    violations: list[Remark]
    figures: list[Field]
    number: int


_DETAILS: Lately[tuple[int, PackageDetail]] = Lately()


class KindSummary(msgspec.Struct, frozen=True):
    """One row of a standard; `driver` says whether it is read by amount or by quantity."""

    name_zh: str
    name_en: str
    driver: str
    figure_zh: str
    figure_en: str


class StandardSummary(msgspec.Struct, frozen=True):
    """A published document. Since 2015 all of them are reference only."""

    code: str
    document: str
    amended_by: tuple[str, ...]
    title_zh: str
    title_en: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    status: str
    status_zh: str
    status_en: str
    mark: str
    kinds: dict[str, KindSummary]


class SupervisorChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    supervisor: str


@get(
    "/items",
    operation_id="item_list",
    summary="The service items, active and withdrawn",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_items(
    request: Asking,
    active: FromQuery[bool | None] = None,
    as_of: FromQuery[date | None] = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[Item]]:
    """Of today, or of the day `as_of`: an adopted edition that is still to come can be asked for.

    The day of the first edition is not known; it stands for all days before the second.
    """
    if as_of is not None:
        found = await items_on(as_of)
        shown = [item for item in found if active is None or item.active == active]
        return await sorted_page(request, limit, cursor, shown, lambda item: (item.code,))

    async def read(most: int, after: Key | None) -> list[msgspec.Raw]:
        written = await _ITEMS.read(active, lambda: _written(active))
        return [row for code, row in written.items() if after is None or (code,) > after][:most]

    rows = await keyset_page(
        request,
        limit,
        cursor,
        Key,
        read,
        lambda row: (msgspec.json.decode(row, type=Item).code,),
    )
    # The rows are written already, as an Item would be.
    return cast(Response[Page[Item]], rows)


async def _written(active: bool | None) -> dict[str, msgspec.Raw]:
    """Each item as JSON, by its code and in the order of the codes."""
    found = await queries.items(active=active)
    return {item.code: msgspec.Raw(encode_json(item)) for item in found}


@get(
    "/items/{code:str}",
    operation_id="item_show",
    summary="One service item",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_item(code: FromPath[str], as_of: FromQuery[date | None] = None) -> Item:
    """Of today, or as the list of the day `as_of` has it."""
    return await (queries.item(code) if as_of is None else item_on(code, as_of))


@get(
    "/packages",
    operation_id="package_list",
    summary="The packages",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_packages(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PackageSummary]]:
    found = [_summary(row) for row in await queries.packages()]
    return await constant_page(request, limit, cursor, found)


@get(
    "/packages/{code:str}",
    operation_id="package_show",
    summary="One package with its items and the figures its fee is reckoned from",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_package(request: Asking, code: FromPath[str]) -> PackageDetail:
    version, detail = await _DETAILS.read((code, local_date(now())), lambda: _detail(code))
    versioned(request, version)
    return detail


async def _detail(code: str) -> tuple[int, PackageDetail]:
    row = await queries.package(code)
    detail = PackageDetail(
        **msgspec.structs.asdict(_summary(row)),
        items=row.items,
        optional=row.optional,
        related=row.related,
        schedule=list(row.schedule),
        independence=list(row.independence),
        discount_percent=row.record.discount_percent,
        pitfalls=list(row.record.pitfalls),
        violations=list(row.record.violations),
        figures=list(row.figures),
        number=row.number,
    )
    return row.version, detail


@get(
    "/packages/{code:str}/fee-range",
    operation_id="package_fee_range",
    summary="The standard fee range of a package for a project, with its workings",
    tags=_TAGS,
    dependencies={"facts": Provide(project_facts)},
    responses={422: problem_answer("A figure is missing, or none that the standard knows.")},
    **allow(Role.PUBLIC),
)
async def show_fee_range(
    code: FromPath[str],
    facts: NamedDependency[ProjectFacts],
    as_of: FromQuery[date | None] = None,
    option: FromQuery[list[str] | None] = None,
) -> PackageRange:
    """`option` may stand several times: the optional items to count."""
    return await queries.package_range(code, facts, as_of or local_date(now()), option or ())


@get(
    "/packages/{code:str}/listings",
    operation_id="package_listings",
    summary="Who sells a package today, best stars first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_package_listings(
    request: Asking, code: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[ListingRow]]:
    """An agency whose standing changes while the pages are read may be met twice or not at all;
    a complete answer is one page of 100, or a second reading."""
    await queries.package(code)
    return await sorted_page(request, limit, cursor, await listings_of_package(code), best_first)


@put(
    "/packages/{code:str}/supervisor",
    operation_id="package_supervisor_assign",
    summary="Name the department that supervises a package",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
)
async def assign_supervisor(
    request: Asking,
    code: FromPath[str],
    data: JSONBody[SupervisorChoice],
    if_match: IfMatch = None,
) -> None:
    """`If-Match` takes the ETag of the package."""
    await queries.package(code)
    await actions.assign_supervisor(actor(request), code, data.supervisor, expected(if_match))


@get(
    "/supervisors",
    operation_id="supervisor_list",
    summary="The supervising departments",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_supervisors(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[Department]]:
    return await sorted_page(
        request, limit, cursor, await supervisors(), lambda row: (row.name, row.id)
    )


@get(
    "/fee-standards",
    operation_id="fee_standard_list",
    summary="The published fee standards",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_fee_standards(
    request: Asking,
    as_of: FromQuery[date | None] = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[StandardSummary]]:
    """Each in the version of the day, today if none is given; shipped or adopted by the centre."""
    standards = await standards_on(as_of or local_date(now()))
    found = [_standard(standard) for standard in standards.values()]
    return await sorted_page(request, limit, cursor, found, lambda row: (row.code,))


@get(
    "/fee-standards/{code:str}",
    operation_id="fee_standard_show",
    summary="One fee standard with its tables and factors, in the version of a day",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_fee_standard(
    code: FromPath[str], as_of: FromQuery[date | None] = None
) -> FeeStandard:
    return await standard_on(code, as_of or local_date(now()))


@get(
    "/fee-standards/{code:str}/estimate",
    operation_id="fee_standard_estimate",
    summary="The reference fee by one standard, with its workings",
    tags=_TAGS,
    dependencies={"facts": Provide(standard_facts)},
    responses={422: problem_answer("A figure is missing, or none that the standard knows.")},
    **allow(Role.PUBLIC),
)
async def show_estimate(code: FromPath[str], facts: NamedDependency[Facts]) -> Estimate:
    """`as_of` is the day of the quote, today if not given: the version of that day is asked."""
    day = facts.as_of or local_date(now())
    standard = await standard_on(code, day)
    return estimate(standard, msgspec.structs.replace(facts, as_of=day))


@get(
    "/county-ranges",
    operation_id="county_range_list",
    summary="The county ranges in force on a day, today if none is given",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_county_ranges(
    request: Asking,
    as_of: FromQuery[date | None] = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[CountyRangeRow]]:
    found = await queries.county_ranges(as_of or local_date(now()))
    return await sorted_page(request, limit, cursor, found, lambda row: (row.item, row.size_class))


ROUTES = [
    list_items,
    show_item,
    list_packages,
    show_package,
    show_fee_range,
    list_package_listings,
    assign_supervisor,
    list_supervisors,
    list_fee_standards,
    show_fee_standard,
    show_estimate,
    list_county_ranges,
]


def _summary(row: PackageRow) -> PackageSummary:
    return msgspec.convert(row, PackageSummary, from_attributes=True)


def _standard(standard: FeeStandard) -> StandardSummary:
    return msgspec.convert(standard, StandardSummary, from_attributes=True)
