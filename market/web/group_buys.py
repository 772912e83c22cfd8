"""Group buys: the list, and one group buy with its ladder and what its reader may do."""

import uuid
from collections.abc import Awaitable
from typing import TypeVar

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import listings_of_agency
from market.catalogue.queries import package, packages
from market.catalogue.standard_versions import newest_standards
from market.engagements.queries import engagements
from market.oversight.rules import PUBLIC_ACTS
from market.purchasing import queries
from market.purchasing.tiers import tier_for
from market.web import asked
from market.web.forms import refusal
from market.web.history import timeline
from market.web.project import figures
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.queries import history

_STATES = ("open", "closed", "chosen", "failed")
_PER_PAGE = 12
# More than any group has members; an enterprise has one engagement from a group, officials all.
_MOST_MEMBERS = 500


@get("/group-buys", **allow(Role.PUBLIC))
async def group_buy_list(request: Asking) -> Response[str]:
    state = asked.one_of(request, "state", _STATES)
    at = asked.page_number(request)
    found = await queries.group_buys(state=state, limit=_PER_PAGE + 1, offset=(at - 1) * _PER_PAGE)
    return page(
        request,
        "group_buys/index.html",
        groups=[(one, tier_for(one.tiers, one.participants)) for one in found[:_PER_PAGE]],
        state=state,
        states=_STATES,
        number=at,
        more=len(found) > _PER_PAGE,
        now=actor(request).at,
        packages=await packages(),
    )


@get("/group-buys/{identifier:str}", **allow(Role.PUBLIC))
async def group_buy(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await group_buy_page(request, identifier)


async def group_buy_page(
    request: Asking, identifier: str, error: SteelyardError | None = None, **typed: str
) -> Response[str]:
    """One group buy; after a refused form with what was typed and why."""
    who = actor(request)
    group = await queries.group_buy(identifier)
    bought = await package(group.package)
    members = await _seen(queries.visible_participations(who, group.id))
    offered = await _seen(queries.visible_offers(who, group.id))
    joined = any(one.organisation == who.organisation for one in members)
    own = await engagements(who, limit=_MOST_MEMBERS) if group.state == "chosen" else []
    return page(
        request,
        "group_buys/show.html",
        status=error.status if error else 200,
        group=group,
        package=bought,
        figures=figures(bought.record, group.facts, await newest_standards()),
        tier=tier_for(group.tiers, group.participants),
        following=next((one for one in group.tiers if one.at_least > group.participants), None),
        offers=offered,
        members=members,
        joined=joined,
        is_opener=who.organisation is not None and who.organisation == group.organisation,
        role=who.role.value,
        has_offered=any(one.uscc == who.uscc for one in offered),
        sells=who.uscc is not None
        and any(
            one.package == group.package for one in await listings_of_agency(who.uscc, public=True)
        ),
        engagements=[one for one in own if one.group_buy == group.id],
        timeline=timeline(
            locale_of(request),
            [
                entry
                for entry in await history("group_buy", group.id)
                if members or entry.act in PUBLIC_ACTS
            ],
        ),
        now=who.at,
        idempotency_key=typed.get("idempotency_key") or str(uuid.uuid4()),
        typed=typed,
        **refusal(request, error, {"project-missing": "project_name"}),
    )


_Row = TypeVar("_Row")


async def _seen(asking: Awaitable[list[_Row]]) -> list[_Row]:
    """Who has not joined sees the ladder and how many there are, but not who."""
    try:
        return await asking
    except NotFound:
        return []


ROUTES = [group_buy_list, group_buy]
