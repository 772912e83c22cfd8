"""The catalogue: its items, and a package with what it should cost for a project."""

from collections import Counter

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import ListingRow, listings_of_package
from market.catalogue import queries
from market.catalogue.independence import review_rules, rules_about
from market.catalogue.schedule import package_days, schedule
from market.catalogue.standard_versions import newest_standards, standards_on
from market.purchasing.queries import group_buys
from market.purchasing.tiers import tier_for
from market.web import asked
from market.web.forms import Form, refusal
from market.web.project import figures, offered_range, read_options
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date

# A middling county project, so that a package page shows a range before anything is typed.
EXAMPLE = {"investment_wan": "3000", "building_area_m2": "10000", "buildings": "2"}


@get("/catalogue", **allow(Role.PUBLIC))
async def catalogue(request: Asking) -> Response[str]:
    every = await queries.items()
    fields = Counter((one.field_zh, one.field_en) for one in every)
    return page(
        request,
        "catalogue/index.html",
        packages=await queries.packages(),
        fields=fields.most_common(),
        total=len(every),
        active=sum(one.active for one in every),
        standards=await standards_on(local_date(actor(request).at)),
    )


@get("/packages/{code:str}", **allow(Role.PUBLIC))
async def package(request: Asking, code: FromPath[str]) -> Response[str]:
    found = await queries.package(asked.plain(code))
    fields = found.figures
    typed = {one.name: asked.word(request, one.name) for one in fields}
    example = not any(typed.values())
    if example:
        typed = {one.name: EXAMPLE.get(one.name, "") for one in fields}
    typed |= {
        f"option-{one}": asked.word(request, f"option-{one}") for one in found.record.optional
    }
    options = read_options(Form(typed), found.record)
    # On a server without county ranges, or beyond the tables, the rest of the page still stands.
    standard, error = await offered_range(actor(request), Form(typed), found)
    every = {one.code: one for one in await queries.items()}
    groups = [one for one in await group_buys(state="open") if one.package == found.code]
    listings = await listings_of_package(found.code)
    standards = await newest_standards()
    return page(
        request,
        "catalogue/package.html",
        package=found,
        fields=fields,
        typed=typed,
        options=options,
        example=example,
        standard=standard,
        names=every,
        every=every,
        schedule=schedule(found.record, every, options),
        days=package_days(found.record, every, options),
        rules=rules_about(found.record.items + found.record.optional, review_rules()),
        listings=[(one, figures(found.record, one.facts, standards)) for one in listings],
        middle=_median(listings),
        groups=[(one, tier_for(one.tiers, one.participants)) for one in groups],
        **refusal(request, error),
    )


def _median(listings: list[ListingRow]) -> int | None:
    prices = sorted(one.price_fen for one in listings)
    return prices[len(prices) // 2] if prices else None


ROUTES = [catalogue, package]
