"""A walk over the pages of a list sees every row that was there all along exactly once."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import RequestFactory

from market.api.cursors import unseal
from market.api.lists import constant_page, sorted_page
from market.purchasing.actions import close_group_buy, open_group_buy
from market.settings import Settings
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.errors import Malformed
from tests.county import County

_APP = Litestar(state=State({"settings": Settings(secret_key="of no installation")}))


def _asking(cursor: str = "") -> Any:
    return RequestFactory(app=_APP).get("/list", query_params={"cursor": cursor})


def _cursor(address: str | None) -> str:
    return httpx.URL(address).params["cursor"] if address else ""


@given(
    rows=st.sets(st.integers(0, 60)),
    changes=st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=40),
    limit=st.integers(1, 7),
)
def test_what_comes_and_goes_moves_nothing_else(
    rows: set[int], changes: list[tuple[bool, int]], limit: int
) -> None:
    there, always, seen, pending = set(rows), set(rows), [], list(changes)
    cursor = ""

    async def key_page(cursor: str) -> Any:
        # Newest first, as most lists are: the largest number is the latest.
        return await sorted_page(
            _asking(cursor), limit, cursor, list(there), lambda row: (-float(row), str(row))
        )

    while True:
        page = asyncio.run(key_page(cursor)).content
        seen += page.items
        for comes, row in pending[:3]:
            (there.add if comes else there.discard)(row)
            if not comes:
                always.discard(row)
        del pending[:3]
        cursor = _cursor(page.next)
        if not cursor:
            break
    assert len(seen) == len(set(seen))
    assert always <= set(seen)


@given(rows=st.lists(st.integers(), max_size=30), limit=st.integers(1, 9))
def test_a_constant_list_is_walked_in_its_order(rows: list[int], limit: int) -> None:
    seen, cursor = [], ""
    while True:
        page = asyncio.run(constant_page(_asking(cursor), limit, cursor, rows)).content
        seen += page.items
        cursor = _cursor(page.next)
        if not cursor:
            break
    assert seen == rows


def test_a_cursor_of_an_earlier_edition_is_refused() -> None:
    """Sealed by us, for the same list, and of another shape."""
    page = asyncio.run(constant_page(_asking(), 1, "", [1, 2])).content
    with pytest.raises(Malformed):
        unseal(_asking(), _cursor(page.next), tuple[float | str, ...])


async def test_a_walk_beside_those_who_write(county: County) -> None:
    """Group buys are opened and closed while somebody reads the open ones, two by two."""
    opener = county.enterprise.actor()
    staying = [await open_group_buy(opener, county.group_buy()) for _ in range(8)]
    leaving = [await county.past_group_buy() for _ in range(4)]
    seen: list[str] = []
    reading = asyncio.Event()

    async def write() -> None:
        await reading.wait()
        for identifier in leaving:
            await open_group_buy(opener, county.group_buy())
            await close_group_buy(system(now()), identifier)

    async def read() -> None:
        path: str | None = "/api/v1/group-buys?state=open&limit=2"
        while path:
            answer = (await county.enterprise.client.get(path)).json()
            seen.extend(row["id"] for row in answer["items"])
            path = answer["next"]
            reading.set()

    await asyncio.gather(write(), read())
    assert len(seen) == len(set(seen))
    assert set(staying) <= set(seen)


async def test_every_list_that_grows_is_walked_whole(county: County) -> None:
    """Page by page of one row, the same rows in the same order as on one page."""
    agencies = [await county.agency() for _ in range(3)]
    listings = [await county.listing(agency) for agency in agencies]
    for agency, listing in zip(agencies, listings, strict=True):
        await county.settled(agency, listing)
    await county.evaluated(agencies[0], listings[0], 90)
    for _ in range(2):
        await county.applicant()
    centre, enterprise = county.centre.client, county.enterprise.client
    for client, path, least in (
        (centre, "/api/v1/agencies", 3),
        (centre, "/api/v1/admissions", 2),
        (centre, "/api/v1/dockets", 3),
        (centre, "/api/v1/engagements", 4),
        (centre, "/api/v1/county-ranges", 5),
        (enterprise, "/api/v1/packages/consulting/listings", 3),
        (enterprise, "/api/v1/packages", 4),
    ):
        whole = (await client.get(f"{path}?limit=100")).json()["items"]
        walked: list[dict[str, Any]] = []
        next_path: str | None = f"{path}?limit=1"
        while next_path:
            answer = (await client.get(next_path)).json()
            walked += answer["items"]
            next_path = answer["next"]
        assert walked == whole, path
        assert len(whole) >= least, path
        assert len({msgspec.json.encode(row) for row in walked}) == len(walked)
