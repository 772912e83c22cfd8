"""The agency's desk: its standing, its listings, the group buys it could serve, its cases."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies import actions, queries
from market.catalogue import queries as catalogue
from market.catalogue.project_form import facts_needed
from market.catalogue.queries import PackageRow
from market.engagements.queries import engagements
from market.purchasing.queries import group_buys, offers
from market.web.forms import Form, refusal, submitted
from market.web.project import offered_range, read_facts, read_options
from market.web.render import locale_of, page, see_other
from market.web.standings import engagement_rows, waterfall_rows
from ratings.ledger.actors import Actor, Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.actions import answer_case
from ratings.sanctions.queries import case_files, delisting_in_force, visible_case_file
from ratings.stars.policy import load_policy
from ratings.stars.queries import recompute
from ratings.stars.standing import what_would_lift

_SHOWN = 10
_FIELDS = {
    "price-not-positive": "price",
    "price-above-range": "price",
    "days-not-positive": "working_days",
}


async def desk(request: Asking, who: Actor) -> Response[str]:
    """What the bureau says about the agency, then what it sells and what it works on."""
    uscc = await queries.agency_of(who)
    standing = await recompute(uscc, who.at)
    locale = locale_of(request)
    found = await engagements(who, limit=500)
    listings = await queries.listings_of_agency(uscc, public=False)
    return page(
        request,
        "agency/desk.html",
        agency=await queries.agency(uscc),
        standing=standing,
        lift=what_would_lift(standing, load_policy("standard")),
        waterfall=waterfall_rows(locale, standing.waterfall, standing.score),
        each=engagement_rows(
            locale,
            standing.waterfall,
            {one.id: f"{one.number} {one.project_name}" for one in found},
        ),
        delisting=await delisting_in_force(uscc),
        cases=await case_files(uscc=uscc),
        listings=listings,
        packages={one.code: one for one in await catalogue.packages()},
        engagements=[one for one in found if one.state in ("running", "delivered")][:_SHOWN],
        group_buys=await _servable(uscc, {one.package for one in listings}),
    )


async def _servable(uscc: str, listed: set[str]) -> list[tuple[Any, bool]]:
    """Group buys of the packages the agency lists, and whether it has offered already."""
    found = [
        one
        for state in ("open", "closed")
        for one in await group_buys(state=state)
        if one.package in listed
    ]
    return [(one, any(offer.uscc == uscc for offer in await offers(one.id))) for one in found]


async def _listing_page(
    request: Asking, offered: PackageRow, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The form; once the figures are right, the standard range is shown with its workings."""
    standard, wrong = await offered_range(actor(request), form, offered.record)
    error = error or wrong
    fields = {**_FIELDS, "missing-fact": str(error.params.get("field", "")) if error else ""}
    return page(
        request,
        "agency/new_listing.html",
        status=error.status if error else 200,
        package=offered,
        names={item.code: item for item in (*offered.items, *offered.optional)},
        options=read_options(form, offered.record),
        fields=facts_needed(offered.record),
        standard=standard,
        typed=form.typed,
        **refusal(request, error, fields),
    )


@get("/listings/new", **allow(Role.AGENCY))
async def new_listing(request: Asking, package: FromQuery[str] = "") -> Response[str]:
    if not package:
        return page(request, "agency/choose_package.html", packages=await catalogue.packages())
    return await _listing_page(request, await catalogue.package(package), Form({}))


@post("/listings/new", **allow(Role.AGENCY))
async def put_up(request: Asking, package: FromQuery[str] = "") -> Response[Any]:
    form = await submitted(request)
    offered = await catalogue.package(package)
    if form.text("button") == "range":
        return await _listing_page(request, offered, form)
    try:
        facts = read_facts(form, offered.record)
        wanted = actions.NewListing(
            package=offered.code,
            price_fen=form.fen("price"),
            working_days=form.whole("working_days"),
            facts=facts,
            options=read_options(form, offered.record),
        )
        form.check()
        await actions.put_up_listing(actor(request), wanted)
    except SteelyardError as error:
        return await _listing_page(request, offered, form, error)
    return see_other("/workspace", N_("The listing is on offer."))


@post("/listings/{identifier:str}/withdrawal", **allow(Role.AGENCY))
async def withdraw(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    await actions.withdraw_listing(actor(request), identifier)
    return see_other("/workspace", N_("The listing is withdrawn."))


async def _case_page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    case = await visible_case_file(actor(request), identifier)
    delisting = await delisting_in_force(case.uscc)
    return page(
        request,
        "agency/case.html",
        status=error.status if error else 200,
        case=case,
        delisting=delisting if delisting and delisting.case_file == case.id else None,
        typed=form.typed,
        **refusal(request, error, {"answer-empty": "answer"}),
    )


@get("/workspace/cases/{identifier:str}", **allow(Role.AGENCY))
async def own_case(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _case_page(request, identifier, Form({}))


@post("/workspace/cases/{identifier:str}", **allow(Role.AGENCY))
async def answer_own_case(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await answer_case(actor(request), identifier, form.text("answer"))
    except SteelyardError as error:
        return await _case_page(request, identifier, form, error)
    return see_other(f"/workspace/cases/{identifier}", N_("Your answer is with the centre."))


ROUTES = [new_listing, put_up, withdraw, own_case, answer_own_case]
