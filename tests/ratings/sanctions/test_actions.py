"""Cases and delistings: answered by the agency, decided by a person, ended by the calendar."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from market.agencies.directory_queries import AgencyFilter, agencies
from market.agencies.queries import listings_of_agency, listings_of_package
from market.engagements.actions import purchase, report_milestone
from market.engagements.queries import engagement
from market.purchasing.actions import offer_to_serve, open_group_buy
from market.worker import sweep
from ratings.ledger.actors import system
from ratings.ledger.clock import add_months, end_of_day, local_date, now
from ratings.ledger.database import execute
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.actions import (
    LIFT,
    Proposal,
    answer_case,
    delist,
    dismiss_case,
    lift,
    open_case,
    propose_delisting,
    refuse_delisting,
)
from ratings.sanctions.queries import (
    case_file,
    delisting_in_force,
    visible_case_file,
    visible_case_files,
)
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.case_actions import decide_finding
from ratings.verification import verify
from tests.conftest import Account
from tests.county import PACKAGE, County, at, jobs, picture, refused
from tests.shell_way import to_second_person

REASONS = [Bilingual(zh="一星", en="one star")]
NOBODY = "00000000-0000-4000-8000-000000000000"


def months(count: int) -> date:
    return add_months(local_date(now()), count)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def case(agency: Account) -> str:
    opened = await open_case(system(now()), agency.uscc or "", Kind.ONE_STAR, REASONS)
    assert opened is not None
    return opened


async def test_a_delisted_agency_is_nowhere_on_sale_and_its_work_goes_on(
    county: County, agency: Account, case: str
) -> None:
    listing = await county.listing(agency)
    buyer = county.enterprise.actor()
    running = await purchase(buyer, listing, "一号厂房")
    group = await open_group_buy(buyer, county.group_buy())
    await county.delist(case, Severity.ORDINARY, months(6), "多次失信")
    client = county.enterprise.client
    assert await listings_of_package(PACKAGE) == []
    shown = (await client.get(f"/api/v1/packages/{PACKAGE}/listings")).json()["items"]
    assert shown == []
    assert (await client.get(f"/api/v1/listings/{listing}")).status_code == 404
    assert await listings_of_agency(agency.uscc or "", public=True) == []
    assert await agencies(AgencyFilter(package=PACKAGE), limit=10) == []
    await refused(purchase(buyer, listing, "二号厂房"), NotFound, "listing-unknown")
    await refused(offer_to_serve(agency.actor(), group), Conflict, "agency-delisted")
    await refused(county.listing(agency), Conflict, "agency-delisted")
    assert (await engagement(buyer, running)).state == "running"
    await report_milestone(agency.actor(), running, 1)
    profile = (await client.get(f"/api/v1/agencies/{agency.uscc}")).json()
    assert (profile["delisting"]["reason"], profile["listings"]) == ("多次失信", [])
    public = (await client.get("/api/v1/delistings")).json()["items"]
    assert [row["uscc"] for row in public] == [agency.uscc]
    entries = (await client.get(f"/api/v1/agencies/{agency.uscc}/history")).json()["items"]
    assert (entries[0]["act"], entries[0]["reason"]) == ("agency.delisted", "多次失信")


async def test_a_delisting_ends_after_its_last_day_and_not_before(
    county: County, agency: Account, case: str
) -> None:
    await county.listing(agency)
    until = months(3)
    delisting = await county.delist(case, Severity.ORDINARY, until, "失信")
    assert await jobs(LIFT) == 1
    before = await picture()
    assert not await lift(system(end_of_day(until) - timedelta(seconds=1)), delisting)
    await sweep(end_of_day(until) - timedelta(seconds=1))
    assert await picture() == before
    await sweep(end_of_day(until))
    assert await delisting_in_force(agency.uscc or "") is None
    assert (await case_file(case)).state == "lifted"
    assert len(await listings_of_package(PACKAGE)) == 1
    assert not await lift(system(end_of_day(until)), delisting)
    assert [entry.act for entry in await history("agency", agency.uscc or "")][-2:] == [
        "agency.delisted",
        "agency.relisted",
    ]


@pytest.mark.parametrize(
    ("severity", "until", "allowed"),
    [
        (Severity.ORDINARY, months(3) - timedelta(days=1), False),
        (Severity.ORDINARY, months(3), True),
        (Severity.ORDINARY, months(12), True),
        (Severity.ORDINARY, months(12) + timedelta(days=1), False),
        (Severity.SERIOUS, months(12) - timedelta(days=1), False),
        (Severity.SERIOUS, months(36), True),
        (Severity.SERIOUS, months(36) + timedelta(days=1), False),
        (Severity.ORDINARY, date(2020, 1, 1), False),
    ],
)
async def test_how_long_a_delisting_lasts(
    county: County, agency: Account, case: str, severity: Severity, until: date, allowed: bool
) -> None:
    await answer_case(agency.actor(), case, "说明")
    decision = propose_delisting(county.centre.actor(), case, Proposal(severity, until, "失信"))
    if allowed:
        await decision
    else:
        error = await refused(decision, Refused, "end-out-of-bounds")
        assert "NDRC Order 36" in str(error)


async def test_a_decision_needs_its_reason_and_is_made_once(
    county: County, agency: Account, case: str
) -> None:
    centre = county.centre.actor()
    await refused(dismiss_case(centre, case, " "), Refused, "reason-missing")
    no_reason = propose_delisting(centre, case, Proposal(Severity.ORDINARY, months(6), " "))
    await refused(no_reason, Refused, "reason-missing")
    await dismiss_case(centre, case, "理由成立")
    await refused(dismiss_case(centre, case, "再次"), Conflict, "case-decided")
    late = propose_delisting(centre, case, Proposal(Severity.ORDINARY, months(6), "改主意"))
    await refused(late, Conflict, "case-decided")
    await refused(answer_case(agency.actor(), case, "晚了"), Conflict, "case-not-open")
    assert (await case_file(case)).decision == "理由成立"
    await refused(dismiss_case(centre, NOBODY, "无"), NotFound, "case-unknown")


async def test_the_agency_answers_once_and_only_its_own(
    county: County, agency: Account, case: str
) -> None:
    rival = await county.agency()
    await refused(answer_case(rival.actor(), case, "不是我"), NotFound, "case-unknown")
    enterprise = answer_case(county.enterprise.actor(), case, "不是我")
    await refused(enterprise, NotFound, "case-unknown")
    await refused(answer_case(agency.actor(), case, "\n"), Refused, "answer-empty")
    await answer_case(agency.actor(), case, "项目延期因业主变更")
    await refused(answer_case(agency.actor(), case, "还有"), Conflict, "case-not-open")
    assert (await case_file(case)).answer == "项目延期因业主变更"


async def test_one_undecided_case_of_a_kind_and_none_while_delisted(
    county: County, agency: Account, case: str
) -> None:
    uscc = agency.uscc or ""
    before = await picture()
    assert await open_case(system(now()), uscc, Kind.ONE_STAR, REASONS) is None
    assert await picture() == before
    shell = await open_case(system(now()), uscc, Kind.SHELL, REASONS)
    assert shell is not None
    await county.delist(case, Severity.ORDINARY, months(6), "失信")
    await to_second_person(county.centre.actor(), shell, Severity.ORDINARY, months(6), "空壳")
    second = await county.second()
    await refused(decide_finding(second.actor(), shell), Conflict, "already-delisted")
    assert await open_case(system(now()), uscc, Kind.SHELL, REASONS) is None


async def test_who_sees_a_case(county: County, agency: Account, case: str) -> None:
    rival = await county.agency()
    address = f"/api/v1/cases/{case}"
    for account in (county.centre, county.supervisor, agency):
        assert (await account.client.get(address)).status_code == 200
        seen = (await account.client.get("/api/v1/cases")).json()["items"]
        assert [row["id"] for row in seen] == [case]
    assert (await rival.client.get(address)).status_code == 404
    assert (await rival.client.get("/api/v1/cases")).json()["items"] == []
    assert (await county.enterprise.client.get(address)).status_code == 403
    # An undecided case is nobody else's business.
    ledger = (await county.enterprise.client.get("/api/v1/ledger")).json()["items"]
    assert not any(entry["act"].startswith("case.") for entry in ledger)


async def test_over_http(county: County, agency: Account, case: str) -> None:
    address = f"/api/v1/cases/{case}"
    said = await agency.client.post(f"{address}/answer", json={"text": "说明"})
    assert said.status_code == 204
    wanted: dict[str, Any] = {
        "severity": "ordinary",
        "until": months(6).isoformat(),
        "reason": "失信",
    }
    first, second = county.centre.client, (await county.second()).client
    proposal = f"{address}/delisting-proposal"
    for changes in ({"severity": "grave"}, {"until": "soon"}, {"reason": 5}, {"extra": 1}):
        bad = await first.post(proposal, json=wanted | changes)
        assert bad.status_code == 400, changes
    early = wanted | {"until": local_date(now()).isoformat()}
    refusal = await first.post(proposal, json=early)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "end-out-of-bounds")
    assert (await first.get(proposal)).json()["proposal"] is None
    assert (await first.post(f"{address}/delisting")).json()["code"] == "nothing-proposed"
    assert (await first.post(proposal, json=wanted)).status_code == 204
    assert (await first.post(proposal, json=wanted)).json()["code"] == "delisting-proposed"
    shown = (await second.get(proposal)).json()["proposal"]
    assert (shown["until"], shown["by"]) == (wanted["until"], county.centre.person)
    no = await second.post(f"{address}/delisting-refusal", json={"reason": "证据不足"})
    assert no.status_code == 204
    assert (await first.post(proposal, json=wanted)).status_code == 204
    alone = await first.post(f"{address}/delisting")
    assert (alone.status_code, alone.json()["code"]) == (403, "second-person-needed")
    made = await second.post(f"{address}/delisting")
    assert made.status_code == 201
    again = await county.centre.client.post(f"{address}/dismissal", json={"reason": "撤"})
    assert (again.status_code, again.json()["code"]) == (409, "case-decided")


async def test_a_delisting_changed_behind_its_back_is_found(county: County, case: str) -> None:
    await county.delist(case, Severity.ORDINARY, months(6), "失信")
    assert (await verify()).faults == []
    await execute("UPDATE delisting SET until = until - 30")
    assert any("delisting of" in fault for fault in (await verify()).faults)


async def test_who_may_see_a_case(county: County, agency: Account, case: str) -> None:
    other = await county.agency()
    for one in (county.centre, county.supervisor, agency):
        assert (await visible_case_file(one.actor(), case)).id == case
        assert [row.id for row in await visible_case_files(one.actor())] == [case]
    for one in (county.enterprise, other):
        await refused(visible_case_file(one.actor(), case), NotFound, "case-unknown")
        assert await visible_case_files(one.actor()) == []


async def test_no_delisting_is_proposed_before_the_agency_was_heard(
    county: County, agency: Account, case: str
) -> None:
    wanted = Proposal(Severity.ORDINARY, months(6), "失信")
    early = propose_delisting(county.centre.actor(), case, wanted)
    assert "until" in str(await refused(early, Conflict, "not-heard-yet"))
    due = (await case_file(case)).answer_due
    almost = at(county.centre.actor(), due - timedelta(seconds=1))
    await refused(propose_delisting(almost, case, wanted), Conflict, "not-heard-yet")
    later = msgspec.structs.replace(wanted, until=add_months(local_date(due), 6))
    await propose_delisting(at(county.centre.actor(), due), case, later)
    # The time is over, but nothing is decided: a late answer is heard, and the proposal stays.
    await answer_case(at(agency.actor(), due), case, "迟到的说明")
    row = await case_file(case)
    assert (row.state, row.answer) == ("proposed", "迟到的说明")


async def test_who_has_opened_or_rated_decides_nothing(county: County, agency: Account) -> None:
    listing = await county.listing(agency)
    await county.evaluated(agency, listing, 40)
    uscc = agency.uscc or ""
    second = await county.second()
    case = await open_case(system(now()), uscc, Kind.ONE_STAR, REASONS)
    opened = await open_case(second.actor(), uscc, Kind.TWO_STAR, REASONS)
    assert case is not None
    assert opened is not None
    await refused(dismiss_case(county.centre.actor(), case, "无"), Forbidden, "rater-decides")
    await refused(dismiss_case(second.actor(), opened, "无"), Forbidden, "opener-decides")
    await answer_case(agency.actor(), case, "说明")
    wanted = Proposal(Severity.ORDINARY, months(6), "失信")
    # Who has rated may say what should follow; another person decides it.
    await propose_delisting(second.actor(), case, wanted)
    await refused(delist(county.centre.actor(), case), Forbidden, "rater-decides")
    await refused(delist(second.actor(), case), Forbidden, "second-person-needed")
    before = await picture()
    rater = refuse_delisting(county.centre.actor(), case, "无")
    await refused(rater, Forbidden, "rater-decides")
    await refused(refuse_delisting(second.actor(), case, " "), Refused, "reason-missing")
    assert await picture() == before
    await refuse_delisting(second.actor(), case, "改为补充调查")
    assert (await case_file(case)).state == "answered"
    await propose_delisting(county.centre.actor(), case, wanted)
    await delist(second.actor(), case)
    acts = [entry.act for entry in await history("agency", uscc)]
    assert acts[-4:] == [
        "case.delisting_proposed",
        "case.delisting_refused",
        "case.delisting_proposed",
        "agency.delisted",
    ]
    assert (await verify()).faults == []
