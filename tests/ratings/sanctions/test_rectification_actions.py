"""Two stars: opened, heard, ordered, shown, checked; and one star after two failures."""

from datetime import timedelta

import msgspec
import pytest

from market.worker import consider_case
from ratings.ledger.actors import system
from ratings.ledger.clock import add_working_days, end_of_day, local_date, now
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    open_by_person,
    open_case,
    propose_delisting,
)
from ratings.sanctions.conclusions import conclude, due_to_conclude
from ratings.sanctions.documents import Document, add_document, documents, stored_document
from ratings.sanctions.queries import case_file
from ratings.sanctions.rectification import Outcome
from ratings.sanctions.rectification_actions import (
    Finding,
    check_rectification,
    file_evidence,
    file_plan,
    order_rectification,
)
from ratings.sanctions.rectification_queries import (
    rectifications_in_force,
    visible_rectification,
)
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import restand
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused

FAILED, PASSED = Finding(False, "仍有两次逾期"), Finding(True, "复查合格")
FILE = Document("整改报告.pdf", "application/pdf", 9, "0" * 64, "cases/none")


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def case(county: County, agency: Account) -> str:
    """Opened by the computation of three engagements of 65 points; the agency has answered."""
    listing = await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, 65)
    opened = await consider_case(now(), agency.uscc or "")
    assert opened is not None
    await answer_case(agency.actor(), opened, "说明")
    return opened


async def test_two_failures_by_two_people_are_one_star(
    county: County, agency: Account, case: str
) -> None:
    assert (await case_file(case)).kind is Kind.TWO_STAR
    uscc, second, third = agency.uscc or "", await county.second(), await county.another()
    # The centre's first person has rated the agency.
    own = order_rectification(county.centre.actor(), case, "限期补齐")
    await refused(own, Forbidden, "rater-decides")
    delisting = Proposal(Severity.ORDINARY, local_date(now()) + timedelta(days=200), "下架")
    wrong = propose_delisting(second.actor(), case, delisting)
    await refused(wrong, Conflict, "rectified-instead")
    await refused(order_rectification(second.actor(), case, " "), Refused, "reason-missing")
    due = await order_rectification(second.actor(), case, "建立进度台账，补齐两份报告")
    assert due == local_date(now()) + timedelta(days=30)
    (public,) = await rectifications_in_force(uscc)
    assert (public.case, public.due) == (case, due)
    # Meanwhile no second case is opened about it, whatever comes to light.
    assert await open_case(system(now()), uscc, Kind.TWO_STAR, []) is None

    rival = await county.agency()
    await refused(file_plan(rival.actor(), case, "计划"), NotFound, "case-unknown")
    await refused(file_evidence(agency.actor(), case, "已改"), Conflict, "plan-missing")
    await file_plan(agency.actor(), case, "两周内补齐")
    document = await add_document(agency.actor(), case, FILE)
    await refused(add_document(rival.actor(), case, FILE), NotFound, "case-unknown")
    assert [one.id for one in await documents(second.actor(), case)] == [document]
    assert (await stored_document(agency.actor(), document)).sha256 == FILE.sha256
    await refused(stored_document(rival.actor(), document), NotFound, "document-unknown")
    early = check_rectification(second.actor(), case, FAILED)
    await refused(early, Conflict, "evidence-missing")
    await file_evidence(agency.actor(), case, "已补齐，见附件")
    assert await check_rectification(second.actor(), case, FAILED) is None

    again = await visible_rectification(agency.actor(), case)
    assert again is not None
    assert [one.passed for one in again.tries] == [False, None]
    late = end_of_day(again.tries[1].due)
    same = check_rectification(at(second.actor(), late), case, FAILED)
    await refused(same, Forbidden, "second-check-own")
    shown = await visible_rectification(at(agency.actor(), late), case)
    assert shown is not None
    assert shown.tries[1].overdue
    passed = check_rectification(at(third.actor(), late), case, PASSED)
    await refused(passed, Conflict, "evidence-missing")
    assert await check_rectification(at(third.actor(), late), case, FAILED) is Outcome.FAILED
    assert (await case_file(case)).state == "unrectified"
    assert await rectifications_in_force(uscc) == []
    # Until it can object no more, the stars stay what they are, and no other case is opened.
    assert (await restand(system(late), uscc)).stars == 2
    assert await open_case(system(late), uscc, Kind.TWO_STAR, []) is None
    assert not await conclude(system(late), case)
    late = end_of_day(add_working_days(local_date(late), 5))
    assert await due_to_conclude(late - timedelta(seconds=1)) == []
    assert await due_to_conclude(late) == [case]
    assert await conclude(system(late), case)
    assert not await conclude(system(late), case)
    standing = await restand(system(late), uscc)
    assert (standing.stars, str(standing.score)) == (1, "65.00")
    follows = await consider_case(late, uscc)
    assert follows is not None
    assert (await case_file(follows)).kind is Kind.ONE_STAR
    full = add_document(at(agency.actor(), late), case, FILE)
    await refused(full, Conflict, "case-decided")
    acts = [one.act for one in await history("agency", uscc)]
    assert [one for one in acts if one.startswith("rectification.")] == [
        "rectification.ordered",
        "rectification.planned",
        "rectification.evidence_filed",
        "rectification.checked",
        "rectification.checked",
    ]
    assert (await verify()).faults == []


async def test_success_ends_the_case_and_only_new_evidence_opens_another(
    county: County, agency: Account, case: str
) -> None:
    uscc, second = agency.uscc or "", await county.second()
    await order_rectification(second.actor(), case, "建立进度台账")
    await file_plan(agency.actor(), case, "两周内完成")
    # Evidence that comes while it is at it belongs to what is being rectified.
    listing = await county.listing(agency)
    await county.evaluated(agency, listing, 66)
    await file_evidence(agency.actor(), case, "已完成")
    done = at(second.actor(), now())
    assert await check_rectification(done, case, PASSED) is Outcome.RECTIFIED
    assert (await case_file(case)).state == "rectified"
    assert await consider_case(now(), uscc) is None
    await county.evaluated(agency, listing, 62)
    assert await consider_case(now(), uscc) is not None


async def test_a_person_opens_a_case_and_another_decides_it(
    county: County, agency: Account
) -> None:
    uscc, centre = agency.uscc or "", county.centre.actor()
    no_reason = open_by_person(centre, uscc, Kind.TWO_STAR, " ")
    await refused(no_reason, Refused, "reason-missing")
    case = await open_by_person(centre, uscc, Kind.TWO_STAR, "抽查发现报告缺页")
    twice = open_by_person(centre, uscc, Kind.TWO_STAR, "再次")
    await refused(twice, Conflict, "case-pending")
    second = (await county.second()).actor()
    early = order_rectification(second, case, "补页")
    await refused(early, Conflict, "not-heard-yet")
    due = (await case_file(case)).answer_due
    own = order_rectification(at(centre, due), case, "补页")
    await refused(own, Forbidden, "opener-decides")
    await order_rectification(msgspec.structs.replace(second, at=due), case, "补页")
    await refused(check_rectification(at(centre, due), case, FAILED), Forbidden, "opener-decides")
    shell = await open_by_person(centre, uscc, Kind.SHELL, "注册地址无人办公")
    other = order_rectification(second, shell, "整改")
    await refused(other, Conflict, "shell-own-way")
