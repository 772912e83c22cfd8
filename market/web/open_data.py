"""Open data for people: which files there are, and what stands in each of their columns."""

from litestar import Response, get

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.api.description import description
from market.api.open_data import resources
from market.web.render import page
from ratings.ledger.actors import Role


@get("/open-data", **allow(Role.PUBLIC))
async def open_data(request: Asking) -> Response[str]:
    return page(request, "oversight/open_data.html", resources=resources(description(request.app)))


ROUTES = [open_data]
