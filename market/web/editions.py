"""The list of items of a day, an item as it was then, and what each edition changed."""

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import edition_queries, queries
from market.catalogue.standard_versions import standards_on
from market.web import asked
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date


@get("/list-of-the-day", **allow(Role.PUBLIC))
async def list_of_the_day(request: Asking) -> Response[str]:
    today = local_date(actor(request).at)
    day = asked.day(request, "as_of") or today
    edition = await edition_queries.edition_on(day)
    items = list((await edition_queries.items_of(edition.id)).values())
    return page(
        request,
        "catalogue/list_of_the_day.html",
        edition=edition,
        items=[one for one in items if one.active],
        ended=[one for one in items if not one.active],
        day=day,
        today=today,
    )


@get("/items/{code:str}", **allow(Role.PUBLIC))
async def item(request: Asking, code: FromPath[str]) -> Response[str]:
    today = local_date(actor(request).at)
    day = asked.day(request, "as_of")
    code = asked.plain(code)
    found = await (queries.item(code) if day is None else edition_queries.item_on(code, day))
    successor = await queries.item(found.successor) if found.successor else None
    return page(
        request,
        "catalogue/item.html",
        item=found,
        day=day,
        today=today,
        edition=await edition_queries.edition_on(day or today),
        successor=successor,
        editions=await edition_queries.item_editions(found.code),
        package=await queries.package(found.package) if found.package and found.active else None,
        standard=(await standards_on(day or today)).get(found.fee_standard or ""),
        ranges=[one for one in await queries.county_ranges(day or today) if one.item == found.code],
    )


@get("/editions", **allow(Role.PUBLIC))
async def editions(request: Asking) -> Response[str]:
    found = await edition_queries.editions(actor(request))
    return page(
        request,
        "catalogue/editions.html",
        editions=[one for one in found if one.state == "adopted"],
        today=local_date(actor(request).at),
    )


@get("/editions/{edition:str}", **allow(Role.PUBLIC))
async def edition(request: Asking, edition: FromPath[str]) -> Response[str]:
    """An adopted edition with its acts, and what differs from an earlier one of the reader's."""
    who = actor(request)
    shown = await edition_queries.edition(who, asked.plain(edition))
    adopted = [one for one in await edition_queries.editions(who) if one.state == "adopted"]
    earlier = [one for one in adopted if (one.number or 0) < (shown.number or len(adopted) + 1)]
    chosen = asked.one_of(request, "since", tuple(one.id for one in earlier)) or shown.base
    return page(
        request,
        "catalogue/edition.html",
        edition=shown,
        earlier=earlier,
        since=next((one for one in earlier if one.id == chosen), None),
        differences=await edition_queries.differences_of(who, shown.id, chosen) if chosen else None,
        acts=await edition_queries.changes(who, shown.id),
        items=await edition_queries.items_of(shown.id)
        if shown.state == "adopted"
        else await edition_queries.draft_items(shown.id),
        today=local_date(who.at),
    )


ROUTES = [list_of_the_day, item, editions, edition]
