"""Three screens of the invented county, and what people made of the agencies that they flagged."""

import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from market.agencies.queries import admitted
from market.demonstration.calendar import Story, office_hour
from market.demonstration.cast import Cast, stream
from market.demonstration.firms import AgencyPlan
from market.oversight.feeding import deliver_conduct
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import add_months, add_working_days, local_date
from ratings.sanctions.queries import case_files
from ratings.sanctions.rules import Kind, Severity
from ratings.shells.actions import Delivery, Screened, screen_store, take_in_and_screen
from ratings.shells.audit_actions import plan_reviews
from ratings.shells.case_actions import (
    ExcuseTerms,
    ProposedFinding,
    Visit,
    assign,
    check_at_desk,
    conclude,
    decide_finding,
    explain,
    give_notice,
    propose_finding,
    refer,
    report_visit,
)
from ratings.shells.case_way import EXPLAIN_DAYS, Desk, Fate, Seen, ShellFinding
from ratings.shells.check_up_actions import make_check_ups
from ratings.shells.demonstration_feeds import DEMONSTRATION_KEY, AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.visit import checklist
from ratings.signals.contract import Excuse

_SCREENED = (100, 18, 4)
"""How many days ago the county was screened; the stories of the feeds end with the last screen."""
_REVIEWS, _PLANNED_AFTER = 12, 8
_REGISTRAR = "云溪县市场监督管理局"

_GROUND = "税务、社保、登记三类来源相互印证，需要企业说明。"
_NOTICE = (
    "近一年持续零申报或未申报，无人参保，年度报告未按期报送，登记住所无法联系，"
    "且与另一家无业务的企业共用住所、电话和法定代表人。请在十个工作日内说明，并可提交证明材料。"
)
_NOT_FOUND = "登记住所为另一企业的仓库，物业称近一年无人办公；电话无人接听。"
_IS_SHELL = "无人员、无场所、无业务，限期内未作说明，现场核查未找到企业；认定为空壳机构。"
_REFERRED = "登记机关受理后通知，企业未提出异议。"
_GONE = "登记机关已依法注销。"
_RETIRED_NOTICE = (
    "近一年零申报较多，无人参保，年度报告未按期报送，登记住所无法联系。"
    "请在十个工作日内说明人员和办公情况。"
)
_RETIRED_ANSWER = (
    "我公司三名技术人员均为退休返聘，依法无须参保，返聘协议和退休证可供核验；"
    "去年搬迁后未及时办理住所变更，现已提交申请。"
)
_RETIRED_SEEN = "新址有三人在岗，出示返聘协议、退休证和本年度两份咨询报告。"
_RETIRED = "人员为退休返聘，不参保有据；提醒其办理住所变更并补报年度报告。"
_BOUGHT_NOTICE = (
    "近十个月左右零申报，无人参保，三名注册人员均在其他单位参保；"
    "近期登记住所、电话和法定代表人变更为与两家已认定的空壳机构相同。请在十个工作日内说明。"
)
_BOUGHT_ANSWER = "公司已转让，新股东正在筹备业务，尚未招聘人员。"
_BOUGHT_SEEN = "登记住所与此前两家空壳机构为同一仓库，无人办公；在场人员称只代收信件。"
_BY_LOT = "随机抽查对象，按程序告知并安排现场核查。"
_DRAWN_NOTICE = "本次为随机抽查，并非因任何不利情形。请说明人员和办公情况，便于安排现场核查。"
_DRAWN_ANSWER = "欢迎核查，人员名册和近期项目清单已备齐。"
_DRAWN_SEEN = "人员在岗，设备、合同和成果齐备。"
_DRAWN = "随机抽查，经营正常。"


async def screens(cast: Cast) -> Story:
    """The authorities deliver month by month; after each delivery the centre screens."""
    random = stream("screen")
    ends = _month_before(local_date(cast.days_ago(_SCREENED[-1])))
    before = ""
    for days in _SCREENED:
        yield (at := office_hour(local_date(cast.days_ago(days)), random))
        month = _month_before(local_date(at))
        await deliver_conduct(system(at), DEMONSTRATION_KEY, cast.store)
        screened = await _screened(cast, at, month, ends, before)
        await make_check_ups(cast.centre.at(at), screened.screen, await admitted(), cast.store)
        for plan in cast.agency_plans:
            if plan.uscc in screened.cases:
                case = await _case_of(plan)
                cast.calendar.add(_FOLLOWS[plan.feeds](cast, plan, case))
        if not before:
            cast.calendar.add(_reviews(cast))
        before = month


def _month_before(day: date) -> str:
    return add_months(day.replace(day=1), -1).strftime("%Y-%m")


async def _screened(
    cast: Cast, at: datetime, month: str, ends: str, before: str
) -> Delivery | Screened:
    """By what was sent for the month; a month that has been sent whole is only screened again."""
    agencies = await admitted()
    if month == before:
        return await screen_store(cast.centre.at(at), month, agencies, cast.store)
    facts = [
        AgencyFacts(plan.uscc, plan.feeds, plan.established_on)
        for plan in cast.agency_plans
        if plan.uscc in cast.agencies
    ]
    with tempfile.TemporaryDirectory() as directory:
        write_feeds(Path(directory), facts, month, story_ends=ends, sent_before=before)
        return await take_in_and_screen(
            cast.centre.at(at), Path(directory), month, agencies, cast.store
        )


async def _case_of(plan: AgencyPlan) -> str:
    (case,) = [
        one for one in await case_files(uscc=plan.uscc, state="open") if one.kind is Kind.SHELL
    ]
    return case.id


class _Office:
    """The moments at which people act on one case: so many days after it was opened."""

    def __init__(self, cast: Cast, plan: AgencyPlan, name: str) -> None:
        self._random = stream(f"{name} {plan.uscc}")
        self._opened = local_date(cast.calendar.at)

    def after(self, days: int) -> datetime:
        return office_hour(self._opened + timedelta(days=days), self._random)

    def once_explained(self, noticed: datetime) -> datetime:
        """The day but one after the time to explain."""
        last = add_working_days(local_date(noticed), EXPLAIN_DAYS)
        return office_hour(last + timedelta(days=2), self._random)


def _visit(at: datetime, result: Seen, note: str) -> Visit:
    answer = "yes" if result is Seen.AT_WORK else "no"
    return Visit(result, local_date(at), {one.code: answer for one in checklist()}, note)


async def _begun(who: Actor, case: str, ground: str = _GROUND) -> None:
    """The officer takes the case and finds that there is ground to go on."""
    assert who.person is not None
    await assign(who, case, who.person)
    await check_at_desk(who, case, Desk.GO_ON, ground)


async def _confirmed(cast: Cast, plan: AgencyPlan, case: str) -> Story:
    """A shell that never answers: found by two people, delisted, handed to the registrar."""
    office = _Office(cast, plan, "shell")
    yield (at := office.after(2))
    await _begun(cast.second.at(at), case)
    yield (noticed := office.after(4))
    await give_notice(cast.second.at(noticed), case, _NOTICE)
    yield (at := office.after(11))
    await report_visit(cast.second.at(at), case, _visit(at, Seen.NOT_FOUND, _NOT_FOUND))
    yield (at := office.once_explained(noticed))
    until = add_months(local_date(at), 24)
    finding = ProposedFinding(ShellFinding.SHELL, _IS_SHELL, severity=Severity.SERIOUS, until=until)
    await propose_finding(cast.second.at(at), case, finding)
    yield (at := at + timedelta(minutes=70))
    await decide_finding(cast.centre.at(at), case)
    yield (at := at + timedelta(days=6))
    document = f"示范移送〔{at.year}〕{plan.uscc[-4:-1]}号"
    await refer(cast.second.at(at), case, _REGISTRAR, document)
    # The registrar has struck off the first of them by now.
    first = next(one for one in cast.agency_plans if one.feeds is plan.feeds)
    yield (at := at + timedelta(days=22 if plan is first else 9))
    fate, told = (Fate.DEREGISTERED, _GONE) if plan is first else (Fate.PENDING, _REFERRED)
    await conclude(cast.second.at(at), case, fate, told)


async def _excused(cast: Cast, plan: AgencyPlan, case: str) -> Story:
    """Flagged, and honest: its staff are retired and need no insurance, which it can show."""
    office = _Office(cast, plan, "excused")
    yield (at := office.after(3))
    await _begun(cast.second.at(at), case)
    yield (at := office.after(5))
    await give_notice(cast.second.at(at), case, _RETIRED_NOTICE)
    yield (at := office.after(9))
    await explain(cast.agencies[plan.uscc].at(at), case, _RETIRED_ANSWER)
    yield (at := office.after(14))
    await report_visit(cast.second.at(at), case, _visit(at, Seen.AT_WORK, _RETIRED_SEEN))
    yield (at := office.after(16))
    day = local_date(at)
    excuse = ExcuseTerms(
        Excuse.RETIREES_INTERNS,
        add_months(day, -30).strftime("%Y-%m"),
        add_months(day, 12).strftime("%Y-%m"),
        "返聘协议和退休证，中心现场核验",
    )
    finding = ProposedFinding(ShellFinding.EXCUSE, _RETIRED, excuse=excuse)
    await propose_finding(cast.second.at(at), case, finding)
    yield (at := at + timedelta(minutes=40))
    await decide_finding(cast.centre.at(at), case)


async def _under_way(cast: Cast, plan: AgencyPlan, case: str) -> Story:
    """Two cases in hand today: one agency still has time to explain, of the other it is to be
    decided."""
    office = _Office(cast, plan, "under way")
    first = next(one for one in cast.agency_plans if one.feeds is plan.feeds)
    yield (at := office.after(2))
    await _begun(cast.centre.at(at), case)
    yield (at := office.after(8 if plan is first else 3))
    await give_notice(cast.centre.at(at), case, _BOUGHT_NOTICE)
    yield (at := office.after(11 if plan is first else 7))
    await explain(cast.agencies[plan.uscc].at(at), case, _BOUGHT_ANSWER)
    if plan is not first:
        yield (at := office.after(12))
        await report_visit(cast.centre.at(at), case, _visit(at, Seen.NO_BUSINESS, _BOUGHT_SEEN))


_FOLLOWS: dict[Profile, Callable[[Cast, AgencyPlan, str], Story]] = {
    Profile.SHELL: _confirmed,
    Profile.RETIRED_STAFF: _excused,
    Profile.BOUGHT_SHELL: _under_way,
}


async def _reviews(cast: Cast) -> Story:
    """The month's reviews, of which one goes by lot to an agency that nothing speaks against."""
    random = stream("reviews")
    day = local_date(cast.calendar.at) + timedelta(days=_PLANNED_AFTER)
    yield (at := office_hour(day, random))
    drawn = await plan_reviews(cast.centre.at(at), _REVIEWS, await admitted())
    for plan in cast.agency_plans:
        if plan.uscc in drawn:
            cast.calendar.add(_drawn(cast, plan, await _case_of(plan)))


async def _drawn(cast: Cast, plan: AgencyPlan, case: str) -> Story:
    """The centre's first officer has rated nearly every agency; two others look at this one."""
    office = _Office(cast, plan, "drawn")
    yield (at := office.after(2))
    await _begun(cast.second.at(at), case, _BY_LOT)
    yield (at := office.after(4))
    await give_notice(cast.second.at(at), case, _DRAWN_NOTICE)
    yield (at := office.after(6))
    await explain(cast.agencies[plan.uscc].at(at), case, _DRAWN_ANSWER)
    yield (at := office.after(11))
    await report_visit(cast.second.at(at), case, _visit(at, Seen.AT_WORK, _DRAWN_SEEN))
    yield (at := office.after(12))
    finding = ProposedFinding(ShellFinding.NO_ISSUE, _DRAWN)
    await propose_finding(cast.second.at(at), case, finding)
    yield (at := at + timedelta(minutes=30))
    await decide_finding(cast.third.at(at), case)
