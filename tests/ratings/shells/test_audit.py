"""Reviews drawn by lot, what decided cases say, and an excuse that a later screen reads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from market.agencies.queries import admitted
from market.files.store import open_store
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetchrow
from ratings.ledger.errors import Conflict, NotFound, Refused
from ratings.ledger.queries import history
from ratings.shells.actions import take_in_and_screen
from ratings.shells.audit import Ended, draw, lots, measures, wilson
from ratings.shells.audit_actions import plan_reviews, remind_overdue
from ratings.shells.audit_queries import case_measures, labels
from ratings.shells.case_actions import (
    ExcuseTerms,
    ProposedFinding,
    decide_finding,
    propose_finding,
)
from ratings.shells.case_queries import shell_case, shell_cases
from ratings.shells.case_way import ShellFinding
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.policy import load_policy
from ratings.shells.queries import finding, findings
from ratings.shells.what_if import as_it_is, outcome, rescored
from ratings.signals.contract import Excuse
from tests.county import County, at, refused
from tests.shell_way import to_decision

MONTH = "2026-08"
START = datetime(2026, 9, 1, tzinfo=UTC)


@given(st.sets(st.text(min_size=1, max_size=4), max_size=30), st.integers(0, 12), st.text())
def test_the_draw_can_be_repeated_and_more_lots_keep_the_first(
    pool: set[str], count: int, seed: str
) -> None:
    drawn = draw(seed, pool, count)
    assert drawn == draw(seed, sorted(pool), count)
    assert len(drawn) == min(count, len(pool))
    assert set(drawn) <= pool
    assert draw(seed, pool, count + 1)[:count] == drawn


def test_everybody_is_drawn_as_often_as_everybody_else() -> None:
    pool = [f"firm {number}" for number in range(10)]
    counts = dict.fromkeys(pool, 0)
    for seed in range(2000):
        for uscc in draw(str(seed), pool, 1):
            counts[uscc] += 1
    assert all(140 <= one <= 260 for one in counts.values()), counts


def test_a_tenth_of_the_reviews_is_drawn_and_one_at_least() -> None:
    assert [lots(budget) for budget in (1, 4, 10, 25, 100)] == [1, 1, 1, 2, 10]


@given(st.integers(1, 200), st.data())
def test_an_interval_holds_its_share_and_narrows(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    found, more = wilson(hits, of), wilson(hits * 4, of * 4)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert more.low is not None
    assert more.high is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert more.high - more.low < found.high - found.low


def ended(arm: str, *, shell: bool, taken_back: bool = False, days: int = 30) -> Ended:
    return Ended(arm, shell, taken_back, START, START + timedelta(days=days))


def test_what_decided_cases_say() -> None:
    assert measures([], 5, 95).recall.value is None
    cases = [
        *[ended("flag", shell=True, days=20)] * 7,
        ended("flag", shell=True, taken_back=True),
        *[ended("flag", shell=False)] * 2,
        ended("lot", shell=True),
        *[ended("lot", shell=False, days=40)] * 19,
        ended("person", shell=True),
    ]
    found = measures(cases, flagged=10, unflagged=200)
    assert (found.precision.value, found.precision.of) == (0.7, 10)
    assert (found.missed.value, found.missed.of) == (0.05, 20)
    # Seven of ten flags and one in twenty of two hundred others: 7 of 17 shells were flagged.
    assert found.recall.value is not None
    assert abs(found.recall.value - 7 / 17) < 1e-9
    assert found.recall.low is not None
    assert found.recall.high is not None
    assert found.recall.low < 7 / 17 < found.recall.high
    assert found.reversed.value == 1 / len(cases)
    assert found.days_to_decision == 40


async def test_a_month_is_planned_decided_and_measured(county: County, tmp_path: Path) -> None:
    shell = (await county.agency()).uscc or ""
    others = [(await county.agency()).uscc or "" for _ in range(3)]
    feeds = tmp_path / "feeds"
    write_feeds(
        feeds,
        [AgencyFacts(shell, Profile.SHELL), *(AgencyFacts(one) for one in others)],
        MONTH,
    )
    store, first = open_store(str(tmp_path / "store")), county.centre.actor()
    await refused(plan_reviews(first, 10, await admitted()), NotFound, "screen-none")
    delivery = await take_in_and_screen(first, feeds, MONTH, await admitted(), store)
    assert delivery.cases == [shell]
    await refused(plan_reviews(first, 0, await admitted()), Refused, "review-budget")
    planner = county.centre.actor()
    # What was kept of a screen is enough to say what another policy would find in it.
    policy = load_policy()
    for one in await findings(delivery.screen):
        log_odds, independent = rescored(policy, one.reasons, as_it_is(policy))
        assert abs(log_odds - one.log_odds) < 1e-9
        same = outcome(policy, as_it_is(policy), log_odds, independent, before=one.outcome)
        assert same == one.outcome
    mild = await county.centre.browser.get("/console/screening-policy?case=99.9&cap=0.5")
    assert mild.status_code == 200
    assert shell in mild.text
    wrong = await county.centre.browser.get("/console/screening-policy?case=10&watch=20")
    assert wrong.status_code == 422
    (drawn,) = await plan_reviews(planner, 10, await admitted())
    again = plan_reviews(planner, 10, await admitted())
    await refused(again, Conflict, "reviews-planned")
    row = await fetchrow("SELECT seed, pool, run::text FROM review_month")
    assert row is not None
    assert row[1] == len(others)
    assert (drawn,) == draw(row[0], others, 1)
    told = (await history("screen", row[2]))[-1]
    assert (told.act, told.fact()["seed"]) == ("screen.reviews_planned", row[0])
    cases = {one.arm: one for one in await shell_cases(now())}
    assert {arm: one.uscc for arm, one in cases.items()} == {"flag": shell, "lot": drawn}

    # Nothing is forgotten: what is overdue is said once, and again only after some days.
    late = now() + timedelta(days=14)
    assert await remind_overdue(system(late)) == 2
    assert await remind_overdue(system(late)) == 0
    assert await remind_overdue(system(late + timedelta(days=9))) == 2

    second = (await county.second()).actor()
    before = await finding(shell)
    assert before is not None
    await to_decision(at(first, late), cases["flag"].id)
    terms = ExcuseTerms(Excuse.REGISTERED_CLOSURE, "2025-01", "", "歇业备案表")
    wanted = ProposedFinding(ShellFinding.EXCUSE, "歇业未及时报送", excuse=terms)
    await propose_finding(at(first, late), cases["flag"].id, wanted)
    await decide_finding(at(second, late), cases["flag"].id)
    found = await case_measures()
    assert (found.decided, found.precision.value, found.precision.of) == (1, 0.0, 1)
    (label,) = await labels()
    assert (label.uscc, label.arm, label.finding, label.shell) == (shell, "flag", "excuse", False)
    assert label.reason == "歇业未及时报送"

    # Delivered once more with an excuse file of its own, the screen reads both.
    await take_in_and_screen(at(first, late), feeds, MONTH, await admitted(), store)
    after = await finding(shell)
    assert after is not None
    assert after.log_odds < before.log_odds
    assert after.outcome != "case"
    assert "registered_closure" in [one.feature for one in after.reasons]
    assert (await shell_case(cases["lot"].id, late)).reasons[0].zh.startswith("本机构由随机抽查")
    assert local_date(late) > local_date(now())
