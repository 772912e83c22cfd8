"""A package as it was adopted once: what old listings and engagements were made under."""

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.catalogue import package_queries
from market.catalogue.independence import review_rules, rules_about
from market.catalogue.queries import items
from market.catalogue.schedule import package_days, schedule
from market.web import asked
from market.web.render import page
from ratings.ledger.actors import Role


@get("/packages/{code:str}/versions", **allow(Role.PUBLIC))
async def versions(request: Asking, code: FromPath[str]) -> Response[str]:
    found = await package_queries.versions(asked.plain(code))
    return page(
        request,
        "catalogue/versions.html",
        code=found[0].package,
        versions=found,
        current=max((one.number for one in found if one.in_force_at), default=None),
    )


@get("/packages/{code:str}/versions/{number:int}", **allow(Role.PUBLIC))
async def version(request: Asking, code: FromPath[str], number: FromPath[int]) -> Response[str]:
    found = await package_queries.version(asked.plain(code), number)
    every = {one.code: one for one in await items()}
    record = found.record
    return page(
        request,
        "catalogue/version.html",
        version=found,
        record=record,
        every=every,
        schedule=schedule(record, every, record.optional),
        days=package_days(record, every),
        rules=rules_about(record.items + record.optional, review_rules()),
    )


ROUTES = [versions, version]
