"""Somebody sends much, or much within much, so that the server works for nothing."""

import re
import time

import msgspec
from litestar import Litestar

from market.settings import Settings
from ratings.ledger.actors import Role
from tests.conftest import Account, browser, program
from tests.county import picture
from tests.security.test_mass_assignment import _bodies

_MEGABYTE = 1024 * 1024
# Far more than any of it takes, and far less than what it would take to read it all.
_SOON = 5.0
DEEP = {
    "application/json": (b"[" * 200_000, b'{"a":' * 200_000, b"[" * 9_000 + b"]" * 9_000),
    "application/vnd.msgpack": (b"\x91" * 200_000, b"\x81\xa1a" * 200_000),
}


async def test_brackets_within_brackets_are_refused_everywhere(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    before = await picture()
    async with program(app) as nobody:
        for method, path, handler in _bodies(app):
            roles = sorted(set(handler.opt["roles"]) & accounts.keys())
            client = accounts[roles[0]].client if roles else nobody
            address = re.sub(r"\{\w+:str\}", "x", path).replace("{position:int}", "1")
            for media_type, bodies in DEEP.items():
                for body in bodies[:1]:
                    answer = await client.request(
                        method, address, content=body, headers={"Content-Type": media_type}
                    )
                    assert answer.status_code in (400, 404), f"{method} {path}: {answer.text}"
    assert await picture() == before


async def test_every_kind_of_depth_is_told_soon(app: Litestar) -> None:
    async with program(app) as nobody:
        for media_type, bodies in DEEP.items():
            for body in bodies:
                began = time.monotonic()
                answer = await nobody.post(
                    "/api/v1/sessions", content=body, headers={"Content-Type": media_type}
                )
                assert answer.status_code == 400, answer.text
                assert answer.json()["code"] == "malformed"
                assert time.monotonic() - began < _SOON


async def test_a_body_beyond_the_limit_is_not_read(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    much = {"login": "x" * _MEGABYTE, "password": "y"}
    packed = {"Content-Type": "application/vnd.msgpack"}
    async with program(app) as nobody, browser(app) as visitor:
        for answer in (
            await nobody.post("/api/v1/sessions", json=much),
            await nobody.post(
                "/api/v1/sessions", content=msgspec.msgpack.encode(much), headers=packed
            ),
            await visitor.post("/sign-in", data=much),
            await accounts[Role.ENTERPRISE].client.post("/api/v1/purchases", json=much),
        ):
            assert answer.status_code == 413
            assert answer.headers["connection"] == "close"


async def test_many_fields_parts_cookies_and_parameters(
    app: Litestar, accounts: dict[Role, Account], settings: Settings
) -> None:
    """Each is answered soon, and with no error of ours."""
    agency, began = accounts[Role.AGENCY], time.monotonic()
    fields = "&".join(f"a{n}=1" for n in range(60_000))
    parts = [("file", (f"{n}.pdf", b"x", "application/pdf")) for n in range(3_000)]
    cookies = "; ".join(f"c{n}=1" for n in range(5_000))
    async with browser(app) as visitor:
        answers = [
            await visitor.post(
                "/register",
                content=fields,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            ),
            await visitor.get("/", headers={"Cookie": cookies}),
            await visitor.get("/agencies", params={f"p{n}": "1" for n in range(5_000)}),
            await visitor.get("/agencies", params={"q": "云" * 5_000, "page": "9" * 5_000}),
            await agency.browser.post("/engagements/x/deliverables", files=parts),
            await agency.client.get("/api/v1/agencies", params={"cursor": "A" * 50_000}),
            await agency.client.get("/api/v1/agencies", params={"limit": "9" * 5_000}),
        ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert answers[4].status_code in (400, 404, 413)
    assert time.monotonic() - began < 4 * _SOON
    assert settings.max_upload_bytes > _MEGABYTE
