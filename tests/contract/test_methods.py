"""HEAD, OPTIONS and refused methods, for every route of the application."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, get
from litestar.response import Stream
from litestar.routes import HTTPRoute

import market.api
from market.accounts.permissions import allow
from market.settings import Settings
from ratings.ledger.actors import Role
from tests.conftest import Account, browser, make_uscc, program

_pieces_read = 0


async def _endless() -> AsyncIterator[bytes]:
    global _pieces_read
    while True:
        _pieces_read += 1
        yield b"x" * 1024


@get("/test/endless", **allow(Role.PUBLIC))
async def endless() -> Stream:
    return Stream(_endless(), media_type="application/octet-stream")


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(market.api, "ROUTES", [*market.api.ROUTES, endless])
    return settings


# The picture of a new key is another one each time, and another size.
_DRAWN_ANEW = {"/account/second-factor"}


def _addresses(app: Litestar) -> dict[str, set[str]]:
    """An address of every route, with the methods its handlers name."""
    found: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{uscc:\w+\}", make_uscc(9_999_999), route.path)
            path = re.sub(r"\{\w+:int\}", "1", path)
            path = re.sub(r"\{\w+:\w+\}", "00000000-0000-4000-8000-000000000000", path)
            found[path] = {str(method) for method in route.methods}
    return found


async def test_head_is_get_without_the_body(app: Litestar, accounts: dict[Role, Account]) -> None:
    addresses = [path for path, methods in _addresses(app).items() if "GET" in methods]
    assert len(addresses) > 40
    async with browser(app) as stranger:
        for who in (stranger, accounts[Role.CENTRE].client, accounts[Role.CENTRE].browser):
            # Whoever comes without a form's cookie is given a random one, the first time.
            await who.get("/")
            for path in addresses:
                if path != "/api/v1/test/endless":
                    full, bare = await who.get(path), await who.head(path)
                    assert bare.content == b"", path
                    assert bare.status_code == full.status_code, path
                    # Each of the two was counted.
                    for answer in (full, bare):
                        answer.headers.pop("ratelimit", None)
                    if path in _DRAWN_ANEW:
                        full.headers["content-length"] = bare.headers["content-length"]
                    assert bare.headers == full.headers, path


async def test_head_does_not_read_what_it_will_not_send(client: httpx.AsyncClient) -> None:
    assert (await client.head("/api/v1/test/endless")).status_code == 200
    assert _pieces_read < 3


async def test_head_where_nothing_can_be_read(client: httpx.AsyncClient) -> None:
    answer = await client.head("/api/v1/registrations/enterprises")
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["allow"] == "OPTIONS, POST"


async def test_every_address_tells_its_methods(app: Litestar) -> None:
    """To everybody, signed in or not; a method it does not have says the same."""
    async with program(app) as stranger:
        for path, methods in _addresses(app).items():
            expected = sorted(methods | ({"HEAD"} if "GET" in methods else set()))
            asked = await stranger.options(path)
            assert asked.status_code == 204, path
            assert asked.headers["allow"] == ", ".join(expected), path
            refused = await stranger.request("PROPFIND", path)
            assert refused.status_code == 405, path
            assert refused.headers["allow"] == ", ".join(expected), path


async def test_the_server_is_told_that_it_was_a_head(app: Litestar) -> None:
    """It strips and counts the body by the method in the scope."""
    seen = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "HEAD",
        "scheme": "http",
        "path": "/healthz/live",
        "raw_path": b"/healthz/live",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        seen.append((scope["method"], message["type"], message.get("body")))

    await app(scope, receive, send)  # type: ignore[arg-type]
    assert seen == [
        ("HEAD", "http.response.start", None),
        ("HEAD", "http.response.body", b""),
    ]
