"""The composition root: which doors there are, and what stands in each of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import CacheControlHeader, State
from litestar.static_files import create_static_files_router

from market import api, web
from market.accounts.identity import Authentication
from market.accounts.limits import RouteClass, counted_as, limits_of
from market.accounts.offered_scopes import offered_scopes
from market.accounts.oidc import Provider
from market.accounts.permissions import allow, guard
from market.api import health, problems
from market.api.csrf import CrossSite
from market.api.edge import around
from market.api.headers import security_headers
from market.api.hosts import answers_to, only_by_its_names
from market.api.hot_reads import HotReads
from market.api.negotiation import negotiate
from market.api.openapi import declaring_problems, openapi_config
from market.api.plain_reads import plain_reads
from market.api.rate_limits import Limiter, RateLimits, tell_allowance
from market.api.unrouted import knowing_who_asks
from market.settings import Settings
from market.web.templating import STATIC_DIR
from ratings.ledger.actors import Role
from ratings.ledger.database import ENGINE, connect, disconnect

# Also what the other fields of a form may need beside an uploaded file.
_LARGEST_BODY = 1024 * 1024
# Addresses of static files change with their content (`asset()`), so they may be kept.
_KEPT_FOR = 365 * 24 * 3600


class Application(Litestar):
    """Litestar's application with the hot reads outside of everything that it does."""

    hot_reads: HotReads

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.hot_reads(scope, receive, send)

    async def ordinary(self, scope: Any, receive: Any, send: Any) -> None:
        """The way of every request that is not answered from memory."""
        await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Application:
    """The whole application. It wants a migrated database at `settings.database_url`."""

    @asynccontextmanager
    async def database(_: Litestar) -> AsyncIterator[None]:
        # A process that has loaded data before it serves has opened the pool, and will close it.
        if ENGINE.pool is not None:
            yield
            return
        await connect(settings.database_url)
        try:
            yield
        finally:
            await disconnect()

    largest_upload = settings.max_upload_bytes + _LARGEST_BODY
    limiter = Limiter(limits_of(settings.rate_limits))

    provider = Provider(settings) if settings.oidc_issuer else None

    app = Application(
        route_handlers=[
            *declaring_problems([health.live, health.ready]),
            Router(
                "/api/v1",
                route_handlers=declaring_problems(api.ROUTES),
                before_request=negotiate,
            ),
            Router("/", route_handlers=[*web.ROUTES], include_in_schema=False),
            Router(
                "/api/v1",
                route_handlers=declaring_problems(api.UPLOADS),
                before_request=negotiate,
                request_max_body_size=largest_upload,
                opt=counted_as(RouteClass.UPLOADS),
            ),
            Router(
                "/",
                route_handlers=[*web.UPLOADS],
                request_max_body_size=largest_upload,
                opt=counted_as(RouteClass.UPLOADS),
                include_in_schema=False,
            ),
            create_static_files_router(
                "/static",
                [STATIC_DIR],
                opt=allow(Role.PUBLIC),
                cache_control=CacheControlHeader(public=True, max_age=_KEPT_FOR),
            ),
        ],
        lifespan=[database],
        state=State({"settings": settings, "limiter": limiter, "provider": provider}),
        guards=[guard],
        middleware=[Authentication(settings), RateLimits(limiter), CrossSite(settings)],
        before_send=[security_headers(settings), tell_allowance],
        after_exception=[knowing_who_asks(settings)],
        exception_handlers=problems.HANDLERS,
        request_max_body_size=_LARGEST_BODY,
        openapi_config=openapi_config(),
    )
    app.state.scopes = offered_scopes(app.routes)
    # Middleware stands behind the routing, which already refuses a method that no route names.
    app.asgi_handler = only_by_its_names(around(app), settings)
    app.hot_reads = HotReads(
        app.ordinary,
        plain_reads(app),
        limiter,
        answers_to(settings),
        settings.hot_reads_bytes,
    )
    return app
