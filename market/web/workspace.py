"""One address for everybody's desk: what stands on it depends on who sits down."""

from typing import Any

from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.web import agency, enterprise, supervisor
from market.web.render import see_other
from ratings.ledger.actors import Role

_DESKS = {
    Role.ENTERPRISE: enterprise.desk,
    Role.AGENCY: agency.desk,
    Role.SUPERVISOR: supervisor.desk,
}


@get("/workspace", **allow(*_DESKS, Role.CENTRE))
async def workspace(request: Asking) -> Response[Any]:
    who = actor(request)
    if who.role in _DESKS:
        return await _DESKS[who.role](request, who)
    return see_other("/console")


ROUTES = [workspace]
