"""Group buys from opening to the choice of the agency."""

from datetime import timedelta
from typing import Any

import pytest

from market.agencies.actions import withdraw_listing
from market.engagements.actions import choose_for_group, purchase
from market.engagements.queries import engagements
from market.purchasing.actions import (
    CLOSE,
    close_group_buy,
    join_group_buy,
    offer_to_serve,
    open_group_buy,
)
from market.purchasing.queries import group_buy, participations
from market.purchasing.tiers import Tier
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from tests.conftest import make_uscc
from tests.county import TIERS, County, at, jobs, picture, refused

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_from_opening_to_an_engagement_for_each(county: County) -> None:
    opened = await county.past_group_buy()
    before = now() - timedelta(days=5)
    others = [await county.account(Role.ENTERPRISE) for _ in range(2)]
    for number, other in enumerate(others):
        joined = await join_group_buy(at(other.actor(), before), opened, f"{number}号仓库")
        assert joined.participants == number + 2
    assert joined.price_fen == TIERS[1].price_fen
    agency = await county.agency()
    await county.listing(agency)
    await offer_to_serve(agency.actor(), opened)
    await close_group_buy(system(now()), opened)
    row = await group_buy(opened)
    assert (row.state, row.price_fen, row.participants) == ("closed", TIERS[1].price_fen, 3)
    made = await choose_for_group(county.enterprise.actor(), opened, agency.uscc or "", "星级最高")
    assert len(made) == 3
    owned = await engagements(others[0].actor())
    assert [(one.project_name, one.price_fen) for one in owned] == [("0号仓库", TIERS[1].price_fen)]
    assert [entry.act for entry in await history("group_buy", opened)] == [
        "group_buy.opened",
        "group_buy.joined",
        "group_buy.joined",
        "group_buy.offered",
        "group_buy.closed",
        "group_buy.chosen",
    ]


async def test_one_job_will_close_it(county: County) -> None:
    await open_group_buy(county.enterprise.actor(), county.group_buy())
    assert await jobs(CLOSE) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "title-missing"),
        ({"project_name": ""}, "title-missing"),
        ({"places": 1}, "places-out-of-bounds"),
        ({"places": 501}, "places-out-of-bounds"),
        ({"deadline": now() - timedelta(days=1)}, "deadline-out-of-bounds"),
        ({"deadline": now() + timedelta(days=181)}, "deadline-out-of-bounds"),
        ({"tiers": ()}, "tiers-missing"),
        ({"tiers": (Tier(1, 9_000_000),)}, "tiers-invalid"),
        ({"tiers": (Tier(11, 9_000_000),)}, "tiers-invalid"),
        ({"tiers": (Tier(2, 0),)}, "tiers-invalid"),
        ({"tiers": (Tier(2, 9_000_000), Tier(2, 8_000_000))}, "tiers-invalid"),
        ({"tiers": (Tier(2, 9_000_000), Tier(3, 9_000_000))}, "tiers-invalid"),
        ({"tiers": (Tier(2, 10**12),)}, "price-above-range"),
    ],
)
async def test_a_faulty_group_buy_leaves_nothing(
    county: County, changes: dict[str, Any], code: str
) -> None:
    wanted = county.group_buy(**changes)
    await refused(open_group_buy(county.enterprise.actor(), wanted), Refused, code)


async def test_only_an_enterprise_buys(county: County) -> None:
    nobody = system(now())
    await refused(open_group_buy(nobody, county.group_buy()), Forbidden, "not-an-enterprise")


async def test_joining_twice(county: County) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    again = join_group_buy(county.enterprise.actor(), opened, "又一个")
    await refused(again, Conflict, "already-joined")
    other = await county.account(Role.ENTERPRISE)
    await join_group_buy(other.actor(), opened, "一个")
    await refused(join_group_buy(other.actor(), opened, "又一个"), Conflict, "already-joined")


async def test_joining_after_the_deadline_even_before_it_was_closed(county: County) -> None:
    opened = await county.past_group_buy()
    late = await county.account(Role.ENTERPRISE)
    await refused(join_group_buy(late.actor(), opened, "晚"), Conflict, "group-buy-closed")
    await close_group_buy(system(now()), opened)
    await refused(join_group_buy(late.actor(), opened, "晚"), Conflict, "group-buy-closed")


async def test_at_the_very_instant_of_the_deadline_it_is_too_late(county: County) -> None:
    wanted = county.group_buy()
    opened = await open_group_buy(county.enterprise.actor(), wanted)
    late = at((await county.account(Role.ENTERPRISE)).actor(), wanted.deadline)
    await refused(join_group_buy(late, opened, "晚"), Conflict, "group-buy-closed")


async def test_joining_a_full_group(county: County) -> None:
    wanted = county.group_buy(places=2, tiers=TIERS[:1])
    opened = await open_group_buy(county.enterprise.actor(), wanted)
    second, third = [await county.account(Role.ENTERPRISE) for _ in range(2)]
    await join_group_buy(second.actor(), opened, "第二")
    error = await refused(join_group_buy(third.actor(), opened, "第三"), Conflict, "group-buy-full")
    assert str(error) == "All 2 places are taken."


async def test_joining_without_a_project_or_a_group(county: County) -> None:
    other = (await county.account(Role.ENTERPRISE)).actor()
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    await refused(join_group_buy(other, opened, " "), Refused, "project-missing")
    await refused(join_group_buy(other, NOBODY, "甲"), NotFound, "group-buy-unknown")
    await refused(join_group_buy(other, "x", "甲"), NotFound, "not-found")


async def test_closing_does_nothing_early_or_twice(county: County) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    before = await picture()
    await close_group_buy(system(now()), opened)
    assert await picture() == before
    past = await county.past_group_buy()
    await close_group_buy(system(now()), past)
    after = await picture()
    await close_group_buy(system(now()), past)
    assert await picture() == after


async def test_a_group_below_its_first_tier_fails(county: County) -> None:
    opened = await county.past_group_buy()
    await close_group_buy(system(now()), opened)
    row = await group_buy(opened)
    assert (row.state, row.price_fen) == ("failed", None)
    agency = await county.agency()
    await county.listing(agency)
    await refused(offer_to_serve(agency.actor(), opened), Conflict, "group-buy-closed")


async def test_offering(county: County) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    agency = await county.agency()
    await refused(offer_to_serve(agency.actor(), opened), Refused, "listing-missing")
    await county.listing(agency)
    await offer_to_serve(agency.actor(), opened)
    await refused(offer_to_serve(agency.actor(), opened), Conflict, "already-offered")
    applicant = await county.applicant()
    await refused(offer_to_serve(applicant.actor(), opened), Conflict, "agency-not-admitted")
    await refused(offer_to_serve(county.enterprise.actor(), opened), Forbidden, "not-an-agency")


async def test_choosing_is_the_openers_among_those_who_offered(county: County) -> None:
    opened = await county.past_group_buy()
    other = await county.account(Role.ENTERPRISE)
    await join_group_buy(at(other.actor(), now() - timedelta(days=5)), opened, "仓库")
    agency, idle = await county.agency(), await county.agency()
    uscc = agency.uscc or ""
    listing = await county.listing(agency)
    await offer_to_serve(agency.actor(), opened)
    opener = county.enterprise.actor()
    await refused(choose_for_group(opener, opened, uscc), Conflict, "group-buy-not-closed")
    await close_group_buy(system(now()), opened)
    await refused(choose_for_group(other.actor(), opened, uscc), NotFound, "group-buy-not-yours")
    await refused(choose_for_group(opener, opened, idle.uscc or ""), Refused, "not-offered")
    await refused(choose_for_group(opener, opened, make_uscc(99)), Refused, "not-offered")
    await withdraw_listing(agency.actor(), listing)
    await refused(choose_for_group(opener, opened, uscc), Conflict, "listing-gone")
    await county.listing(agency)
    await choose_for_group(opener, opened, uscc)
    await refused(choose_for_group(opener, opened, uscc), Conflict, "group-buy-not-closed")


async def test_buying_alone(county: County) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    buyer = county.enterprise.actor()
    engagement = await purchase(buyer, listing, "三号厂房")
    (row,) = await engagements(buyer)
    assert (row.id, row.agency, row.state) == (engagement, agency.uscc, "running")
    await refused(purchase(buyer, listing, ""), Refused, "project-missing")
    await refused(purchase(buyer, NOBODY, "甲"), NotFound, "listing-unknown")
    await refused(purchase(system(now()), listing, "甲"), Forbidden, "not-an-enterprise")
    await withdraw_listing(agency.actor(), listing)
    await refused(purchase(buyer, listing, "甲"), NotFound, "listing-unknown")


async def test_over_http(county: County) -> None:
    client = county.enterprise.client
    body = {
        "package": "consulting",
        "title": "咨询团购",
        "facts": {"investment_wan": 10000},
        "tiers": [{"at_least": 2, "price_fen": 9_000_000}],
        "places": 5,
        "deadline": (now() + timedelta(days=3)).isoformat(),
        "project_name": "甲",
    }
    made = await client.post("/api/v1/group-buys", json=body)
    assert made.status_code == 201, made.text
    address = f"/api/v1/group-buys/{made.json()['group_buy']}"
    other, stranger = await county.account(Role.ENTERPRISE), await county.account(Role.ENTERPRISE)
    joined = await other.client.post(f"{address}/participations", json={"project_name": "乙"})
    assert (joined.status_code, joined.json()["participants"]) == (201, 2)
    assert joined.json()["price_fen"] == 9_000_000
    twice = await other.client.post(f"{address}/participations", json={"project_name": "乙"})
    assert (twice.status_code, twice.json()["code"]) == (409, "already-joined")
    names = [row["project_name"] for row in await _items(other.client, address)]
    assert names == ["甲", "乙"]
    assert (await stranger.client.get(f"{address}/participations")).status_code == 404
    assert (await stranger.client.get(address)).json()["participants"] == 2
    agency, rival = await county.agency(), await county.agency()
    for one in (agency, rival):
        await county.listing(one)
        assert (await one.client.post(f"{address}/offers")).status_code == 201
    assert len((await client.get(f"{address}/offers")).json()["items"]) == 2
    own = (await rival.client.get(f"{address}/offers")).json()["items"]
    assert [row["uscc"] for row in own] == [rival.uscc]
    assert (await stranger.client.get(f"{address}/offers")).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"deadline": "2026-13-01T00:00:00Z"},
        {"deadline": "2027-01-01T00:00:00"},
        {"places": 10**20},
        {"tiers": [{"at_least": 2, "price_fen": 10**30}]},
        {"tiers": [{"at_least": 2}]},
        {"title": "长" * 500},
        {"title": "\0"},
        {"facts": None},
    ],
)
async def test_malformed_group_buys_leave_nothing(county: County, changes: dict[str, Any]) -> None:
    body = {
        "package": "consulting",
        "title": "咨询团购",
        "facts": {"investment_wan": 10000},
        "tiers": [{"at_least": 2, "price_fen": 9_000_000}],
        "places": 5,
        "deadline": (now() + timedelta(days=3)).isoformat(),
        "project_name": "甲",
    }
    before = await picture()
    answer = await county.enterprise.client.post("/api/v1/group-buys", json=body | changes)
    assert answer.status_code in (400, 422), answer.text
    assert await picture() == before


async def test_a_key_makes_a_request_safe_to_repeat(county: County) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    address = f"/api/v1/group-buys/{opened}/participations"
    client, key = (await county.account(Role.ENTERPRISE)).client, {"Idempotency-Key": "join-1"}
    first = await client.post(address, json={"project_name": "甲"}, headers=key)
    second = await client.post(address, json={"project_name": "甲"}, headers=key)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(await participations(opened)) == 2
    other = await client.post(address, json={"project_name": "乙"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    neighbour = await county.account(Role.ENTERPRISE)
    theirs = await neighbour.client.post(address, json={"project_name": "甲"}, headers=key)
    assert (theirs.status_code, theirs.json()["participants"]) == (201, 3)
    for bad in ("", "k" * 256):
        told = await neighbour.client.post(
            address, json={"project_name": "甲"}, headers={"Idempotency-Key": bad}
        )
        assert (told.status_code, told.json()["code"]) == (400, "idempotency-key-malformed")


async def _items(client: Any, address: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(f"{address}/participations")).json()["items"]
    return items
