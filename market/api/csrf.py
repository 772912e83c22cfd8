"""Forms of other sites are refused: a page's form carries a token that only this server can make.

The token is a keyed hash of a random cookie and of the session, so that a cookie planted by a
neighbouring host is worth nothing, and signing in changes it. It is looked for before the body
is read, and a large body is never read for somebody who has not signed in.
"""

import hashlib
import hmac
import secrets
from typing import Any

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from market.settings import Settings, installation_key
from ratings.ledger.errors import Forbidden, NotSignedIn

FIELD = "_csrf_token"
HEADER = "x-csrf-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_FORMS = {RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART}


def csrf_cookie(settings: Settings) -> str:
    return "__Host-csrf" if settings.secure_cookies else "csrf"


def csrf_token(settings: Settings, nonce: str, session: str = "") -> str:
    """What the form must carry for this cookie and this session (empty before signing in)."""
    return _keyed(_key(settings), nonce, session)


def _key(settings: Settings) -> bytes:
    return hmac.digest(installation_key(settings), b"csrf", hashlib.sha256)


def _keyed(key: bytes, nonce: str, session: str) -> str:
    return hmac.new(key, f"{nonce}\0{session}".encode(), hashlib.sha256).hexdigest()


def give_token(scope: Scope, settings: Settings) -> None:
    """The token for a page outside of every route, such as that of an unknown address: its frame
    has a form too. Without the cookie there is none, and the next page plants it."""
    connection = ASGIConnection[Any, Any, Any, Any](scope)
    nonce, who = connection.cookies.get(csrf_cookie(settings)), scope.get("user")
    if nonce and who is not None:
        ScopeState.from_scope(scope).csrf_token = csrf_token(settings, nonce, who.token)


class CrossSite(ASGIMiddleware):
    """Runs after the authentication. The API needs none of this: it takes no cookies."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, settings: Settings) -> None:
        self._secure = settings.secure_cookies
        self._cookie = csrf_cookie(settings)
        self._key = _key(settings)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["path"].startswith(("/api/", "/static/", "/healthz/")):
            await next_app(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        planted = request.cookies.get(self._cookie)
        nonce = planted or secrets.token_urlsafe(24)
        token = self._token(nonce, scope)
        if request.method not in _SAFE:
            await self._check(request, planted, token)
        # Where Litestar's own template helper `csrf_token` looks.
        ScopeState.from_scope(scope).csrf_token = token
        await next_app(scope, receive, send if planted else self._planting(send, nonce))

    def _token(self, nonce: str, scope: Scope) -> str:
        who = scope.get("user")
        return _keyed(self._key, nonce, who.token if who is not None else "")

    async def _check(
        self, request: Request[Any, Any, Any], planted: str | None, token: str
    ) -> None:
        given = request.headers.get(HEADER)
        if planted and given is None and request.content_type[0] in _FORMS:
            if request.content_type[0] == RequestEncodingType.MULTI_PART and not request.scope.get(
                "user"
            ):
                raise NotSignedIn("not-signed-in", "Please sign in first.")
            form = await request.form()
            given = form.get(FIELD)
            _without_token(request)
        proof = given.encode() if isinstance(given, str) else b""
        if not planted or not hmac.compare_digest(proof, token.encode()):
            raise Forbidden(
                "csrf", "This form has expired. Open the page again and send it once more."
            )

    def _planting(self, send: Send, nonce: str) -> Send:
        cookie = Cookie(
            key=self._cookie, value=nonce, httponly=True, secure=self._secure, samesite="lax"
        )

        async def planting(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers.add("set-cookie", cookie.to_header(header=""))
            await send(message)

        return planting


def _without_token(request: Request[Any, Any, Any]) -> None:
    """Handlers decode the form strictly; the token is no field of theirs.

    Litestar keeps parsed forms and gives equal bodies the same mapping: taken out of that one,
    the token would be missing from the next form that says the same.
    """
    state = ScopeState.from_scope(request.scope)
    if isinstance(state.form, dict):
        state.form = {name: value for name, value in state.form.items() if name != FIELD}
