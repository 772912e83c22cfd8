"""What the national exchange of construction approvals is told of agency services."""

from collections.abc import AsyncIterator
from typing import cast

from litestar import get
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.limits import RouteClass, counted_as
from market.accounts.permissions import allow
from market.api.exports import csv_answer, file_of, json_answer
from market.oversight.national_exchange import ServiceHandling
from market.oversight.queries import service_handlings
from market.settings import Settings
from ratings.ledger.actors import Role

_TAGS = ["exports"]
_CENTRE_ONLY = {**allow(Role.CENTRE), **counted_as(RouteClass.EXPORTS)}


def service_handlings_of(request: Asking) -> AsyncIterator[ServiceHandling]:
    """What the national exchange is told by this county."""
    settings = cast(Settings, request.app.state.settings)
    return service_handlings(settings.division_code, actor(request).at)


@get(
    "/exports/national-exchange.csv",
    operation_id="export_national_exchange_csv",
    summary="Agency services for the national exchange of construction approvals, as a file",
    tags=_TAGS,
    responses=file_of("text/csv", str),
    **_CENTRE_ONLY,
)
async def national_exchange_csv(request: Asking) -> Stream:
    """The columns of SPGL_ZJFWSXBLXXB; what the market does not record stays empty."""
    return await csv_answer("SPGL_ZJFWSXBLXXB", service_handlings_of(request), ServiceHandling)


@get(
    "/exports/national-exchange.json",
    operation_id="export_national_exchange_json",
    summary="Agency services for the national exchange of construction approvals, for a program",
    tags=_TAGS,
    responses=file_of("application/json", list[ServiceHandling]),
    **_CENTRE_ONLY,
)
async def national_exchange_json(request: Asking) -> Stream:
    """The columns of SPGL_ZJFWSXBLXXB; what the market does not record stays empty."""
    return await json_answer("SPGL_ZJFWSXBLXXB", service_handlings_of(request))


ROUTES = [national_exchange_csv, national_exchange_json]
