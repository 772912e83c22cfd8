"""Which scopes a key of an organisation may have: those that open at least one route to it."""

from collections.abc import Iterable
from typing import cast

from litestar.routes import BaseRoute, HTTPRoute

from market.accounts.identity import Asking, actor
from market.accounts.permissions import roles_of
from market.accounts.scopes import ANY_KEY, IN_PERSON, scope_of
from ratings.ledger.actors import Role

HOLDERS = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)

Offered = dict[Role, tuple[str, ...]]


def offered_scopes(routes: Iterable[BaseRoute]) -> Offered:
    """By the role of the organisation, from the routes of the application."""
    handlers = [
        one for route in routes if isinstance(route, HTTPRoute) for one in route.route_handlers
    ]
    return {
        role: tuple(
            sorted(
                {scope_of(one) for one in handlers if roles_of(one) & {role, Role.PUBLIC}}
                - {ANY_KEY, IN_PERSON}
            )
        )
        for role in HOLDERS
    }


def offered_to(request: Asking) -> tuple[str, ...]:
    """The scopes that a key of the caller's organisation may have."""
    return cast(Offered, request.app.state.scopes)[actor(request).role]
