"""Acts that count: three records, two warnings, a serious act; and what ends each of them."""

import asyncio
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.worker import nightly, sweep
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import add_months, end_of_day, local_date, now, start_of_day
from ratings.ledger.database import execute
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions import misconduct
from ratings.sanctions.actions import (
    Proposal,
    answer_case,
    delist,
    dismiss_case,
    open_by_person,
    open_case,
    propose_delisting,
)
from ratings.sanctions.documents import Document, add_document
from ratings.sanctions.misconduct import MONTHS, RECORDS, WARNINGS, Mark
from ratings.sanctions.misconduct_actions import ReportedAct, escalate, report_act, uphold_act
from ratings.sanctions.misconduct_queries import marks, warnings_in_force
from ratings.sanctions.objection_actions import GivenAnswer, answer_objection, file_objection
from ratings.sanctions.objection_lists import published_objections
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import (
    case_file,
    case_files,
    delisting_in_force,
    reported_case_files,
)
from ratings.sanctions.repair_actions import (
    Application,
    RepairDecision,
    apply_for_repair,
    decide_repair,
)
from ratings.sanctions.repair_queries import effects_of
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.queries import recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused

WHEN = start_of_day(date(2026, 6, 1)) + timedelta(hours=10)
PROOF = Document("检查笔录.pdf", "application/pdf", 9, "0" * 64, "cases/none")
AFTER = timedelta(days=40)
UPHELD = GivenAnswer(Outcome.UPHELD, "属实")
GRANTED = RepairDecision(True, "已履行")

MARKS = st.lists(
    st.builds(
        Mark,
        case=st.uuids().map(str),
        number=st.integers(1, 9999).map(lambda n: f"AJ-2026-{n:04d}"),
        kind=st.sampled_from((Kind.RECORD, Kind.WARNING)),
        decided_at=st.dates(date(2024, 1, 1), date(2027, 1, 1)).map(start_of_day),
        final_at=st.none() | st.just(WHEN),
        counted=st.booleans(),
    ),
    max_size=12,
)


@given(MARKS, st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_each_counts_once_and_only_while_it_counts(found: list[Mark], on: date) -> None:
    following = misconduct.escalations(found, on)
    used = [one.case for _, counted in following for one in counted]
    assert len(used) == len(set(used))
    left = Counter[Kind]()
    for one in found:
        counts = on < add_months(local_date(one.decided_at), MONTHS)
        if one.final_at is not None and not one.counted and counts:
            left[one.kind] += one.case not in used
        else:
            assert one.case not in used
    assert left[Kind.RECORD] < RECORDS
    assert left[Kind.WARNING] < WARNINGS
    for kind, counted in following:
        of, many = (Kind.RECORD, RECORDS) if kind is Kind.WARNING else (Kind.WARNING, WARNINGS)
        assert [one.kind for one in counted] == [of] * many


def test_the_list_has_each_act_once_in_its_class() -> None:
    assert len({one.code for one in misconduct.ACTS}) == len(misconduct.ACTS)
    assert Counter(misconduct.kind_of(one) for one in misconduct.ACTS) == {
        Kind.RECORD: 3,
        Kind.WARNING: 4,
        Kind.SERIOUS_ACT: 7,
    }


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def people(county: County) -> list[Account]:
    return [county.centre, *[await county.another() for _ in range(3)]]


def then(account: Account, when: datetime) -> Actor:
    return at(account.actor(), when)


async def reported(county: County, agency: Account, act: str, document: str, when: datetime) -> str:
    """By the supervisor; the agency has answered."""
    told = ReportedAct(agency.uscc or "", act, document, "检查发现")
    case = await report_act(then(county.supervisor, when), told)
    await answer_case(then(agency, when), case, "说明")
    return case


async def recorded(county: County, agency: Account, number: int, when: datetime) -> str:
    case = await reported(county, agency, "minor-complaint", f"查〔2026〕{number}号", when)
    await uphold_act(then(county.centre, when), case, "属实")
    return case


async def pending(agency: Account, kind: Kind) -> list[str]:
    found = [
        one
        for state in ("open", "answered")
        for one in await case_files(uscc=agency.uscc or "", state=state)
    ]
    return [one.id for one in found if one.kind is kind]


async def test_three_records_are_a_warning_and_two_warnings_one_star(
    county: County, agency: Account, people: list[Account]
) -> None:
    uscc = agency.uscc or ""
    cases = [await recorded(county, agency, number, WHEN) for number in range(3)]
    # Not final yet: nothing counts, and there is nothing to be repaired.
    await sweep(WHEN)
    assert await escalate(system(WHEN), uscc) == []
    assert await effects_of(uscc, WHEN) == []
    await file_objection(then(agency, WHEN), cases[2], "联系人王某可证")
    later = WHEN + AFTER
    await sweep(later)
    assert [one.final_at is None for one in await marks(then(agency, later))].count(True) == 1
    assert await escalate(system(later), uscc) == []
    own = answer_objection(then(people[0], later), cases[2], UPHELD)
    await refused(own, Forbidden, "objection-own")
    await answer_objection(then(people[1], later), cases[2], UPHELD)
    # A record is nobody's but the agency's and the officials', and so is what is said of it.
    assert await published_objections(later) == []
    assert await marks(then(await county.agency(), later)) == []
    assert len(await marks(then(county.supervisor, later), uscc)) == 3
    later += AFTER
    await sweep(later)
    opened = await asyncio.gather(*(escalate(system(later), uscc) for _ in range(2)))
    assert sorted(map(len, opened)) == [0, 1]
    (warning,) = await pending(agency, Kind.WARNING)
    said = (await case_file(warning)).reasons[0].en
    assert all(one.number in said for one in await case_files(uscc=uscc, state="recorded"))

    # Heard first; then decided by one person, once.
    early = uphold_act(then(people[0], later), warning, "警告")
    await refused(early, Conflict, "not-heard-yet")
    later = (await case_file(warning)).answer_due
    no_reason = uphold_act(then(people[0], later), warning, " ")
    await refused(no_reason, Refused, "reason-missing")
    results = await asyncio.gather(
        *(uphold_act(then(one, later), warning, "屡次") for one in people[:2]),
        return_exceptions=True,
    )
    assert Counter(getattr(one, "code", "done") for one in results) == {
        "done": 1,
        "case-decided": 1,
    }
    assert [one.reason for one in await warnings_in_force(later)] == ["屡次"]
    second = await reported(county, agency, "late", "函〔2026〕9号", later)
    await uphold_act(then(people[0], later), second, "逾期属实")
    later += AFTER
    await sweep(later)
    effect = next(one for one in await effects_of(uscc, later) if one.what == "warning")
    assert effect.severity == "minor"
    await nightly(later)
    (case,) = await pending(agency, Kind.ESCALATION)
    later = (await case_file(case)).answer_due
    until = add_months(local_date(later), 4)
    wanted = Proposal(Severity.ORDINARY, until, "两次")
    await propose_delisting(then(people[0], later), case, wanted)
    await delist(then(people[1], later), case)
    assert (await recompute(uscc, later)).stars is None
    final = later + AFTER
    await sweep(final)
    assert (await recompute(uscc, final)).stars == 1
    lifted = end_of_day(until)
    await sweep(lifted)
    # On the day the delisting ends, so does the star.
    assert await delisting_in_force(uscc) is None
    assert (await recompute(uscc, lifted)).stars is None
    assert await escalate(system(lifted), uscc) == []
    lapsed = start_of_day(add_months(local_date(lifted), MONTHS))
    assert await warnings_in_force(lapsed) == []
    assert await marks(then(agency, lapsed)) == []
    assert (await verify()).faults == []
    ledger = "".join(one.facts + one.reason for one in await history("agency", uscc))
    assert "王某" not in ledger
    await execute("UPDATE case_file SET decision = 'x' WHERE state = 'warned'")
    assert "records and warnings: not as recorded" in (await verify()).faults


async def test_what_is_repaired_counts_no_more_even_in_a_case_that_counts_it(
    county: County, agency: Account, people: list[Account]
) -> None:
    uscc, later = agency.uscc or "", WHEN + AFTER
    for number in range(3):
        await recorded(county, agency, number, WHEN)
    await sweep(later)
    await escalate(system(later), uscc)
    (warning,) = await pending(agency, Kind.WARNING)
    await answer_case(then(agency, later), warning, "已改")
    (effect, *rest) = await effects_of(uscc, later)
    assert (effect.what, len(rest)) == ("record", 2)
    wanted = Application((effect.reference,), "已退费")
    repair = await apply_for_repair(then(agency, later), wanted)
    own = decide_repair(then(people[0], later), repair, GRANTED)
    await refused(own, Forbidden, "repair-own")
    await decide_repair(then(people[1], later), repair, GRANTED)
    assert len(await effects_of(uscc, later)) == 2
    no_more = uphold_act(then(people[1], later), warning, "警告")
    await refused(no_more, Conflict, "counted-no-more")
    await dismiss_case(then(people[1], later), warning, "已修复")
    await nightly(later)
    assert await pending(agency, Kind.WARNING) == []
    assert (await verify()).faults == []


async def test_a_serious_act_is_decided_by_two_people_on_evidence(
    county: County, agency: Account, people: list[Account]
) -> None:
    uscc = agency.uscc or ""
    told = ReportedAct(uscc, "false-report", "鉴〔2026〕5号", "两份报告数据系编造")
    supervisor = then(county.supervisor, WHEN)
    unknown = report_act(supervisor, ReportedAct(uscc, "beauty", told.document, "x"))
    await refused(unknown, NotFound, "act-unknown")
    empty = report_act(supervisor, ReportedAct(uscc, told.act, " ", "x"))
    await refused(empty, Refused, "document-missing")
    by_hand = open_by_person(then(people[0], WHEN), uscc, Kind.SERIOUS_ACT, "x")
    await refused(by_hand, Refused, "act-from-list")
    case = await report_act(supervisor, told)
    await refused(report_act(supervisor, told), Conflict, "act-reported")
    # Until it is decided nothing changes.
    await nightly(WHEN)
    assert (await recompute(uscc, WHEN)).stars is None
    assert await delisting_in_force(uscc) is None
    due = (await case_file(case)).answer_due
    until = add_months(local_date(due), 12)
    wanted = Proposal(Severity.SERIOUS, until, "出具虚假报告")
    early = propose_delisting(then(people[0], due - timedelta(seconds=1)), case, wanted)
    await refused(early, Conflict, "not-heard-yet")
    ordinary = Proposal(Severity.ORDINARY, add_months(local_date(due), 6), "轻")
    lighter = propose_delisting(then(people[0], due), case, ordinary)
    await refused(lighter, Refused, "serious-only")
    # The agency's own file proves nothing against it; another department has nothing to put in.
    await add_document(then(agency, due), case, PROOF)
    unproven = propose_delisting(then(people[0], due), case, wanted)
    await refused(unproven, Conflict, "act-unproven")
    stranger = await county.account(Role.SUPERVISOR)
    foreign = add_document(then(stranger, due), case, PROOF)
    await refused(foreign, NotFound, "case-unknown")
    await add_document(at(supervisor, due), case, PROOF)
    await propose_delisting(then(people[0], due), case, wanted)
    await refused(uphold_act(then(people[1], due), case, "x"), Conflict, "no-mark-here")
    own = delist(then(people[0], due), case)
    await refused(own, Forbidden, "second-person-needed")
    await delist(then(people[1], due), case)
    assert await delisting_in_force(uscc) is not None

    # An objection suspends the delisting, and the star waits for its answer.
    await file_objection(then(agency, due), case, "数据来源合法")
    later = due + AFTER
    await sweep(later)
    assert (await recompute(uscc, later)).stars is None
    await answer_objection(then(people[2], later), case, UPHELD)
    later += AFTER
    await sweep(later)
    assert (await recompute(uscc, later)).stars == 1
    # One application lifts both together.
    first = add_months(local_date(due), 12) + AFTER
    noon = start_of_day(first) + timedelta(hours=12)
    (effect,) = await effects_of(uscc, noon)
    assert (effect.what, effect.first_day) == ("delisting", first)
    wish = Application((effect.reference,), "已改")
    repair = await apply_for_repair(then(agency, noon), wish)
    await decide_repair(then(people[3], noon), repair, GRANTED)
    assert await effects_of(uscc, noon) == []
    assert (await recompute(uscc, noon)).stars is None
    public = (await county.enterprise.client.get("/api/v1/ledger")).text
    assert "出具虚假报告" not in public
    assert (await verify()).faults == []


async def test_a_department_follows_what_it_has_reported(county: County, agency: Account) -> None:
    """On its desk; another department's desk is silent about it, and so it is about other cases."""
    supervisor, other = county.supervisor, await county.account(Role.SUPERVISOR)
    when = now()
    case = await reported(county, agency, "minor-complaint", "查〔2026〕7号", when)
    await open_case(system(when), agency.uscc or "", Kind.ONE_STAR, [])
    assert [one.id for one in await reported_case_files(supervisor.actor())] == [case]
    assert await reported_case_files(other.actor()) == []
    number = (await case_file(case)).number
    assert number in (await supervisor.browser.get("/workspace")).text
    assert number not in (await other.browser.get("/workspace")).text
    await uphold_act(county.centre.actor(), case, "属实，记录在案")
    assert "属实，记录在案" in (await supervisor.browser.get("/workspace")).text
