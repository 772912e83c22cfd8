"""Somebody finds a place in a page where code may stand. There is none: the policy forbids it, and
no page of ours needs it."""

import re
from pathlib import Path

import pytest
from litestar import Litestar

from market.app import create_app
from market.settings import Settings
from market.web.templating import HERE
from ratings.ledger.actors import Role
from tests.conftest import Account, browser, program
from tests.security.pages import Page

SOURCES = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
ANSWERS = (
    ("/", 200),
    ("/sign-in", 200),
    ("/workspace", 401),
    ("/nothing", 404),
    ("/static/css/base.css", 200),
    ("/exports/agencies.csv", 200),
    ("/api/v1/items", 200),
    ("/api/v1/nothing", 404),
    ("/api/v1/engagements", 401),
    ("/healthz/live", 200),
)


async def test_every_answer_carries_the_headers(app: Litestar) -> None:
    for path, status in ANSWERS:
        async with (program if path.startswith("/api/") else browser)(app) as visitor:
            answer = await visitor.get(path)
        assert answer.status_code == status, path
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy == SOURCES, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


async def test_what_one_person_sees_is_not_kept_for_the_next(
    accounts: dict[Role, Account],
) -> None:
    page = await accounts[Role.CENTRE].browser.get("/console")
    assert page.headers["cache-control"] == "no-store"
    act = await accounts[Role.ENTERPRISE].client.post("/api/v1/purchases", json={})
    assert act.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("secure", [True, False])
async def test_transport_is_strict_where_tls_is_certain(
    app: Litestar, database_url: str, tmp_path: Path, secure: bool
) -> None:
    settings = Settings(database_url=database_url, var_dir=tmp_path, secure_cookies=secure)
    async with program(create_app(settings)) as visitor:
        answer = await visitor.get("/healthz/live")
    assert ("strict-transport-security" in answer.headers) is secure


def test_no_template_holds_code() -> None:
    """Also in the branches that no test visits."""
    found = []
    templates = sorted((HERE / "templates").rglob("*.html"))
    assert len(templates) > 40
    inline = re.compile(
        r"""<script(?![^>]*\ssrc=)|<style|\s(on\w+|style|srcdoc|hx-on[\w:-]*)\s*=\s*["'{]|javascript:"""
    )
    for path in templates:
        for match in inline.finditer(path.read_text(encoding="utf-8")):
            found.append(f"{path.name}: {match[0].strip()}")
        # What a template declares safe is not escaped: there is no such place.
        assert "|safe" not in path.read_text(encoding="utf-8").replace(" ", ""), path.name
    assert found == []


def test_the_parser_sees_what_it_should() -> None:
    """The test of the test."""
    wrong = {
        "<p onclick='x'>": "onclick on <p>",
        "<p style='color:red'>": "style on <p>",
        "<script>alert(1)</script>": "a script of its own",
        "<script src='https://evil.test/x.js'></script>": "a script of https://evil.test/x.js",
        "<a href=' java\tscript:x'>": "",
        "<a href='javascript:x'>": "href=javascript:x on <a>",
        "<form action='https://evil.test'>": "a form to https://evil.test",
        "<base href='/x'>": "<base>",
        "<style>p{}</style>": "<style>",
    }
    for html, fault in wrong.items():
        assert fault in (*Page(html).faults, ""), html
    assert Page("<p class='a'>1 &lt; 2 <a href='/x'>y</a></p>").faults == []
