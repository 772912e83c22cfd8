"""What the market really pays, beside the standard range."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.oversight import queries
from market.oversight.market_fees import MarketFees
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date

_Year = Annotated[
    int | None,
    QueryParameter(
        ge=2000, le=2999, description="A year of the county's calendar; this one if none is given."
    ),
]


@get(
    "/market-fees",
    operation_id="market_fees_show",
    summary="What was quoted and settled in a year, beside the standard range",
    tags=["catalogue"],
    **allow(Role.PUBLIC),
)
async def market_fees(request: Asking, year: _Year = None) -> MarketFees:
    """Quartiles of the prices of each package and of each fee in it, and the mean days and fee of
    every year against the year before. Nothing is shown of fewer than five prices."""
    return await queries.market_fees(local_date(actor(request).at), year)


ROUTES = [market_fees]
