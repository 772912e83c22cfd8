"""What every answer of the application has in common: errors, headers, limits, forms."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.params import FromQuery

import market.api
import market.web
from market.accounts.permissions import allow
from market.api import health
from market.api.csrf import FIELD, csrf_token
from market.api.cursors import page, unseal
from market.app import create_app
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.database import execute
from ratings.ledger.errors import Fault, Refused
from tests.conftest import PASSWORD, Account, browser, program

_GIGABYTE = 1024**3
_CHUNK = b"x" * 65536


@get("/test/crash", **allow(Role.PUBLIC))
async def crash() -> None:
    raise ValueError("the secret inside")


@get("/test/refuse", **allow(Role.PUBLIC))
async def refuse() -> None:
    raise Refused(
        "price-high", "Too high: {price_fen}.", price_fen=1200, faults=(Fault("/a", "b", "c"),)
    )


@get("/test/list", **allow(Role.PUBLIC))
async def listing(
    request: Request[object, object, object], cursor: FromQuery[str] = "", word: FromQuery[str] = ""
) -> object:
    place = unseal(request, cursor, int) if cursor else 0
    return page(request, [f"{word}{place}"], place + 1 if place < 2 else None)


@post("/test/form", **allow(Role.PUBLIC))
async def form(request: Request[object, object, object]) -> str:
    return ",".join(sorted((await request.form()).keys()))


@post("/test/officials", **allow(Role.CENTRE))
async def officials(request: Request[object, object, object]) -> str:
    return str(len(await request.body()))


@post("/test/silent")
async def silent() -> None:
    """Says nothing about roles."""


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The application with a few more routes, that do what no real one should."""
    monkeypatch.setattr(market.api, "ROUTES", [*market.api.ROUTES, crash, refuse, listing, silent])
    monkeypatch.setattr(market.web, "ROUTES", [*market.web.ROUTES, form, officials])
    return settings


def _problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "code", "errors"}
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:steelyard:problem:{code}"
    return body


async def test_unknown_address(client: httpx.AsyncClient) -> None:
    body = _problem(await client.get("/api/v1/nothing/here"), 404, "no-such-address")
    assert body["instance"] == "/api/v1/nothing/here"


async def test_wrong_method(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/sessions")
    _problem(answer, 405, "method-not-allowed")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"login": 1, "password": "x"}', b"", b"\xff", b"[" * 100_000],
    ids=["cut", "list", "wrong type", "empty", "no UTF-8", "brackets in brackets"],
)
async def test_malformed_body(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(
        "/api/v1/sessions", content=body, headers={"Content-Type": "application/json"}
    )
    _problem(answer, 400, "malformed")


async def test_a_fault_points_at_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/sessions", json={"login": 1, "password": "x"})
    (fault,) = _problem(answer, 400, "malformed")["errors"]  # type: ignore[misc]
    assert fault["pointer"] == "/login"


async def test_a_rule_says_no_in_the_readers_language(client: httpx.AsyncClient) -> None:
    english = await client.get("/api/v1/test/refuse", headers={"Accept-Language": "en"})
    body = _problem(english, 422, "price-high")
    assert body["errors"] == [{"pointer": "/a", "code": "b", "message": "c"}]
    assert "12" in str(body["detail"])
    assert english.headers["content-language"] == "en"
    chinese = await client.get("/api/v1/test/refuse")
    assert chinese.headers["content-language"] == "zh-CN"


async def test_nothing_of_the_inside_is_told(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/api/v1/test/crash")
    _problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "the secret inside" in caplog.text


async def test_a_page_tells_errors_as_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_route_that_names_no_role_is_closed(accounts: dict[Role, Account]) -> None:
    for account in accounts.values():
        assert (await account.client.post("/api/v1/test/silent")).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sessions/current",
        "/api/v1/openapi.json",
        "/api/v1/nothing",
        "/api/v1/test/crash",
        "/nothing",
        "/healthz/live",
        "/healthz/ready",
    ],
)
async def test_security_headers_on_every_answer(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert "cache-control" in headers
    assert "strict-transport-security" not in headers


async def test_what_one_person_sees_is_not_kept_for_others(accounts: dict[Role, Account]) -> None:
    """A program may keep a read for itself and ask again; a browser keeps no page at all."""
    agency = accounts[Role.AGENCY]
    read = await agency.client.get("/api/v1/sessions/current")
    assert read.headers["cache-control"] == "private, no-cache"
    for answer in (
        await agency.client.get("/api/v1/cases/nothing"),
        await agency.browser.get("/"),
        await agency.client.delete("/api/v1/sessions/current"),
    ):
        assert answer.headers["cache-control"] == "no-store"


async def test_a_token_is_not_kept(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    wanted = {"login": accounts[Role.AGENCY].login, "password": PASSWORD}
    answer = await client.post("/api/v1/sessions", json=wanted)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"


async def test_readiness(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz/ready")).json() == {"status": "ready"}
    await execute("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")
    _problem(await client.get("/healthz/ready"), 503, "migrations-pending")
    assert (await client.get("/healthz/live")).status_code == 200


async def test_a_database_that_has_gone_is_not_ready(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> list[str]:
        raise ConnectionRefusedError("at an address nobody should read")

    monkeypatch.setattr(health, "pending", gone)
    answer = await client.get("/healthz/ready")
    _problem(answer, 503, "database-unreachable")
    assert "address" not in answer.text
    assert (await client.get("/healthz/live")).status_code == 200


async def test_a_list_continues_at_its_sealed_cursor(client: httpx.AsyncClient) -> None:
    seen, path = [], "/api/v1/test/list?word=n"
    while path:
        answer = await client.get(path)
        seen += answer.json()["items"]
        path = answer.json()["next"]
        if path:
            assert answer.headers["link"] == f'<{path}>; rel="next"'
    assert seen == ["n0", "n1", "n2"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "MQ", "你好", "A" * 40, "A" * 41])
async def test_nobody_makes_up_a_cursor(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/api/v1/test/list", params={"cursor": cursor})
    _problem(answer, 400, "cursor-malformed")


class _Counting:
    """A body of a gigabyte that says how much of it was asked for."""

    def __init__(self) -> None:
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < _GIGABYTE:
            self.sent += len(_CHUNK)
            yield _CHUNK


async def _send_gigabyte(app: Litestar, path: str, headers: dict[str, str]) -> tuple[int, int]:
    """Status and bytes that the application took. httpx would read all of the body first."""
    body = _Counting()
    chunks = aiter(body)
    status = 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await anext(chunks), "more_body": True}

    async def send(message: dict[str, object]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(str(message["status"]))
            assert (b"connection", b"close") in [*message["headers"]] or status != 413  # type: ignore[misc]

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode())
            for name, value in {"Host": "localhost", **headers}.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    return status, body.sent


@pytest.mark.parametrize("announced", [True, False])
async def test_a_gigabyte_is_refused_without_reading_it(app: Litestar, announced: bool) -> None:
    headers = {"Content-Type": "application/json"}
    if announced:
        headers["Content-Length"] = str(_GIGABYTE)
    status, taken = await _send_gigabyte(app, "/api/v1/sessions", headers)
    assert status == 413
    assert taken <= (0 if announced else 2 * 1024 * 1024)


async def test_a_stranger_with_a_form_of_a_gigabyte_is_not_read_at_all(app: Litestar) -> None:
    form_type = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": "csrf=nonce"}
    assert await _send_gigabyte(app, "/test/officials", form_type) == (401, 0)


async def test_a_form_without_the_token_is_refused(app: Litestar) -> None:
    async with program(app) as other_site:
        other_site.cookies.set("csrf", "test-nonce")
        for extra in ({}, {FIELD: "wrong"}, {FIELD: "错"}, {FIELD: ""}):
            answer = await other_site.post("/test/form", data={"a": "1", **extra})
            assert answer.status_code == 403
            assert answer.headers["content-type"].startswith("text/html")


async def test_a_form_without_the_cookie_is_refused(app: Litestar, settings: Settings) -> None:
    async with program(app) as other_site:
        token = csrf_token(settings, "test-nonce")
        answer = await other_site.post("/test/form", data={FIELD: token})
        assert answer.status_code == 403


async def test_the_token_is_taken_from_the_field_or_the_header(
    app: Litestar, settings: Settings
) -> None:
    async with program(app) as person:
        person.cookies.set("csrf", "test-nonce")
        token = csrf_token(settings, "test-nonce")
        by_field = await person.post("/test/form", data={"a": "1", FIELD: token})
        assert (by_field.status_code, by_field.text) == (201, "a")
        again = await person.post("/test/form", data={"a": "1", FIELD: token})
        assert (again.status_code, again.text) == (201, "a")
        by_header = await person.post(
            "/test/form", data={"a": "1"}, headers={"X-CSRF-Token": token}
        )
        assert (by_header.status_code, by_header.text) == (201, "a")


async def test_signing_in_changes_the_token(
    app: Litestar, settings: Settings, accounts: dict[Role, Account]
) -> None:
    """A token made before signing in, perhaps with a cookie somebody planted, is worth nothing."""
    centre = accounts[Role.CENTRE]
    before = csrf_token(settings, "test-nonce")
    refused = await centre.browser.post("/test/officials", headers={"X-CSRF-Token": before})
    assert refused.status_code == 403
    assert (await centre.browser.post("/test/officials")).status_code == 201


async def test_pages_know_no_bearer_and_the_api_no_cookie(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    centre = accounts[Role.CENTRE]
    async with browser(app) as stranger:
        bearer = {"Authorization": f"Bearer {centre.token}"}
        assert (await stranger.post("/test/officials", headers=bearer)).status_code == 401
    assert (await centre.browser.get("/api/v1/sessions/current")).status_code == 401


async def test_secure_cookies_and_strict_transport(database: str, tmp_path: Path) -> None:
    made = create_app(Settings(database_url=database, var_dir=tmp_path, secure_cookies=True))
    async with program(made) as client:
        answer = await client.get("/test/nothing")
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_page_that_wants_a_sign_in_shows_the_way_there_and_back(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/workspace")
    assert answer.status_code == 401
    assert 'href="/sign-in?next_path=%2Fworkspace"' in answer.text
