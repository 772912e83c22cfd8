"""A fee standard is proposed by one person, decided by another, and in force from its day."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from market.agencies.standard_impact import listings_leaving
from market.catalogue.edition_actions import NewEdition, draft_edition, propose_change
from market.catalogue.edition_queries import draft_items
from market.catalogue.editions import Change
from market.catalogue.factors import ByChoice
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.project_facts import Field
from market.catalogue.project_form import facts_needed
from market.catalogue.queries import package, package_range
from market.catalogue.shapes import Interpolation
from market.catalogue.sheet_writing import workbook_of
from market.catalogue.standard_proposals import (
    decide_proposal,
    draft_standard,
    submit_proposal,
    withdraw_proposal,
)
from market.catalogue.standard_versions import (
    every_version,
    newest_standards,
    proposed,
    standard_on,
    standards_on,
)
from market.catalogue.standards import load_fee_standards
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused, Stale
from tests.conftest import Account
from tests.county import FACTS, PACKAGE, County

TODAY = local_date(now())
BEGINS = TODAY + timedelta(days=30)


def cheaper(days: int = 30, share: str = "0.5") -> FeeStandard:
    """保监〔2005〕22号 with plans at a share of their fees: the dearest line of the package."""
    standard = load_fee_standards()["soil-water-22"]
    plan = standard.kinds["plan"]
    assert isinstance(plan.table, Interpolation)
    points = tuple((x, fee * Decimal(share)) for x, fee in plan.table.points)
    table = msgspec.structs.replace(plan.table, points=points)
    kinds = standard.kinds | {"plan": msgspec.structs.replace(plan, table=table)}
    return msgspec.structs.replace(standard, kinds=kinds, valid_from=TODAY + timedelta(days=days))


@pytest.fixture
async def second(county: County) -> Account:
    return await county.second()


async def _submitted(who: Account, standard: FeeStandard) -> str:
    draft = await draft_standard(who.actor(), standard)
    await submit_proposal(who.actor(), draft.proposal, "市场价格普遍下降")
    return draft.proposal


async def test_it_takes_effect_on_its_day_and_not_before(county: County) -> None:
    await county.listing(await county.agency())
    before = await package_range(PACKAGE, FACTS, TODAY)
    proposal = await _submitted(county.supervisor, cheaper())
    assert (await standard_on("soil-water-22", BEGINS)).valid_from < TODAY, "not decided yet"
    leaving = await listings_leaving(cheaper())
    assert [one.place for one in leaving] == ["above"]
    assert leaving[0].new_high_fen is not None
    assert leaving[0].price_fen > leaving[0].new_high_fen
    await decide_proposal(county.centre.actor(), proposal, adopt=True, reason="核对无误")
    for day in (TODAY, BEGINS - timedelta(days=1)):
        assert await package_range(PACKAGE, FACTS, day) == msgspec.structs.replace(
            before, as_of=day
        )
    then = await package_range(PACKAGE, FACTS, BEGINS)
    assert then.high_fen < before.high_fen
    assert (await standard_on("soil-water-22", BEGINS)) == cheaper()
    asked = {"kind": "plan", "amount_wan": "10000"}
    for day, high in ((TODAY, 52_000_000), (BEGINS, 26_000_000)):
        told = await county.enterprise.client.get(
            "/api/v1/fee-standards/soil-water-22/estimate",
            params=asked | {"as_of": day.isoformat()},
        )
        assert told.json()["high_fen"] == high
    acts = await fetch("SELECT act FROM ledger_entry WHERE subject = 'soil-water-22' ORDER BY seq")
    assert [row[0] for row in acts] == [
        "fee_standard.drafted",
        "fee_standard.proposed",
        "fee_standard.adopted",
    ]
    kept = await proposed(county.centre.actor(), proposal)
    assert kept.before is not None
    assert kept.before.valid_from < TODAY


async def test_nobody_decides_what_they_submitted_themselves(
    county: County, second: Account
) -> None:
    proposal = await _submitted(county.centre, cheaper())
    with pytest.raises(Forbidden) as caught:
        await decide_proposal(county.centre.actor(), proposal, adopt=True, reason="好")
    assert caught.value.code == "second-person-needed"
    with pytest.raises(Refused):
        await decide_proposal(second.actor(), proposal, adopt=False, reason=" ")
    await decide_proposal(second.actor(), proposal, adopt=False, reason="依据不足")
    with pytest.raises(Conflict):
        await decide_proposal(second.actor(), proposal, adopt=True, reason="又行了")
    assert (await standard_on("soil-water-22", BEGINS)).valid_from < TODAY


async def test_two_proposals_of_one_day_adopted_at_once_leave_one(
    county: County, second: Account
) -> None:
    both = [await _submitted(county.supervisor, cheaper(share=share)) for share in ("0.5", "0.6")]
    people = (county.centre.actor(), second.actor())
    told = await asyncio.gather(
        *(
            decide_proposal(who, one, adopt=True, reason="核对无误")
            for who, one in zip(people, both, strict=True)
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "NoneType"]
    adopted = "SELECT count(*) FROM fee_standard_version WHERE state = 'adopted'"
    assert await fetchval(adopted) == 1


async def test_days_versions_and_drafts_are_guarded(county: County) -> None:
    who = county.supervisor.actor()
    with pytest.raises(Refused) as caught:
        await draft_standard(who, cheaper(days=-1))
    assert caught.value.code == "standard-backdated"
    draft = (await draft_standard(who, cheaper())).proposal
    other = await county.account(Role.SUPERVISOR)
    for stranger in (other, county.centre):
        with pytest.raises(NotFound):
            await proposed(stranger.actor(), draft)
        with pytest.raises(NotFound):
            await submit_proposal(stranger.actor(), draft, "好")
    with pytest.raises(NotFound):
        await decide_proposal(county.centre.actor(), draft, adopt=True, reason="好")
    with pytest.raises(Stale):
        await submit_proposal(who, draft, "好", frozenset({7}))
    await withdraw_proposal(who, draft, frozenset({1}))
    with pytest.raises(Conflict):
        await submit_proposal(who, draft, "好")


async def test_a_program_goes_the_whole_way(county: County) -> None:
    """Download, change, upload, look, submit by ETag and key, decide; a bad cell is named."""
    client, centre = county.supervisor.client, county.centre.client
    empty = await client.get("/api/v1/fee-standard-template")
    assert empty.headers["content-disposition"].endswith("fee-standard.xlsx")
    told = await client.get("/api/v1/fee-standards/soil-water-22/workbook")
    refused = await client.post("/api/v1/fee-drafts", content=told.content)
    assert refused.json()["code"] == "standard-backdated", "the day of the old one"
    faulty = await client.post("/api/v1/fee-drafts", content=empty.content)
    assert faulty.status_code == 422
    assert faulty.json()["errors"][0]["pointer"] == "/标准 Standard/C2"
    sheet, keyed = workbook_of(cheaper()), {"Idempotency-Key": "one"}
    made = await client.post("/api/v1/fee-drafts", content=sheet, headers=keyed)
    assert made.status_code == 201, made.text
    again = await client.post("/api/v1/fee-drafts", content=sheet, headers=keyed)
    assert again.json() == made.json()
    address = f"/api/v1/fee-proposals/{made.json()['proposal']}"
    shown = await client.get(address)
    assert shown.json()["leaving"] == []
    assert (await centre.get(address)).status_code == 404
    bare = await client.post(f"{address}/submission", json={"reason": "降价"})
    assert bare.status_code == 428
    sent = await _act(client, address, "submission", "降价")
    assert sent.status_code == 204, sent.text
    assert (await _act(client, address, "adoption", "好")).status_code == 403
    adopted = await _act(centre, address, "adoption", "核对无误")
    assert adopted.status_code == 204, adopted.text
    listed = (await centre.get("/api/v1/fee-proposals")).json()["items"]
    assert [one["state"] for one in listed] == ["adopted"]
    standards = await client.get("/api/v1/fee-standards", params={"as_of": BEGINS.isoformat()})
    begins = {one["code"]: one["valid_from"] for one in standards.json()["items"]}
    assert len(begins) == 18
    assert begins["soil-water-22"] == BEGINS.isoformat()


async def _act(client: httpx.AsyncClient, address: str, act: str, reason: str) -> Any:
    tag = (await client.get(address)).headers["etag"]
    return await client.post(f"{address}/{act}", json={"reason": reason}, headers={"If-Match": tag})


async def test_an_adopted_version_says_what_a_package_asks_for_from_its_day(
    county: County, second: Account
) -> None:
    """A trade that only the county's own version has is offered, and items may name its kinds."""
    shipped = load_fee_standards()["eia-125"]
    trades = next(one for one in shipped.factors if one.fact == "industry")
    assert isinstance(trades, ByChoice)
    more = msgspec.structs.replace(
        trades, rows=(*trades.rows, ("hydrogen", "制氢", "hydrogen", Decimal("1.1")))
    )
    kinds = shipped.kinds | {"county-form": shipped.kinds["form"]}
    factors = tuple(more if one is trades else one for one in shipped.factors)
    begun = msgspec.structs.replace(shipped, valid_from=BEGINS, kinds=kinds, factors=factors)

    def choices(fields: tuple[Field, ...]) -> set[str]:
        return {choice.code for one in fields if one.name == "industry" for choice in one.choices}

    proposal = await _submitted(county.supervisor, begun)
    assert "county-form" not in (await newest_standards())["eia-125"].kinds
    await decide_proposal(county.centre.actor(), proposal, adopt=True, reason="核对无误")
    assert "county-form" in (await newest_standards())["eia-125"].kinds
    assert begun in await every_version()
    before, after = await standards_on(TODAY), await standards_on(BEGINS)
    record = (await package(PACKAGE)).record
    assert choices(facts_needed(record, before)) == choices((await package(PACKAGE)).figures)
    assert choices(facts_needed(record, after)) - choices(facts_needed(record, before)) == {
        "hydrogen"
    }

    wanted = NewEdition(title_zh="清单3.0", title_en="List 3.0", note_zh="按县定标准", note_en="")
    edition = await draft_edition(county.centre.actor(), wanted)
    change = Change(
        kind="amend", code="10", fields={"fee_kinds": ["county-form"]}, reason_zh="按县定标准"
    )
    await propose_change(county.centre.actor(), edition, change)
    assert (await draft_items(edition))["10"].fee_kinds == ("county-form",)
