"""Open data: the whole catalogue as files, and what is in each file for a program to read."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any, cast

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.limits import RouteClass, counted_as
from market.accounts.permissions import allow
from market.api.description import description
from market.api.exports import A_WORKBOOK, csv_answer, file_of, json_answer
from market.catalogue.items import Item
from market.catalogue.queries import CountyRangeRow, county_ranges, items, packages
from market.catalogue.standard_versions import every_version
from market.oversight.package_files import CataloguePackage
from market.oversight.queries import AgencyLine
from market.oversight.sheets import Sheet, as_workbook, each, workbook_cell
from market.settings import Settings
from market.web.downloads import workbook
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.text import N_

_TAGS = ["exports"]
Rows = Callable[[datetime], Awaitable[Sequence[msgspec.Struct]]]


class Dataset(msgspec.Struct, frozen=True):
    """One part of the catalogue: the name of its files, its rows, and what a row is."""

    name: str
    title: str
    line: type[msgspec.Struct]
    rows: Rows


class CatalogueStandard(msgspec.Struct, frozen=True):
    """A version of a fee standard; `record` is the whole of it with its tables."""

    code: str
    document: str
    title_zh: str
    title_en: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    status: str
    mark: str
    record: dict[str, Any]


async def _items(_: datetime) -> Sequence[msgspec.Struct]:
    return await items()


async def _packages(_: datetime) -> Sequence[msgspec.Struct]:
    return [
        CataloguePackage(
            one.code,
            one.name_zh,
            one.name_en,
            one.record.items,
            one.working_days,
            one.supervisor_name,
            msgspec.to_builtins(one.record),
        )
        for one in await packages()
    ]


async def _fee_standards(_: datetime) -> Sequence[msgspec.Struct]:
    return [
        CatalogueStandard(
            one.code,
            one.document,
            one.title_zh,
            one.title_en,
            one.issued_on,
            one.valid_from,
            one.valid_to,
            one.status,
            one.mark,
            msgspec.to_builtins(one),
        )
        for one in await every_version()
    ]


async def _county_ranges(at: datetime) -> Sequence[msgspec.Struct]:
    return await county_ranges(local_date(at))


CATALOGUE = (
    Dataset("items", N_("The service items, active and withdrawn"), Item, _items),
    Dataset("packages", N_("The packages"), CataloguePackage, _packages),
    Dataset(
        "fee-standards",
        N_("The fee standards with their tables"),
        CatalogueStandard,
        _fee_standards,
    ),
    Dataset(
        "county-ranges", N_("The county ranges in force today"), CountyRangeRow, _county_ranges
    ),
)


def _files(dataset: Dataset) -> list[HTTPRouteHandler]:
    """The two files of a part of the catalogue."""
    name = dataset.name

    @get(
        f"/exports/{name}.csv",
        operation_id=f"export_{name.replace('-', '_')}_csv",
        summary=f"{dataset.title}, for a spreadsheet",
        tags=_TAGS,
        responses=file_of("text/csv", str),
        **allow(Role.PUBLIC),
        **counted_as(RouteClass.EXPORTS),
    )
    async def as_csv() -> Stream:
        return await csv_answer(name, each(await dataset.rows(now())), dataset.line)

    @get(
        f"/exports/{name}.json",
        operation_id=f"export_{name.replace('-', '_')}_json",
        summary=f"{dataset.title}, for a program",
        tags=_TAGS,
        responses=file_of("application/json", list[dataset.line]),  # type: ignore[name-defined]
        **allow(Role.PUBLIC),
        **counted_as(RouteClass.EXPORTS),
    )
    async def as_json() -> Stream:
        return await json_answer(name, each(await dataset.rows(now())))

    return [as_csv, as_json]


@get(
    "/exports/catalogue.xlsx",
    operation_id="export_catalogue_xlsx",
    summary="The whole catalogue as a workbook, a sheet for each part and one that explains them",
    tags=_TAGS,
    responses=A_WORKBOOK,
    **allow(Role.PUBLIC),
    **counted_as(RouteClass.EXPORTS),
)
async def catalogue_xlsx(request: Asking) -> Stream:
    at = actor(request).at
    sheets: list[Sheet] = [
        ("fields", ("sheet", "field", "type", "description"), _explained(request))
    ]
    for dataset in CATALOGUE:
        fields = dataset.line.__struct_fields__
        rows = [
            [workbook_cell(getattr(row, field)) for field in fields]
            for row in await dataset.rows(at)
        ]
        sheets.append((dataset.name, fields, rows))
    content = await asyncio.to_thread(as_workbook, sheets)
    return workbook(content, f"catalogue-{local_date(at)}.xlsx")


def _explained(request: Asking) -> list[tuple[str, str, str, str]]:
    return [
        (resource["name"], field["name"], field["type"], field.get("description", ""))
        for resource in resources(description(request.app))
        for field in resource["schema"]["fields"]
    ]


@get(
    "/exports/datapackage.json",
    operation_id="export_datapackage",
    summary="What the open files are, field by field, as a Frictionless Data Package",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def datapackage(request: Asking) -> dict[str, Any]:
    """Made of the description of the API, so that a field has one explanation."""
    settings = cast(Settings, request.app.state.settings)
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "agency-services",
        "title": settings.site_name_en,
        "description": "Invented for demonstration." if settings.demonstration else "",
        "resources": resources(description(request.app)),
    }


_TYPES = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_FORMATS = {"date": "date", "date-time": "datetime"}


def resources(described: dict[str, Any]) -> list[dict[str, Any]]:
    """One resource for each open CSV file."""
    schemas = described["components"]["schemas"]
    parts: list[tuple[str, str, type[msgspec.Struct]]] = [
        *((one.name, one.title, one.line) for one in CATALOGUE),
        ("agencies", N_("The admitted agencies"), AgencyLine),
    ]
    return [
        {
            "name": name,
            "title": title,
            "path": f"{name}.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {
                "fields": [
                    _field(field, schemas[line.__name__]["properties"][field])
                    for field in line.__struct_fields__
                ]
            },
        }
        for name, title, line in parts
    ]


def _field(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A field of Table Schema. Several texts in a cell are joined by “ / ”, what has parts of its
    own stands there as JSON."""
    kinds = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    found = {one.get("type") for one in kinds} - {None, "null"}
    formats = {one.get("format") for one in kinds} & _FORMATS.keys()
    kind = _FORMATS[formats.pop()] if formats else _TYPES.get(next(iter(found), ""), "string")
    made = {"name": name, "type": kind}
    if "description" in schema:
        made["description"] = schema["description"]
    return made


ROUTES = [
    *(route for dataset in CATALOGUE for route in _files(dataset)),
    catalogue_xlsx,
    datapackage,
]
