"""A route says who may call it: `@get("/cases", **allow(Role.CENTRE))`.

One guard of the application reads that. A route that says nothing is closed to everybody.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from market.accounts.key_holders import KeyHolder
from market.accounts.scopes import check_scope
from ratings.ledger.actors import Role
from ratings.ledger.errors import Forbidden, NotSignedIn

DEAD_KEY = object()
"""What a request's `auth` is that came with a key which opens nothing."""

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
    """Refuse with 401 who has not signed in, and with 403 who wears another hat or whose key lacks
    the scope.

    Which methods an address has is no secret: a wrong one is told the same before this.
    """
    roles = roles_of(handler)
    if connection.scope.get("method") == "OPTIONS":
        return
    visitor = connection.scope.get("user")
    if connection.scope.get("auth") is DEAD_KEY:
        # Told even where nobody need sign in: a program must not go on unawares as a stranger.
        raise NotSignedIn(
            "api-key-dead",
            "This API key is unknown, has expired or has been revoked. An administrator of your"
            " organisation can make a new one.",
        )
    if isinstance(visitor, KeyHolder):
        check_scope(visitor.scopes, handler)
    if Role.PUBLIC in roles:
        return
    if visitor is None:
        raise NotSignedIn("not-signed-in", "Please sign in first.")
    if visitor.role not in roles:
        raise Forbidden("role", "This is not open to your role.")
