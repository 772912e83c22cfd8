"""County ranges: nothing is in force before a second person of the centre has said yes."""

import asyncio
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from market.catalogue.county_ranges import (
    NewCountyRange,
    adopt_county_range,
    proposals,
    propose_county_range,
    refuse_county_range,
    withdraw_proposal,
)
from market.catalogue.queries import county_ranges
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, SteelyardError
from ratings.ledger.queries import latest
from tests.county import County, at, refused

TODAY = local_date(now())


def wanted(**changes: object) -> NewCountyRange:
    found = NewCountyRange("07", "small", 1_000_000, 2_000_000, TODAY, "县发改局询价")
    return msgspec.structs.replace(found, **changes)


async def high_of(on: date, item: str = "07") -> int:
    (found,) = [
        one.high_fen
        for one in await county_ranges(on)
        if (one.item, one.size_class) == (item, "small")
    ]
    return found


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"low_fen": 3_000_000}, Refused, "range-order"),
        ({"low_fen": 0}, Refused, "range-order"),
        ({"reason": " "}, Refused, "reason-missing"),
        ({"set_on": date(2020, 1, 1)}, Refused, "range-backdated"),
        ({"item": "02"}, Refused, "standard-published"),
        ({"item": "98"}, NotFound, "item-unknown"),
    ],
)
async def test_what_is_no_range_is_not_proposed(
    county: County, changes: dict[str, Any], kind: type[SteelyardError], code: str
) -> None:
    await refused(propose_county_range(county.centre.actor(), wanted(**changes)), kind, code)


async def test_a_range_is_in_force_once_a_second_person_has_adopted_it(county: County) -> None:
    before = await high_of(TODAY)
    proposal = await propose_county_range(county.centre.actor(), wanted())
    assert await high_of(TODAY) == before
    (shown,) = await proposals(TODAY, state="proposed")
    assert (shown.id, shown.now_high_fen) == (proposal, before)
    await refused(
        adopt_county_range(county.centre.actor(), proposal), Forbidden, "second-person-needed"
    )
    second = await county.second()
    await adopt_county_range(second.actor(), proposal)
    assert await high_of(TODAY) == 2_000_000
    (entry,) = await latest(1)
    assert (entry.act, entry.subject, entry.person) == ("county_range.set", "07", second.person)
    await refused(propose_county_range(second.actor(), wanted()), Conflict, "range-known")
    await refused(adopt_county_range(second.actor(), proposal), Conflict, "proposal-decided")


async def test_a_refused_and_a_withdrawn_proposal_leave_all_as_it_was(county: County) -> None:
    before = await high_of(TODAY)
    second = await county.second()
    first = await propose_county_range(county.centre.actor(), wanted())
    await refused(propose_county_range(second.actor(), wanted()), Conflict, "proposal-open")
    await refused(
        refuse_county_range(county.centre.actor(), first, "不"), Forbidden, "second-person-needed"
    )
    await refused(refuse_county_range(second.actor(), first, " "), Refused, "reason-missing")
    await refuse_county_range(second.actor(), first, "样本太少")
    again = await propose_county_range(county.centre.actor(), wanted(high_fen=1_500_000))
    await refused(withdraw_proposal(second.actor(), again), Forbidden, "not-the-proposer")
    await withdraw_proposal(county.centre.actor(), again)
    assert [(one.state, one.decision) for one in await proposals(TODAY)] == [
        ("withdrawn", ""),
        ("refused", "样本太少"),
    ]
    assert await high_of(TODAY) == before


async def test_a_proposal_whose_day_has_passed_is_not_adopted(county: County) -> None:
    proposal = await propose_county_range(county.centre.actor(), wanted())
    later = at((await county.second()).actor(), now() + timedelta(days=2))
    await refused(adopt_county_range(later, proposal), Refused, "range-backdated")


async def test_of_two_decisions_at_once_one_counts(county: County) -> None:
    proposal = await propose_county_range(county.centre.actor(), wanted())
    second = (await county.second()).actor()
    ended = await asyncio.gather(
        *(adopt_county_range(second, proposal) for _ in range(3)),
        *(refuse_county_range(second, proposal, "不") for _ in range(3)),
        return_exceptions=True,
    )
    assert sum(one is None for one in ended) == 1
    assert all(one is None or isinstance(one, Conflict) for one in ended)
    count = "SELECT count(*) FROM county_range WHERE id = $1"
    assert await fetchval(count, proposal) == (ended[:3].count(None))


async def test_of_many_proposals_for_one_day_one_stands(county: County) -> None:
    centre = county.centre.actor()
    ended = await asyncio.gather(
        *(propose_county_range(centre, wanted()) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, str) for one in ended) == 1
    assert all(isinstance(one, str | Conflict) for one in ended)


async def test_the_api_goes_the_same_way(county: County) -> None:
    first, second = county.centre.client, (await county.second()).client
    body = msgspec.to_builtins(wanted())
    address = "/api/v1/county-range-proposals"
    made = await first.post(address, json=body)
    assert made.status_code == 201
    path = f"{address}/{made.json()['proposal']}"
    own = await first.post(f"{path}/adoption")
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    assert (await second.post(f"{path}/refusal", json={"reason": "缺样本"})).status_code == 204
    (row,) = (await first.get(address, params={"state": "refused"})).json()["items"]
    assert (row["decision"], row["decided_by"]) == ("缺样本", (await county.second()).person)
    made = await first.post(address, json=body)
    path = f"{address}/{made.json()['proposal']}"
    assert (await second.post(f"{path}/adoption")).status_code == 204
    shown = (await first.get("/api/v1/county-ranges", params={"limit": 100})).json()["items"]
    (mine,) = [row for row in shown if (row["item"], row["size_class"]) == ("07", "small")]
    assert (mine["high_fen"], mine["demonstration"]) == (2_000_000, False)
