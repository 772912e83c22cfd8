"""What follows from a standing, and how the cases of the demonstration go on."""

from datetime import datetime, timedelta

from market.demonstration.calendar import Story, office_hour
from market.demonstration.cast import Cast, stream
from market.demonstration.firms import AgencyPlan, Part
from market.worker import consider_case
from ratings.ledger.actors import system
from ratings.ledger.clock import add_months, add_working_days, end_of_day, local_date
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    delist,
    dismiss_case,
    lift,
    propose_delisting,
)
from ratings.sanctions.conclusions import conclude
from ratings.sanctions.misconduct_actions import ReportedAct, report_act, uphold_act
from ratings.sanctions.objections import FILING_DAYS
from ratings.sanctions.queries import case_file
from ratings.sanctions.rectification_actions import (
    Finding,
    check_rectification,
    file_evidence,
    file_plan,
    order_rectification,
)
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import opens_case, restand

_ANSWERS = {
    Part.ANSWERED_CASE: "延误因原技术负责人离职造成；已补充两名注册人员并退还部分费用，请予考虑。",
    Part.DISMISSED_CASE: "其中两个项目的退件系规划条件调整所致，附主管部门变更通知和业主确认函。",
    Part.DELISTED: "对评价结果无异议，正在整改。",
}
_DISMISSED = "经核对变更通知，两次退件不归责于机构；不予下架，督促其改进时限管理。"
_DELISTED = "一年内三个项目严重逾期，成果三次被退回，投诉核查属实；下架整改，期满复核。"
_HEARD = "两个项目的进度确有拖延，已向业主说明，愿意整改。"
_ORDER = "建立项目进度台账，交付前实行内部复核；三十日内提交台账和复核记录。"
_PLAN = "两周内建立台账，由技术负责人逐件复核后交付。"
_MENDED = "台账已启用，附近期三个项目的复核记录。"
_CHECKED = "台账和复核记录齐全，整改合格。"
_RELISTED = "连续三个项目成果不合格且未按期整改，下架三个月。"
_WARNED = 14
"""Whose work was late, by its place among the invented agencies."""
_LATE = "约定二十五个工作日，实际四十七个工作日交付，延误系机构自身原因。"
_WHY_LATE = "承办人员调离后交接不及时，已另行指派两人专门负责，今后提前报告进度。"
_WARNING = "延误二十二个工作日，原因在机构自身，且未事先告知业主；予以警告。"


async def standing_follows(cast: Cast, agency: AgencyPlan, at: datetime) -> None:
    """What the timetable does after answers were opened: the standing, and perhaps a case."""
    standing = await restand(system(at), agency.uscc)
    if opens_case(standing):
        case = await consider_case(at, agency.uscc)
        if case is not None:
            one_star = (await case_file(case)).kind is Kind.ONE_STAR
            story = proceed if one_star else rectify
            cast.calendar.add(story(cast, agency, case))


async def rectify(cast: Cast, agency: AgencyPlan, case: str) -> Story:
    """Two stars: the agency is heard, ordered to rectify, and shows that it has."""
    random = stream(f"rectification of {agency.uscc} {cast.calendar.at.date() - cast.now.date()}")
    day, who = local_date(cast.calendar.at), cast.agencies[agency.uscc]
    yield (at := office_hour(day + timedelta(days=3), random))
    await answer_case(who.at(at), case, _HEARD)
    yield (at := office_hour(day + timedelta(days=8), random))
    await order_rectification(cast.second.at(at), case, _ORDER)
    yield (at := office_hour(day + timedelta(days=12), random))
    await file_plan(who.at(at), case, _PLAN)
    yield (at := office_hour(day + timedelta(days=30), random))
    await file_evidence(who.at(at), case, _MENDED)
    yield (at := office_hour(day + timedelta(days=34), random))
    await check_rectification(cast.second.at(at), case, Finding(True, _CHECKED))


async def warn(cast: Cast) -> Story:
    """A department reports an act from the list; the agency answers, is warned, and leaves it."""
    plan = cast.agency_plans[_WARNED]
    random = stream("warning")
    department = cast.supervisors[plan.packages[0]]
    day = local_date(cast.days_ago(66))
    yield (at := office_hour(day, random))
    act = ReportedAct(plan.uscc, "late", f"示范核查〔{day.year}〕7号", _LATE)
    case = await report_act(department.at(at), act)
    yield (at := office_hour(day + timedelta(days=3), random))
    await answer_case(cast.agencies[plan.uscc].at(at), case, _WHY_LATE)
    yield (at := office_hour(day + timedelta(days=9), random))
    await uphold_act(cast.second.at(at), case, _WARNING)
    last = end_of_day(add_working_days(local_date(at), FILING_DAYS))
    yield (at := last + timedelta(seconds=2))
    await conclude(system(at), case)


async def proceed(cast: Cast, agency: AgencyPlan, case: str) -> Story:
    """The agency answers, and a person at the centre decides, according to its part."""
    random = stream(f"case of {agency.uscc} {cast.calendar.at.date() - cast.now.date()}")
    day = local_date(cast.calendar.at)
    if agency.part in _ANSWERS:
        yield (at := office_hour(day + timedelta(days=2), random))
        await answer_case(cast.agencies[agency.uscc].at(at), case, _ANSWERS[agency.part])
    if agency.part is Part.DISMISSED_CASE:
        yield (at := office_hour(day + timedelta(days=6), random))
        await dismiss_case(cast.second.at(at), case, _DISMISSED)
    if agency.part in (Part.DELISTED, Part.RELISTED):
        # Later than the time to answer, for the one that said nothing.
        yield (at := office_hour(day + timedelta(days=12), random))
        months, reason = (6, _DELISTED) if agency.part is Part.DELISTED else (3, _RELISTED)
        until = add_months(local_date(at), months)
        proposal = Proposal(Severity.ORDINARY, until, reason)
        await propose_delisting(cast.centre.at(at), case, proposal)
        yield (at := at + timedelta(minutes=50))
        delisting = await delist(cast.second.at(at), case)
        yield (at := end_of_day(until) + timedelta(seconds=2))
        await lift(system(at), delisting)
