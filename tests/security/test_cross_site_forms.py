"""Somebody's page sends our forms from the browser of one who is signed in here: each of them."""

import re

import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from market.accounts.permissions import roles_of
from market.api.csrf import FIELD, HEADER, csrf_cookie, csrf_token
from market.settings import Settings
from ratings.ledger.actors import Role
from tests.conftest import Account, browser
from tests.contract.test_permissions import routes
from tests.county import picture


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More forms are sent here than anybody may in so short a time."""
    return msgspec.structs.replace(settings, rate_limits="off")


def _forms(app: Litestar) -> dict[str, frozenset[Role]]:
    """Path → roles of every page route that changes something."""
    return {
        re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:str\}", "x", route.path)): roles_of(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and not route.path.startswith(("/api/", "/static/", "/healthz/"))
        for handler in route.route_handlers
        if set(handler.http_methods) - {"GET", "HEAD", "OPTIONS"}
    }


async def test_no_form_is_taken_without_the_proof(
    app: Litestar, accounts: dict[Role, Account], settings: Settings
) -> None:
    forms = _forms(app)
    assert len(forms) > 20
    before = await picture()
    for path, roles in forms.items():
        for role in roles & accounts.keys() or {Role.ENTERPRISE}:
            account = accounts[role]
            async with browser(app, account.token) as visitor:
                del visitor.headers[HEADER]
                nonce = visitor.cookies[csrf_cookie(settings)]
                another = accounts[Role.AUDITOR if role is not Role.AUDITOR else Role.CENTRE]
                wrong = {
                    "none": None,
                    "a guess": "0" * 64,
                    "another session's": csrf_token(settings, nonce, another.token),
                    "that of before signing in": csrf_token(settings, nonce),
                    "another cookie's": csrf_token(settings, "planted", account.token),
                }
                for which, proof in wrong.items():
                    data = {} if proof is None else {FIELD: proof}
                    answer = await visitor.post(path, data=data)
                    assert answer.status_code == 403, f"{path} with {which}"
                    assert "set-cookie" not in answer.headers or FIELD not in str(answer.headers)
    assert await picture() == before


async def test_the_api_takes_no_cookie_and_no_page_takes_a_token(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    """So no other site's page can make a browser call the API for its visitor."""
    account = accounts[Role.ENTERPRISE]
    for path in ("/api/v1/sessions/current", "/api/v1/engagements"):
        assert (await account.browser.get(path)).status_code == 401
    assert (await account.client.get("/workspace")).status_code == 401
    preflight = await account.client.options(
        "/api/v1/purchases",
        headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert routes(app)
