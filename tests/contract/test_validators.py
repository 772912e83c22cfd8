"""Entity tags of the reads: the same bytes, the same tag, and 304 to whom has it."""

import re

import httpx
import pytest
from litestar import Litestar, get
from litestar.response import Stream
from litestar.routes import HTTPRoute

import market.api
from market.accounts.permissions import allow
from market.settings import Settings
from ratings.ledger.actors import Role
from tests.conftest import Account

_said = {"word": "one"}


@get("/test/said", **allow(Role.PUBLIC))
async def said() -> dict[str, str]:
    return _said


@get("/test/file", **allow(Role.PUBLIC))
async def file() -> Stream:
    return Stream(
        iter([b"the ", b"file"]),
        headers={"ETag": '"stored"', "Content-Length": "8", "Content-Disposition": "attachment"},
    )


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(market.api, "ROUTES", [*market.api.ROUTES, said, file])
    return settings


async def test_every_read_is_tagged_and_not_sent_twice(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    centre = accounts[Role.CENTRE].client
    paths = [
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and "GET" in route.methods
        and re.fullmatch(r"/api/[^{]*", route.path)
    ]
    tagged = 0
    for path in paths:
        first = await centre.get(path)
        if first.status_code == 200:
            tag = first.headers["etag"]
            again = await centre.get(path, headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["cache-control"] == "private, no-cache"
            tagged += 1
    assert tagged > 10


@pytest.mark.parametrize("named", ["{tag}", "W/{tag}", '"other", W/"more", {tag}', "*", " * "])
async def test_a_tag_is_recognised(client: httpx.AsyncClient, named: str) -> None:
    tag = (await client.get("/api/v1/test/said")).headers["etag"]
    asked = {"If-None-Match": named.format(tag=tag)}
    answer = await client.get("/api/v1/test/said", headers=asked)
    assert answer.status_code == 304
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-type" not in answer.headers
    bare = await client.head("/api/v1/test/said", headers=asked)
    assert (bare.status_code, bare.headers["etag"]) == (304, tag)


@pytest.mark.parametrize("named", ['"other"', "", "garbage", "{bare}", '"*"'])
async def test_another_tag_is_not(client: httpx.AsyncClient, named: str) -> None:
    tag = (await client.get("/api/v1/test/said")).headers["etag"]
    asked = {"If-None-Match": named.format(bare=tag.strip('"'))}
    answer = await client.get("/api/v1/test/said", headers=asked)
    assert (answer.status_code, answer.json()) == (200, {"word": "one"})


async def test_another_answer_has_another_tag(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = (await client.get("/api/v1/test/said")).headers["etag"]
    monkeypatch.setitem(_said, "word", "two")
    answer = await client.get("/api/v1/test/said", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()) == (200, {"word": "two"})
    assert not tag.startswith("W/")


async def test_a_stream_goes_by_the_tag_it_brings(client: httpx.AsyncClient) -> None:
    whole = await client.get("/api/v1/test/file")
    assert (whole.content, whole.headers["etag"]) == (b"the file", '"stored"')
    known = await client.get("/api/v1/test/file", headers={"If-None-Match": '"stored"'})
    assert (known.status_code, known.content) == (304, b"")
    assert "content-length" not in known.headers


async def test_errors_and_acts_are_never_unchanged(client: httpx.AsyncClient) -> None:
    star = {"If-None-Match": "*"}
    missing = await client.get("/api/v1/nothing", headers=star)
    assert missing.status_code == 404
    assert "etag" not in missing.headers
    refused = await client.post("/api/v1/sessions", json={}, headers=star)
    assert refused.status_code == 400
