"""Whoever asks for an address that is not there is told so on a page that knows them.

Signing in is looked at behind the routing, which an unknown address never gets to. So the frame of
its page would offer to sign in to somebody who has. What fails here is left alone: the page is then
that of a stranger, which needs no database.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from litestar.enums import ScopeType
from litestar.types import Scope

from market.accounts.identity import recognised
from market.api.csrf import give_token
from market.settings import Settings

_LOG = logging.getLogger("steelyard")
_PATIENCE = 2.0
"""Seconds that a page about nothing waits for the database."""


def knowing_who_asks(settings: Settings) -> Callable[[Exception, Scope], Awaitable[None]]:
    """A hook that runs before the error is told, and acts where the routing itself has failed."""

    async def look(_: Exception, scope: Scope) -> None:
        is_page = not scope["path"].startswith(("/api/", "/static/", "/healthz/"))
        if scope["type"] != ScopeType.HTTP or not is_page or "user" in scope:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                scope["user"] = await recognised(scope, settings)
        except Exception:
            _LOG.exception("nobody could be recognised at %s", scope["path"])
        else:
            give_token(scope, settings)

    return look
