"""Taking part in a group buy: opening, joining, offering to serve, choosing the agency."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from market.accounts.idempotency import once, request_hash
from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import queries as catalogue
from market.catalogue.queries import PackageRow
from market.engagements.actions import choose_for_group
from market.purchasing import actions
from market.purchasing.tiers import Tier
from market.web.forms import Form, refusal, submitted
from market.web.group_buys import group_buy_page
from market.web.project import offered_range, read_facts, read_options
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.text import N_

MOST_TIERS = 5
_FIELDS = {
    "title-missing": "title",
    "places-out-of-bounds": "places",
    "deadline-out-of-bounds": "deadline",
}


@get("/group-buys/new", **allow(Role.ENTERPRISE))
async def new_group_buy(request: Asking, package: FromQuery[str] = "") -> Response[str]:
    if not package:
        return page(request, "enterprise/choose_package.html", packages=await catalogue.packages())
    return await _form_page(request, await catalogue.package(package), Form({}))


async def _form_page(
    request: Asking, bought: PackageRow, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    """The form; once its figures are right, the standard range is shown beside it."""
    standard, wrong = await offered_range(actor(request), form, bought)
    error = error or wrong
    return page(
        request,
        "enterprise/new_group_buy.html",
        status=error.status if error else 200,
        package=bought,
        names={item.code: item for item in (*bought.items, *bought.optional)},
        options=read_options(form, bought.record),
        fields=bought.figures,
        rows=range(MOST_TIERS),
        standard=standard,
        typed=form.typed,
        **refusal(request, error, _FIELDS),
    )


@post("/group-buys/new", **allow(Role.ENTERPRISE))
async def open_group_buy(request: Asking, package: FromQuery[str] = "") -> Response[Any]:
    form = await submitted(request)
    bought = await catalogue.package(package)
    if form.text("button") == "range":
        return await _form_page(request, bought, form)
    try:
        identifier = await actions.open_group_buy(actor(request), _wanted(form, bought))
    except SteelyardError as error:
        return await _form_page(request, bought, form, error)
    return see_other(f"/group-buys/{identifier}", N_("The group buy is open."))


def _wanted(form: Form, bought: PackageRow) -> actions.NewGroupBuy:
    """What was typed as a group buy; Refused while fields are missing."""
    form.required("title", "project_name")
    wanted = actions.NewGroupBuy(
        package=bought.code,
        title=form.text("title"),
        facts=read_facts(form, bought.figures),
        tiers=tuple(
            Tier(form.whole(f"tiers-{row}-at_least"), form.fen(f"tiers-{row}-price_fen"))
            for row in range(MOST_TIERS)
            if form.text(f"tiers-{row}-at_least") or form.text(f"tiers-{row}-price_fen")
        ),
        places=form.whole("places"),
        deadline=form.moment("deadline", "deadline_time"),
        project_name=form.text("project_name"),
        description=form.text("description"),
        options=read_options(form, bought.record),
    )
    form.check()
    return wanted


@post("/group-buys/{identifier:str}/participations", **allow(Role.ENTERPRISE))
async def join(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    """The page gives the form a key, so that a form sent twice takes one place."""
    form, who = await submitted(request), actor(request)
    name, key = form.text("project_name"), form.text("idempotency_key")

    async def effect() -> bytes:
        return msgspec.json.encode(await actions.join_group_buy(who, identifier, name))

    same = request_hash("POST", request.url.path, name.encode())
    try:
        answer = await once(who, key or None, same, effect)
    except SteelyardError as error:
        return await group_buy_page(request, identifier, error, project_name=name)
    joined = msgspec.json.decode(answer, type=actions.Joined)
    return see_other(
        f"/group-buys/{identifier}",
        N_("You are in: the group has {count} enterprises now."),
        count=joined.participants,
    )


@post("/group-buys/{identifier:str}/offers", **allow(Role.AGENCY))
async def offer(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    try:
        await actions.offer_to_serve(actor(request), identifier)
    except SteelyardError as error:
        return await group_buy_page(request, identifier, error)
    return see_other(
        f"/group-buys/{identifier}",
        N_("Your offer to serve the group at its tier prices is recorded."),
    )


@post("/group-buys/{identifier:str}/choice", **allow(Role.ENTERPRISE))
async def choose(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    uscc, reason = form.text("uscc"), form.text("reason")
    try:
        started = await choose_for_group(actor(request), identifier, uscc, reason)
    except NotFound:
        raise
    except SteelyardError as error:
        return await group_buy_page(request, identifier, error, uscc=uscc, reason=reason)
    return see_other(
        f"/group-buys/{identifier}",
        N_("The agency is chosen; {count} engagements have started."),
        count=len(started),
    )


ROUTES = [new_group_buy, open_group_buy, join, offer, choose]
