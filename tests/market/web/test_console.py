"""The centre decides on pages; an auditor sees the same pages without a button."""

import re
from datetime import timedelta

import pytest

from market.catalogue.county_ranges import proposals
from market.catalogue.queries import items, package
from market.worker import consider_case
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.sanctions.actions import Proposal, propose_delisting
from ratings.sanctions.queries import case_file
from ratings.sanctions.rules import Severity
from ratings.stars.actions import restand
from tests.conftest import Account, make_uscc
from tests.county import PACKAGE, County, at

PAGES = (
    "/console",
    "/console/admissions",
    "/console/cases",
    "/console/screen",
    "/console/evaluations",
    "/console/packages",
    "/console/ranges",
    "/console/events",
    "/console/ledger",
    "/engagements",
)


async def one_star(county: County) -> tuple[Account, str]:
    """An agency at one star, and the case about it."""
    agency = await county.agency()
    listing = await county.listing(agency)
    for days in (40, 30, 20):
        await county.evaluated(agency, listing, 40, when=now() - timedelta(days=days))
    assert agency.uscc is not None
    await restand(system(now()), agency.uscc)
    case = await consider_case(now(), agency.uscc)
    assert case is not None
    return agency, case


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_auditor_reads_every_page_and_finds_no_form(county: County, language: str) -> None:
    _, case = await one_star(county)
    applicant = await county.applicant()
    auditor = await county.account(Role.AUDITOR)
    own = (f"/console/cases/{case}", f"/console/admissions/{applicant.uscc}")
    for path in (*PAGES, *own):
        answer = await auditor.browser.get(path, params={"lang": language})
        assert answer.status_code == 200, path
        forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', answer.text)
        assert forms == ["/sign-out"], path
        same = await county.centre.browser.get(path, params={"lang": language})
        assert same.status_code == 200, path


async def test_a_case_is_answered_by_the_agency_and_decided_by_the_centre(county: County) -> None:
    agency, case = await one_star(county)
    own, path = f"/workspace/cases/{case}", f"/console/cases/{case}"
    assert own in (await agency.browser.get("/workspace")).text
    assert (await agency.browser.post(own, data={"answer": " "})).status_code == 422
    assert (await agency.browser.post(own, data={"answer": "已整改"})).status_code == 303
    other = await county.agency()
    assert (await other.browser.get(own)).status_code == 404
    centre = county.centre.browser
    page = (await centre.get(path)).text
    assert "已整改" in page
    assert "waterfall" in page
    today = local_date(now())
    data = {"severity": "ordinary", "until": today.isoformat(), "delist_reason": "严重逾期"}
    refused = await centre.post(f"{path}/delisting-proposal", data=data)
    assert refused.status_code == 422
    assert 'id="until-error"' in refused.text
    assert "严重逾期" in refused.text
    data["until"] = add_months(today, 6).isoformat()
    silent = await centre.post(f"{path}/delisting-proposal", data={**data, "delist_reason": ""})
    assert 'id="delist_reason-error"' in silent.text
    assert (await centre.post(f"{path}/delisting-proposal", data=data)).status_code == 303
    waiting = (await centre.get(path)).text
    assert 'value="adopt"' not in waiting, "whoever has proposed it is not offered to decide it"
    assert case in (await centre.get("/console")).text
    alone = await centre.post(f"{path}/delisting", data={"button": "adopt"})
    assert alone.status_code == 403
    second = (await county.second()).browser
    mute = await second.post(f"{path}/delisting", data={"button": "refuse", "refuse_reason": ""})
    assert 'id="refuse_reason-error"' in mute.text
    no = {"button": "refuse", "refuse_reason": "补充调查"}
    assert (await second.post(f"{path}/delisting", data=no)).status_code == 303
    assert (await centre.post(f"{path}/delisting-proposal", data=data)).status_code == 303
    adopted = await second.post(f"{path}/delisting", data={"button": "adopt"})
    assert adopted.status_code == 303
    assert (await case_file(case)).state == "delisted"
    assert "严重逾期" in (await agency.browser.get("/workspace")).text
    assert (await centre.post(f"{path}/dismissal", data={"reason": "误"})).status_code == 409


async def test_a_case_is_dismissed_with_a_reason(county: County) -> None:
    _, case = await one_star(county)
    path = f"/console/cases/{case}"
    second = (await county.second()).browser
    # The centre's first person has rated the agency: the page says so and offers no decision.
    barred = (await county.centre.browser.get(path)).text
    assert "您评价过该机构的委托项目" in barred
    assert f'action="{path}/dismissal"' in barred
    assert 'id="reason"' not in barred
    assert 'id="reason"' in (await second.get(path)).text
    refused = await second.post(f"{path}/dismissal", data={"reason": ""})
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    data = {"reason": "已核实整改"}
    assert (await county.centre.browser.post(f"{path}/dismissal", data=data)).status_code == 403
    assert (await second.post(f"{path}/dismissal", data=data)).status_code == 303
    assert (await case_file(case)).state == "dismissed"


async def test_the_centre_sets_a_range_names_a_supervisor_and_takes_in_an_event(
    county: County,
) -> None:
    centre = county.centre.browser
    unpriced = next(item for item in await items(active=True) if item.fee_standard is None)
    data = {
        "item": unpriced.code,
        "size_class": "small",
        "low": "1,000",
        "high": "900",
        "set_on": (local_date(now()) + timedelta(days=1)).isoformat(),
        "reason": "市场调查",
    }
    refused = await centre.post("/console/ranges", data=data)
    assert refused.status_code == 422
    assert 'id="low-error"' in refused.text
    assert (await centre.post("/console/ranges", data={**data, "high": "2000"})).status_code == 303
    (proposal,) = await proposals(local_date(now()))
    path = f"/console/ranges/proposals/{proposal.id}"
    alone = await centre.post(f"{path}/adoption")
    assert alone.status_code == 403
    second = (await county.second()).browser
    assert (await second.post(f"{path}/refusal", data={"reason": " "})).status_code == 422
    assert f'action="{path}/adoption"' in (await second.get("/console/ranges")).text
    assert (await second.post(f"{path}/adoption")).status_code == 303
    other = await county.account(Role.SUPERVISOR)
    path = f"/console/packages/{PACKAGE}/supervisor"
    named = {"supervisor": other.organisation, "version": str((await package(PACKAGE)).version)}
    assert (await centre.post(path, data=named)).status_code == 303
    named["version"] = str((await package(PACKAGE)).version)
    assert (await centre.post(path, data={**named, "supervisor": "nobody"})).status_code == 404
    event = {
        "uscc": make_uscc(1),
        "on": local_date(now()).isoformat(),
        "source": "云溪县税务局",
        "document": "〔2026〕1号",
        "severity": "general",
        "cap": "none",
    }
    assert (await centre.post("/console/events", data=event)).status_code == 303
    again = await centre.post("/console/events", data=event)
    assert again.status_code == 409
    assert 'id="document-error"' in again.text
    ledger = await centre.get("/console/ledger?act=outside_event.reported")
    assert ledger.text.count('<th scope="row">') == 1


async def test_an_agency_answers_late_while_a_delisting_is_proposed(county: County) -> None:
    agency, case = await one_star(county)
    own = f"/workspace/cases/{case}"
    due = (await case_file(case)).answer_due
    assert "在此之前，或者在贵机构答复之前" in (await agency.browser.get(own)).text
    until = add_months(local_date(due), 6)
    proposal = Proposal(Severity.ORDINARY, until, "严重逾期")
    await propose_delisting(at(county.centre.actor(), due), case, proposal)
    assert own in (await agency.browser.get("/workspace")).text
    assert 'name="answer"' in (await agency.browser.get(own)).text
    assert (await agency.browser.post(own, data={"answer": "迟到的说明"})).status_code == 303
    assert (await case_file(case)).state == "proposed"
