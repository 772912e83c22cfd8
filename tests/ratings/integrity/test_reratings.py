"""The centre rates a flag's engagements again: from then on, with an objection, and taken back."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from market.engagements.evaluating import rate_again
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import answers, has_rated
from ratings.evaluations.reratings import ReratingState, ReratingStep, due
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switches import Switch
from ratings.integrity.actions import dismiss_flag, raise_flags
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.queries import flag_of, flags
from ratings.integrity.rerating_actions import (
    answer_rerating_objection,
    lift_rerating,
    object_to_rerating,
    open_reratings,
)
from ratings.integrity.rerating_queries import (
    ReratingRow,
    rerating,
    reratings_in_force,
    reratings_of_flag,
    unfinished_reratings,
)
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.queries import history
from ratings.sanctions.objections import FILING_DAYS, Outcome
from ratings.stars.actions import RESTAND, restand
from ratings.stars.queries import evidence_since, recompute
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, jobs, marks, refused

WHY = "复核合同与发票后重新评价"


@pytest.fixture
async def agency(county: County) -> Account:
    """Three engagements of two days ago, for which all three parties gave 80."""
    made = await county.agency()
    when, listing = now() - timedelta(days=2), await county.listing(made)
    for _ in range(3):
        await county.evaluated(made, listing, 80, when=when)
    await restand(system(when), made.uscc or "")
    return made


async def flagged(county: County, agency: Account, count: int = 3) -> str:
    rows = await fetchval(
        "SELECT array_agg(engagement ORDER BY engagement) FROM docket WHERE uscc = $1", agency.uscc
    )
    owner = county.enterprise.organisation or ""
    found = Flag(FlagKind.COLLUSION, agency.uscc or "", tuple(rows[:count]), (owner,))
    await raise_flags(system(now()), [found])
    return (await flags(kind=FlagKind.COLLUSION, limit=1))[0].id


async def opened(county: County, agency: Account, count: int = 1) -> list[ReratingRow]:
    second = (await county.second()).actor()
    flag = await flagged(county, agency, count)
    assert await open_reratings(second, flag, "请复核") == count
    return await reratings_of_flag(second, flag)


async def give(actor: Actor, one: str, score: int) -> None:
    await rate_again(actor, one, marks(Party.CENTRE, score), WHY, {})


async def test_it_counts_from_now_on_and_the_first_answer_stays(
    county: County, agency: Account
) -> None:
    uscc, second = agency.uscc or "", await county.second()
    yesterday = now() - timedelta(days=1)
    before = await recompute(uscc, yesterday)
    rows = await opened(county, agency, 3)
    assert [one.state for one in rows] == [ReratingState.WAITING] * 3
    assert (await flag_of(rows[0].flag)).state == "taken-up"
    queued = await jobs(RESTAND)
    assert (await recompute(uscc, now())).score == before.score == Decimal("80.00")
    assert not await evidence_since(uscc, yesterday)

    await give(second.actor(), rows[0].id, 65)
    assert await jobs(RESTAND) == queued + 1
    assert await evidence_since(uscc, yesterday)
    standing = await restand(system(now()), uscc)
    # One of three: (80 + 80 + (0.8 · 80 + 0.2 · 65)) / 3.
    assert standing.score == Decimal("79.00")
    assert sum(step.points for step in standing.waterfall) == standing.score
    parts = [part for step in standing.waterfall for part in step.parties]
    assert [one.party for one in parts if one.rated_again] == [Party.CENTRE]
    [first] = [one for one in await answers(rows[0].docket) if one.party is Party.CENTRE]
    assert set(first.scores.values()) == {Decimal(80)}
    told = await reratings_in_force(second.actor(), uscc)
    assert {number: one[Party.CENTRE].reason for number, one in told.items()} == {
        rows[0].engagement: WHY
    }
    assert await has_rated(second.person or "", uscc)
    page = (await agency.browser.get(f"/agencies/{uscc}")).text
    assert WHY in page

    # What was asked before keeps its answer, and the record says so.
    assert (await recompute(uscc, yesterday)).waterfall == before.waterfall
    acts = [entry.act for entry in await history("docket", rows[0].docket)]
    assert acts[-2:] == ["docket.rerating_opened", "docket.rerated"]
    assert (await verify()).faults == []
    await execute("ALTER TABLE rerating DISABLE TRIGGER rerating_is_append_only")
    await execute("UPDATE rerating SET scores = '{\"fee\": \"1\"}' WHERE step = 'given'")
    assert "re-ratings: not as recorded" in (await verify()).faults


async def test_the_agency_objects_and_the_first_answer_counts_meanwhile(
    county: County, agency: Account
) -> None:
    uscc, second = agency.uscc or "", (await county.second()).actor()
    third = (await county.another()).actor()
    [one] = await opened(county, agency)
    await refused(object_to_rerating(agency.actor(), one.id, "x"), Conflict, "rerating-not-given")
    await give(second, one.id, 65)
    stranger = await county.agency()
    await refused(object_to_rerating(stranger.actor(), one.id, "x"), NotFound, "rerating-unknown")
    await refused(object_to_rerating(agency.actor(), one.id, " "), Refused, "objection-empty")
    later = at(agency.actor(), now() + timedelta(days=3 * FILING_DAYS + 10))
    await refused(object_to_rerating(later, one.id, "x"), Conflict, "objection-late")
    await object_to_rerating(agency.actor(), one.id, "发票齐全，不应扣分")
    assert (await recompute(uscc, now())).score == Decimal("80.00")
    assert [row.state for row in await unfinished_reratings(third)] == [ReratingState.CONTESTED]
    await refused(object_to_rerating(agency.actor(), one.id, "x"), Conflict, "objection-open")
    await refused(lift_rerating(third, one.id, "x"), Conflict, "rerating-contested")
    answered = answer_rerating_objection(second, one.id, Outcome.UPHELD, "x")
    await refused(answered, Forbidden, "objection-own")
    answered = answer_rerating_objection(county.centre.actor(), one.id, Outcome.UPHELD, "x")
    await refused(answered, Forbidden, "objection-own")
    changed = answer_rerating_objection(third, one.id, Outcome.CHANGED, "x")
    await refused(changed, Refused, "rerating-outcome")
    await answer_rerating_objection(third, one.id, Outcome.UPHELD, "发票为事后补开")
    assert (await recompute(uscc, now())).score == Decimal("79.00")
    again = answer_rerating_objection(third, one.id, Outcome.UPHELD, "x")
    await refused(again, Conflict, "nothing-filed")

    # Then the review, by somebody who has not answered before; annulled is for ever.
    await object_to_rerating(agency.actor(), one.id, "请复核")
    await refused(
        answer_rerating_objection(third, one.id, Outcome.ANNULLED, "x"), Forbidden, "objection-own"
    )
    fourth = (await county.another()).actor()
    await answer_rerating_objection(fourth, one.id, Outcome.ANNULLED, "原件可查")
    assert (await recompute(uscc, now())).score == Decimal("80.00")
    assert (await rerating(agency.actor(), one.id)).state is ReratingState.ENDED
    await refused(open_reratings(second, one.flag, "再来"), Conflict, "rerating-opened")
    owner = await rerating(county.enterprise.actor(), one.id)
    assert [step.reason for step in owner.steps if step.step is ReratingStep.OBJECTED] == ["", ""]
    own = await rerating(agency.actor(), one.id)
    assert "发票齐全，不应扣分" in [step.reason for step in own.steps]
    assert (await verify()).faults == []


async def test_taken_back_it_may_be_opened_again(county: County, agency: Account) -> None:
    uscc, second = agency.uscc or "", (await county.second()).actor()
    [one] = await opened(county, agency)
    await refused(open_reratings(second, one.flag, "再来"), Conflict, "rerating-opened")
    await give(second, one.id, 65)
    await refused(give(second, one.id, 60), Conflict, "rerating-given")
    await refused(open_reratings(second, one.flag, "再来"), Conflict, "rerating-opened")
    await lift_rerating(second, one.id, "复核依据有误")
    assert (await recompute(uscc, now())).score == Decimal("80.00")
    await refused(lift_rerating(second, one.id, "x"), Conflict, "rerating-ended")
    assert await open_reratings(second, one.flag, "依据已补") == 1
    newest = (await reratings_of_flag(second, one.flag))[-1]
    late = at(second, due(newest.steps[0].at))
    await refused(give(late, newest.id, 65), Conflict, "rerating-lapsed")
    assert await open_reratings(late, one.flag, "再次复核") == 1
    assert (await verify()).faults == []


async def test_who_may_not_and_what_is_not_taken(county: County, agency: Account) -> None:
    centre, second = county.centre.actor(), (await county.second()).actor()
    flag = await flagged(county, agency)
    await refused(open_reratings(centre, flag, "x"), Forbidden, "rater-of-the-engagement")
    await refused(open_reratings(county.supervisor.actor(), flag, "x"), Forbidden, "not-the-centre")
    await refused(open_reratings(second, flag, " "), Refused, "reason-missing")
    await raise_flags(system(now()), [Flag(FlagKind.BOMBING, agency.uscc or "", ("none",))])
    other = (await flags(kind=FlagKind.BOMBING, limit=1))[0].id
    await refused(open_reratings(second, other, "x"), Refused, "rerating-needless")
    await open_reratings(second, flag, "请复核")
    one, two, _ = await reratings_of_flag(second, flag)
    await refused(give(centre, one.id, 70), Forbidden, "rater-of-the-engagement")
    scores = marks(Party.CENTRE, 55)
    act = rate_again(second, one.id, scores, WHY, {})
    await refused(act, Refused, "score-reason-missing")
    await refused(rate_again(second, one.id, {"fee": "70"}, WHY, {}), Refused, "answer-too-little")
    foreign = {**scores, "responsiveness": "70"}
    await refused(rate_again(second, one.id, foreign, WHY, {}), Refused, "answer-invalid")
    # An answer that does not count is not rated again; taken in, it is.
    third = (await county.another()).actor()
    await turn_switch(third, two.docket, Party.CENTRE, Switch.SCORE, off=True, reason="核实")
    await refused(give(second, two.id, 70), Conflict, "rerating-left-out")
    await turn_switch(third, two.docket, Party.CENTRE, Switch.SCORE, off=False, reason="属实")
    await give(second, two.id, 70)
    # Left out afterwards, what was given anew is left out as well.
    await turn_switch(third, two.docket, Party.CENTRE, Switch.SCORE, off=True, reason="核实")
    [part] = [
        part
        for step in (await recompute(agency.uscc or "", now())).waterfall
        if step.reference == two.engagement
        for part in step.parties
        if part.party is Party.CENTRE
    ]
    assert (part.score, part.missing) == (None, "left-out")


async def test_a_dismissed_flag_asks_for_nothing(county: County, agency: Account) -> None:
    second = (await county.second()).actor()
    flag = await flagged(county, agency)
    await dismiss_flag(second, flag, "老客户")
    await refused(open_reratings(second, flag, "x"), Conflict, "flag-decided")


async def test_two_at_once(county: County, agency: Account) -> None:
    """Opened once, given once, and of an answer and a lifting one is heard."""
    second, third = (await county.second()).actor(), (await county.another()).actor()
    flag = await flagged(county, agency)
    wider = await flagged(county, agency, 2)
    acts = [open_reratings(who, one, "请复核") for one in (flag, wider) for who in (second, third)]
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(end for end in ends if isinstance(end, int)) == 3
    assert {type(end) for end in ends} <= {int, Conflict}
    rows = await unfinished_reratings(second)
    assert len(rows) == 3
    given_twice = [give(who, one.id, 65) for one in rows for who in (second, third)]
    ends = await asyncio.gather(*given_twice, return_exceptions=True)
    assert [type(end) for end in ends].count(Conflict) == 3
    one = rows[0].id
    ends = await asyncio.gather(
        object_to_rerating(agency.actor(), one, "不服"),
        lift_rerating(third, one, "撤回"),
        return_exceptions=True,
    )
    assert [type(end) for end in ends].count(Conflict) == 1
    assert (await verify()).faults == []
