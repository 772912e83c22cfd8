"""The home page: what this is, what there is, and where to begin."""

from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.directory_queries import AgencyFilter, agencies
from market.catalogue.queries import packages
from market.engagements.queries import market_figures
from market.oversight.queries import settled_means
from market.purchasing.queries import group_buys
from market.purchasing.tiers import tier_for
from market.web.decisions import OF_THE_MARKET, latest_decisions
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import distribution

_GROUPS = 4
_BEST = 6
_DECISIONS = 6


@get("/", **allow(Role.PUBLIC))
async def home(request: Asking) -> Response[str]:
    open_groups = await group_buys(state="open", limit=_GROUPS)
    return page(
        request,
        "home/index.html",
        figures=await market_figures(),
        means=await settled_means(),
        packages=await packages(),
        groups=[(group, tier_for(group.tiers, group.participants)) for group in open_groups],
        best=await agencies(AgencyFilter(include_delisted=False), limit=_BEST),
        decisions=await latest_decisions(locale_of(request), OF_THE_MARKET, _DECISIONS),
        policy=await policy_in_force(local_date(actor(request).at)),
        distribution=await distribution(),
    )


ROUTES = [home]
