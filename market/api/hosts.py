"""The names under which the market is reached: a request for any other is refused.

Nothing of ours builds an address from the Host field, but whatever stands between might keep an
answer under it, and a page of another name that resolves to this machine (DNS rebinding) would
otherwise be at home here.
"""

import functools
import ipaddress
import re
from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from market.api import problems
from market.settings import Settings
from ratings.ledger.errors import Malformed

_FIELD = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::[0-9]{1,5})?")
_RESERVED = (".localhost", ".test")
_SHOWN = 80
# Whoever watches the process asks it by whatever name it has inside.
_ANY_NAME = "/healthz/"


def host_of(field: bytes) -> str | None:
    """The name in a Host field, without port and capitals; None when it is none."""
    match = _FIELD.fullmatch(field.decode("latin-1").lower())
    return match[1].strip("[]") if match else None


def answers_to(settings: Settings) -> Callable[[bytes], bool]:
    """Whether a Host field names this market.

    Without STEELYARD_ALLOWED_HOSTS it does by address, by the name it listens at, and by those
    that nobody on the internet can own (`localhost` and `test`, RFC 6761).
    """
    stated = {_ascii(name) for name in settings.allowed_hosts.replace(",", " ").split()}
    own = stated or {"localhost", _ascii(settings.host)}

    @functools.lru_cache(maxsize=256)
    def known(field: bytes) -> bool:
        name = host_of(field)
        if name is None or name in own:
            return name is not None
        return not stated and (name.endswith(_RESERVED) or _is_address(name))

    return known


def only_by_its_names(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application for requests that name it rightly; for all others the error."""
    known = answers_to(settings)

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["path"].startswith(_ANY_NAME):
            fields = [value for name, value in scope["headers"] if name == b"host"]
            if len(fields) != 1 or not known(fields[0]):
                await _refuse(scope, receive, send, b", ".join(fields))
                return
        await app(scope, receive, send)

    return checked


async def _refuse(scope: Scope, receive: Receive, send: Send, named: bytes) -> None:
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    error = Malformed(
        "host-unknown",
        "This market does not answer to the name “{host}”. Whoever runs it can add the name to"
        " STEELYARD_ALLOWED_HOSTS.",
        host=named.decode("latin-1")[:_SHOWN],
    )
    response = problems.answer(request, error)
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def _ascii(name: str) -> str:
    """As it travels: Chinese names in their ASCII form."""
    return name.strip().strip("[]").rstrip(".").lower().encode("idna").decode() if name else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
