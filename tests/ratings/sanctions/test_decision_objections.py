"""Orders, checks and refused repairs are objected to as delistings are, and nothing is lost."""

from datetime import date, datetime, timedelta

import pytest

from market.accounts.queries import people_of
from market.worker import sweep
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import (
    add_months,
    add_working_days,
    end_of_day,
    local_date,
    start_of_day,
)
from ratings.ledger.database import execute
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.sanctions.actions import answer_case, open_case
from ratings.sanctions.objection_actions import GivenAnswer, answer_objection, file_objection
from ratings.sanctions.objection_lists import published_objections, waiting_objections
from ratings.sanctions.objection_queries import Contest, contest
from ratings.sanctions.objections import Against, Outcome
from ratings.sanctions.queries import case_file
from ratings.sanctions.rectification import Outcome as Ended
from ratings.sanctions.rectification_actions import (
    Finding,
    check_rectification,
    file_evidence,
    file_plan,
    order_rectification,
)
from ratings.sanctions.rectification_queries import visible_rectification
from ratings.sanctions.repair_actions import (
    Application,
    RepairDecision,
    apply_for_repair,
    decide_repair,
)
from ratings.sanctions.repair_queries import effects_of
from ratings.sanctions.rules import Kind
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Cap, Severity
from ratings.stars.queries import recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused

# Two working days before National Day 2026: 1 to 7 October are free, Saturday the 10th is worked.
ORDERED = start_of_day(date(2026, 9, 29)) + timedelta(hours=10)
LAST_TO_OBJECT = date(2026, 10, 12)
UPHELD, ANNULLED = GivenAnswer(Outcome.UPHELD, "属实"), GivenAnswer(Outcome.ANNULLED, "不属实")
FAILED = Finding(False, "台账缺页")


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def people(county: County) -> list[Account]:
    """Five people of the centre, the first the one who orders."""
    return [county.centre, *[await county.another() for _ in range(4)]]


@pytest.fixture
async def case(agency: Account, people: list[Account]) -> str:
    """A case of two stars in which the first has ordered to rectify."""
    opened = await open_case(system(ORDERED), agency.uscc or "", Kind.TWO_STAR, [])
    assert opened is not None
    await answer_case(at(agency.actor(), ORDERED), opened, "说明")
    due = await order_rectification(at(people[0].actor(), ORDERED), opened, "补齐台账")
    assert due == date(2026, 10, 29)
    return opened


async def seen(account: Account, case: str, when: datetime) -> Contest:
    return await contest(at(account.actor(), when), case, await people_of(Role.CENTRE))


def then(account: Account, when: datetime) -> Actor:
    return at(account.actor(), when)


async def mended(agency: Account, case: str, when: datetime) -> None:
    await file_plan(then(agency, when), case, "两周内补齐")
    await file_evidence(then(agency, when), case, "已补齐")


async def test_the_time_to_rectify_stands_still_while_an_order_is_objected_to(
    county: County, agency: Account, people: list[Account], case: str
) -> None:
    last = end_of_day(LAST_TO_OBJECT)
    assert (await seen(agency, case, ORDERED)).may_file_until == last
    late = file_objection(then(agency, last), case, "异议")
    await refused(late, Conflict, "objection-late")
    filed_at = last - timedelta(seconds=1)
    await file_objection(then(agency, filed_at), case, "台账并不缺页")
    # It may go on mending; but nothing is checked, and nothing is overdue, however long it takes.
    await mended(agency, case, filed_at)
    when = filed_at + timedelta(days=60)
    for account in people[1:3]:
        check = check_rectification(then(account, when), case, FAILED)
        await refused(check, Conflict, "objection-waits")
    shown = await visible_rectification(then(agency, when), case)
    assert shown is not None
    assert not shown.tries[0].overdue
    assert [one.against for one in await waiting_objections(when)] == [Against.ORDER]
    (public,) = await published_objections(when)
    assert (public.against, public.overdue) == (Against.ORDER, True)
    own = answer_objection(then(people[0], when), case, UPHELD)
    await refused(own, Forbidden, "objection-own")
    until = date(2027, 1, 1)
    shorter = GivenAnswer(Outcome.CHANGED, "减", None, until)
    await refused(
        answer_objection(then(people[1], when), case, shorter), Refused, "nothing-to-shorten"
    )
    await answer_objection(then(people[1], when), case, UPHELD)
    shown = await visible_rectification(then(agency, when), case)
    assert shown is not None
    assert shown.tries[0].due == date(2026, 10, 29) + timedelta(days=60)
    # The review is answered by yet another person; annulled, nothing remains of the order.
    await file_objection(then(agency, when), case, "请复核")
    again = answer_objection(then(people[1], when), case, ANNULLED)
    await refused(again, Forbidden, "objection-own")
    await answer_objection(then(people[2], when), case, ANNULLED)
    assert (await case_file(case)).state == "annulled"
    ended = check_rectification(then(people[3], when), case, FAILED)
    await refused(ended, Conflict, "rectification-over")
    over = file_objection(then(agency, when), case, "还有")
    await refused(over, Conflict, "decision-over")
    assert [one.outcome for one in (await seen(agency, case, when)).filed] == [
        Outcome.UPHELD,
        Outcome.ANNULLED,
    ]
    assert (await verify()).faults == []
    await execute("UPDATE objection SET filed_at = filed_at - interval '1 day'")
    assert "objections to decisions: not as recorded" in (await verify()).faults


async def test_a_cap_waits_for_the_last_answer_about_a_failed_check(
    agency: Account, people: list[Account], case: str
) -> None:
    uscc, when = agency.uscc or "", ORDERED + timedelta(days=20)
    await mended(agency, case, when)
    assert await check_rectification(then(people[1], when), case, FAILED) is None
    # Against the first check, by a fresh person; the second time stands still meanwhile.
    assert (await seen(agency, case, when)).against is Against.FIRST_CHECK
    await file_objection(then(agency, when), case, "材料已齐")
    for account in people[:2]:
        own = answer_objection(then(account, when), case, UPHELD)
        await refused(own, Forbidden, "objection-own")
    when += timedelta(days=3)
    await answer_objection(then(people[2], when), case, UPHELD)
    shown = await visible_rectification(then(agency, when), case)
    assert shown is not None
    assert shown.tries[1].due == local_date(when) + timedelta(days=30)
    await file_evidence(then(agency, when), case, "再次提交")
    assert await check_rectification(then(people[3], when), case, FAILED) is Ended.FAILED
    found = await seen(agency, case, when)
    assert (found.against, len(found.filed)) == (Against.SECOND_CHECK, 1)
    final = found.may_file_until
    assert final is not None
    await file_objection(then(agency, final - timedelta(seconds=1)), case, "复查有误")
    later = final + timedelta(days=90)
    await sweep(later)
    assert (await recompute(uscc, later)).stars is None
    await answer_objection(then(people[4], later), case, UPHELD)
    final = end_of_day(add_working_days(local_date(later), 5))
    await sweep(final - timedelta(seconds=1))
    assert (await case_file(case)).final_at is None
    await sweep(final)
    assert (await case_file(case)).final_at == final
    assert (await recompute(uscc, final)).stars == 1
    await sweep(final)
    assert (await verify()).faults == []


async def test_an_annulled_check_counts_as_rectified(
    agency: Account, people: list[Account], case: str
) -> None:
    when = ORDERED + timedelta(days=20)
    await mended(agency, case, when)
    await check_rectification(then(people[1], when), case, FAILED)
    await file_objection(then(agency, when), case, "材料已齐")
    await answer_objection(then(people[2], when), case, ANNULLED)
    assert (await case_file(case)).state == "rectified"
    shown = await visible_rectification(then(agency, when), case)
    assert shown is not None
    assert [one.number for one in shown.tries] == [1]
    second = file_evidence(then(agency, when), case, "第二次")
    await refused(second, Conflict, "rectification-over")
    await sweep(when + timedelta(days=90))
    assert (await case_file(case)).final_at is None
    assert (await verify()).faults == []


async def test_an_annulled_refusal_grants_the_repair(
    county: County, agency: Account, people: list[Account]
) -> None:
    uscc = agency.uscc or ""
    event = ReportedEvent(
        uscc, ORDERED.date(), "监管局", "市监罚〔2026〕9号", Severity.GENERAL, Cap.ONE_STAR
    )
    await report_event(then(people[0], ORDERED), event)
    when = start_of_day(add_months(ORDERED.date(), 3)) + timedelta(hours=10)
    wanted = Application((event.document,), "罚款已缴")
    case = await apply_for_repair(then(agency, when), wanted)
    early = file_objection(then(agency, when), case, "太慢")
    await refused(early, Conflict, "nothing-decided")
    await decide_repair(then(people[1], when), case, RepairDecision(False, "材料不全"))
    await file_objection(then(agency, when), case, "材料齐全，联系人王某可证")
    # While that waits, the same is not applied for again; and nobody but officials reads of it.
    assert [one.case for one in await effects_of(uscc, when)] == [case]
    twice = apply_for_repair(then(agency, when), wanted)
    await refused(twice, Conflict, "repair-pending")
    assert await published_objections(when) == []
    for account in people[:2]:
        own = answer_objection(then(account, when), case, UPHELD)
        await refused(own, Forbidden, "objection-own")
    await answer_objection(then(people[2], when), case, UPHELD)
    assert [one.case for one in await effects_of(uscc, when)] == [None]
    await file_objection(then(agency, when), case, "请复核")
    assert (await recompute(uscc, when)).stars == 1
    later = when + timedelta(days=1)
    await answer_objection(then(people[3], later), case, ANNULLED)
    assert (await case_file(case)).state == "repaired"
    assert await effects_of(uscc, later) == []
    assert (await recompute(uscc, later)).stars is None
    public = (await county.enterprise.client.get("/api/v1/ledger")).text
    assert "市监罚" not in public
    assert "王某" not in public
    assert (await verify()).faults == []
