"""The demonstration's market, served once for all tests that only look at it."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from litestar.routes import HTTPRoute

from market.accounts.actions import sign_in
from market.accounts.identity import session_cookie
from market.accounts.invitations import NewInvitation, invite
from market.accounts.permissions import roles_of
from market.agencies.directory_queries import AgencyFilter, agencies
from market.agencies.queries import AgencyRow
from market.app import create_app
from market.demonstration.accounts import ACCOUNTS, PASSWORD
from market.demonstration.population import populate
from market.files.store import open_store
from market.migrations import migrate
from market.purchasing.queries import group_buys
from market.settings import Settings
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import connect, disconnect
from ratings.sanctions.queries import case_files
from tests.applications import undeployed
from tests.browser.serving import serving
from tests.browser.visitors import Visitor

# Settings without a database: enough to ask the application for its routes.
_ROUTES = [one for one in undeployed().routes if isinstance(one, HTTPRoute)]
_NO_PAGES = ("/api/", "/exports/", "/guide-templates/", "/healthz/", "/papers/", "/static/")
# In a demonstration these lead elsewhere, or there is no provider to lead to.
_NOT_SHOWN = ("/account/identity", "/account/second-factor", "/sign-in/provincial")
_LOGINS = {one.role: one.login for one in reversed(ACCOUNTS)}


def pages(role: Role) -> tuple[str, ...]:
    """The paths of all pages that are made for a role, as routes write them."""
    return tuple(
        route.path
        for route in _ROUTES
        for handler in route.route_handlers
        if "GET" in handler.http_methods
        and role in roles_of(handler)
        and not route.path.startswith((*_NO_PAGES, *_NOT_SHOWN))
    )


@dataclass
class Fair:
    """`examples`: an address for each public route that has a parameter; `agency`: the best."""

    origin: str
    examples: dict[str, str]
    agency: AgencyRow

    async def enter(self, visitor: Visitor, role: Role) -> None:
        """The visitor has signed in before it comes."""
        who = await sign_in(_LOGINS[role], PASSWORD, now(), demonstration=True)
        cookie = {"name": session_cookie(Settings()), "value": who.token, "url": self.origin}
        await visitor.page.context.add_cookies([cookie])


@asynccontextmanager
async def a_fair(postgres: str, directory: Path) -> AsyncIterator[Fair]:
    """On a database of its own, for as long as the context lasts."""
    name = f"steelyard_fair_{os.getpid()}"
    url = urlunsplit(urlsplit(postgres)._replace(path=f"/{name}"))
    settings = Settings(database_url=url, var_dir=directory, demonstration=True)
    server = await asyncpg.connect(postgres)
    await server.execute(f"CREATE DATABASE {name}")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        stack.push_async_callback(server.execute, f"DROP DATABASE {name} WITH (FORCE)")
        await connect(url)
        stack.push_async_callback(disconnect)
        await migrate(url)
        await populate(now(), open_store(settings.files), lambda _: None)
        origin = await stack.enter_async_context(serving(create_app(settings), url, lifespan="on"))
        best = (await agencies(AgencyFilter(), limit=1))[0]
        delisted = (await case_files(state="delisted", limit=1))[0]
        group = (await group_buys(state="open"))[0]
        who = await sign_in(_LOGINS[Role.CENTRE], PASSWORD, now(), demonstration=True)
        inviting = Actor(who.role, now(), who.person, who.organisation)
        link = await invite(inviting, NewInvitation(administrator=True))
        examples = {
            "/needs": "/needs?project_type=government&works=public&investment_wan=8000"
            "&civil_defence=yes&road=no",
            "/items/{code:str}": "/items/04",
            "/guides/{code:str}": "/guides/12",
            "/guides/{code:str}/versions/{number:int}": "/guides/12/versions/1",
            "/packages/{code:str}": "/packages/review",
            "/packages/{code:str}/versions": "/packages/review/versions",
            "/packages/{code:str}/versions/{number:int}": "/packages/review/versions/1",
            "/editions/{edition:str}": "/editions/list-2.0",
            "/fees/{code:str}": "/fees/consulting-1283",
            "/developers/{area:str}": "/developers/purchasing",
            "/agencies/{uscc:str}": f"/agencies/{best.uscc}",
            "/policies/{name:str}": "/policies/standard",
            "/group-buys/{identifier:str}": f"/group-buys/{group.id}",
            "/invitations/{token:str}": f"/invitations/{link.token}",
            "a delisted agency": f"/agencies/{delisted.uscc}",
        }
        yield Fair(origin, examples, best)
