"""The agency's desk: its standing, its listings, the group buys it could serve, its cases."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies import actions, queries
from market.catalogue import queries as catalogue
from market.catalogue.queries import PackageRow
from market.engagements.queries import engagements
from market.purchasing.queries import group_buys, offers
from market.web.forms import Form, refusal, submitted
from market.web.project import offered_range, read_facts, read_options
from market.web.render import locale_of, page, see_other
from market.web.standings import engagement_rows, waterfall_rows
from ratings.integrity.rerating_queries import reratings_of_agency
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.sanctions.misconduct_queries import marks
from ratings.sanctions.objection_lists import objection_on_view
from ratings.sanctions.queries import case_files, delisting_in_force
from ratings.sanctions.rectification_queries import rectifications_in_force
from ratings.sanctions.repair_queries import effects_of
from ratings.shells.check_up_queries import newest_check_up
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import coming_changes, recompute
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
        coming=await coming_changes(uscc, who.at),
        lift=what_would_lift(standing, await policy_in_force(local_date(who.at))),
        waterfall=waterfall_rows(locale, standing.waterfall, standing.score),
        each=engagement_rows(
            locale,
            standing.waterfall,
            {one.id: f"{one.number} {one.project_name}" for one in found},
        ),
        delisting=await delisting_in_force(uscc),
        objection=await objection_on_view(uscc, who.at),
        rectifications=await rectifications_in_force(uscc),
        cases=await case_files(uscc=uscc),
        check_up=await newest_check_up(who),
        marks=await marks(who),
        effects=await effects_of(uscc, who.at),
        rated_again=[
            one
            for one in await reratings_of_agency(who, uscc)
            if one.objecting_until and who.at < one.objecting_until
        ],
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
    standard, wrong = await offered_range(actor(request), form, offered)
    error = error or wrong
    return page(
        request,
        "agency/new_listing.html",
        status=error.status if error else 200,
        package=offered,
        names={item.code: item for item in (*offered.items, *offered.optional)},
        options=read_options(form, offered.record),
        fields=offered.figures,
        standard=standard,
        typed=form.typed,
        **refusal(request, error, _FIELDS),
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
        facts = read_facts(form, offered.figures)
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


ROUTES = [new_listing, put_up, withdraw]
