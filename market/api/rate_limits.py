"""Rate limits: who asks how much, counted over all processes, told in every answer.

A process reserves a block of a caller's allowance in the database and spends it from memory, so
that hardly any request waits for the count, and one that is refused never does. What a process
has reserved and not spent when the window ends is lost to the caller: less than a block for
each process that the caller reached, and a block is a twentieth of the limit or a single request.
"""

import asyncio
import functools
import math
import time
from collections.abc import Awaitable, Callable

import msgspec
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from market.accounts.allowances import Granted, reserve
from market.accounts.key_holders import KeyHolder
from market.accounts.limits import Limit, Limits, RouteClass, network_of, stated_class
from market.accounts.permissions import roles_of
from ratings.ledger.actors import Role
from ratings.ledger.errors import TooMany

# Where the verdict on a request stands in the state of its scope.
VERDICT = "rate_limit"
_READING = {"GET", "HEAD", "OPTIONS"}
_UNCOUNTED = ("/static/", "/healthz/")
# Callers remembered at once. Beyond it the oldest lose what they had reserved, never more.
_MOST_CALLERS = 50_000

Key = tuple[RouteClass, str]


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether a request may pass, and the fields that tell its sender how much is left.

    `remaining` is what the whole market would still let through as far as this process knows;
    `seconds` until the count begins anew.
    """

    allowed: bool
    limit: Limit | None = None
    remaining: int = 0
    seconds: int = 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them, for the head of an ASGI answer."""
        if self.limit is None:
            return []
        name = self.limit.route_class
        fields = [
            (b"ratelimit-policy", _policy(self.limit)),
            (b"ratelimit", f'"{name}";r={self.remaining};t={self.seconds}'.encode()),
        ]
        if not self.allowed:
            fields.append((b"retry-after", str(self.seconds).encode()))
        return fields


_UNLIMITED = Verdict(allowed=True)


@functools.cache
def _policy(limit: Limit) -> bytes:
    return f'"{limit.route_class}";q={limit.quota};w={limit.window}'.encode()


class _Block(msgspec.Struct, gc=False):
    """What this process may still let through until `until`, a moment of its own clock."""

    left: int
    unasked: int
    until: float


class Limiter:
    """The allowances of all callers of one process.

    `ask` reserves in what the processes share, `clock` is a monotonic one in seconds.
    """

    def __init__(
        self,
        limits: Limits,
        ask: Callable[[str, Limit], Awaitable[Granted]] = reserve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._ask = ask
        self._clock = clock
        self._blocks: dict[Key, _Block] = {}
        self._asking: dict[Key, asyncio.Task[None]] = {}

    async def spend(self, caller: str, route_class: RouteClass) -> Verdict:
        """Count one request of the caller (`caller_of`, `visitor_at`)."""
        limit = self._limits.get(route_class)
        if limit is None:
            return _UNLIMITED
        key = (route_class, caller)
        while True:
            now = self._clock()
            block = self._blocks.get(key)
            if block is not None and now < block.until:
                seconds = math.ceil(block.until - now)
                if block.left:
                    block.left -= 1
                    return Verdict(True, limit, block.left + block.unasked, seconds)
                if not block.unasked:
                    return Verdict(False, limit, 0, seconds)
            # Requests that arrive together wait for one and the same block. It is asked for in a
            # task of its own: who hangs up meanwhile must not take it from the others.
            asking = self._asking.get(key)
            if asking is None:
                asking = self._asking[key] = asyncio.create_task(self._refill(key, limit))
            await asyncio.shield(asking)

    async def _refill(self, key: Key, limit: Limit) -> None:
        # The window's end is counted from before the question, so that it is never put too late.
        asked_at = self._clock()
        try:
            granted = await self._ask(key[1], limit)
        finally:
            del self._asking[key]
        self._blocks.pop(key, None)
        if len(self._blocks) >= _MOST_CALLERS:
            self._forget(asked_at)
        self._blocks[key] = _Block(granted.count, granted.unasked, asked_at + granted.seconds)

    def _forget(self, now: float) -> None:
        """Those whose window has ended, and if that is not enough the oldest tenth."""
        self._blocks = {key: block for key, block in self._blocks.items() if now < block.until}
        if len(self._blocks) >= _MOST_CALLERS:
            for key in list(self._blocks)[: _MOST_CALLERS // 10]:
                del self._blocks[key]


@functools.lru_cache(maxsize=4096)
def visitor_at(address: str) -> str:
    """The caller that somebody who has not signed in is: their address."""
    return f"address {network_of(address)}"


def caller_of(scope: Scope) -> str:
    """Whose allowance a request uses: the API key's, the person's who has signed in, or else that
    of the address."""
    who = scope.get("user")
    if isinstance(who, KeyHolder):
        return f"key {who.key}"
    if who is not None:
        return f"person {who.organisation} {who.person}"
    client = scope.get("client")
    return visitor_at(client[0] if client else "")


def class_of(handler: BaseRouteHandler) -> RouteClass:
    """What a route states with `counted_as`, else what its method and roles say.

    An act that needs no account is signing in or registering, or as tempting to automate.
    """
    stated = stated_class(handler.opt)
    if stated is not None:
        return stated
    if set(getattr(handler, "http_methods", ())) <= _READING:
        return RouteClass.READS
    return RouteClass.SIGN_IN if Role.PUBLIC in roles_of(handler) else RouteClass.WRITES


class RateLimits(ASGIMiddleware):
    """Stands behind the authentication, and before a body is read."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._classes: dict[BaseRouteHandler, RouteClass] = {}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith(_UNCOUNTED):
            handler = scope["route_handler"]
            route_class = self._classes.get(handler)
            if route_class is None:
                route_class = self._classes[handler] = class_of(handler)
            # The hot reads have counted a request that they could not answer.
            verdict: Verdict | None = scope["state"].get(VERDICT)
            if verdict is None:
                verdict = await self._limiter.spend(caller_of(scope), route_class)
                scope["state"][VERDICT] = verdict
            if not verdict.allowed:
                raise refusal(verdict)
        await next_app(scope, receive, send)


def refusal(verdict: Verdict) -> TooMany:
    assert verdict.limit is not None, "without a limit nothing is refused"
    return TooMany(
        "too-many-requests",
        "At most {quota} requests of this kind are answered in {window} seconds. Please try again"
        " in {seconds} seconds.",
        quota=verdict.limit.quota,
        window=verdict.limit.window,
        seconds=verdict.seconds,
    )


async def tell_allowance(message: Message, scope: Scope) -> None:
    """The application's hook before sending: the verdict in the head of whatever is answered."""
    verdict: Verdict | None = scope["state"].get(VERDICT)
    if verdict is not None and message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in verdict.headers():
            headers[name.decode()] = value.decode()
