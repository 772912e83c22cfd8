"""Service guides: what everybody reads, as data and on paper, and who is responsible for each."""

from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import Response, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.catalogue import guide_actions, guide_queries
from market.catalogue.guide_queries import (
    Guide,
    GuideEdition,
    GuideRow,
    GuideVersionRow,
    StandardFee,
    TemplateRow,
)
from market.catalogue.guides import GuideText, Section
from market.catalogue.items import Item
from market.catalogue.queries import CountyRangeRow
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web import text
from market.web.downloads import attachment
from market.web.guide_paper import guide_pdf
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date

_TAGS = ["catalogue"]
_FILE = {
    200: ResponseSpec(
        bytes,
        generate_examples=False,
        media_type="*/*",
        description="The file as it was uploaded, as an attachment of its own type.",
    )
}
_PDF = {
    200: ResponseSpec(
        bytes,
        generate_examples=False,
        media_type="application/pdf",
        description="The guide as a PDF, as an attachment.",
    )
}


class GuideSummary(msgspec.Struct, frozen=True):
    """The guide of one item; `number` counts its versions and is null before the first."""

    item: str
    name_zh: str
    name_en: str
    active: bool
    number: int | None
    published_at: datetime | None
    missing: tuple[Section, ...]
    supervisor: str | None
    supervisor_name: str | None


class GuideDetail(GuideSummary, frozen=True):
    """The guide with its text, the record of its item, and the fee by what is in force today."""

    text: GuideText
    templates: list[TemplateRow]
    record: Item
    standard: StandardFee | None
    ranges: list[CountyRangeRow]


class ItemSupervisorChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """With null the supervisor of the item's package is responsible again."""

    supervisor: str | None


def _summary(row: GuideRow) -> GuideSummary:
    return msgspec.convert(row, GuideSummary, from_attributes=True)


def _detail(guide: Guide) -> GuideDetail:
    return GuideDetail(
        **msgspec.structs.asdict(_summary(guide.row)),
        text=guide.text,
        templates=guide.templates,
        record=guide.item,
        standard=guide.standard,
        ranges=guide.ranges,
    )


@get(
    "/guides",
    operation_id="guide_list",
    summary="The service guides of all items, with what is missing in each",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_guides(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[GuideSummary]]:
    found = await guide_queries.guides(local_date(actor(request).at))
    rows = [_summary(row) for row in found]
    return await sorted_page(request, limit, cursor, rows, lambda row: (row.item,))


@get(
    "/guides/{item:str}",
    operation_id="guide_show",
    summary="The guide of an item as it is in force",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_guide(request: Asking, item: FromPath[str]) -> GuideDetail:
    """Its ETag is that of who is responsible for it: nothing else of it is changed here."""
    found = await guide_queries.guide(item, local_date(actor(request).at))
    versioned(request, found.row.supervisor_version)
    return _detail(found)


@get(
    "/guides/{item:str}/versions",
    operation_id="guide_versions",
    summary="The published versions of a guide, the newest first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_versions(
    request: Asking, item: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[GuideVersionRow]]:
    found = await guide_queries.versions(item)
    return await sorted_page(request, limit, cursor, found, lambda row: (-row.number,))


@get(
    "/guides/{item:str}/versions/{number:int}",
    operation_id="guide_version_show",
    summary="One published version, and what it changed in the one before",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_version(item: FromPath[str], number: FromPath[int]) -> GuideEdition:
    return await guide_queries.edition(item, number)


@get(
    "/guides/{item:str}/paper",
    operation_id="guide_paper",
    summary="The guide in force as a PDF to print",
    tags=_TAGS,
    responses=_PDF,
    **allow(Role.PUBLIC),
)
async def print_guide(
    request: Asking,
    item: FromPath[str],
    language: Annotated[
        Literal["zh", "en"], QueryParameter(name="lang", description="Language of the paper.")
    ] = "zh",
) -> Response[bytes]:
    found = await guide_queries.guide(item, local_date(actor(request).at))
    locale = text.ZH if language == "zh" else text.EN
    settings = cast(Settings, request.app.state.settings)
    return await guide_pdf(found, locale, actor(request).at, settings)


@get(
    "/guide-templates/{template:str}",
    operation_id="guide_template_download",
    summary="A file to fill in for a material of a guide",
    tags=_TAGS,
    responses=_FILE,
    **allow(Role.PUBLIC),
)
async def download_template(request: Asking, template: FromPath[str]) -> Stream:
    found = await guide_queries.template(actor(request), template)
    settings = cast(Settings, request.app.state.settings)
    return attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


@put(
    "/guides/{item:str}/supervisor",
    operation_id="item_supervisor_assign",
    summary="Name the department that is responsible for an item and writes its guide",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
)
async def assign_supervisor(
    request: Asking,
    item: FromPath[str],
    data: JSONBody[ItemSupervisorChoice],
    if_match: IfMatch = None,
) -> None:
    """`If-Match` takes the ETag of the guide."""
    who = actor(request)
    await guide_queries.guide(item, local_date(who.at))
    await guide_actions.name_item_supervisor(who, item, data.supervisor, expected(if_match))


ROUTES = [
    list_guides,
    show_guide,
    list_versions,
    show_version,
    print_guide,
    download_template,
    assign_supervisor,
]
