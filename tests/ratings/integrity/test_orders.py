"""A person gives the order that a flag calls for; it holds from then on, and is lifted again."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from ratings.evaluations.switch_queries import left_out_of
from ratings.evaluations.weight_queries import lowered_of
from ratings.integrity.actions import dismiss_flag, raise_flags
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.order_actions import give_order, lift_order
from ratings.integrity.order_queries import order_of
from ratings.integrity.orders import ordered_weight
from ratings.integrity.queries import flag_of, flags
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.ledger.queries import history
from ratings.stars.actions import RESTAND, restand
from ratings.stars.queries import evidence_since, recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, jobs, marks, refused


def test_the_weights_of_the_method() -> None:
    """A pair weighs like three engagements at most; the careless half."""
    found = [ordered_weight(FlagKind.COLLUSION, n) for n in (1, 3, 4, 7, 30)]
    assert [str(one) for one in found] == ["None", "None", "0.7500", "0.4286", "0.1000"]
    assert ordered_weight(FlagKind.CARELESS, 12) == Decimal("0.5000")
    assert ordered_weight(FlagKind.BOMBING, 12) is None


@pytest.fixture
async def agency(county: County) -> Account:
    """Four engagements of two days ago: owner 100, supervisor 80, centre 80."""
    made = await county.agency()
    when, listing = now() - timedelta(days=2), await county.listing(made)
    for _ in range(4):
        docket = await county.settled(made, listing, when=when)
        for party, score in ((Party.OWNER, 100), (Party.SUPERVISOR, 80), (Party.CENTRE, 80)):
            await answer(
                at(county.party(party).actor(), when), docket, marks(party, score), final=True
            )
    await restand(system(when), made.uscc or "")
    return made


async def flagged(county: County, agency: Account, kind: FlagKind, count: int = 4) -> str:
    rows = await fetchval(
        "SELECT array_agg(engagement ORDER BY engagement) FROM docket WHERE uscc = $1", agency.uscc
    )
    owner = county.enterprise.organisation or ""
    subject = owner if kind is FlagKind.CARELESS else agency.uscc or ""
    await raise_flags(system(now()), [Flag(kind, subject, tuple(rows[:count]), (owner,))])
    return (await flags(kind=kind, limit=1))[0].id


async def test_a_pair_weighs_less_from_now_on_and_its_whole_again(
    county: County, agency: Account
) -> None:
    uscc, second = agency.uscc or "", await county.second()
    flag = await flagged(county, agency, FlagKind.COLLUSION)
    yesterday = now() - timedelta(days=1)
    before = await recompute(uscc, yesterday)
    assert before.score == Decimal("90.00")
    queued = await jobs(RESTAND)
    await give_order(second.actor(), flag, " 该业主占比过高 ")
    assert await jobs(RESTAND) == queued + 1
    assert await evidence_since(uscc, yesterday)
    lowered = await restand(system(now()), uscc)
    # The owner weighs 0.5 · 3/4: (0.375 · 100 + 0.5 · 80) / 0.875.
    assert lowered.score == Decimal("88.57")
    details = [part for step in lowered.waterfall for part in step.parties]
    assert {one.lowered_to for one in details if one.party is Party.OWNER} == {Decimal("0.7500")}
    assert {one.lowered_to for one in details if one.party is not Party.OWNER} == {None}
    assert sum(step.points for step in lowered.waterfall) == lowered.score
    told = await lowered_of(uscc)
    assert len(told) == 4
    assert {one[Party.OWNER].reason for one in told.values()} == {"该业主占比过高"}
    kept = await flag_of(flag)
    assert (kept.state, kept.decided_by) == ("taken-up", second.person)
    page = (await agency.browser.get(f"/agencies/{uscc}")).text
    assert page.count("该业主占比过高") == 4
    assert "75" in page

    await refused(give_order(second.actor(), flag, "again"), Conflict, "order-given")
    during = now()
    await lift_order(second.actor(), flag, "核实无误")
    assert (await restand(system(now()), uscc)).score == before.score
    assert await lowered_of(uscc) == {}
    await refused(lift_order(second.actor(), flag, "again"), Conflict, "order-missing")
    # Later facts change nothing about an earlier moment.
    again = await recompute(uscc, during)
    assert (again.score, again.waterfall) == (lowered.score, lowered.waterfall)
    assert (await recompute(uscc, yesterday)).waterfall == before.waterfall
    assert [entry.act for entry in await history("integrity_flag", flag)] == [
        "integrity_flag.taken_up",
        "integrity_flag.ordered",
        "integrity_flag.order_lifted",
    ]
    assert (await verify()).faults == []
    await execute("ALTER TABLE answer_weight DISABLE TRIGGER answer_weight_is_append_only")
    await execute("UPDATE answer_weight SET weight = 0.9 WHERE weight < 1")
    assert "answers that weigh less: not as recorded" in (await verify()).faults


async def test_the_stricter_of_two_orders_holds(county: County, agency: Account) -> None:
    uscc, second = agency.uscc or "", await county.second()
    pair = await flagged(county, agency, FlagKind.COLLUSION)
    careless = await flagged(county, agency, FlagKind.CARELESS)
    for flag in (careless, pair):
        await give_order(second.actor(), flag, "核查")
    # Half: (0.25 · 100 + 0.5 · 80) / 0.75.
    assert (await recompute(uscc, now())).score == Decimal("86.67")
    assert {one[Party.OWNER].weight for one in (await lowered_of(uscc)).values()} == {
        Decimal("0.5000")
    }
    await lift_order(second.actor(), careless, "已约谈")
    assert (await recompute(uscc, now())).score == Decimal("88.57")
    assert (await verify()).faults == []


async def test_marks_are_held_until_somebody_has_looked(county: County, agency: Account) -> None:
    """Of a run of low marks the owners' answers, of engagements in doubt all of them."""
    uscc, second = agency.uscc or "", await county.second()
    bombing = await flagged(county, agency, FlagKind.BOMBING, 1)
    await give_order(second.actor(), bombing, "核实中")
    assert [set(one) for one in (await left_out_of(uscc)).values()] == [{Party.OWNER}]
    invented = await flagged(county, agency, FlagKind.INVENTED, 2)
    await give_order(second.actor(), invented, "无结算")
    out = await left_out_of(uscc)
    assert [set(one) for one in out.values()] == [set(Party)] * 2
    assert (await recompute(uscc, now())).engagements == 2
    found = await order_of(await flag_of(invented))
    assert found is not None
    assert len(found.in_force) == len(found.answers) == 6
    await lift_order(second.actor(), invented, "补交结算")
    assert await left_out_of(uscc) == {}
    assert (await verify()).faults == []


async def test_who_may_not_and_when_not(county: County, agency: Account) -> None:
    centre = (await county.second()).actor()
    flag = await flagged(county, agency, FlagKind.COLLUSION)
    await refused(
        give_order(county.centre.actor(), flag, "x"), Forbidden, "rater-of-the-engagement"
    )
    await refused(give_order(county.supervisor.actor(), flag, "x"), Forbidden, "not-the-centre")
    await refused(give_order(centre, flag, " "), Refused, "reason-missing")
    assert (await flag_of(flag)).state == "open"
    few = await flagged(county, agency, FlagKind.COLLUSION, 3)
    await refused(give_order(centre, few, "x"), Refused, "order-unknown")
    other = await flagged(county, agency, FlagKind.RETALIATION)
    await refused(give_order(centre, other, "x"), Refused, "order-unknown")
    await dismiss_flag(centre, flag, "老客户")
    await refused(give_order(centre, flag, "x"), Conflict, "flag-decided")
    assert await lowered_of(agency.uscc or "") == {}


async def test_orders_at_once(county: County, agency: Account) -> None:
    """Of several who give the same order one is heard; two orders do not wait for each other."""
    second, third = (await county.second()).actor(), (await county.another()).actor()
    pair = await flagged(county, agency, FlagKind.COLLUSION)
    careless = await flagged(county, agency, FlagKind.CARELESS)
    acts = [give_order(who, one, "核查") for one in (pair, careless) for who in (second, third)]
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert [type(end) for end in ends].count(Conflict) == 2
    assert await fetchval("SELECT count(*) FROM answer_weight") == 8
    assert (await verify()).faults == []


async def test_through_the_page_and_the_interface(county: County, agency: Account) -> None:
    second = await county.second()
    flag = await flagged(county, agency, FlagKind.COLLUSION)
    shown = (await second.client.get(f"/api/v1/integrity-flags/{flag}")).json()
    assert shown["order"] == {"order": "weight", "weight": "0.7500", "answers": 4, "in_force": 0}
    page = f"/console/flags/{flag}"
    form = {"act": "give", "give-reason": " "}
    empty = await second.browser.post(f"{page}/order", data=form)
    assert empty.status_code == 422
    done = await second.browser.post(f"{page}/order", data=form | {"give-reason": "占比过高"})
    assert done.status_code == 303, done.text
    read = (await second.browser.get(page)).text
    assert "占比过高" in read
    assert 'name="lift-reason"' in read
    shown = (await second.client.get(f"/api/v1/integrity-flags/{flag}")).json()
    assert (shown["state"], shown["order"]["in_force"]) == ("taken-up", 4)
    lifted = await second.client.post(
        f"/api/v1/integrity-flags/{flag}/order-lifting",
        json={"reason": "核实无误"},
        headers={"Idempotency-Key": "one"},
    )
    assert lifted.status_code == 204, lifted.text
    assert await lowered_of(agency.uscc or "") == {}
