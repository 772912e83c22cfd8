"""Changing one's answer while all are sealed, and being reminded, with the clock driven."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from market.worker import nightly, sweep
from ratings.evaluations.actions import UNSEAL, answer, remind, revise, unseal
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import (
    answers,
    docket,
    overdue,
    own_answer,
    to_remind,
    unsealed_of,
)
from ratings.evaluations.rules import due_times
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import Conflict, NotFound, SteelyardError
from ratings.ledger.queries import history
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at, jobs, marks, picture, reasons, refused

# A Wednesday whose fifteen working days run over the National Day of 2025.
SETTLED = datetime(2025, 9, 24, 2, tzinfo=UTC)
DUE = due_times(local_date(SETTLED))
LAST = max(DUE.values())
SECOND = timedelta(seconds=1)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def opened(county: County, agency: Account) -> str:
    return await county.settled(agency, await county.listing(agency), when=SETTLED)


async def test_all_answers_wait_for_the_days_of_revision(
    county: County, agency: Account, opened: str
) -> None:
    """The last of three answers opens nothing; the end of the last window does, by the clock."""
    for party in Party:
        await answer(at(county.party(party).actor(), SETTLED), opened, marks(party, 80))
    row = await docket(county.centre.actor(), opened)
    (until,) = set(row.revisable_until.values())
    assert row.unsealed_at is None
    assert until == datetime(2025, 9, 28, 16, tzinfo=UTC)  # Thursday, Friday and a worked Sunday
    owner = county.enterprise.actor()
    low, why = marks(Party.OWNER, 55), reasons(Party.OWNER, 55)
    await revise(at(owner, until - SECOND), opened, low, "交付晚了两周。", reasons=why)
    await sweep(until - SECOND)
    assert await answers(opened) == []
    assert await overdue(until - SECOND) == []
    late = revise(at(owner, until), opened, marks(Party.OWNER, 100))
    await refused(late, Conflict, "revision-closed")
    assert await overdue(until) == [opened]
    await sweep(until)
    told = {one.party: one for one in await answers(opened)}
    assert set(told[Party.OWNER].scores.values()) == {55}
    assert (told[Party.OWNER].edition, told[Party.CENTRE].edition) == (2, 1)
    (rated,) = await unsealed_of(agency.uscc or "")
    assert set(rated.parties[Party.OWNER].values()) == {55}
    assert rated.unsealed_at == until
    late = revise(at(owner, until), opened, marks(Party.OWNER, 100))
    await refused(late, Conflict, "revision-closed")
    assert (await verify()).faults == []


async def test_every_edition_is_kept_and_the_ledger_tells_of_it_but_not_what(
    county: County, opened: str
) -> None:
    who = at(county.enterprise.actor(), SETTLED)
    await answer(who, opened, marks(Party.OWNER, "71.23"), "第一稿")
    for number, score in enumerate(("72.34", "73.45"), start=2):
        later = at(who, SETTLED + timedelta(hours=number))
        await revise(later, opened, marks(Party.OWNER, score), f"第{number}稿")
    row = await docket(who, opened)
    own = await own_answer(who, row)
    assert own is not None
    assert (own.edition, own.comment) == (3, "第3稿")
    # The days are counted from the first answer, not anew.
    assert row.revisable_until == {Party.OWNER: datetime(2025, 9, 28, 16, tzinfo=UTC)}
    kept = await fetch("SELECT edition, comment FROM answer ORDER BY edition")
    assert [tuple(one) for one in kept] == [(1, "第一稿"), (2, "第2稿"), (3, "第3稿")]
    entries = [one for one in await history("docket", opened) if one.act == "docket.revised"]
    assert [one.fact() for one in sorted(entries, key=lambda one: one.seq)] == [
        {"party": "owner", "edition": number, "final": False} for number in (2, 3)
    ]
    told = str(await history("docket", opened))
    assert not [secret for secret in ("71.23", "72.34", "73.45", "稿") if secret in told]
    for other in (county.supervisor, county.centre):
        assert await own_answer(other.actor(), row) is None


async def test_a_final_answer_is_final_and_the_last_final_one_opens(
    county: County, opened: str
) -> None:
    for party in (Party.OWNER, Party.SUPERVISOR):
        who = at(county.party(party).actor(), SETTLED)
        await answer(who, opened, marks(party, 90), final=True)
        await refused(revise(who, opened, marks(party, 95)), Conflict, "revision-closed")
    who = at(county.centre.actor(), SETTLED)
    await answer(who, opened, marks(Party.CENTRE, 90))
    assert (await docket(who, opened)).unsealed_at is None
    await revise(who, opened, marks(Party.CENTRE, 90), final=True)
    assert (await docket(who, opened)).unsealed_at is not None
    entries = await history("docket", opened)
    (told,) = [one.fact() for one in entries if one.act == "docket.unsealed"]
    assert told["missing"] == []


async def test_what_cannot_be_changed(county: County, agency: Account, opened: str) -> None:
    owner = at(county.enterprise.actor(), SETTLED)
    await refused(revise(owner, opened, marks(Party.OWNER, 90)), Conflict, "not-answered")
    await refused(revise(agency.actor(), opened, marks(Party.OWNER, 90)), NotFound, "not-found")
    await answer(owner, opened, marks(Party.OWNER, 90))
    before = await picture()
    faulty = revise(owner, opened, marks(Party.OWNER, 20), "不好")
    with pytest.raises(SteelyardError) as caught:
        await faulty
    assert caught.value.code == "score-reason-missing"
    assert await picture() == before


async def test_an_answer_of_the_last_day_may_be_changed_until_it_ends(
    county: County, opened: str
) -> None:
    owner = county.enterprise.actor()
    await answer(at(owner, LAST - 60 * SECOND), opened, marks(Party.OWNER, 90))
    await revise(at(owner, LAST - SECOND), opened, marks(Party.OWNER, 80))
    late = revise(at(owner, LAST), opened, marks(Party.OWNER, 70))
    await refused(late, Conflict, "revision-closed")
    assert await unseal(system(LAST), opened)
    (one,) = await answers(opened)
    assert set(one.scores.values()) == {80}
    (told,) = [e.fact() for e in await history("docket", opened) if e.act == "docket.unsealed"]
    assert told["missing"] == ["supervisor", "centre"]


async def test_revising_and_opening_at_the_deadline_race(county: County, opened: str) -> None:
    """Whoever is first, what is opened is one whole answer, and the ledger's digest is of it."""
    until = LAST
    owner = county.enterprise.actor()
    await answer(at(owner, LAST - 60 * SECOND), opened, marks(Party.OWNER, 90))

    async def attempt(score: int) -> int | None:
        moment = at(owner, until - timedelta(milliseconds=score))
        try:
            await revise(moment, opened, marks(Party.OWNER, score))
        except Conflict:
            return None
        return score

    taken = await asyncio.gather(
        *(attempt(score) for score in (81, 82, 83, 84)),
        unseal(system(until), opened),
        *(attempt(score) for score in (85, 86, 87, 88)),
    )
    editions = await fetchval("SELECT count(*) FROM answer")
    assert editions == 1 + sum(isinstance(one, int) and one > 1 for one in taken)
    (one,) = await answers(opened)
    assert one.edition == editions
    assert (await verify()).faults == []


async def test_the_docket_is_looked_at_when_the_waiting_ends(county: County, opened: str) -> None:
    assert await jobs(UNSEAL) == 1
    for party in Party:
        await answer(at(county.party(party).actor(), SETTLED), opened, marks(party, 80))
    # For the last deadline, for that of the centre when only it was waited for, and for the end
    # of the days in which the three may change their answers.
    assert await jobs(UNSEAL) == 3


async def test_reminders_come_once_each_and_stop_with_the_answer(
    county: County, opened: str
) -> None:
    sent = []
    await answer(at(county.supervisor.actor(), SETTLED), opened, marks(Party.SUPERVISOR, 90))
    for day in range((LAST - SETTLED).days + 3):
        moment = (SETTLED + timedelta(days=day)).replace(hour=16, minute=10)
        if await to_remind(moment):
            await nightly(moment)
            assert await to_remind(moment) == []
            assert not await remind(system(moment), opened)
    entries = sorted(await history("docket", opened), key=lambda one: one.seq)
    sent = [
        (local_date(one.at).isoformat(), one.fact()["working_days_left"])
        for one in entries
        if one.act == "docket.reminded"
    ]
    # Worked: 25, 26, 28 (Sunday), 29, 30 September, 9, 10, 11 (Saturday), 13 to 17, 20, 21 October.
    assert sent == [
        ("2025-09-28", {"centre": 3}),
        ("2025-09-30", {"centre": 1}),
        ("2025-10-01", {"centre": 0}),
        ("2025-10-15", {"owner": 5}),
        ("2025-10-20", {"owner": 2}),
        ("2025-10-22", {"owner": 0}),
    ]
