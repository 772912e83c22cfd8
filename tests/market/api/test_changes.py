"""The change feed as a program follows it."""

from typing import Any

import httpx
import pytest

from market.oversight.rules import PUBLIC_ACTS
from market.purchasing.actions import join_group_buy, open_group_buy
from ratings.ledger.actors import Role
from ratings.ledger.queries import Wanted, entries_after
from tests.county import County


async def followed(client: httpx.AsyncClient, address: str) -> tuple[list[dict[str, Any]], str]:
    """Everything from `address` on, and where it goes on later."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert answer.headers["link"] == f'<{page["next"]}>; rel="next"'
        found += page["items"]
        address = page["next"]
        if not page["more"]:
            return found, address


async def test_the_public_facts_in_their_order(county: County, client: httpx.AsyncClient) -> None:
    agency = await county.agency()
    await county.settled(agency, await county.listing(agency))
    found, _ = await followed(client, "/api/v1/changes?limit=3")
    public = await entries_after(Wanted(acts=PUBLIC_ACTS), 0, 1_000)
    assert [one["seq"] for one in found] == [entry.seq for entry in public]
    assert {"agency.admitted", "listing.put_up"} <= {one["type"] for one in found}
    assert all(
        entry.hash.startswith(one["id"][4:]) for one, entry in zip(found, public, strict=True)
    )
    told = {"id", "seq", "type", "at", "role", "subject_kind", "subject", "facts", "reason"}
    assert all(one.keys() == told for one in found), "who acted is nobody's business here"
    officials, _ = await followed(county.centre.client, "/api/v1/changes")
    assert officials == found, "the feed is the same for everybody"


async def test_an_empty_page_says_where_to_go_on(county: County, client: httpx.AsyncClient) -> None:
    address = "/api/v1/changes?after=now&type=group_buy.*&limit=1"
    nothing, onward = await followed(client, address)
    assert nothing == []
    again = await client.get(onward)
    same = await client.get(onward, headers={"If-None-Match": again.headers["etag"]})
    assert (again.json()["next"], same.status_code) == (onward, 304)
    await county.agency()  # of another type
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    other = await county.account(Role.ENTERPRISE)
    await join_group_buy(other.actor(), opened, "乙")
    found, onward = await followed(client, onward)
    assert [(one["type"], one["subject"]) for one in found] == [
        ("group_buy.opened", opened),
        ("group_buy.joined", opened),
    ]
    assert found[1]["facts"] == {"participants": 2}
    assert await followed(client, onward) == ([], onward)


async def test_only_what_was_asked_for(county: County, client: httpx.AsyncClient) -> None:
    first, second = await county.agency(), await county.agency()
    await county.listing(first)
    await county.listing(second)
    of_one, _ = await followed(
        client, f"/api/v1/changes?subject_kind=agency&subject={second.uscc}&limit=1"
    )
    assert [one["type"] for one in of_one] == ["agency.admitted", "listing.put_up"]
    both = {"type": ["listing.put_up", "agency.admitted"]}
    page = (await client.get("/api/v1/changes", params=both)).json()
    assert sorted({one["type"] for one in page["items"]}) == ["agency.admitted", "listing.put_up"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=made-up", "cursor-malformed"),
        ("type=session.opened", "event-type-unknown"),
        ("type=engagement.started", "event-type-unknown"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
    ],
)
async def test_what_cannot_be_asked(client: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await client.get(f"/api/v1/changes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
