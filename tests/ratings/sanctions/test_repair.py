"""Repair: not before its time, not by whom has imposed it, all of it together, gone from view."""

import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.accounts.queries import people_of
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_months, end_of_day, start_of_day
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions import repair
from ratings.sanctions.actions import Proposal, answer_case, delist, open_case, propose_delisting
from ratings.sanctions.objection_actions import (
    GivenAnswer,
    answer_objection,
    file_objection,
)
from ratings.sanctions.objection_lists import published_objections, waiting_objections
from ratings.sanctions.objection_queries import contest
from ratings.sanctions.objections import Outcome
from ratings.sanctions.queries import case_file, delisting_in_force
from ratings.sanctions.repair_actions import (
    Application,
    RepairDecision,
    apply_for_repair,
    decide_repair,
)
from ratings.sanctions.repair_queries import effects_of, repair_of
from ratings.sanctions.rules import Kind, Severity
from ratings.stars.actions import ReportedEvent, report_event, restand
from ratings.stars.feedback import Cap
from ratings.stars.feedback import Severity as EventSeverity
from ratings.stars.queries import recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, refused

GRANTED, NOT_GRANTED = RepairDecision(True, "已履行义务"), RepairDecision(False, "材料不全")
NOON = timedelta(hours=12)
BEGAN = date(2026, 2, 13)
FIRST = date(2026, 5, 13)


@given(st.sampled_from(sorted(repair.LEAST_MONTHS)), st.dates(date(2026, 4, 1), date(2030, 1, 1)))
def test_nothing_is_repaired_before_its_least_time(severity: str, began: date) -> None:
    first = repair.first_day(severity, began)
    assert first == add_months(began, {"general": 3, "ordinary": 3, "serious": 12}.get(severity, 0))
    repair.check_day(first, first)
    if first > began:
        with pytest.raises(Refused, match="Order 36"):
            repair.check_day(first, first - timedelta(days=1))


def test_ten_working_days_to_decide_run_over_the_holidays() -> None:
    # National Day 2026: 1 to 7 October are free, Saturday the 10th is worked.
    due = repair.decision_due(start_of_day(date(2026, 9, 28)) + NOON)
    assert due == end_of_day(date(2026, 10, 16))


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


async def burdened(county: County, agency: Account) -> str:
    """Reported and delisted on one day; the id of the case of the delisting."""
    when, uscc = start_of_day(BEGAN) + NOON, agency.uscc or ""
    centre, second = at(county.centre.actor(), when), at((await county.second()).actor(), when)
    for document, severity, cap in (
        ("市监罚〔2026〕7号", EventSeverity.GENERAL, Cap.ONE_STAR),
        ("税通〔2026〕3号", EventSeverity.SERIOUS, Cap.NONE),
    ):
        await report_event(centre, ReportedEvent(uscc, BEGAN, "监管局", document, severity, cap))
    case = await open_case(system(when), uscc, Kind.ONE_STAR, [])
    assert case is not None
    await answer_case(at(agency.actor(), when), case, "说明")
    wanted = Proposal(Severity.ORDINARY, add_months(BEGAN, 12), "失信")
    await propose_delisting(centre, case, wanted)
    await delist(second, case)
    return case


async def test_one_application_lifts_everything_it_names(county: County, agency: Account) -> None:
    delisted = await burdened(county, agency)
    uscc, third = agency.uscc or "", await county.another()
    number = (await case_file(delisted)).number
    noon = start_of_day(FIRST) + NOON
    mine = at(agency.actor(), noon)
    names = {one.reference: one.first_day for one in await effects_of(uscc, noon)}
    assert names == {
        number: FIRST,
        "市监罚〔2026〕7号": FIRST,
        "税通〔2026〕3号": date(2027, 2, 13),
    }
    both = Application((number, "市监罚〔2026〕7号"), "罚款已缴，制度已建")
    early = at(agency.actor(), noon - timedelta(days=1))
    await refused(apply_for_repair(early, both), Refused, "repair-early")
    grave = Application(("税通〔2026〕3号", number), "已缴")
    await refused(apply_for_repair(mine, grave), Refused, "repair-early")
    await refused(apply_for_repair(mine, Application((), "已缴")), Refused, "repair-of-nothing")
    rival = at((await county.agency()).actor(), noon)
    await refused(apply_for_repair(rival, both), NotFound, "effect-unknown")
    case = await apply_for_repair(mine, both)
    await refused(apply_for_repair(mine, both), Conflict, "repair-pending")
    for account in (county.centre, await county.second()):
        own = decide_repair(at(account.actor(), noon), case, GRANTED)
        await refused(own, Forbidden, "repair-own")
    found = await repair_of(at(third.actor(), noon + timedelta(days=30)), case)
    assert found is not None
    assert found.overdue
    await restand(system(noon), uscc)
    assert (await recompute(uscc, noon)).stars == 1
    public = (await county.enterprise.client.get("/api/v1/ledger")).text
    assert "agency.delisted" in public

    after = noon + timedelta(days=2)
    await decide_repair(at(third.actor(), after), case, GRANTED)
    await refused(
        decide_repair(at(third.actor(), after), case, GRANTED), Conflict, "repair-decided"
    )
    assert await delisting_in_force(uscc) is None
    assert (await case_file(delisted)).state == "lifted"
    assert (await recompute(uscc, after)).stars is None
    # As of the day before it still stands, and what was published then can be recomputed.
    assert (await recompute(uscc, noon)).stars == 1
    names = {one.reference: one.first_day for one in await effects_of(uscc, after)}
    assert list(names) == ["税通〔2026〕3号"]
    client = county.enterprise.client
    for path in ("ledger", f"agencies/{uscc}/history", "changes", "exports/ledger.csv"):
        answer = await client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        assert "市监罚" not in answer.text, path
        assert "agency.delisted" not in answer.text, path
        assert "agency.relisted" not in answer.text, path
        assert "税通" in answer.text or path == "changes", path
    officials = (await county.centre.client.get("/api/v1/ledger")).text
    assert "agency.delisted" in officials
    await restand(system(after), uscc)
    assert (await verify()).faults == []


async def test_what_is_refused_changes_nothing_and_can_be_asked_again(
    county: County, agency: Account
) -> None:
    await burdened(county, agency)
    uscc, third = agency.uscc or "", await county.another()
    noon = start_of_day(FIRST) + NOON
    wanted = Application(("市监罚〔2026〕7号",), "罚款已缴")
    case = await apply_for_repair(at(agency.actor(), noon), wanted)
    no_reason = decide_repair(at(third.actor(), noon), case, RepairDecision(True, " "))
    await refused(no_reason, Refused, "reason-missing")
    await decide_repair(at(third.actor(), noon), case, NOT_GRANTED)
    assert (await case_file(case)).state == "refused"
    assert (await recompute(uscc, noon)).stars == 1
    assert await delisting_in_force(uscc) is not None
    again = await apply_for_repair(at(agency.actor(), noon), wanted)
    assert again != case


async def test_no_repair_overtakes_an_objection_and_two_decisions_are_one(
    county: County, agency: Account
) -> None:
    """The least time stands still while the delisting is suspended: those days are not served."""
    delisted = await burdened(county, agency)
    uscc, third = agency.uscc or "", await county.another()
    number = (await case_file(delisted)).number
    filed_at = start_of_day(BEGAN) + NOON + timedelta(hours=1)
    await file_objection(at(agency.actor(), filed_at), delisted, "请复核")
    late = start_of_day(add_months(FIRST, 24)) + NOON
    wanted = Application((number,), "已改")
    await refused(apply_for_repair(at(agency.actor(), late), wanted), Refused, "repair-early")
    assert [one.overdue for one in await waiting_objections(late)] == [True]
    given = GivenAnswer(Outcome.UPHELD, "属实")
    answered_at = filed_at + timedelta(days=4)
    await answer_objection(at(third.actor(), answered_at), delisted, given)
    noon = start_of_day(FIRST) + NOON
    await refused(apply_for_repair(at(agency.actor(), noon), wanted), Refused, "repair-early")
    noon += timedelta(days=4)
    case = await apply_for_repair(at(agency.actor(), noon), wanted)
    own = decide_repair(at(third.actor(), noon), case, GRANTED)
    await refused(own, Forbidden, "repair-own")
    assert len(await published_objections(noon)) == 1

    fourth, fifth = await county.another(), await county.another()
    results = await asyncio.gather(
        *(decide_repair(at(one.actor(), noon), case, GRANTED) for one in (fourth, fifth)),
        return_exceptions=True,
    )
    assert Counter(getattr(one, "code", "done") for one in results) == {
        "done": 1,
        "repair-decided": 1,
    }
    acts = Counter(one.act for one in await history("agency", uscc))
    assert acts["agency.relisted"] == acts["repair.granted"] == 1
    # Gone from public view; the agency and the centre go on reading it.
    assert await published_objections(noon) == []
    seen = await contest(at(fifth.actor(), noon), delisted, await people_of(Role.CENTRE))
    assert [one.outcome for one in seen.filed] == [Outcome.UPHELD]
    assert (await verify()).faults == []
