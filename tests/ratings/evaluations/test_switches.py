"""Two switches at an opened answer: its words are hidden, or its scores are left out."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.actions import answer
from ratings.evaluations.attachment_queries import attachment_file
from ratings.evaluations.attachments import attach
from ratings.evaluations.indicators import OVERALL, Party
from ratings.evaluations.queries import docket, unsealed_of
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switch_queries import answers_of_agency, left_out_of, shown_answers
from ratings.evaluations.switches import Switch, Turned, turned_off
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.stars.actions import RESTAND, restand
from ratings.stars.engagement_score import RatedEngagement, engagement_score
from ratings.stars.policy import load_policy
from ratings.stars.queries import evidence_since, recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import A_FILE, County, at, jobs, marks, refused

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 200)
TURNS = st.lists(
    st.builds(
        lambda party, hour, off: Turned(party, START + timedelta(hours=hour), off),
        st.sampled_from(Party),
        HOURS,
        st.booleans(),
    ),
    unique_by=lambda one: (one.party, one.at),
)
SCORES = st.decimals(0, 100, places=2)


@given(TURNS, HOURS)
def test_the_last_fact_known_decides_and_later_ones_change_nothing(
    turns: list[Turned], hour: int
) -> None:
    moment = START + timedelta(hours=hour)
    known = [one for one in turns if one.at <= moment]
    found = turned_off(turns, moment)
    assert found == turned_off(reversed(turns), moment) == turned_off(known, moment)
    for party in Party:
        own = [one for one in known if one.party is party]
        assert (party in found) == bool(own and max(own, key=lambda one: one.at).off)


@given(
    st.dictionaries(st.sampled_from(Party), SCORES), st.frozensets(st.sampled_from(Party)), SCORES
)
def test_left_out_counts_like_never_answered(
    given_scores: dict[Party, Decimal], out: frozenset[Party], other: Decimal
) -> None:
    """Whatever was answered there: neither the score nor the other parties' shares know it."""
    policy = load_policy("standard")
    silent = RatedEngagement(
        "1",
        "u",
        "t",
        START.date(),
        {party: {OVERALL: one} for party, one in given_scores.items() if party not in out},
    )
    left_out = msgspec.structs.replace(silent, left_out=out)
    assert engagement_score(left_out, policy) == engagement_score(silent, policy)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def opened(county: County, agency: Account) -> str:
    """Opened two days ago: owner 60, supervisor 90, centre 80, each with its words."""
    when = now() - timedelta(days=2)
    opened = await county.settled(agency, await county.listing(agency), when=when)
    for party, score in ((Party.OWNER, 60), (Party.SUPERVISOR, 90), (Party.CENTRE, 80)):
        who, scores = at(county.party(party).actor(), when), marks(party, score)
        await attach(who, opened, A_FILE)
        why = {"timeliness": f"{party}的理由"}
        await answer(who, opened, scores, f"{party}的评语", reasons=why, final=True)
    await restand(system(when), agency.uscc or "")
    return opened


@pytest.fixture
async def centre(county: County) -> Account:
    """A person who has answered nothing there."""
    return await county.second()


async def test_left_out_from_now_on_and_back(
    county: County, agency: Account, opened: str, centre: Account
) -> None:
    uscc = agency.uscc or ""
    moments, figures = [now() - timedelta(days=1)], []
    before = await recompute(uscc, moments[0])
    assert before.score == Decimal("73.00")
    await turn_switch(
        centre.actor(), opened, Party.OWNER, Switch.SCORE, off=True, reason="查实串通"
    )
    assert await jobs(RESTAND) == 2
    assert await evidence_since(uscc, moments[0])
    left_out = await restand(system(now()), uscc)
    assert left_out.score == Decimal("86.00")  # (0.3 · 90 + 0.2 · 80) / 0.5
    (step,) = [one for one in left_out.waterfall if one.parties]
    assert {one.party: one.missing for one in step.parties}[Party.OWNER] == "left-out"
    assert step.provisional
    moments.append(now())
    figures += [before, left_out]
    told = (await left_out_of(uscc)).popitem()[1]
    assert told[Party.OWNER].reason == "查实串通"
    public = (await agency.browser.get(f"/agencies/{uscc}")).text
    assert "查实串通" in public

    await turn_switch(
        centre.actor(), opened, Party.SUPERVISOR, Switch.SCORE, off=True, reason="关联"
    )
    unrated = await restand(system(now()), uscc)
    assert (unrated.score, unrated.engagements) == (None, 0)
    for party, reason in ((Party.OWNER, "复查推翻"), (Party.SUPERVISOR, "并无关联")):
        await turn_switch(centre.actor(), opened, party, Switch.SCORE, off=False, reason=reason)
    assert (await restand(system(now()), uscc)).score == before.score
    assert await left_out_of(uscc) == {}
    for moment, figure in zip(moments, figures, strict=True):
        again = await recompute(uscc, moment)
        assert (again.score, again.waterfall) == (figure.score, figure.waterfall)
    acts = [entry for entry in await history("docket", opened) if "answer_" in entry.act]
    assert {(one.act, one.reason) for one in acts} == {
        ("docket.answer_left_out", "查实串通"),
        ("docket.answer_left_out", "关联"),
        ("docket.answer_taken_in", "复查推翻"),
        ("docket.answer_taken_in", "并无关联"),
    }
    assert (await verify()).faults == []
    await execute("ALTER TABLE answer_switch DISABLE TRIGGER answer_switch_is_append_only")
    await execute("UPDATE answer_switch SET reason = '别的'")
    assert "answers hidden or left out: not as recorded" in (await verify()).faults


async def test_hidden_words_leave_the_score_alone(
    county: County, agency: Account, opened: str, centre: Account
) -> None:
    uscc = agency.uscc or ""
    before = await recompute(uscc, now())
    (file,) = next(
        one.attachments
        for one in await shown_answers(agency.actor(), opened)
        if one.party is Party.OWNER
    )
    await turn_switch(
        centre.actor(), opened, Party.OWNER, Switch.COMMENT, off=True, reason="点名个人"
    )
    after = await recompute(uscc, now())
    assert (after.score, after.waterfall) == (before.score, before.waterfall)
    auditor = await county.account(Role.AUDITOR)
    for reader in (agency, county.supervisor, centre, auditor):
        reads = reader in (centre, auditor)
        rows = (await answers_of_agency(reader.actor(), uscc)).popitem()[1]
        shown = {one.party: one for one in await shown_answers(reader.actor(), opened)}
        for one in (rows[Party.OWNER], shown[Party.OWNER]):
            assert one.hidden is not None
            assert one.hidden.reason == "点名个人"
            assert (one.comment, bool(one.reasons), bool(one.attachments)) == (
                ("owner的评语", True, True) if reads else ("", False, False)
            )
            assert set(one.scores.values()) == {60}
        assert shown[Party.SUPERVISOR].comment == "supervisor的评语"
        if reads:
            assert (await attachment_file(reader.actor(), file.id)).id == file.id
        else:
            await refused(attachment_file(reader.actor(), file.id), NotFound, "not-found")
    page = await agency.browser.get(
        f"/engagements/{(await docket(agency.actor(), opened)).engagement}"
    )
    assert "owner的评语" not in page.text
    assert "点名个人" in page.text
    await turn_switch(centre.actor(), opened, Party.OWNER, Switch.COMMENT, off=False, reason="同意")
    rows = (await answers_of_agency(agency.actor(), uscc)).popitem()[1]
    assert rows[Party.OWNER].comment == "owner的评语"
    assert (await verify()).faults == []


async def test_who_may_not_and_when_not(
    county: County, agency: Account, opened: str, centre: Account
) -> None:
    async def out(account: Account, docket: str = opened, reason: str = "有据") -> None:
        who = account.actor()
        await turn_switch(who, docket, Party.OWNER, Switch.SCORE, off=True, reason=reason)

    await refused(out(county.centre), Forbidden, "rater-of-the-engagement")
    for other in (county.enterprise, county.supervisor, agency):
        await refused(out(other), Forbidden, "not-the-centre")
    await refused(out(centre, reason=" "), Refused, "reason-missing")
    await refused(out(centre, reason="长" * 1001), Refused, "switch-reason-long")
    back = turn_switch(centre.actor(), opened, Party.OWNER, Switch.SCORE, off=False, reason="无")
    await refused(back, Conflict, "switch-turned")
    sealed = await county.settled(agency, await county.listing(agency))
    await answer(county.enterprise.actor(), sealed, marks(Party.OWNER, 90))
    await refused(out(centre, sealed), Conflict, "no-opened-answer")
    await out(centre)
    await refused(out(centre), Conflict, "switch-turned")


async def test_turning_at_once_and_with_the_last_answer(
    county: County, agency: Account, opened: str, centre: Account
) -> None:
    """One of several wins; and an answer is left out after it was opened or not at all."""

    async def attempt(docket: str) -> bool:
        try:
            await turn_switch(
                centre.actor(), docket, Party.OWNER, Switch.SCORE, off=True, reason="有据"
            )
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt(opened) for _ in range(4)))) == 1
    assert await fetchval("SELECT count(*) FROM answer_switch") == 1
    last = await county.settled(agency, await county.listing(agency))
    for party in (Party.OWNER, Party.SUPERVISOR):
        await answer(county.party(party).actor(), last, marks(party, 90), final=True)
    _, left_out = await asyncio.gather(
        answer(county.centre.actor(), last, marks(Party.CENTRE, 90), final=True), attempt(last)
    )
    rows = await unsealed_of(agency.uscc or "")
    assert sum(len(row.turns) for row in rows) == 1 + left_out
    assert all(turn.at >= row.unsealed_at for row in rows for turn in row.turns)
    await restand(system(now()), agency.uscc or "")
    assert (await verify()).faults == []


async def test_the_page_of_the_centre(
    county: County, agency: Account, opened: str, centre: Account
) -> None:
    address = f"/evaluations/{opened}/switches"
    mine = (await county.centre.browser.get(address)).text
    assert 'name="reason"' not in mine
    form = {"party": "owner", "switch": "score", "turn": "off", "reason": ""}
    empty = await centre.browser.post(address, data=form)
    assert empty.status_code == 422
    assert 'id="reason-owner-score-error"' in empty.text
    done = await centre.browser.post(address, data={**form, "reason": "查实串通"})
    assert (done.status_code, done.headers["location"]) == (303, address)
    assert "查实串通" in (await centre.browser.get(address)).text
    assert (await agency.browser.get(address)).status_code in (403, 404)
    odd = await centre.browser.post(address, data={**form, "party": "nobody", "reason": "有据"})
    assert odd.status_code == 422
