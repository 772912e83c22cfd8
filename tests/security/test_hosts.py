"""The Host field: a name that is not the market's is refused, and no address is built from one."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from market.api.hosts import answers_to, host_of
from market.settings import Settings
from tests.applications import undeployed
from tests.conftest import browser, program
from tests.county import County
from tests.security.test_raw_http import exchange, serving


@pytest.mark.parametrize(
    ("stated", "host", "known"),
    [
        ("", "localhost", True),
        ("", "localhost:8000", True),
        ("", "127.0.0.1:8000", True),
        ("", "[::1]:8000", True),
        ("", "192.168.3.4", True),
        ("", "market.localhost:8000", True),
        ("", "market.test", True),
        ("market.example.gov.cn", "market.test", False),
        ("", "contest", False),
        ("", "market.example.gov.cn", False),
        ("", "localhost.evil.example", False),
        ("", "127.0.0.1.evil.example", False),
        ("market.example.gov.cn", "market.example.gov.cn", True),
        ("market.example.gov.cn", "MARKET.example.gov.cn.:443", True),
        ("market.example.gov.cn", "localhost", False),
        ("market.example.gov.cn", "127.0.0.1", False),
        ("market.example.gov.cn", "www.market.example.gov.cn", False),
        ("a.example, b.example", "b.example", True),
        ("市场.example", "xn--mesr1n.example", True),
        ("", "", False),
        ("", "localhost, evil.example", False),
        ("", "evil.example@localhost", False),
        ("", "localhost/evil.example", False),
        ("", "localhost:8000:9000", False),
        ("", "[::1", False),
    ],
)
def test_names(stated: str, host: str, known: bool) -> None:
    settings = Settings(allowed_hosts=stated)
    assert answers_to(settings)(host.encode()) is known


def test_the_name_it_listens_at_is_its_own() -> None:
    assert answers_to(Settings(host="market.intranet"))(b"market.intranet:8000")


@given(st.binary(max_size=60))
def test_no_field_confuses_the_reader(field: bytes) -> None:
    name = host_of(field)
    assert name is None or not set(name) & set("/@, \r\n?#")
    answers_to(Settings())(field)


async def test_an_unknown_name_is_told_so(app: Litestar) -> None:
    evil = {"Host": "evil.example"}
    async with program(app) as client, browser(app) as visitor:
        answer = await client.get("/api/v1/items", headers=evil)
        assert (answer.status_code, answer.json()["code"]) == (400, "host-unknown")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "content-security-policy" in answer.headers
        page = await visitor.get("/sign-in?lang=en", headers=evil | {"Host": "<b>.example"})
        assert page.status_code == 400
        assert "STEELYARD_ALLOWED_HOSTS" in page.text
        assert "<b>" not in page.text
        # Neither an unknown address nor a wrong method is a way around it.
        for method, path in (("GET", "/nothing"), ("POST", "/api/v1/items"), ("HEAD", "/")):
            assert (await client.request(method, path, headers=evil)).status_code == 400
        # A balancer asks the process itself, by whatever name that has inside.
        assert (await client.get("/healthz/live", headers={"Host": "app:8000"})).status_code == 200


async def test_two_names_or_none_are_refused(app: Litestar) -> None:
    async with serving(app) as port:
        for fields in (b"", b"Host: localhost\r\nHost: evil.example\r\n", b"Host:\r\n"):
            asked = b"GET /api/v1/items HTTP/1.1\r\n" + fields + b"Connection: close\r\n\r\n"
            assert (await exchange(port, asked)).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("field", ["X-Forwarded-Host", "X-Host", "Forwarded"])
async def test_no_answer_repeats_a_name_from_a_header(county: County, field: str) -> None:
    """Links are relative, and no proxy's field names the market either."""
    named = {field: "host=evil.example" if field == "Forwarded" else "evil.example"}
    async with program(county.app) as client, browser(county.app) as visitor:
        answers: list[httpx.Response] = [
            await client.get("/api/v1/items?limit=1", headers=named),
            await client.get("/api/v1/openapi.json", headers=named),
            await visitor.get("/", headers=named),
            await visitor.get("/workspace", headers=named),
        ]
    for answer in answers:
        assert "evil.example" not in answer.text + str(answer.headers)
    assert answers[0].headers["link"].startswith("</api/v1/items?")


def test_every_name_stays_out_of_the_description() -> None:
    described = undeployed().openapi_schema.to_schema()
    assert described.get("servers", [{"url": "/"}]) == [{"url": "/"}]
