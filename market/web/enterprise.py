"""The enterprise: its desk, and buying a listing alone."""

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.idempotency import once, request_hash
from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import buyable_listing
from market.catalogue.package_queries import version
from market.catalogue.queries import items, package
from market.catalogue.schedule import bought as items_bought
from market.catalogue.standard_versions import newest_standards
from market.engagements.actions import purchase
from market.engagements.queries import engagements
from market.purchasing.queries import group_buys_of
from market.web.forms import Form, refusal, submitted
from market.web.project import figures
from market.web.render import page, see_other
from ratings.evaluations.queries import awaiting
from ratings.integrity.notice_queries import new_notices
from ratings.ledger.actors import Actor, Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_SHOWN = 10


async def desk(request: Asking, who: Actor) -> Response[str]:
    """What waits for the enterprise, then what it has under way."""
    group_buys = await group_buys_of(who.organisation or "")
    delivered = await engagements(who, state="delivered", limit=_SHOWN)
    accepted = await engagements(who, state="accepted", limit=_SHOWN)
    return page(
        request,
        "enterprise/desk.html",
        group_buys=group_buys,
        to_choose=[
            one
            for one in group_buys
            if one.state == "closed" and one.organisation == who.organisation
        ],
        to_accept=delivered,
        to_settle=accepted,
        engagements=await engagements(who, limit=_SHOWN),
        dockets=await awaiting(who),
        notices=await new_notices(who),
        organisation=who.organisation,
    )


async def _purchase_page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    listing = await buyable_listing(identifier)
    bought = await package(listing.package)
    record = (await version(listing.package, listing.package_version)).record
    named = {one.code: one for one in await items()}
    return page(
        request,
        "enterprise/purchase.html",
        status=error.status if error else 200,
        listing=listing,
        package=bought,
        sold=[named[code] for code in items_bought(record, listing.options)],
        figures=figures(record, listing.facts, await newest_standards()),
        key=form.text("idempotency_key") or str(uuid.uuid4()),
        typed=form.typed,
        **refusal(request, error, {"project-missing": "project_name"}),
    )


@get("/listings/{identifier:str}/purchase", **allow(Role.ENTERPRISE))
async def purchase_form(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _purchase_page(request, identifier, Form({}))


@post("/listings/{identifier:str}/purchase", **allow(Role.ENTERPRISE))
async def buy(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """A form sent twice buys once: the page gave it a key of its own."""
    form = await submitted(request)
    who = actor(request)
    name = form.text("project_name")

    async def effect() -> bytes:
        return (await purchase(who, identifier, name)).encode()

    try:
        engagement = await once(
            who,
            form.text("idempotency_key") or None,
            request_hash("POST", request.url.path, name.encode()),
            effect,
        )
    except SteelyardError as error:
        return await _purchase_page(request, identifier, form, error)
    return see_other(f"/engagements/{engagement.decode()}", N_("The engagement has started."))


ROUTES = [purchase_form, buy]
