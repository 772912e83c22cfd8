"""One engagement from the listing to the sealed answers, all of it through forms."""

import re
from datetime import timedelta

import httpx
import pytest

from market.engagements.actions import purchase
from market.purchasing.actions import close_group_buy, join_group_buy
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.evaluations.queries import answers
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import local_date, now
from tests.conftest import Account
from tests.county import PACKAGE, County, at

FIGURES = {"investment_wan": "10000", "building_area_m2": "20,000"}
PDF = ("报告.pdf", b"%PDF-1.7 a report", "application/pdf")


def location(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["location"]


async def test_a_price_above_the_range_is_refused_with_its_workings(county: County) -> None:
    agency = await county.agency()
    path = f"/listings/new?package={PACKAGE}"
    shown = await agency.browser.post(path, data={**FIGURES, "button": "range"})
    assert shown.status_code == 200
    assert "rail__band" in shown.text
    price = str(county.high_fen // 100 + 1)
    data = {**FIGURES, "price": price, "working_days": "20", "button": "list"}
    answer = await agency.browser.post(f"{path}&lang=en", data=data)
    assert answer.status_code == 422
    assert "is above the standard fee range" in answer.text
    assert 'id="price-error"' in answer.text
    assert f'value="{price}"' in answer.text
    data["price"] = str(county.high_fen // 200)
    assert location(await agency.browser.post(path, data=data)) == "/workspace"
    desk = await agency.browser.get("/workspace")
    listing = re.search(r"/listings/([0-9a-f-]{36})/withdrawal", desk.text)
    assert listing
    assert location(await agency.browser.post(listing[0])) == "/workspace"
    assert "/withdrawal" not in (await agency.browser.get("/workspace")).text


async def test_numbers_that_are_none_are_told_at_their_fields(county: County) -> None:
    agency = await county.agency()
    data = {"investment_wan": "many", "price": "1.234", "working_days": "2.5"}
    answer = await agency.browser.post(f"/listings/new?package={PACKAGE}", data=data)
    assert answer.status_code == 422
    for field in data:
        assert f'id="{field}-error"' in answer.text


async def test_a_form_sent_twice_buys_once(county: County) -> None:
    listing = await county.listing(await county.agency())
    owner, path = county.enterprise.browser, f"/listings/{listing}/purchase"
    form = await owner.get(path)
    key = re.search(r'name="idempotency_key" value="([^"]+)"', form.text)
    assert key
    data = {"project_name": "二号厂房", "idempotency_key": key[1]}
    bought = [location(await owner.post(path, data=data)) for _ in range(2)]
    assert bought[0] == bought[1]
    assert (await owner.get("/engagements")).text.count("WT-") == 1
    empty = await owner.post(path, data={"project_name": " "})
    assert empty.status_code == 422
    assert 'id="project_name-error"' in empty.text


async def test_from_the_purchase_to_three_sealed_answers(county: County) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    owner, worker = county.enterprise.browser, agency.browser
    data = {"project_name": "二号厂房"}
    engagement = location(await owner.post(f"/listings/{listing}/purchase", data=data))
    early = await owner.post(f"{engagement}/acceptance")
    assert early.status_code == 409
    assert "二号厂房" in early.text
    for position in range(1, 6):
        location(await worker.post(f"{engagement}/milestones/{position}", data={"note": "完成"}))
    assert (await worker.post(f"{engagement}/milestones/1", data={"note": ""})).status_code == 409
    location(await worker.post(f"{engagement}/deliverables", files={"file": PDF}))
    page = (await owner.get(engagement)).text
    file = re.search(r"/deliverables/[0-9a-f-]{36}", page)
    assert file
    download = await owner.get(file[0])
    assert download.content == PDF[1]
    assert download.headers["content-disposition"].startswith("attachment")
    assert location(await owner.post(f"{engagement}/acceptance")) == engagement
    evaluation = location(await owner.post(f"{engagement}/settlement"))
    assert "二号厂房" in (await county.supervisor.browser.get("/workspace")).text
    await _evaluate(county, evaluation)
    docket = evaluation.rsplit("/", 1)[1]
    assert len(await answers(docket)) == 3
    opened = (await worker.get(engagement)).text
    assert "很好" in opened
    assert "/evaluations/" not in opened


async def _evaluate(county: County, evaluation: str) -> None:
    """Owner, supervisor and centre answer; nobody sees an answer before the last one."""
    for number, party in enumerate((Party.OWNER, Party.SUPERVISOR, Party.CENTRE)):
        asked = county.party(party).browser
        form = (await asked.get(evaluation)).text
        for code in WEIGHTS[party]:
            assert f'id="scores-{code}"' in form
        low = {f"scores-{code}": "55" for code in WEIGHTS[party]}
        refused = await asked.post(evaluation, data=low)
        assert refused.status_code == 422
        assert f'id="reasons-{next(iter(low))[7:]}-error"' in refused.text
        assert 'value="55"' in refused.text
        quick = {f"quick-{code}": "90" for code in WEIGHTS[party]}
        first = {**quick, "comment": "很好"}
        assert location(await asked.post(evaluation, data=first)) == evaluation
        again = (await asked.get(evaluation)).text
        assert 'value="90"' in again
        assert "很好" in again
        # One number is written anew, one clicked, and the others are left as they came.
        one, two, *others = WEIGHTS[party]
        kept = {f"{name}-{code}": "90" for code in WEIGHTS[party] for name in ("scores", "was")}
        changed = {**kept, f"scores-{one}": "91.5", f"quick-{two}": "80", "comment": "很好"}
        assert (
            location(await asked.post(f"{evaluation}/revision", data={**changed, "final": "yes"}))
            == evaluation
        )
        address = evaluation.replace("/evaluations", "/api/v1/dockets")
        own = (await county.party(party).client.get(address)).json()["own"]
        assert {code: float(score) for code, score in own["scores"].items()} == {
            one: 91.5,
            two: 80,
            **dict.fromkeys(others, 90),
        }
        assert 'name="scores-' not in (await asked.get(evaluation)).text
        again = await asked.post(evaluation, data=quick)
        assert again.status_code == 409
        if number < 2:
            assert await answers(evaluation.rsplit("/", 1)[1]) == []


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, 422),
        ({"file": ("报告.exe", b"MZ a program", "application/pdf")}, 422),
        ({"file": ("报告.pdf", b"not what it says", "application/pdf")}, 422),
    ],
)
async def test_a_file_that_is_none_is_refused_on_the_page(
    county: County, files: dict[str, tuple[str, bytes, str]], code: int
) -> None:
    agency = await county.agency()
    engagement = await purchase(county.enterprise.actor(), await county.listing(agency), "二号厂房")
    path = f"/engagements/{engagement}/deliverables"
    answer = await agency.browser.post(path, files=files or {"other": ("a", b"b", "text/plain")})
    assert answer.status_code == code
    assert "二号厂房" in answer.text
    assert "notice--seal" in answer.text


async def test_a_stranger_finds_nothing(county: County) -> None:
    agency, stranger = await county.agency(), await county.account(Role.ENTERPRISE)
    docket = await county.settled(agency, await county.listing(agency))
    assert (await stranger.browser.get(f"/evaluations/{docket}")).status_code == 404
    shown = (await county.enterprise.browser.get("/engagements")).text
    engagement = re.search(r"/engagements/[0-9a-f-]{36}", shown)
    assert engagement
    assert (await stranger.browser.get(engagement[0])).status_code == 404
    other = await county.agency()
    upload = await other.browser.post(f"{engagement[0]}/deliverables", files={"file": PDF})
    assert upload.status_code == 404


async def _open(enterprise: Account) -> str:
    data = {
        **FIGURES,
        "title": "产业园前期咨询团购",
        "project_name": "一号厂房",
        "tiers-0-at_least": "2",
        "tiers-0-price_fen": "90,000",
        "tiers-1-at_least": "3",
        "tiers-1-price_fen": "85000",
        "places": "3",
        "deadline": (local_date(now()) + timedelta(days=7)).isoformat(),
        "button": "open",
    }
    wrong = {**data, "tiers-1-price_fen": "95000"}
    path = f"/group-buys/new?package={PACKAGE}"
    refused = await enterprise.browser.post(path, data=wrong)
    assert refused.status_code == 422
    assert 'id="tiers-1-price_fen-error"' in refused.text
    assert 'value="95000"' in refused.text
    return location(await enterprise.browser.post(path, data=data))


async def test_a_group_buy_from_opening_to_engagements(county: County) -> None:
    agency = await county.agency()
    await county.listing(agency)
    group = await _open(county.enterprise)
    other = await county.account(Role.ENTERPRISE)
    joining = f"{group}/participations"
    assert location(await other.browser.post(joining, data={"project_name": "三号厂房"})) == group
    twice = await other.browser.post(joining, data={"project_name": "三号厂房"})
    assert twice.status_code == 409
    assert "notice--seal" in twice.text
    assert location(await agency.browser.post(f"{group}/offers")) == group
    assert (await agency.browser.post(f"{group}/offers")).status_code == 409
    early = await county.enterprise.browser.post(f"{group}/choice", data={"uscc": agency.uscc})
    assert early.status_code == 409


async def test_the_opener_chooses_after_the_deadline(county: County) -> None:
    agency = await county.agency()
    await county.listing(agency)
    identifier = await county.past_group_buy()
    other = await county.account(Role.ENTERPRISE)
    earlier = at(other.actor(), now() - timedelta(days=3))
    await join_group_buy(earlier, identifier, "三号厂房")
    await close_group_buy(system(now()), identifier)
    path = f"/group-buys/{identifier}"
    assert path in (await county.enterprise.browser.get("/workspace")).text
    assert location(await agency.browser.post(f"{path}/offers")) == path
    chosen = await county.enterprise.browser.post(f"{path}/choice", data={"uscc": agency.uscc})
    assert location(chosen) == path
    assert "三号厂房" in (await other.browser.get("/workspace")).text
