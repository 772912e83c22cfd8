"""A shell case from its flag to the registrar, on a real database."""

from datetime import date, timedelta

import pytest

from market.agencies.queries import listings_of_agency
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.actions import open_case
from ratings.sanctions.documents import Document
from ratings.sanctions.objection_actions import GivenAnswer, answer_objection, file_objection
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import case_file
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.case_actions import (
    ExcuseTerms,
    ProposedFinding,
    answer_step_objection,
    assign,
    check_at_desk,
    conclude,
    decide_finding,
    explain,
    give_notice,
    object_to_step,
    propose_finding,
    refer,
    refuse_finding,
    report_visit,
)
from ratings.shells.case_queries import (
    registered_excuses,
    shell_case,
    shell_cases,
    stored_photo,
    visible_shell_case,
)
from ratings.shells.case_way import Desk, Fate, Reply, Seen, ShellFinding, Stage
from ratings.signals.contract import Excuse
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused
from tests.shell_way import to_decision, visit

PHOTO = Document("门口.jpg", "image/jpeg", 9, "0" * 64, "visits/none")
REASONS = [Bilingual(zh="零申报十二个月", en="Zero returns for twelve months")]
SHELL = "登记地址无人，无人参保，无法说明业务"


def until() -> date:
    return add_months(local_date(now()), 12)


@pytest.fixture
async def agency(county: County) -> Account:
    made = await county.agency()
    await county.listing(made)
    return made


@pytest.fixture
async def case(agency: Account) -> str:
    opened = await open_case(system(now()), agency.uscc or "", Kind.SHELL, REASONS)
    assert opened is not None
    return opened


async def test_from_the_flag_to_the_registrar(county: County, agency: Account, case: str) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    uscc = agency.uscc or ""
    assert (await shell_case(case, now())).stage == Stage.DESK
    await refused(check_at_desk(first, case, Desk.GO_ON, "一致"), Forbidden, "shell-not-owner")
    await assign(second, case, first.person or "")
    await refused(check_at_desk(second, case, Desk.GO_ON, "一致"), Forbidden, "shell-not-owner")
    await check_at_desk(first, case, Desk.GO_ON, "三类数据一致")
    early = explain(agency.actor(), case, "说明")
    await refused(early, Conflict, "shell-step-order")
    await give_notice(first, case, "近一年零申报且无人参保，请说明。")
    await explain(agency.actor(), case, "股东纠纷，暂停经营")
    await explain(agency.actor(), case, "补充：审计报告已提交")
    partial = visit(local_date(now()))
    partial = type(partial)(partial.result, partial.on, {"sign": "no"}, partial.note)
    await refused(report_visit(first, case, partial), Refused, "visit-incomplete")
    seen = visit(local_date(now()), latitude=30.04, longitude=121.15)
    await report_visit(first, case, seen, [PHOTO])
    wanted = ProposedFinding(ShellFinding.SHELL, SHELL, severity=Severity.SERIOUS, until=until())
    await propose_finding(first, case, wanted)
    # Whoever proposed it does not decide, and the agency is not told before.
    await refused(decide_finding(first, case), Forbidden, "second-person-needed")
    own = await visible_shell_case(agency.actor(), case)
    assert (own.stage, "proposed" in [one.did for one in own.steps]) == ("decision", False)
    assert all(one.by == "" for one in own.steps)
    assert await decide_finding(second, case) is ShellFinding.SHELL
    assert (await case_file(case)).state == "delisted"
    assert await listings_of_agency(uscc, public=True) == []
    assert (await shell_case(case, now())).stage == Stage.REFERRAL
    await refused(refer(first, case, "市场监督管理局", " "), Refused, "referral-incomplete")
    # An objection to the delisting holds everything up until it is answered.
    await file_objection(agency.actor(), case, "不服")
    held = refer(first, case, "市场监督管理局", "余市监移〔2026〕7号")
    await refused(held, Conflict, "shell-objection-waits")
    third = (await county.another()).actor()
    await answer_objection(third, case, GivenAnswer(Outcome.UPHELD, "属实"))
    await refer(first, case, "市场监督管理局", "余市监移〔2026〕7号")
    await conclude(first, case, Fate.PENDING, "已受理")
    assert (await shell_case(case, now())).stage == Stage.OUTCOME
    await conclude(first, case, Fate.DEREGISTERED, "已注销登记")
    assert (await shell_case(case, now())).closed
    acts = [one.act for one in await history("agency", uscc) if "shell_case" in one.act]
    assert len(acts) == 11
    assert (await verify()).faults == []


async def test_photos_are_read_by_officials_and_the_agency_itself(
    county: County, agency: Account, case: str
) -> None:
    first = county.centre.actor()
    await to_decision(first, case)
    await report_visit(first, case, visit(local_date(now()), Seen.REFUSED), [PHOTO])
    photo = (await shell_case(case, now())).steps[-1].photos[0].id
    for who in (first, county.supervisor.actor(), agency.actor()):
        assert (await stored_photo(who, photo)).filename == "门口.jpg"
    other = await county.agency()
    for stranger in (other, county.enterprise):
        await refused(stored_photo(stranger.actor(), photo), NotFound, "document-unknown")
        unseen = visible_shell_case(stranger.actor(), case)
        await refused(unseen, NotFound, "case-unknown")
    await refused(explain(other.actor(), case, "说明"), NotFound, "case-unknown")
    await refused(object_to_step(other.actor(), case, 0, "异议"), NotFound, "case-unknown")


async def test_an_excuse_is_registered_and_withdrawn_upon_an_objection(
    county: County, agency: Account, case: str
) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    await to_decision(first, case, Seen.AT_WORK)
    terms = ExcuseTerms(Excuse.LABOUR_DISPATCH, "2026-01", "2025-12", "派遣合同")
    wrong = ProposedFinding(ShellFinding.EXCUSE, "人员由派遣单位参保", excuse=terms)
    await refused(propose_finding(first, case, wrong), Refused, "excuse-months")
    right = ExcuseTerms(Excuse.LABOUR_DISPATCH, "2025-12", "2026-12", "派遣合同")
    bare = ProposedFinding(ShellFinding.EXCUSE, "人员由派遣单位参保")
    await refused(propose_finding(first, case, bare), Refused, "finding-terms")
    wanted = ProposedFinding(ShellFinding.EXCUSE, "人员由派遣单位参保", excuse=right)
    await propose_finding(first, case, wanted)
    await refuse_finding(second, case, "合同缺页")
    await propose_finding(first, case, wanted)
    await decide_finding(second, case)
    (row,) = await registered_excuses(agency.uscc or "")
    assert (row.kind, row.from_month, row.to_month) == ("labour_dispatch", "2025-12", "2026-12")
    assert (await case_file(case)).state == "dismissed"
    found = await shell_case(case, now())
    (number,) = found.contestable
    await object_to_step(agency.actor(), case, number, "我公司没有派遣人员")
    # Neither of the two who decided answers, and what waits is on the list until somebody has.
    for one in (first, second):
        own = answer_step_objection(one, case, number, Reply.GRANTED, "有误")
        await refused(own, Forbidden, "objection-own")
    (waiting,) = await shell_cases(now() + timedelta(days=60), undecided=True)
    assert (waiting.id, waiting.overdue, waiting.waiting) == (case, True, [number])
    third = (await county.another()).actor()
    await answer_step_objection(third, case, number, Reply.GRANTED, "有误")
    assert await registered_excuses() == []
    assert await shell_cases(now() + timedelta(days=60), undecided=True) == []


async def test_an_objection_to_the_notice_brings_the_case_back(
    county: County, agency: Account, case: str
) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    await to_decision(first, case)
    wanted = ProposedFinding(ShellFinding.SHELL, SHELL, severity=Severity.ORDINARY, until=until())
    await propose_finding(first, case, wanted)
    await object_to_step(agency.actor(), case, 3, "通知理由有误")
    await refused(decide_finding(second, case), Conflict, "shell-objection-waits")
    await answer_step_objection(second, case, 3, Reply.GRANTED, "理由不清")
    found = await shell_case(case, now())
    assert (found.stage, [one.holds for one in found.steps].count(False)) == (Stage.NOTICE, 3)
    assert (await case_file(case)).state == "open"
    late = at(first, now() + timedelta(days=1))
    await give_notice(late, case, "近一年零申报，请说明。")
    # The explanation given before counts for the old notice only.
    await report_visit(late, case, visit(local_date(late.at)))
    early = propose_finding(late, case, wanted)
    await refused(early, Conflict, "shell-not-heard")


async def test_rectification_is_ordered_and_an_objection_to_the_opening_ends_it(
    county: County, agency: Account, case: str
) -> None:
    first, second = county.centre.actor(), (await county.second()).actor()
    await to_decision(first, case, Seen.NO_BUSINESS)
    await propose_finding(first, case, ProposedFinding(ShellFinding.RECTIFY, "变更登记地址"))
    await decide_finding(second, case)
    assert (await case_file(case)).state == "ordered"
    other = await open_case(system(now()), (await county.agency()).uscc or "", Kind.SHELL, REASONS)
    assert other is not None
    row = await case_file(other)
    actor = system(now())
    own = type(actor)(Role.AGENCY, now(), uscc=row.uscc)
    await object_to_step(own, other, 0, "数据属于另一家企业")
    await assign(first, other, first.person or "")
    ground = check_at_desk(first, other, Desk.NO_GROUND, "无")
    await refused(ground, Conflict, "shell-objection-waits")
    await answer_step_objection(second, other, 0, Reply.GRANTED, "确系另一家")
    assert (await case_file(other)).state == "dismissed"
    assert (await shell_case(other, now())).closed
    assert await fetchval("SELECT count(*) FROM delisting") == 0
