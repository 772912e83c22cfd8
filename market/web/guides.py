"""Service guides for everybody: the list, one guide, its older versions, and the paper."""

from typing import cast

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import guide_queries
from market.catalogue.county import SIZE_ZH
from market.catalogue.guide_queries import GuideRow
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web import asked
from market.web.downloads import attachment
from market.web.guide_paper import guide_pdf
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date


@get("/guides", **allow(Role.PUBLIC))
async def index(request: Asking) -> Response[str]:
    every = await guide_queries.guides(local_date(actor(request).at))
    active = [one for one in every if one.active]
    sought = asked.word(request, "q")
    return page(
        request,
        "guides/index.html",
        guides=[one for one in active if _matches(one, sought)],
        total=len(active),
        sought=sought,
    )


def _matches(row: GuideRow, sought: str) -> bool:
    words = f"{row.item} {row.name_zh} {row.name_en} {row.supervisor_name} {row.supervisor_name_en}"
    return sought.casefold() in words.casefold()


@get("/guides/{code:str}", **allow(Role.PUBLIC))
async def show(request: Asking, code: FromPath[str]) -> Response[str]:
    found = await guide_queries.guide(asked.plain(code), local_date(actor(request).at))
    return page(
        request,
        "guides/show.html",
        guide=found,
        versions=await guide_queries.versions(found.item.code),
        sizes=SIZE_ZH,
    )


@get("/guides/{code:str}/versions/{number:int}", **allow(Role.PUBLIC))
async def version(request: Asking, code: FromPath[str], number: FromPath[int]) -> Response[str]:
    found = await guide_queries.guide(asked.plain(code), local_date(actor(request).at))
    return page(
        request,
        "guides/version.html",
        guide=found,
        edition=await guide_queries.edition(found.item.code, number),
    )


@get("/papers/guides/{code:str}", **allow(Role.PUBLIC))
async def paper(request: Asking, code: FromPath[str]) -> Response[bytes]:
    at = actor(request).at
    found = await guide_queries.guide(asked.plain(code), local_date(at))
    settings = cast(Settings, request.app.state.settings)
    return await guide_pdf(found, locale_of(request), at, settings)


@get("/guide-templates/{template:str}", **allow(Role.PUBLIC))
async def template(request: Asking, template: FromPath[str]) -> Stream:
    """Always as an attachment, as every file that somebody has uploaded."""
    found = await guide_queries.template(actor(request), template)
    settings = cast(Settings, request.app.state.settings)
    return attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


ROUTES = [index, show, version, paper, template]
