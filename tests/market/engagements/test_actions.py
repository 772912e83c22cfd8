"""The work: milestones, deliverables, acceptance, settlement, each by the right party and once."""

import pytest

from market.engagements.actions import (
    accept,
    add_deliverable,
    purchase,
    report_milestone,
    settle,
)
from market.engagements.queries import deliverables, engagement, milestones
from ratings.evaluations.actions import UNSEAL
from ratings.ledger.actors import Role
from ratings.ledger.database import execute
from ratings.ledger.errors import Conflict, Forbidden, NotFound
from ratings.ledger.queries import history
from tests.conftest import Account
from tests.county import A_FILE, County, jobs, refused


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def listing(county: County, agency: Account) -> str:
    return await county.listing(agency)


async def test_from_the_purchase_to_the_settlement(
    county: County, agency: Account, listing: str
) -> None:
    owner = county.enterprise.actor()
    made = await purchase(owner, listing, "一号厂房")
    assert [row.item for row in await milestones(made)] == ["02", "07", "10", "12", "21"]
    for position in range(1, 6):
        await report_milestone(agency.actor(), made, position, "已完成")
    assert (await engagement(owner, made)).state == "running"
    await add_deliverable(agency.actor(), made, A_FILE)
    assert (await engagement(owner, made)).state == "delivered"
    await accept(owner, made)
    docket = await settle(owner, made)
    assert (await engagement(owner, made)).state == "settled"
    assert await jobs(UNSEAL) == 1
    acts = [entry.act for entry in await history("engagement", made)]
    assert acts == [
        "engagement.started",
        *["engagement.milestone_reported"] * 5,
        "engagement.deliverable_added",
        "engagement.accepted",
        "engagement.settled",
    ]
    assert [entry.act for entry in await history("docket", docket)] == ["docket.opened"]


async def test_a_milestone_is_reported_once(county: County, agency: Account, listing: str) -> None:
    made = await purchase(county.enterprise.actor(), listing, "一号厂房")
    await report_milestone(agency.actor(), made, 1)
    again = report_milestone(agency.actor(), made, 1)
    await refused(again, Conflict, "milestone-reported")
    for position in (0, 6, -1):
        unknown = report_milestone(agency.actor(), made, position)
        await refused(unknown, NotFound, "milestone-unknown")


async def test_acceptance_waits_for_everything(
    county: County, agency: Account, listing: str
) -> None:
    owner = county.enterprise.actor()
    made = await purchase(owner, listing, "一号厂房")
    await refused(accept(owner, made), Conflict, "engagement-not-delivered")
    await add_deliverable(agency.actor(), made, A_FILE)
    await refused(accept(owner, made), Conflict, "engagement-not-delivered")
    await refused(settle(owner, made), Conflict, "engagement-not-accepted")
    for position in range(1, 6):
        await report_milestone(agency.actor(), made, position)
    await accept(owner, made)
    await refused(accept(owner, made), Conflict, "engagement-not-delivered")
    late = add_deliverable(agency.actor(), made, A_FILE)
    await refused(late, Conflict, "engagement-ended")
    await settle(owner, made)
    await refused(settle(owner, made), Conflict, "engagement-not-accepted")


async def test_anothers_engagement_does_not_exist(
    county: County, agency: Account, listing: str
) -> None:
    made = await county.delivered(agency, listing)
    rival, stranger = await county.agency(), await county.account(Role.ENTERPRISE)
    unknown = "engagement-unknown"
    await refused(report_milestone(rival.actor(), made, 1), NotFound, unknown)
    await refused(add_deliverable(rival.actor(), made, A_FILE), NotFound, unknown)
    await refused(accept(stranger.actor(), made), NotFound, unknown)
    await refused(accept(agency.actor(), made), NotFound, unknown)
    await refused(settle(stranger.actor(), made), NotFound, unknown)
    await refused(engagement(rival.actor(), made), NotFound, unknown)
    await refused(engagement(stranger.actor(), made), NotFound, unknown)
    not_an_agency = report_milestone(county.enterprise.actor(), made, 1)
    await refused(not_an_agency, Forbidden, "not-an-agency")
    for account in (county.enterprise, agency, county.supervisor, county.centre):
        assert (await engagement(account.actor(), made)).id == made


async def test_a_package_without_its_department_cannot_be_bought(
    county: County, agency: Account, listing: str
) -> None:
    await execute("UPDATE package SET supervisor = NULL")
    buying = purchase(county.enterprise.actor(), listing, "一号厂房")
    await refused(buying, Conflict, "supervisor-missing")


async def test_over_http(county: County, agency: Account, listing: str) -> None:
    owner, worker = county.enterprise.client, agency.client
    bought = await owner.post(
        "/api/v1/purchases", json={"listing": listing, "project_name": "一号厂房"}
    )
    assert bought.status_code == 201, bought.text
    address = f"/api/v1/engagements/{bought.json()['engagement']}"
    for position in range(1, 6):
        told = await worker.post(f"{address}/milestones/{position}", json={"note": "完成"})
        assert told.status_code == 204
    twice = await worker.post(f"{address}/milestones/1", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "milestone-reported")
    early = await owner.post(f"{address}/acceptance")
    assert (early.status_code, early.json()["code"]) == (409, "engagement-not-delivered")
    sent = await worker.post(
        f"{address}/deliverables", params={"filename": "报告.pdf"}, content=b"%PDF-1.7 text"
    )
    assert sent.status_code == 201, sent.text
    assert (await owner.post(f"{address}/acceptance")).status_code == 204
    settled = await owner.post(f"{address}/settlement")
    shown = (await owner.get(address)).json()
    assert shown["state"] == "settled"
    assert shown["docket"] == settled.json()["docket"]
    assert [row["note"] for row in shown["milestones"]] == ["完成"] * 5
    assert (await worker.get("/api/v1/engagements")).json()["items"][0]["id"] == shown["id"]
    assert len(await deliverables(shown["id"])) == 1
    assert (await owner.get("/api/v1/engagements", params={"state": "running"})).json() == {
        "items": [],
        "next": None,
    }


async def test_every_spelling_of_an_id_leads_to_one_history(
    county: County, agency: Account, listing: str
) -> None:
    owner = county.enterprise.actor()
    made = await purchase(owner, listing, "一号厂房")
    for position in range(1, 6):
        await report_milestone(agency.actor(), made.upper(), position)
    await add_deliverable(agency.actor(), made.replace("-", ""), A_FILE)
    await accept(owner, made.upper())
    await settle(owner, f"{{{made}}}")
    acts = [entry.act for entry in await history("engagement", made)]
    assert acts.count("engagement.milestone_reported") == 5
    assert acts[-3:] == [
        "engagement.deliverable_added",
        "engagement.accepted",
        "engagement.settled",
    ]
