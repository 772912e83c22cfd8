"""A route says who may call it: `@get("/cases", **allow(Role.CENTRE))`.

One guard of the application reads that. A route that says nothing is closed to everybody.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from ratings.ledger.actors import Role
from ratings.ledger.errors import Forbidden, NotSignedIn

_KEY = "roles"
_READING = {"GET", "HEAD", "OPTIONS"}
_OFFICIALS = {Role.SUPERVISOR, Role.CENTRE}


def allow(*roles: Role) -> dict[str, Any]:
    """Keyword arguments for a route; PUBLIC means anybody, signed in or not."""
    return {_KEY: frozenset(roles)}


def roles_of(handler: BaseRouteHandler) -> frozenset[Role]:
    """Who may call the route: an auditor reads whatever an official may read."""
    roles: frozenset[Role] = handler.opt.get(_KEY, frozenset())
    methods: set[str] = set(getattr(handler, "http_methods", ()))
    if roles & _OFFICIALS and methods <= _READING:
        roles |= {Role.AUDITOR}
    return roles


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse with 401 who has not signed in, and with 403 who wears another hat.

    Which methods an address has is no secret: a wrong one is told the same before this.
    """
    roles = roles_of(handler)
    if Role.PUBLIC in roles or connection.scope.get("method") == "OPTIONS":
        return
    visitor = connection.scope.get("user")
    if visitor is None:
        raise NotSignedIn("not-signed-in", "Please sign in first.")
    if visitor.role not in roles:
        raise Forbidden("role", "This is not open to your role.")
