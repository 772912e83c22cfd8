"""A route says who may call it: `@get("/cases", **allow(Role.CENTRE))`.

One guard of the application reads that. A route that says nothing is closed to everybody.
"""

from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from market.accounts.key_holders import KeyHolder
from market.accounts.queries import SignedIn
from market.accounts.scopes import check_scope
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.errors import Forbidden, NotSignedIn

DEAD_KEY = object()
"""What a request's `auth` is that came with a key which opens nothing."""

ANYBODY_SIGNED_IN = (
    Role.ENTERPRISE,
    Role.AGENCY,
    Role.SUPERVISOR,
    Role.CENTRE,
    Role.AUDITOR,
)
_KEY, _EARLY = "roles", "before_second_factor"
_READING = {"GET", "HEAD", "OPTIONS"}
_OFFICIALS = {Role.SUPERVISOR, Role.CENTRE}
_SECOND_FACTOR_ROLES = {Role.SUPERVISOR, Role.CENTRE}


def allow(*roles: Role, early: bool = False) -> dict[str, Any]:
    """Keyword arguments for a route; PUBLIC means anybody, signed in or not.

    `early`: open even to an official who has yet to set up the second factor.
    """
    return {_KEY: frozenset(roles), _EARLY: early}


def roles_of(handler: BaseRouteHandler) -> frozenset[Role]:
    """Who may call the route: an auditor reads whatever an official may read."""
    roles: frozenset[Role] = handler.opt.get(_KEY, frozenset())
    methods: set[str] = set(getattr(handler, "http_methods", ()))
    if roles & _OFFICIALS and methods <= _READING:
        roles |= {Role.AUDITOR}
    return roles


def lacks_second_factor(who: SignedIn, settings: Settings) -> bool:
    """Whether this session must first set up the second factor that its role demands."""
    return (
        settings.second_factor_required
        and who.role in _SECOND_FACTOR_ROLES
        and not who.second_factor
    )


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse with 401 who has not signed in, and with 403 who wears another hat, whose key lacks
    the scope, or who has yet to set up a second factor.

    Which methods an address has is no secret: a wrong one is told the same before this.
    """
    roles = roles_of(handler)
    if connection.scope.get("method") == "OPTIONS":
        return
    visitor = cast("SignedIn | None", connection.scope.get("user"))
    if connection.scope.get("auth") is DEAD_KEY:
        # Told even where nobody need sign in: a program must not go on unawares as a stranger.
        raise NotSignedIn(
            "api-key-dead",
            "This API key is unknown, has expired or has been revoked. An administrator of your"
            " organisation can make a new one.",
        )
    if isinstance(visitor, KeyHolder):
        check_scope(visitor.scopes, handler)
    elif visitor is not None and not handler.opt.get(_EARLY):
        _check_second_factor(visitor, connection.app.state.settings)
    if Role.PUBLIC in roles:
        return
    if visitor is None:
        raise NotSignedIn("not-signed-in", "Please sign in first.")
    if visitor.role not in roles:
        raise Forbidden("role", "This is not open to your role.")


def _check_second_factor(visitor: SignedIn, settings: Settings) -> None:
    if lacks_second_factor(visitor, settings):
        raise Forbidden(
            "second-factor-required",
            "Your role needs a second factor. Set one up, and everything is open to you.",
        )
