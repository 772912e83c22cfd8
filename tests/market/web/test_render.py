"""Pages: language, theme, messages and marks, through a real request."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State

from market.settings import Settings
from market.web import render, templating, text
from ratings.ledger.errors import Fault, Refused


@get("/refused", sync_to_thread=False)
def refused(request: Request) -> Response[str]:
    fault = Fault("/price_fen", "high", "A score is a number.")
    error = Refused("full", "All {places} places are taken.", places=10, faults=(fault,))
    return render.error_page(request, error)


@get("/go", sync_to_thread=False)
def go() -> Response[None]:
    return render.see_other("/refused", "All {places} places are taken.", places=3)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar([refused, go], state=State({"settings": Settings(demonstration=True)}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_chinese_is_the_default_and_a_choice_is_remembered(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/refused")
    assert page.status_code == 422
    assert '<html lang="zh-CN">' in page.text
    assert "10 个名额已满。" in page.text
    assert "评分须为数字。" in page.text
    assert page.headers["content-language"] == "zh-CN"
    assert "Cookie" in page.headers["vary"]
    await browser.get("/refused?lang=en&theme=dark&type=large")
    page = await browser.get("/refused")
    assert '<html lang="en" data-theme="dark" data-type="large">' in page.text
    assert "All 10 places are taken." in page.text


async def test_only_known_preferences_are_remembered(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/refused", params={"theme": '"><script>', "lang": "xx"})
    assert "set-cookie" not in page.headers
    assert "<script>" not in page.text


async def test_a_page_has_no_inline_style_and_no_inline_script(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/refused")).text
    assert not re.search(r"\sstyle=|\son\w+=|<style", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))


async def test_a_message_is_told_once_in_the_readers_language(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/go")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/refused"
    assert "3 个名额已满。" in (await browser.get("/refused")).text
    assert "3 个名额已满。" not in (await browser.get("/refused")).text


@pytest.mark.parametrize("cookie", ["x", quote("[]"), quote(json.dumps({"msgid": "{a.b}"}))])
async def test_a_planted_message_does_no_harm(browser: httpx.AsyncClient, cookie: str) -> None:
    page = await browser.get("/refused", headers={"cookie": f"flash={cookie}"})
    assert page.status_code == 422


def _mark(source: str, **context: object) -> str:
    environment = templating.environment(text.ZH)
    made = environment.from_string('{% import "parts/marks.html" as marks %}' + source)
    return made.render(context)


def test_the_number_stands_beside_the_stars() -> None:
    html = _mark("{{ marks.stars(4, score) }}", score=Decimal("89.1"))
    assert "89.10" in html
    assert "4 星" in html
    assert "待评" in _mark("{{ marks.stars(none) }}")


def test_a_price_rail_says_in_words_what_it_draws() -> None:
    html = _mark("{{ marks.rail(100000, 300000, own=350000, middle=200000) }}")
    assert "区间 1,000 元 至 3,000 元" in html
    assert "rail__own--out" in html


def test_a_waterfall_stacks_to_its_total() -> None:
    rows = [
        {"label": "a", "points": Decimal(60)},
        {"label": "b", "points": Decimal(-10)},
        {"label": "c", "points": Decimal(50), "total": True},
    ]
    html = _mark('{{ marks.waterfall(rows, "w") }}', rows=rows)
    assert 'x="50.00%" width="10.00%"' in html
    assert "-10.00" in html


def test_values_are_escaped_and_sentences_are_not_spoilt() -> None:
    html = _mark('{{ _("Run by {owner}", owner=name) }}', name="<b>")
    assert html == "主办：&lt;b&gt;"


def test_assets_change_their_address_with_their_content() -> None:
    assert re.fullmatch(r"/static/css/base\.css\?v=[0-9a-f]{10}", templating.asset("css/base.css"))
    assert not templating.has_asset("vendor/nothing.js")


@pytest.mark.parametrize(
    ("name", "letter"),
    [("云溪中睿测绘有限公司", "中"), ("恒信咨询", "恒"), ("acme Ltd", "A"), ("", "·")],
)
def test_tile_letters(name: str, letter: str) -> None:
    assert templating.tile_letter(name) == letter
