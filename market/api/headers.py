"""Headers that every answer carries, whoever made it."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import BeforeMessageSendHookHandler, Message, Scope

from market.settings import Settings

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
_ALWAYS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_READING = {"GET", "HEAD"}
_TWO_YEARS = 2 * 365 * 24 * 3600
# May be kept by anybody who asks about it again before each use.
NO_CACHE = "no-cache"


def fixed_headers(settings: Settings) -> dict[str, str]:
    """Those that do not depend on the answer. Strict transport only where TLS is certain."""
    if settings.secure_cookies:
        return _ALWAYS | {"Strict-Transport-Security": f"max-age={_TWO_YEARS}; includeSubDomains"}
    return _ALWAYS


def security_headers(settings: Settings) -> BeforeMessageSendHookHandler:
    """The application's hook before sending."""
    fixed = fixed_headers(settings)

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = MutableScopeHeaders.from_message(message)
        for name, value in fixed.items():
            headers[name] = value
        if "cache-control" not in headers:
            headers["Cache-Control"] = _keeping(scope, tagged="etag" in headers)

    return add


def _keeping(scope: Scope, *, tagged: bool) -> str:
    """Whatever may be kept is asked about again before each use.

    What one person sees must not lie there for the next one at the same screen, except the tagged
    reads of a program, which keeps them for itself. The answer to an act is never kept.
    """
    if scope.get("method") not in _READING:
        return "no-store"
    if scope.get("user"):
        return "private, no-cache" if tagged else "no-store"
    return NO_CACHE
