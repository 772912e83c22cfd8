"""Whole lists in one file, as comma-separated values or as JSON, from one unchanging view."""

from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.limits import RouteClass, counted_as
from market.accounts.permissions import allow
from market.oversight import queries
from market.oversight.exports import written
from market.oversight.queries import AgencyLine, EngagementLine, LedgerLine
from market.oversight.sheets import as_csv, as_json, exact
from market.web.downloads import WORKBOOK, attachment
from ratings.ledger.actors import Role

_TAGS = ["exports"]
_INVOLVED = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)
_CSV = "text/csv"
_JSON = "application/json"


def file_of(media_type: str, shape: type) -> dict[int, ResponseSpec]:
    """How the answer of an export is described."""
    spec = ResponseSpec(
        shape,
        generate_examples=False,
        media_type=media_type,
        description="The whole list, as an attachment.",
    )
    return {200: spec}


A_WORKBOOK = {
    200: ResponseSpec(
        bytes, generate_examples=False, media_type=WORKBOOK, description="The workbook."
    )
}
"""How the answer of a route that gives an Excel workbook is described."""


async def csv_answer(
    name: str, rows: AsyncIterator[msgspec.Struct], line: type[msgspec.Struct]
) -> Stream:
    """Columns are named like the fields of the JSON; `sheets` says how a text is kept a text."""
    fields = line.__struct_fields__
    made = await written(as_csv(rows, fields, fields, exact))
    return attachment(
        made.pieces(),
        filename=f"{name}.csv",
        media_type=_CSV,
        size=made.size,
        sha256=made.sha256,
    )


async def json_answer(name: str, rows: AsyncIterator[msgspec.Struct]) -> Stream:
    made = await written(as_json(rows))
    return attachment(
        made.pieces(),
        filename=f"{name}.json",
        media_type=_JSON,
        size=made.size,
        sha256=made.sha256,
    )


@get(
    "/exports/agencies.csv",
    operation_id="export_agencies_csv",
    summary="Every admitted agency, for a spreadsheet",
    tags=_TAGS,
    responses=file_of(_CSV, str),
    **allow(Role.PUBLIC),
    **counted_as(RouteClass.EXPORTS),
)
async def agencies_csv() -> Stream:
    return await csv_answer("agencies", queries.agency_lines(), AgencyLine)


@get(
    "/exports/agencies.json",
    operation_id="export_agencies_json",
    summary="Every admitted agency, for a program",
    tags=_TAGS,
    responses=file_of(_JSON, list[AgencyLine]),
    **allow(Role.PUBLIC),
    **counted_as(RouteClass.EXPORTS),
)
async def agencies_json() -> Stream:
    return await json_answer("agencies", queries.agency_lines())


@get(
    "/exports/engagements.csv",
    operation_id="export_engagements_csv",
    summary="The engagements one may see, for a spreadsheet",
    tags=_TAGS,
    responses=file_of(_CSV, str),
    **allow(*_INVOLVED),
    **counted_as(RouteClass.EXPORTS),
)
async def engagements_csv(request: Asking) -> Stream:
    return await csv_answer("engagements", queries.engagement_lines(actor(request)), EngagementLine)


@get(
    "/exports/engagements.json",
    operation_id="export_engagements_json",
    summary="The engagements one may see, for a program",
    tags=_TAGS,
    responses=file_of(_JSON, list[EngagementLine]),
    **allow(*_INVOLVED),
    **counted_as(RouteClass.EXPORTS),
)
async def engagements_json(request: Asking) -> Stream:
    return await json_answer("engagements", queries.engagement_lines(actor(request)))


@get(
    "/exports/ledger.csv",
    operation_id="export_ledger_csv",
    summary="The public acts of the ledger, or all for officials, for a spreadsheet",
    tags=_TAGS,
    responses=file_of(_CSV, str),
    **allow(Role.PUBLIC),
    **counted_as(RouteClass.EXPORTS),
)
async def ledger_csv(request: Asking) -> Stream:
    return await csv_answer("ledger", queries.ledger_lines(actor(request)), LedgerLine)


@get(
    "/exports/ledger.json",
    operation_id="export_ledger_json",
    summary="The public acts of the ledger, or all for officials, for a program",
    tags=_TAGS,
    responses=file_of(_JSON, list[LedgerLine]),
    **allow(Role.PUBLIC),
    **counted_as(RouteClass.EXPORTS),
)
async def ledger_json(request: Asking) -> Stream:
    return await json_answer("ledger", queries.ledger_lines(actor(request)))


ROUTES = [
    agencies_csv,
    agencies_json,
    engagements_csv,
    engagements_json,
    ledger_csv,
    ledger_json,
]
