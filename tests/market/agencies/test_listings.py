"""Putting up listings: within the standard fee range, by admitted agencies in good standing."""

from decimal import Decimal

import msgspec
import pytest

from market.agencies.actions import NewListing, put_up_listing, withdraw_listing
from market.agencies.queries import listings_of_package
from market.catalogue.project_facts import ProjectFacts
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from tests.county import FACTS, PACKAGE, County, refused


def wanted(**changes: object) -> NewListing:
    return msgspec.structs.replace(NewListing(PACKAGE, 5_000_000, 20, FACTS), **changes)


async def test_a_listing_is_on_sale_with_its_range(county: County) -> None:
    agency = await county.agency()
    identifier = await put_up_listing(agency.actor(), wanted())
    (row,) = await listings_of_package(PACKAGE)
    assert (row.id, row.uscc, row.price_fen) == (identifier, agency.uscc, 5_000_000)
    assert row.range_high_fen == county.high_fen
    entry = (await history("agency", agency.uscc or ""))[-1]
    assert (entry.act, entry.fact()["range_high_fen"]) == ("listing.put_up", county.high_fen)


async def test_the_highest_price_of_the_range_is_allowed(county: County) -> None:
    agency = await county.agency()
    await put_up_listing(agency.actor(), wanted(price_fen=county.high_fen))


async def test_a_price_above_the_range_is_refused_with_its_workings(county: County) -> None:
    agency = await county.agency()
    error = await refused(
        put_up_listing(agency.actor(), wanted(price_fen=county.high_fen + 1)),
        Refused,
        "price-above-range",
    )
    told = str(error)
    assert f"{Decimal(county.high_fen + 1) / 100:,.2f} yuan is above" in told
    assert f"{Decimal(county.high_fen) / 100:,.2f}" in told
    for item in ("02", "07", "10", "12", "21"):
        assert f"item {item}:" in told


async def test_over_http_the_workings_are_chinese(county: County) -> None:
    agency = await county.agency()
    body = {
        "package": PACKAGE,
        "price_fen": county.high_fen + 1,
        "working_days": 20,
        "facts": {"investment_wan": "10000", "building_area_m2": 20000},
    }
    answer = await agency.client.post(
        "/api/v1/listings", json=body, headers={"Accept-Language": "zh-CN"}
    )
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "price-above-range")
    assert "事项02" in problem["detail"]
    assert await listings_of_package(PACKAGE) == []
    made = await agency.client.post("/api/v1/listings", json=body | {"price_fen": county.high_fen})
    assert made.status_code == 201
    address = f"/api/v1/listings/{made.json()['listing']}"
    assert (await county.enterprise.client.get(address)).json()["price_fen"] == county.high_fen
    listed = (await county.enterprise.client.get(f"/api/v1/packages/{PACKAGE}/listings")).json()
    assert [row["uscc"] for row in listed["items"]] == [agency.uscc]
    assert (await agency.client.delete(address)).status_code == 204
    assert (await county.enterprise.client.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price_fen": 0}, "price-not-positive"),
        ({"price_fen": -5}, "price-not-positive"),
        ({"working_days": 0}, "days-not-positive"),
        ({"facts": ProjectFacts()}, "missing-fact"),
        ({"facts": ProjectFacts(investment_wan=Decimal(-1))}, "impossible-figure"),
        ({"facts": ProjectFacts(investment_wan=Decimal("NaN"))}, "impossible-figure"),
    ],
)
async def test_a_faulty_listing_leaves_nothing(
    county: County, changes: dict[str, object], code: str
) -> None:
    agency = await county.agency()
    await refused(put_up_listing(agency.actor(), wanted(**changes)), Refused, code)


async def test_an_unknown_package(county: County) -> None:
    agency = await county.agency()
    act = put_up_listing(agency.actor(), wanted(package="nothing"))
    await refused(act, NotFound, "package-unknown")


async def test_an_applicant_sells_nothing(county: County) -> None:
    applicant = await county.applicant()
    await refused(put_up_listing(applicant.actor(), wanted()), Conflict, "agency-not-admitted")


async def test_an_enterprise_sells_nothing(county: County) -> None:
    act = put_up_listing(county.enterprise.actor(), wanted())
    await refused(act, Forbidden, "not-an-agency")


async def test_a_second_listing_of_a_package_takes_the_place_of_the_first(county: County) -> None:
    agency = await county.agency()
    await put_up_listing(agency.actor(), wanted())
    second = await put_up_listing(agency.actor(), wanted(price_fen=4_000_000))
    assert [row.id for row in await listings_of_package(PACKAGE)] == [second]


async def test_a_listing_is_withdrawn_once_and_by_its_owner(county: County) -> None:
    agency, other = await county.agency(), await county.agency()
    identifier = await put_up_listing(agency.actor(), wanted())
    await refused(withdraw_listing(other.actor(), identifier), NotFound, "listing-unknown")
    await withdraw_listing(agency.actor(), identifier)
    assert await listings_of_package(PACKAGE) == []
    await refused(withdraw_listing(agency.actor(), identifier), NotFound, "listing-unknown")
    await refused(withdraw_listing(agency.actor(), "no id"), NotFound, "not-found")


@pytest.mark.parametrize(
    "changes",
    [
        {"price_fen": 10**30},
        {"price_fen": "five"},
        {"price_fen": 1.5},
        {"working_days": 10**12},
        {"facts": []},
        {"facts": {"investment_wan": "many"}},
        {"facts": {"investment_wan": "10000", "investment_wam": "1"}},
        {"surprise": True},
    ],
)
async def test_malformed_listings_leave_nothing(county: County, changes: dict[str, object]) -> None:
    agency = await county.agency()
    body = {
        "package": PACKAGE,
        "price_fen": 5_000_000,
        "working_days": 20,
        "facts": {"investment_wan": "10000"},
    }
    answer = await agency.client.post("/api/v1/listings", json=body | changes)
    assert answer.status_code in (400, 422), answer.text
    assert await listings_of_package(PACKAGE) == []
