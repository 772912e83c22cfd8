"""The monthly check-up: the agency reads its own at once, auditors too, the centre after the lead
that the agency has."""

from typing import Annotated, Literal, cast

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.settings import Settings
from market.web import text
from market.web.check_up_paper import check_up_pdf
from ratings.ledger.actors import Role
from ratings.ledger.errors import Bilingual
from ratings.shells.check_up_queries import (
    CheckUpRow,
    CheckUpShown,
    visible_check_up,
    visible_check_ups,
)

_TAGS = ["screens"]
_PDF = {
    200: ResponseSpec(
        bytes,
        generate_examples=False,
        media_type="application/pdf",
        description="The check-up as a PDF, as an attachment.",
    )
}


@get(
    "/check-ups",
    operation_id="check_up_list",
    summary="Monthly check-ups, the newest month first; an agency sees its own",
    tags=_TAGS,
    **allow(Role.AGENCY, Role.CENTRE),
)
async def list_check_ups(
    request: Asking, month: FromQuery[str] = "", limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[CheckUpRow]]:
    """The centre reads of those it may not open yet that they are there, and from when it may."""
    return await sorted_page(
        request,
        limit,
        cursor,
        await visible_check_ups(actor(request), month),
        lambda row: (-int(row.month.replace("-", "")), row.uscc),
    )


@get(
    "/check-ups/{check_up:str}",
    operation_id="check_up_show",
    summary="A check-up: each figure beside the middle half of its trade, and early warnings",
    tags=_TAGS,
    **allow(Role.AGENCY, Role.CENTRE),
)
async def show_check_up(request: Asking, check_up: FromPath[str]) -> CheckUpShown:
    """It judges nothing. A figure of which too few months are known is null."""
    return await visible_check_up(actor(request), check_up)


@get(
    "/check-ups/{check_up:str}/paper",
    operation_id="check_up_paper",
    summary="The same check-up as a PDF to print",
    tags=_TAGS,
    responses=_PDF,
    **allow(Role.AGENCY, Role.CENTRE),
)
async def print_check_up(
    request: Asking,
    check_up: FromPath[str],
    language: Annotated[
        Literal["zh", "en"], QueryParameter(name="lang", description="Language of the paper.")
    ] = "zh",
) -> Response[bytes]:
    found = await visible_check_up(actor(request), check_up)
    uscc = found.row.uscc
    name = (await agency_names([uscc])).get(uscc, Bilingual(zh=uscc, en=uscc))
    locale = text.ZH if language == "zh" else text.EN
    return await check_up_pdf(found, name, locale, cast(Settings, request.app.state.settings))


ROUTES = [list_check_ups, show_check_up, print_check_up]
