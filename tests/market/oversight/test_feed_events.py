"""What the feeds say of an agency is a question; it counts once a person has the document."""

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.files.store import open_store
from market.oversight.feed_events import propose_from_feeds
from market.settings import Settings
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.ledger.queries import history
from ratings.signals.actions import take_in
from ratings.stars.actions import RESTAND
from ratings.stars.event_proposals import LONGEST_GAP, Said, Sign, beginnings
from ratings.stars.feedback import Cap, Severity
from ratings.stars.proposal_actions import (
    Confirmation,
    confirm_proposal,
    dismiss_proposal,
    propose_events,
)
from ratings.stars.proposal_queries import event_proposal, event_proposals
from ratings.stars.queries import outside_events, recompute
from ratings.verification import verify
from tests.conftest import make_uscc
from tests.county import County, jobs, refused

A, B = make_uscc(41), make_uscc(42)
GIVEN = Confirmation("云溪县税务局", "示例税评〔2026〕8号", date(2026, 5, 20), "已电话核对")


def months(*numbers: int) -> list[str]:
    return [f"{2025 + (n - 1) // 12}-{(n - 1) % 12 + 1:02}" for n in numbers]


@pytest.mark.parametrize(
    ("told", "begin"),
    [
        ((1, 2, 3, 4), (1,)),
        ((1, 4, 5), (1,)),
        ((1, 5, 6), (1, 5)),
        ((12, 13), (12,)),
        ((3,), (3,)),
    ],
)
def test_what_lasts_is_one_event(told: tuple[int, ...], begin: tuple[int, ...]) -> None:
    """A gap of two months ends no run, one of three does."""
    said = [Said(A, Sign.GRADE_D, month) for month in months(*told)]
    assert [one.month for one in beginnings(said)] == months(*begin)
    each = [Said(A, Sign.PENALTY_MINOR, month) for month in months(*told)]
    assert beginnings(each) == each
    since = [Said(A, Sign.ABNORMAL_OPERATION, month, date(2024, 5, 1)) for month in months(*told)]
    assert beginnings(since) == since[:1]


@given(
    st.lists(
        st.builds(
            Said,
            st.sampled_from([A, B]),
            st.sampled_from(Sign),
            st.integers(1, 30).map(lambda n: months(n)[0]),
        ),
        unique=True,
    )
)
def test_beginnings_are_sayings_apart_and_the_first_of_each_is_among_them(said: list[Said]) -> None:
    found = beginnings(said)
    assert found == beginnings(list(reversed(said)))
    assert set(found) <= set(said)
    for one in {(each.uscc, each.sign) for each in said}:
        own = sorted(each.month for each in said if (each.uscc, each.sign) == one)
        begun = [each.month for each in found if (each.uscc, each.sign) == one]
        assert begun[0] == own[0]
        if "penalty" not in one[1]:
            numbers = [int(month[:4]) * 12 + int(month[5:]) for month in begun]
            gaps = [later - earlier for earlier, later in pairwise(numbers)]
            assert all(gap > LONGEST_GAP + 1 for gap in gaps)


async def test_the_feeds_propose_and_nothing_counts_before_a_person(
    county: County, settings: Settings
) -> None:
    agency = await county.agency()
    uscc = agency.uscc or ""
    store = open_store(settings.files)
    tax = "uscc,month,state,credit_grade,taxpayer_state\n" + "".join(
        f"{code},2026-0{month},POS,{grade},normal\n"
        for code in (uscc, A)
        for month, grade in ((3, "B"), (4, "D"), (5, "D"))
    )
    registration = "uscc,month,status,established_on,abnormal_since\n" + "".join(
        f"{uscc},2026-0{month},active,2019-03-01,{since}\n"
        for month, since in ((4, ""), (5, "2026-05-11"))
    )
    judicial = "uscc,month,dishonest,penalties,penalty_severity\n" + "".join(
        f"{uscc},2026-0{month},0,{count},{severity}\n"
        for month, count, severity in ((3, 1, "minor"), (4, 0, "none"), (5, 2, "general"))
    )
    for feed, text in (("tax_filing", tax), ("registration", registration), ("judicial", judicial)):
        await take_in(system(now()), feed, f"{feed}.csv", text.encode(), store)
    before = await recompute(uscc, now())
    assert await propose_from_feeds(system(now()), settings) == 4
    assert await propose_from_feeds(system(now()), settings) == 0
    found = {one.sign: one for one in await event_proposals(state="open", limit=9)}
    assert {one.uscc for one in found.values()} == {uscc}
    assert {(one.sign, one.month, one.since) for one in found.values()} == {
        (Sign.GRADE_D, "2026-04", None),
        (Sign.ABNORMAL_OPERATION, "2026-05", date(2026, 5, 11)),
        (Sign.PENALTY_MINOR, "2026-03", None),
        (Sign.PENALTY_GENERAL, "2026-05", None),
    }
    assert (await recompute(uscc, now())).waterfall == before.waterfall
    assert await outside_events(now(), uscc) == []

    queued = await jobs(RESTAND)
    await confirm_proposal(county.centre.actor(), found[Sign.GRADE_D].id, GIVEN)
    assert await jobs(RESTAND) == queued + 1
    (event,) = await outside_events(now(), uscc)
    assert (event.document, event.on) == (GIVEN.document, GIVEN.on)
    assert (event.severity, event.cap) == (Severity.NONE, Cap.TWO_STAR)
    kept = await event_proposal(found[Sign.GRADE_D].id)
    assert (kept.state, kept.document) == ("confirmed", GIVEN.document)
    await dismiss_proposal(county.centre.actor(), found[Sign.PENALTY_MINOR].id, "已撤销")
    assert len(await outside_events(now(), uscc)) == 1
    assert await propose_from_feeds(system(now()), settings) == 0
    assert {one.act for one in await history("event_proposal", kept.id)} == {
        "event_proposal.confirmed"
    }
    assert (await verify()).faults == []


@pytest.fixture
async def one(county: County) -> str:
    agency = await county.agency()
    await propose_events(system(now()), [Said(agency.uscc or "", Sign.PENALTY_GENERAL, "2026-04")])
    return (await event_proposals(limit=1))[0].id


async def test_who_may_not_and_when_not(county: County, one: str) -> None:
    centre = county.centre.actor()
    later = Confirmation("局", "1号", local_date(now()) + timedelta(days=1), "x")
    await refused(confirm_proposal(system(now()), one, GIVEN), Forbidden, "person-needed")
    await refused(confirm_proposal(centre, one, later), Refused, "event-later")
    for field, code in (("document", "document-missing"), ("source", "source-missing")):
        empty = {"source": "局", "document": "1号", "on": GIVEN.on, "reason": "x"} | {field: " "}
        await refused(confirm_proposal(centre, one, Confirmation(**empty)), Refused, code)  # type: ignore[arg-type] # texts and a day
    await refused(dismiss_proposal(centre, one, " "), Refused, "reason-missing")
    assert (await event_proposal(one)).state == "open"
    # Two decide at once, and one is told that it has been decided.
    acts = [confirm_proposal(centre, one, GIVEN), dismiss_proposal(centre, one, "无据")]
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert [type(end) for end in ends].count(Conflict) == 1
    confirmed = (await event_proposal(one)).state == "confirmed"
    assert await fetchval("SELECT count(*) FROM outside_event") == confirmed


async def test_on_the_centres_table(county: County, one: str) -> None:
    page = f"/console/event-proposals/{one}"
    browser = county.centre.browser
    assert page in (await browser.get("/console/events")).text
    form = {"source": "云溪县市场监管局", "document": "", "on": "2026-04-09", "reason": "已核对"}
    wrong = await browser.post(f"{page}/confirmation", data=form)
    assert wrong.status_code == 422
    assert "云溪县市场监管局" in wrong.text
    done = await browser.post(f"{page}/confirmation", data=form | {"document": "示例罚〔2026〕3号"})
    assert done.status_code == 303, done.text
    assert page not in (await browser.get("/console/events")).text
    assert "示例罚〔2026〕3号" in (await browser.get(page)).text
    uscc = (await event_proposal(one)).uscc
    events = (await browser.get(f"/api/v1/agencies/{uscc}/record/events.csv")).text
    assert "示例罚〔2026〕3号" in events
