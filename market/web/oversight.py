"""Supervision as anybody may read it: decisions, the spread of the stars, and the policy."""

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency, agency_names
from market.engagements.queries import market_figures
from market.web import asked
from market.web.decisions import OF_CREDIT, latest_decisions
from market.web.policy_form import METHODS, PARTIES, sections_of, typed_of
from market.web.render import locale_of, page
from ratings.evaluations.indicators import INDICATORS
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.sanctions.objection_lists import published_objections
from ratings.sanctions.queries import delistings_in_force
from ratings.sanctions.rules import BOUNDS
from ratings.stars.estimate_queries import frozen_quarters
from ratings.stars.policy_queries import known_policies, known_policy, policy_in_force
from ratings.stars.queries import distribution

_SHOWN = 50


@get("/decisions", **allow(Role.PUBLIC))
async def decisions(request: Asking) -> Response[str]:
    in_force = await delistings_in_force()
    filed = await published_objections(actor(request).at, limit=_SHOWN)
    return page(
        request,
        "oversight/decisions.html",
        in_force=[(one, await agency(one.uscc)) for one in in_force],
        filed=filed,
        names=await agency_names(one.uscc for one in filed),
        decided=await latest_decisions(locale_of(request), OF_CREDIT, _SHOWN),
        distribution=await distribution(),
        figures=await market_figures(),
        bounds=BOUNDS,
        policy=await policy_in_force(local_date(actor(request).at)),
    )


@get("/policies/{name:str}", **allow(Role.PUBLIC))
async def policy(request: Asking, name: FromPath[str]) -> Response[str]:
    document = await known_policy(asked.plain(name))
    known = await known_policies(local_date(actor(request).at))
    return page(
        request,
        "oversight/policy.html",
        policy=document,
        one=next(one for one in known if one.key == document.key),
        known=known,
        typed=typed_of(document),
        sections=sections_of(document),
        parties=PARTIES,
        methods=METHODS,
        indicators=INDICATORS,
        quarters=await frozen_quarters(document),
    )


ROUTES = [decisions, policy]
