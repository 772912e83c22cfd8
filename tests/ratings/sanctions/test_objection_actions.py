"""An agency objects: its effect rests, another person answers, and nothing is lost on the way."""

from datetime import date, datetime, timedelta

import pytest

from market.accounts.queries import people_of
from market.agencies.queries import buyable_listing, listings_of_package
from market.worker import sweep
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, end_of_day, local_date, start_of_day
from ratings.ledger.database import execute
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    delist,
    lift,
    open_case,
    propose_delisting,
)
from ratings.sanctions.objection_actions import (
    GivenAnswer,
    answer_objection,
    file_objection,
)
from ratings.sanctions.objection_lists import (
    objection_on_view,
    published_objections,
    waiting_objections,
)
from ratings.sanctions.objection_queries import Contest, contest
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import case_file, delisting_in_force
from ratings.sanctions.rules import Kind, Severity
from ratings.verification import verify
from tests.conftest import Account
from tests.county import PACKAGE, County, at, refused

# The last working day before the Spring Festival of 2026 but one: 15 to 23 February are free,
# Saturday the 14th and Saturday the 28th are worked.
DECIDED = start_of_day(date(2026, 2, 13)) + timedelta(hours=10)
UNTIL = date(2026, 8, 13)
LAST_TO_OBJECT = date(2026, 2, 27)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def third(county: County) -> Account:
    return await county.another()


@pytest.fixture
async def case(county: County, agency: Account) -> str:
    """The case of a delisting that two people decided on `DECIDED`."""
    reasons = [Bilingual(zh="一星", en="one star")]
    opened = await open_case(system(DECIDED), agency.uscc or "", Kind.ONE_STAR, reasons)
    assert opened is not None
    await answer_case(at(agency.actor(), DECIDED), opened, "说明")
    wanted = Proposal(Severity.ORDINARY, UNTIL, "三次退件")
    await propose_delisting(at(county.centre.actor(), DECIDED), opened, wanted)
    await delist(at((await county.second()).actor(), DECIDED), opened)
    return opened


async def seen(county: County, case: str, when: datetime) -> Contest:
    return await contest(at(county.centre.actor(), when), case, await people_of(Role.CENTRE))


async def test_an_objection_rests_the_effect_and_its_days_are_served_afterwards(
    county: County, agency: Account, case: str, third: Account
) -> None:
    assert await delisting_in_force(agency.uscc or "") is not None
    last = end_of_day(LAST_TO_OBJECT)
    found = await seen(county, case, last - timedelta(seconds=1))
    assert (found.may_file_until, found.suspended, found.until) == (last, False, UNTIL)
    filed_at = last - timedelta(seconds=1)
    await file_objection(at(agency.actor(), filed_at), case, "两次退件系规划条件调整")
    assert await delisting_in_force(agency.uscc or "") is None
    listing = await county.listing(agency)
    assert (await buyable_listing(listing)).id == listing
    found = await seen(county, case, filed_at)
    assert (found.suspended, found.may_file_until, found.who_may_answer) == (True, None, 1)
    assert found.filed[0].answer_due == end_of_day(date(2026, 3, 12))

    # Late is late, but owed: months later it still waits, and the timetable has not lifted it.
    late = start_of_day(UNTIL) + timedelta(days=30)
    await sweep(late)
    assert [one.overdue for one in await waiting_objections(late)] == [True]
    assert (await seen(county, case, late)).filed[0].overdue
    await answer_objection(
        at(third.actor(), late), case, GivenAnswer(Outcome.UPHELD, "通知单不涉及后一次退件")
    )
    rested = (local_date(late) - LAST_TO_OBJECT).days
    row = await delisting_in_force(agency.uscc or "")
    assert row is not None
    assert row.until == UNTIL + timedelta(days=rested)
    assert await listings_of_package(PACKAGE) == []
    assert await waiting_objections(late) == []
    assert not await lift(system(end_of_day(UNTIL) + timedelta(days=31)), row.id)
    assert await lift(system(end_of_day(row.until)), row.id)
    assert (await verify()).faults == []
    acts = [one.act for one in await history("agency", agency.uscc or "")]
    assert [one for one in acts if one.startswith("delisting.")] == [
        "delisting.objected",
        "delisting.objection_answered",
    ]


async def test_nobody_answers_for_themselves_and_the_review_takes_yet_another_person(
    county: County, agency: Account, case: str, third: Account
) -> None:
    second = await county.second()
    upheld = GivenAnswer(Outcome.UPHELD, "理由不成立")

    await refused(
        answer_objection(at(third.actor(), DECIDED), case, upheld), Conflict, "nothing-filed"
    )
    await file_objection(at(agency.actor(), DECIDED), case, "请复核")
    again = file_objection(at(agency.actor(), DECIDED), case, "再请复核")
    await refused(again, Conflict, "objection-open")
    for account in (county.centre, second):
        own = answer_objection(at(account.actor(), DECIDED), case, upheld)
        await refused(own, Forbidden, "objection-own")
    no_reason = answer_objection(at(third.actor(), DECIDED), case, GivenAnswer(Outcome.UPHELD, " "))
    await refused(no_reason, Refused, "reason-missing")
    later = DECIDED + timedelta(days=20)
    await answer_objection(at(third.actor(), later), case, upheld)
    assert (await seen(county, case, later)).may_file_until == end_of_day(date(2026, 3, 12))
    await file_objection(at(agency.actor(), later), case, "请上一级复核")
    # Three people, and all three have decided: that is said, and a fourth is needed.
    assert (await seen(county, case, later)).who_may_answer == 0
    await refused(
        answer_objection(at(third.actor(), later), case, upheld), Forbidden, "objection-own"
    )
    fourth = await county.another()
    found = await seen(county, case, later)
    assert (found.who_may_answer, found.suspended) == (1, True)
    until = add_months(UNTIL, -2) + timedelta(days=20)
    shorter = GivenAnswer(Outcome.CHANGED, "时限确有误计，减两个月", Severity.ORDINARY, until)
    harsher = GivenAnswer(Outcome.CHANGED, "加重", Severity.SERIOUS, until)
    await refused(
        answer_objection(at(fourth.actor(), later), case, harsher), Refused, "terms-harsher"
    )
    await answer_objection(at(fourth.actor(), later), case, shorter)
    row = await delisting_in_force(agency.uscc or "")
    assert row is not None
    assert row.until == until
    found = await seen(county, case, later)
    assert [(one.outcome, one.until) for one in found.filed] == [
        (Outcome.UPHELD, None),
        (Outcome.CHANGED, until),
    ]
    final = file_objection(at(agency.actor(), later), case, "第三次")
    await refused(final, Conflict, "decision-final")
    assert (await verify()).faults == []
    await execute("UPDATE objection SET filed_at = filed_at - interval '1 day' WHERE instance = 2")
    assert any("delisting of" in fault for fault in (await verify()).faults)


async def test_an_annulled_delisting_is_over_at_once(
    county: County, agency: Account, case: str, third: Account
) -> None:
    rival = await county.agency()
    await refused(file_objection(rival.actor(), case, "不是我"), NotFound, "case-unknown")
    empty = file_objection(at(agency.actor(), DECIDED), case, " \n")
    await refused(empty, Refused, "objection-empty")
    too_late = at(agency.actor(), end_of_day(LAST_TO_OBJECT))
    await refused(file_objection(too_late, case, "晚了"), Conflict, "objection-late")
    await file_objection(at(agency.actor(), DECIDED), case, "另有隐情：联系人王某的电话")
    on_view = await objection_on_view(agency.uscc or "", DECIDED)
    assert on_view is not None
    assert not on_view.overdue
    await answer_objection(
        at(third.actor(), DECIDED), case, GivenAnswer(Outcome.ANNULLED, "认定事实有误")
    )
    assert await delisting_in_force(agency.uscc or "") is None
    assert await objection_on_view(agency.uscc or "", DECIDED) is None
    assert (await case_file(case)).state == "annulled"
    (published,) = await published_objections(DECIDED)
    assert (published.outcome, published.reason) == (Outcome.ANNULLED, "认定事实有误")
    ledger = "".join(one.facts + one.reason for one in await history("agency", agency.uscc or ""))
    assert "王某" not in ledger
    over = file_objection(at(agency.actor(), DECIDED), case, "还有")
    await refused(over, Conflict, "decision-over")
    assert (await verify()).faults == []


async def test_before_a_delisting_there_is_nothing_to_object_to(
    county: County, agency: Account
) -> None:
    opened = await open_case(system(DECIDED), agency.uscc or "", Kind.SHELL, [])
    assert opened is not None
    early = file_objection(at(agency.actor(), DECIDED), opened, "异议")
    await refused(early, Conflict, "nothing-decided")
    found = await seen(county, opened, DECIDED)
    assert (found.delisting, found.filed, found.may_file_until) == (None, [], None)
