"""Supervision as anybody may read it: decisions, the spread of the stars, and the policy."""

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.agencies.queries import agency
from market.engagements.queries import market_figures
from market.web import asked
from market.web.decisions import OF_CREDIT, latest_decisions
from market.web.render import locale_of, page
from ratings.evaluations.indicators import INDICATORS
from ratings.ledger.actors import Role
from ratings.sanctions.queries import delistings_in_force
from ratings.sanctions.rules import BOUNDS
from ratings.stars.policy import load_policy
from ratings.stars.queries import distribution

_SHOWN = 50


@get("/decisions", **allow(Role.PUBLIC))
async def decisions(request: Asking) -> Response[str]:
    in_force = await delistings_in_force()
    return page(
        request,
        "oversight/decisions.html",
        in_force=[(one, await agency(one.uscc)) for one in in_force],
        decided=await latest_decisions(locale_of(request), OF_CREDIT, _SHOWN),
        distribution=await distribution(),
        figures=await market_figures(),
        bounds=BOUNDS,
        policy=load_policy("standard"),
    )


@get("/policies/{name:str}", **allow(Role.PUBLIC))
async def policy(request: Asking, name: FromPath[str]) -> Response[str]:
    return page(
        request,
        "oversight/policy.html",
        policy=load_policy(asked.plain(name)),
        indicators=INDICATORS,
        bounds=BOUNDS,
    )


ROUTES = [decisions, policy]
