"""JSON and MessagePack: the same API in two forms, chosen by the client for each direction."""

import re
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import httpx
import msgspec
import pytest
from litestar import Litestar, get, post
from litestar.params import JSONBody
from litestar.response import Stream
from litestar.routes import HTTPRoute

import market.api
from market.accounts.permissions import allow
from market.api.deprecation import deprecated
from market.api.negotiation import JSON, MESSAGEPACK, PROBLEM_JSON, preferred
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.connections import Connections
from ratings.ledger.database import ENGINE
from tests.conftest import PASSWORD, Account, program

PACK = MESSAGEPACK[0]


class Words(msgspec.Struct, frozen=True):
    word: str
    count: int = 1


_done: list[str] = []


@post("/test/words", **allow(Role.PUBLIC))
async def words(data: JSONBody[Words]) -> Words:
    _done.append(data.word)
    return data


@post("/test/words-of-officials", **allow(Role.CENTRE))
async def official_words(data: JSONBody[Words]) -> Words:
    return data


@post("/test/nothing", status_code=204, **allow(Role.PUBLIC))
async def nothing() -> None:
    """Takes nothing and says nothing."""


@get("/test/broken-file", **allow(Role.PUBLIC))
async def broken_file() -> Stream:
    def pieces() -> Iterator[bytes]:
        raise OSError("the disk has gone")
        yield b""

    return Stream(pieces(), media_type="application/pdf")


@get("/test/half-a-file", **allow(Role.PUBLIC))
async def half_a_file() -> Stream:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the disk has gone")

    return Stream(pieces(), media_type="application/pdf")


@get(
    "/test/old",
    operation_id="old",
    **allow(Role.PUBLIC),
    **deprecated(date(2026, 1, 1), gone=date(2027, 1, 1), instead="/api/v1/new"),
)
async def old() -> Words:
    return Words("old")


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    more = [words, official_words, nothing, broken_file, half_a_file, old]
    monkeypatch.setattr(market.api, "ROUTES", [*market.api.ROUTES, *more])
    _done.clear()
    return settings


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        (PACK, PACK),
        ("application/msgpack", "application/msgpack"),
        ("application/x-msgpack;q=0.2", "application/x-msgpack"),
        (f"application/json;q=0.5, {PACK}", PACK),
        (f"application/json, {PACK}", JSON),
        (f"{PACK};q=0.5, */*;q=0.1", PACK),
        (f"{PACK};q=0.5, */*", JSON),
        (f"application/json;q=0, {PACK};q=0.001", PACK),
        ("application/json;q=0, */*", PACK),
        ("text/html", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("application/json;q=nan", None),
        ("application/json;q=loud", None),
        ("application/problem+json", None),
        (",;,", None),
    ],
)
def test_what_an_accept_header_prefers(accept: str, wanted: str | None) -> None:
    assert preferred(accept) == wanted


async def test_an_answer_in_either_form_says_the_same(client: httpx.AsyncClient) -> None:
    path = "/api/v1/fee-standards"
    plain = await client.get(path)
    assert (plain.headers["content-type"], plain.headers["vary"]) == (JSON, "Accept")
    packed = await client.get(path, headers={"Accept": PACK})
    assert (packed.headers["content-type"], packed.headers["vary"]) == (PACK, "Accept")
    assert msgspec.msgpack.decode(packed.content) == plain.json()
    assert len(packed.content) == int(packed.headers["content-length"]) < len(plain.content)
    head = await client.head(path, headers={"Accept": PACK})
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "vary"):
        assert head.headers[name] == packed.headers[name]


async def test_each_form_has_its_own_tag(client: httpx.AsyncClient) -> None:
    path = "/api/v1/fee-standards"
    plain = (await client.get(path)).headers["etag"]
    packed = (await client.get(path, headers={"Accept": PACK})).headers["etag"]
    assert plain != packed
    for tag, status in ((packed, 304), (plain, 200)):
        again = await client.get(path, headers={"Accept": PACK, "If-None-Match": tag})
        assert again.status_code == status
        assert again.headers["vary"] == "Accept"


@pytest.mark.parametrize("kind", MESSAGEPACK)
async def test_a_body_in_messagepack_is_read(client: httpx.AsyncClient, kind: str) -> None:
    body = msgspec.msgpack.encode({"word": "秤", "count": 3})
    answer = await client.post(
        "/api/v1/test/words", content=body, headers={"Content-Type": kind, "Accept": kind}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (201, kind)
    assert msgspec.msgpack.decode(answer.content) == {"word": "秤", "count": 3}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\xa1\xff",
        b"\x81\xc0\x01",
        b"\xd4\x01\x02",
        b"\x01\x02",
        b"\x91" * 100_000,
        msgspec.msgpack.encode({"word": 1}),
        msgspec.msgpack.encode([1]),
    ],
)
async def test_what_json_could_not_say_is_malformed(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(
        "/api/v1/test/words", content=body, headers={"Content-Type": PACK, "Accept": PACK}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, PACK)
    assert msgspec.msgpack.decode(answer.content)["code"] == "malformed"


async def test_errors_of_every_kind_in_messagepack(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    agency = accounts[Role.AGENCY].client
    asked = {"Accept": PACK, "Accept-Language": "en"}
    for status, answer in (
        (401, await client.get("/api/v1/cases", headers=asked)),
        (403, await agency.get("/api/v1/admissions", headers=asked)),
        (404, await client.get("/api/v1/nothing", headers=asked)),
        (404, await client.get("/api/v1/items/nothing", headers=asked)),
        (405, await client.put("/api/v1/sessions", headers=asked)),
        (413, await _post(client, b"x" * 2_000_000, **asked, **{"Content-Type": PACK})),
        (415, await _post(client, b"x", **asked, **{"Content-Type": "text/plain"})),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, PACK)
        told = msgspec.msgpack.decode(answer.content)
        assert (told["status"], told["type"]) == (status, f"urn:steelyard:problem:{told['code']}")
        assert set(answer.headers["vary"].split(", ")) == {"Accept", "Accept-Language"}


async def _post(client: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    return await client.post("/api/v1/test/words", content=content, headers=headers)


async def test_a_form_that_is_not_spoken_is_refused_before_anything_is_done(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(
        "/api/v1/test/words", json={"word": "x"}, headers={"Accept": "text/html"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (406, PROBLEM_JSON)
    assert answer.json()["code"] == "not-acceptable"
    assert _done == []


async def test_who_takes_problems_only_gets_an_error_in_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/nothing", headers={"Accept": f"{PROBLEM_JSON}, {PACK}"})
    assert answer.headers["content-type"] == PROBLEM_JSON
    lost = await client.get("/api/v1/nothing", headers={"Accept": "text/html"})
    assert (lost.status_code, lost.headers["content-type"]) == (404, PROBLEM_JSON)


async def test_signing_in_comes_before_the_form(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/test/words-of-officials",
        content=b"x",
        headers={"Content-Type": "text/plain", "Accept": "text/html"},
    )
    assert answer.status_code == 401


async def test_nothing_and_files_are_not_negotiated(client: httpx.AsyncClient) -> None:
    asked = {"Accept": "text/html"}
    assert (await client.post("/api/v1/test/nothing", headers=asked)).status_code == 204
    export = await client.get("/api/v1/exports/agencies.csv", headers=asked)
    assert (export.status_code, export.headers["content-type"][:8]) == (200, "text/csv")
    file = await client.get("/api/v1/exports/agencies.json", headers={"Accept": PACK})
    assert (file.status_code, file.headers["content-type"]) == (200, JSON)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 201),
        ("APPLICATION/JSON; Charset=UTF-8", 201),
        ('application/json; charset="utf-8"', 201),
        ("application/json; charset=gbk", 415),
        ("application/merge-patch+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("json", 415),
        ("*/*", 415),
    ],
)
async def test_which_bodies_are_read(client: httpx.AsyncClient, kind: str, status: int) -> None:
    answer = await _post(client, b'{"word": "x"}', **{"Content-Type": kind})
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["code"] == "media-type"
        assert answer.headers["accept"] == f"{JSON}, {PACK}"
        assert _done == []


async def test_a_body_of_no_stated_type_is_read_as_json(app: Litestar) -> None:
    async with program(app) as client:
        answer = await client.post("/api/v1/test/words", content=b'{"word": "x"}')
        assert "content-type" not in answer.request.headers
        assert answer.status_code == 201
        assert (await client.post("/api/v1/test/words")).status_code == 400


async def test_a_compressed_body_is_not_read(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    answer = await _post(client, b'{"word": "x"}', **headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "content-encoding")


async def test_a_form_where_files_are_expected(accounts: dict[Role, Account]) -> None:
    answer = await accounts[Role.CENTRE].client.post(
        "/api/v1/feed-deliveries?as_of=2026-01", json={}
    )
    assert answer.status_code == 415
    assert answer.headers["accept"] == "multipart/form-data"


async def test_every_read_in_messagepack_is_what_it_is_in_json(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    centre = accounts[Role.CENTRE].client
    compared = 0
    for route in app.routes:
        if isinstance(route, HTTPRoute) and "GET" in route.methods:
            path = route.path
            # A workbook is one in either case.
            if re.fullmatch(r"/api/v1/(?!exports|test|openapi|fee-standard-template)[^{]*", path):
                plain = await centre.get(path)
                packed = await centre.get(path, headers={"Accept": PACK})
                assert packed.status_code == plain.status_code, path
                assert packed.headers["content-type"] == PACK, path
                assert msgspec.msgpack.decode(packed.content) == plain.json(), path
                compared += 1
    assert compared > 10


async def test_a_file_that_fails_before_its_first_byte_is_an_error(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/api/v1/test/broken-file")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM_JSON)
    assert "disk" not in answer.text
    assert "the disk has gone" in caplog.text
    assert "content-security-policy" in answer.headers


async def test_a_file_that_fails_later_is_broken_off(app: Litestar) -> None:
    """The server then closes the connection, and nobody takes the half for the whole."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://steelyard.test"
    ) as client:
        with pytest.raises(Exception, match="after response started"):
            await client.get("/api/v1/test/half-a-file")


async def test_without_a_database_the_answer_is_not_now(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise ConnectionRefusedError("at an address nobody should read")

    with monkeypatch.context() as patch:
        patch.setattr(ENGINE, "connections", Connections(SimpleNamespace(acquire=gone)))
        answer = await client.get("/api/v1/agencies")
    assert (answer.status_code, answer.json()["code"]) == (503, "database-unreachable")
    assert answer.headers["retry-after"]
    assert "address nobody" not in answer.text


async def test_a_route_that_will_go_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/test/old")
    assert answer.headers["deprecation"] == "@1767225600"
    assert answer.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    links = answer.headers.get_list("link")
    assert '</developers/accounts#old>; rel="deprecation"' in links
    assert '</api/v1/new>; rel="successor-version"' in links
    described = (await client.get("/api/v1/openapi.json")).json()["paths"]
    assert described["/api/v1/test/old"]["get"]["deprecated"] is True
    assert described["/api/v1/items"]["get"]["deprecated"] is False
    assert "deprecation" not in (await client.get("/api/v1/items")).headers


async def test_signing_in_by_messagepack(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    wanted = {"login": accounts[Role.AGENCY].login, "password": PASSWORD}
    answer = await client.post(
        "/api/v1/sessions",
        content=msgspec.msgpack.encode(wanted),
        headers={"Content-Type": PACK},
    )
    assert (answer.status_code, answer.json()["role"]) == (201, "agency")
