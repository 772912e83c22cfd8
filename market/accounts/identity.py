"""From a request to the actor of an act: by token or key for programs, by cookie for browsers."""

from typing import Any, cast

from litestar.connection import ASGIConnection, Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from market.accounts.key_holders import PREFIX, KeyHolder, key_holder
from market.accounts.permissions import DEAD_KEY
from market.accounts.queries import SignedIn, signed_in
from market.accounts.visits import Visit
from market.settings import Settings, installation_key
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now

Asking = Request[Any, Any, Any]

_BEARER = "bearer "


def session_cookie(settings: Settings) -> str:
    """A browser takes a `__Host-` cookie only from the host itself, and only over TLS."""
    return "__Host-session" if settings.secure_cookies else "session"


def device_cookie(settings: Settings) -> str:
    """What a browser is known by that has signed in before; it opens nothing."""
    return "__Host-device" if settings.secure_cookies else "device"


def visit(request: Asking) -> Visit:
    """From where somebody asks, as far as signing in has to know."""
    settings = cast(Settings, request.app.state.settings)
    return Visit(
        address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
        mark=request.cookies.get(device_cookie(settings), ""),
        key=installation_key(settings),
    )


def visitor(request: Asking) -> SignedIn | None:
    return cast("SignedIn | None", request.scope.get("user"))


def actor(request: Asking) -> Actor:
    """Who asks, at this moment; whoever has not signed in acts as the public."""
    who = visitor(request)
    if who is None:
        return Actor(role=Role.PUBLIC, at=now())
    return Actor(
        role=who.role,
        at=now(),
        person=who.person,
        organisation=who.organisation,
        uscc=who.uscc if who.role is Role.AGENCY else None,
        key=who.key if isinstance(who, KeyHolder) else None,
    )


async def recognised(scope: Scope, settings: Settings) -> SignedIn | None:
    """Who a browser's cookie stands for, where no route was found that would have asked."""
    connection = ASGIConnection[Any, Any, Any, Any](scope)
    token = connection.cookies.get(session_cookie(settings))
    if not token:
        return None
    return await signed_in(token, now(), demonstration=settings.demonstration)


class Authentication(ASGIMiddleware):
    """Fills `request.user` and `request.auth` with SignedIn or None, in one round trip.

    The two doors take one credential each: the API never looks at a cookie, so no other site
    can make a browser call it, and a page never looks at a header.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self._cookie = session_cookie(settings)
        self._demonstration = settings.demonstration

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        token = self._token(scope) or ""
        scope["user"] = scope["auth"] = None
        if token.startswith(PREFIX) and scope["path"].startswith("/api/"):
            holder = await key_holder(token, now(), demonstration=self._demonstration)
            scope["user"], scope["auth"] = holder, holder or DEAD_KEY
        elif token:
            who = await signed_in(token, now(), demonstration=self._demonstration)
            scope["user"] = scope["auth"] = who
        await next_app(scope, receive, send)

    def _token(self, scope: Scope) -> str | None:
        path = scope["path"]
        connection = ASGIConnection[Any, Any, Any, Any](scope)
        if path.startswith("/api/"):
            header = connection.headers.get("authorization", "")
            return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else None
        if path.startswith("/static/"):
            return None
        return connection.cookies.get(self._cookie)
