"""Requests that arrive at once, through the application: locks and constraints decide, not luck."""

import asyncio
from collections import Counter
from datetime import date, timedelta

import httpx
import pytest

from market.purchasing.actions import close_group_buy, join_group_buy, open_group_buy
from market.purchasing.queries import group_buy, participations
from market.purchasing.tiers import Tier
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import docket
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict
from ratings.ledger.queries import history
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    delist,
    open_case,
    propose_delisting,
)
from ratings.sanctions.queries import case_file
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.case_actions import decide_finding
from ratings.verification import verify
from tests.county import County, at, marks
from tests.shell_way import to_second_person

LADDER = (Tier(2, 9_000_000), Tier(10, 8_500_000), Tier(20, 8_000_000), Tier(21, 7_000_000))


def outcomes(answers: list[httpx.Response]) -> Counter[str]:
    """How many were created, and how many refused with which code."""
    return Counter(
        "created" if one.status_code in (201, 204) else one.json()["code"] for one in answers
    )


async def test_fifty_clients_and_the_last_ten_places(county: County) -> None:
    wanted = county.group_buy(places=20, tiers=LADDER[:3])
    opened = await open_group_buy(county.enterprise.actor(), wanted)
    for _ in range(9):
        early = await county.account(Role.ENTERPRISE)
        await join_group_buy(early.actor(), opened, "早")
    clients = [await county.account(Role.ENTERPRISE) for _ in range(50)]
    address = f"/api/v1/group-buys/{opened}/participations"
    answers = await asyncio.gather(
        *(one.client.post(address, json={"project_name": "项目"}) for one in clients)
    )
    assert outcomes(list(answers)) == {"created": 10, "group-buy-full": 40}
    places = sorted(one.json()["participants"] for one in answers if one.status_code == 201)
    assert places == list(range(11, 21))
    assert len(await participations(opened)) == 20
    acts = Counter(entry.act for entry in await history("group_buy", opened))
    assert acts == {"group_buy.opened": 1, "group_buy.joined": 19}
    await close_group_buy(system(wanted.deadline), opened)
    row = await group_buy(opened)
    assert (row.state, row.price_fen, row.participants) == ("closed", 8_000_000, 20)
    assert (await verify()).faults == []


async def test_one_enterprise_that_joins_ten_times_at_once(county: County) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    one = await county.account(Role.ENTERPRISE)
    address = f"/api/v1/group-buys/{opened}/participations"
    answers = await asyncio.gather(
        *(one.client.post(address, json={"project_name": f"{n}"}) for n in range(10))
    )
    assert outcomes(list(answers)) == {"created": 1, "already-joined": 9}
    assert len(await participations(opened)) == 2


async def test_joining_while_it_closes(county: County) -> None:
    """Whoever got in before the close counts for the tier; nobody gets in after it."""
    wanted = county.group_buy(tiers=LADDER[:1])
    opened = await open_group_buy(county.enterprise.actor(), wanted)
    joining = [await county.account(Role.ENTERPRISE) for _ in range(8)]
    results = await asyncio.gather(
        *(join_group_buy(one.actor(), opened, "甲") for one in joining[:4]),
        close_group_buy(system(wanted.deadline), opened),
        *(join_group_buy(one.actor(), opened, "乙") for one in joining[4:]),
        return_exceptions=True,
    )
    got_in = 8 - sum(isinstance(result, Exception) for result in results)
    closing = [
        entry.fact()["participants"]
        for entry in await history("group_buy", opened)
        if entry.act in ("group_buy.closed", "group_buy.failed")
    ]
    assert closing == [1 + got_in]
    assert len(await participations(opened)) == 1 + got_in


@pytest.mark.parametrize("twins", [2, 8])
async def test_twins_with_one_key(county: County, twins: int) -> None:
    opened = await open_group_buy(county.enterprise.actor(), county.group_buy())
    one = await county.account(Role.ENTERPRISE)
    answers = await asyncio.gather(
        *(
            one.client.post(
                f"/api/v1/group-buys/{opened}/participations",
                json={"project_name": "甲"},
                headers={"Idempotency-Key": "twin"},
            )
            for _ in range(twins)
        )
    )
    assert {one.status_code for one in answers} == {201}
    assert len({one.content for one in answers}) == 1
    assert len(await participations(opened)) == 2


async def test_two_answers_of_one_party(county: County) -> None:
    agency = await county.agency()
    opened = await county.settled(agency, await county.listing(agency))
    answers = await asyncio.gather(
        *(
            county.enterprise.client.post(
                f"/api/v1/dockets/{opened}/answers",
                json={"scores": marks(Party.OWNER, score), "comment": ""},
            )
            for score in (90, 70, 80)
        )
    )
    assert outcomes(list(answers)) == {"created": 1, "already-answered": 2}
    assert await fetchval("SELECT count(*) FROM answer") == 1


async def test_the_last_two_answers_unseal_once(county: County) -> None:
    agency = await county.agency()
    opened = await county.settled(agency, await county.listing(agency))
    answers = await asyncio.gather(
        *(
            county.party(party).client.post(
                f"/api/v1/dockets/{opened}/answers",
                json={"scores": marks(party, 90), "comment": "", "final": True},
            )
            for party in Party
        )
    )
    assert outcomes(list(answers)) == {"created": 3}
    assert (await docket(county.centre.actor(), opened)).unsealed_at is not None
    acts = Counter(entry.act for entry in await history("docket", opened))
    assert acts == {"docket.opened": 1, "docket.answered": 3, "docket.unsealed": 1}


async def test_two_decisions_of_one_case(county: County) -> None:
    agency = await county.agency()
    case = await open_case(system(now()), agency.uscc or "", Kind.ONE_STAR, [])
    assert case is not None
    until: date = add_months(local_date(now()), 6)
    client, address = (await county.second()).client, f"/api/v1/cases/{case}"
    await answer_case(agency.actor(), case, "说明")
    proposal = Proposal(Severity.ORDINARY, until, "空壳")
    await propose_delisting(county.centre.actor(), case, proposal)
    answers = await asyncio.gather(
        client.post(f"{address}/delisting"),
        client.post(f"{address}/dismissal", json={"reason": "成立"}),
        client.post(f"{address}/delisting"),
    )
    assert outcomes(list(answers)) == {"created": 1, "case-decided": 2}
    decided = (await case_file(case)).state
    acts = [entry.act for entry in await history("agency", agency.uscc or "")]
    assert [act for act in acts if act in ("agency.delisted", "case.dismissed")] == [
        "agency.delisted" if decided == "delisted" else "case.dismissed"
    ]


async def test_an_objection_is_filed_once_and_answered_once(county: County) -> None:
    agency = await county.agency()
    case = await open_case(system(now()), agency.uscc or "", Kind.SHELL, [])
    assert case is not None
    await county.delist(case, Severity.ORDINARY, add_months(local_date(now()), 6), "空壳")
    address = f"/api/v1/cases/{case}"
    filed = await asyncio.gather(
        *(agency.client.post(f"{address}/objections", json={"text": "不服"}) for _ in range(3))
    )
    assert outcomes(list(filed)) == {"created": 1, "objection-open": 2}
    clients = [(await county.another()).client for _ in range(2)]
    given = await asyncio.gather(
        clients[0].post(
            f"{address}/objection-answer", json={"outcome": "annulled", "reason": "有误"}
        ),
        clients[1].post(
            f"{address}/objection-answer", json={"outcome": "upheld", "reason": "属实"}
        ),
    )
    assert outcomes(list(given)) == {"created": 1, "nothing-filed": 1}
    acts = Counter(entry.act for entry in await history("agency", agency.uscc or ""))
    assert acts["delisting.objected"] == acts["delisting.objection_answered"] == 1


async def test_a_case_is_opened_once(county: County) -> None:
    agency = await county.agency()
    made = await asyncio.gather(
        *(open_case(system(now()), agency.uscc or "", Kind.ONE_STAR, []) for _ in range(6))
    )
    assert sum(one is not None for one in made) == 1


async def test_two_cases_of_one_agency_delist_it_once(county: County) -> None:
    agency = await county.agency()
    one_star = await open_case(system(now()), agency.uscc or "", Kind.ONE_STAR, [])
    shell = await open_case(system(now()), agency.uscc or "", Kind.SHELL, [])
    assert one_star is not None
    assert shell is not None
    until, centre = add_months(local_date(now()), 12), county.centre.actor()
    await answer_case(agency.actor(), one_star, "说明")
    await propose_delisting(centre, one_star, Proposal(Severity.SERIOUS, until, "失信"))
    await to_second_person(centre, shell, Severity.SERIOUS, until, "空壳")
    second = (await county.second()).actor()
    ended = await asyncio.gather(
        delist(second, one_star), decide_finding(second, shell), return_exceptions=True
    )
    (refusal,) = [one for one in ended if isinstance(one, BaseException)]
    assert isinstance(refusal, Conflict)
    assert refusal.code == "already-delisted"
    assert await fetchval("SELECT count(*) FROM delisting") == 1


async def test_one_document_reported_many_times_at_once(county: County) -> None:
    agency = await county.agency()
    event = {
        "uscc": agency.uscc,
        "on": local_date(now()).isoformat(),
        "source": "税务局",
        "document": "7号",
        "severity": "general",
    }
    answers = await asyncio.gather(
        *(county.centre.client.post("/api/v1/outside-events", json=event) for _ in range(5))
    )
    assert {one.status_code for one in answers} == {201, 409}
    assert outcomes(list(answers))["created"] == 1
    assert await fetchval("SELECT count(*) FROM outside_event") == 1


async def test_one_code_applies_many_times_at_once(county: County) -> None:
    wanted = [county.application() for _ in range(5)]
    bodies = [
        {
            "uscc": wanted[0].uscc,
            "name": one.name,
            "established_on": one.established_on.isoformat(),
            "staff": one.staff,
            "address": one.address,
            "contact_name": one.contact_name,
            "contact_phone": one.contact_phone,
            "login": one.login,
            "password": one.password,
            "person_name": one.person_name,
        }
        for one in wanted
    ]
    client = county.enterprise.client
    answers = await asyncio.gather(*(client.post("/api/v1/agencies", json=body) for body in bodies))
    assert outcomes(list(answers)) == {"created": 1, "uscc-taken": 4}
    assert await fetchval("SELECT count(*) FROM agency") == 1


async def test_an_agency_lists_a_package_many_times_at_once(county: County) -> None:
    agency = await county.agency()
    body = {
        "package": "consulting",
        "price_fen": 5_000_000,
        "working_days": 20,
        "facts": {"investment_wan": 10000},
    }
    answers = await asyncio.gather(
        *(agency.client.post("/api/v1/listings", json=body) for _ in range(6))
    )
    assert outcomes(list(answers)) == {"created": 6}
    assert await fetchval("SELECT count(*) FROM listing WHERE state = 'live'") == 1


async def test_settling_twice_at_once(county: County) -> None:
    agency = await county.agency()
    made = await county.delivered(agency, await county.listing(agency))
    client, address = county.enterprise.client, f"/api/v1/engagements/{made}"
    accepted = await asyncio.gather(*(client.post(f"{address}/acceptance") for _ in range(3)))
    assert outcomes(list(accepted)) == {"created": 1, "engagement-not-delivered": 2}
    settled = await asyncio.gather(*(client.post(f"{address}/settlement") for _ in range(3)))
    assert outcomes(list(settled)) == {"created": 1, "engagement-not-accepted": 2}
    assert await fetchval("SELECT count(*) FROM docket") == 1


async def test_choosing_twice_at_once(county: County) -> None:
    opened = await county.past_group_buy()
    for _ in range(2):
        other = await county.account(Role.ENTERPRISE)
        await join_group_buy(at(other.actor(), now() - timedelta(days=3)), opened, "乙")
    agency = await county.agency()
    await county.listing(agency)
    await agency.client.post(f"/api/v1/group-buys/{opened}/offers")
    await close_group_buy(system(now()), opened)
    body = {"uscc": agency.uscc, "reason": "星级最高"}
    answers = await asyncio.gather(
        *(
            county.enterprise.client.post(f"/api/v1/group-buys/{opened}/choice", json=body)
            for _ in range(4)
        )
    )
    assert outcomes(list(answers)) == {"created": 1, "group-buy-not-closed": 3}
    assert await fetchval("SELECT count(*) FROM engagement") == 3
