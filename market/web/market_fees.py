"""What the market really pays: the spread of quotes and fees beside the standard range."""

from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.queries import items, packages
from market.oversight import queries
from market.web import asked
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date


@get("/market-fees", **allow(Role.PUBLIC))
async def market_fees(request: Asking) -> Response[str]:
    today = local_date(actor(request).at)
    year = asked.whole(request, "year", least=2000, most=2999)
    found = await queries.market_fees(today, year if "year" in request.query_params else None)
    return page(
        request,
        "oversight/market_fees.html",
        found=found,
        packages={one.code: one for one in await packages()},
        items={one.code: one for one in await items()},
    )


ROUTES = [market_fees]
