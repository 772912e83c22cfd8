"""The pages anybody may read: what they show, what they hide, and that odd input is harmless."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import httpx
import pytest
from litestar import Litestar

from market.catalogue.actions import load_catalogue
from market.catalogue.items import load_items
from market.catalogue.standards import load_fee_standards
from market.purchasing.actions import join_group_buy, offer_to_serve, open_group_buy
from market.web import text
from market.web.policy_form import sections_of, typed_of
from market.web.words import act_word
from market.worker import consider_case
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.sanctions.rules import Severity
from ratings.stars.actions import restand
from ratings.stars.policy import load_policy
from tests.conftest import Account, browser
from tests.county import PACKAGE, County

_TAG = re.compile(r"<[^>]+>")
_WHY = "三个项目严重逾期，投诉核查属实"


async def read(app: Litestar, path: str, language: str = "en") -> httpx.Response:
    async with browser(app) as visitor:
        return await visitor.get(path, headers={"Accept-Language": language})


async def text_of(app: Litestar, path: str, language: str = "en") -> str:
    answer = await read(app, path, language)
    assert answer.status_code == 200, answer.text[:400]
    return words(answer)


def words(answer: httpx.Response) -> str:
    return " ".join(_TAG.sub(" ", answer.text).split())


async def rated_agency(county: County, score: int) -> Account:
    """An agency with three evaluated engagements of the same score."""
    agency = await county.agency()
    listing = await county.listing(agency)
    for days in (40, 30, 20):
        await county.evaluated(agency, listing, score, when=now() - timedelta(days=days))
    assert agency.uscc is not None
    await restand(system(now()), agency.uscc)
    return agency


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_empty_market_still_has_pages(app: Litestar, language: str) -> None:
    for path in (
        "/",
        "/catalogue",
        "/market-fees",
        "/agencies",
        "/group-buys",
        "/decisions",
        "/policies/standard",
    ):
        assert (await read(app, path, language)).status_code == 200, path


async def test_the_catalogue_shows_every_item_and_why_ten_are_withdrawn(county: County) -> None:
    page = await read(county.app, "/items")
    for code, item in load_items().items():
        assert f'href="/items/{code}"' in page.text
        assert item.active or item.withdrawn_reason_en in page.text
    withdrawn = await text_of(county.app, "/items?state=withdrawn")
    assert "10 items" in withdrawn


async def test_a_search_marks_what_it_found_and_helps_where_it_finds_nothing(
    county: County,
) -> None:
    page = await read(county.app, "/items?q=huanping", "zh")
    assert "<mark>环</mark>境影响<mark>评</mark>价" in page.text
    priced = await text_of(county.app, "/items?q=02&investment_wan=10000&fee=20")
    assert "¥80,000 – ¥224,000" in priced
    none = await read(county.app, "/items?q=节能&field=测绘", "en")
    assert "items without the filter Field" in none.text
    assert 'href="/items?q=%E8%8A%82%E8%83%BD"' in none.text
    assert 'href="/items/33"' in (await read(county.app, "/items?q=enrgy")).text


async def test_every_item_and_every_fee_standard_has_a_page(county: County) -> None:
    for code, item in load_items().items():
        page = await text_of(county.app, f"/items/{code}", "zh")
        assert item.name_zh in page
        assert ("示范选择" in page) == bool(item.choice)
    for code, standard in load_fee_standards().items():
        for kind in standard.kinds:
            page = await text_of(county.app, f"/fees/{code}?kind={kind}", "zh")
            assert standard.document in page


async def test_a_fee_page_works_out_what_the_document_gives(county: County) -> None:
    page = await text_of(county.app, "/fees/consulting-1283?kind=feasibility&figure=3000")
    assert "¥120,000" in page
    refused = await text_of(county.app, "/fees/consulting-1283?kind=feasibility&figure=many")
    assert "This is not a number." in refused


async def test_a_package_names_the_basis_of_every_line(county: County) -> None:
    await county.listing(await county.agency())
    page = await text_of(county.app, f"/packages/{PACKAGE}?investment_wan=10000")
    assert "浙价服〔2013〕252号" in page
    assert "reference only" in page
    assert page.count("County range, set by the centre") == 2
    assert page.count("Invented for the demonstration") == 2
    assert "critical" in page
    assert "Buy" in page


async def test_figures_no_table_can_take_leave_the_rest_of_the_page(county: County) -> None:
    await county.listing(await county.agency())
    for figure in ("-5", "one", "9" * 60):
        page = await text_of(county.app, f"/packages/{PACKAGE}?investment_wan={figure}")
        assert "No range for these figures" in page
        assert "云溪测试" in page


async def test_a_package_without_county_ranges_says_so(app: Litestar, database: str) -> None:
    await load_catalogue(system(now()))
    page = await text_of(app, f"/packages/{PACKAGE}")
    assert "No county range was set" in page


async def test_the_directory_finds_by_name_initials_and_code(county: County) -> None:
    agency = await county.agency()
    assert agency.uscc is not None
    for query in ("测试", "yunxi", "yxcs", agency.uscc, agency.uscc.lower()):
        assert f"/agencies/{agency.uscc}" in (await read(county.app, f"/agencies?q={query}")).text
    assert "No agency matches" in await text_of(county.app, "/agencies?q=没有这家")


async def test_the_printed_steps_of_a_score_add_up_to_it(county: County) -> None:
    agency = await rated_agency(county, 87)
    page = (await read(county.app, f"/agencies/{agency.uscc}")).text
    table = page[page.index('<table class="waterfall"') :]
    table = table[: table.index("</table>")]
    figures = [
        Decimal(figure.replace(",", ""))
        for figure in re.findall(r'<td class="number[^"]*">\+?(-?[\d.,]+)</td>', table)
    ]
    assert sum(figures[:-1]) == figures[-1] == Decimal("87.00")
    assert "4★" in page
    assert "Engagement by engagement" in page


async def test_no_page_tells_who_evaluated_or_what_they_wrote(county: County) -> None:
    agency = await rated_agency(county, 55)
    page = (await read(county.app, f"/agencies/{agency.uscc}")).text
    assert "理由如此" not in page
    for account in (county.enterprise, county.supervisor):
        assert account.organisation not in page


async def test_a_delisted_agency_says_why_and_is_not_on_sale(county: County) -> None:
    agency = await rated_agency(county, 40)
    assert agency.uscc is not None
    assert f"/agencies/{agency.uscc}" in (await read(county.app, f"/packages/{PACKAGE}")).text
    case = await consider_case(now(), agency.uscc)
    assert case is not None
    before = await text_of(county.app, f"/agencies/{agency.uscc}")
    assert "Case opened" not in before
    until = add_months(local_date(now()), 4)
    await county.delist(case, Severity.ORDINARY, until, _WHY)
    page = await text_of(county.app, f"/agencies/{agency.uscc}", "zh")
    assert _WHY in page
    assert "已下架" in page
    assert f"{until.year}年{until.month}月" in page
    assert f"/agencies/{agency.uscc}" not in (await read(county.app, f"/packages/{PACKAGE}")).text
    assert _WHY in await text_of(county.app, "/decisions")


async def test_applicants_are_not_public(county: County) -> None:
    applicant = await county.applicant()
    assert (await read(county.app, f"/agencies/{applicant.uscc}")).status_code == 404


async def test_a_group_buy_shows_each_reader_what_is_theirs(county: County) -> None:
    other = await county.account(Role.ENTERPRISE)
    agency = await county.agency()
    await county.listing(agency)
    identifier = await open_group_buy(county.enterprise.actor(), county.group_buy())
    await offer_to_serve(agency.actor(), identifier)
    path = f"/group-buys/{identifier}"
    public = await text_of(county.app, path)
    assert "1 of 10" in public
    assert "Sign in" in public
    assert "云溪测试" not in public
    assert "一号厂房" not in public
    said = text.gettext(text.ZH, act_word("group_buy.offered"))
    assert said not in public

    english = {"Accept-Language": "en"}
    joining = (await other.browser.get(path, headers=english)).text
    assert f'action="{path}/participations"' in joining
    assert 'name="idempotency_key"' in joining
    assert 'name="_csrf_token"' in joining
    offering = words(await agency.browser.get(path, headers=english))
    assert "You have offered to serve" in offering

    await join_group_buy(other.actor(), identifier, "三号厂房")
    joined = words(await other.browser.get(path, headers=english))
    assert "You are in" in joined
    assert "一号厂房" in joined
    assert "云溪测试" in joined
    assert act_word("group_buy.offered") in joined


@pytest.mark.parametrize(
    "path",
    [
        "/agencies?stars=abc&page=-1&package=none",
        "/agencies?q=%00%25_%27&page=99999999999999999999",
        "/agencies?q=" + "长" * 500,
        "/agencies?stars=٣",
        "/items?q=%00&state=maybe&days=x&fee=5&investment_wan=NaN&page=0",
        "/items?investment_wan=1e999&fee=5",
        "/group-buys?state=odd&page=x",
        "/fees/consulting-1283?kind=odd&figure=%00",
        "/?lang=odd&theme=odd&type=odd",
    ],
)
async def test_odd_queries_are_read_forgivingly(county: County, path: str) -> None:
    assert (await read(county.app, path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/items/%00", "/items/99", "/packages/%00", "/agencies/%00x", "/group-buys/x", "/fees/x"],
)
async def test_odd_addresses_are_not_found(county: County, path: str) -> None:
    assert (await read(county.app, path)).status_code == 404


async def test_typed_text_comes_back_escaped(county: County) -> None:
    page = (await read(county.app, "/agencies?q=<script>alert(1)</script>")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_the_policy_page_prints_the_digest_that_scores_carry(county: County) -> None:
    agency = await rated_agency(county, 92)
    policy = await text_of(county.app, "/policies/standard")
    page = (await read(county.app, f"/agencies/{agency.uscc}")).text
    digest = re.search(r"\b[0-9a-f]{64}\b", policy)
    assert digest is not None
    assert digest[0][:12] in page


async def test_pages_carry_no_inline_style_or_script(county: County) -> None:
    agency = await rated_agency(county, 92)
    for path in ("/", "/catalogue", f"/packages/{PACKAGE}", f"/agencies/{agency.uscc}"):
        page = (await read(county.app, path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page), path


async def test_the_page_of_a_policy_shows_every_number_of_its_document(app: Litestar) -> None:
    for name in ("standard", "robust-1"):
        page = unescape(await text_of(app, f"/policies/{name}"))
        policy = load_policy(name.removesuffix("-1"))
        assert policy.digest in page
        typed = typed_of(policy)
        told: dict[str, tuple[str, str]] = {}
        for fields in sections_of(policy).values():
            told |= fields
        tables = {name for name in typed if name.startswith(("parties-", "indicators-"))}
        assert typed.keys() == told.keys() | tables | {"name", "version"}
        for field, (label, unit) in told.items():
            value = f"{typed[field]} {unit}".strip()
            assert f"{label} {value}" in page, field
    assert (await read(app, "/policies/strict")).status_code == 404


@pytest.mark.parametrize(
    ("language", "named"), [("zh", "项目总投资须为"), ("en", "Total investment must be")]
)
async def test_a_figure_that_no_project_has_is_marked_at_its_field(
    county: County, language: str, named: str
) -> None:
    page = (await read(county.app, "/needs?investment_wan=-5", language)).text
    assert 'id="investment_wan-error"' in page
    assert named in page
    assert "investment_wan must" not in page
    package_page = (await read(county.app, f"/packages/{PACKAGE}?investment_wan=-5", language)).text
    assert named in package_page
