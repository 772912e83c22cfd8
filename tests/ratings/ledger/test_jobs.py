"""What follows from an act: enqueued with it, or not at all, and worked off by the timetable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from market import worker
from market.purchasing.actions import join_group_buy
from market.purchasing.queries import group_buy
from market.settings import Settings
from ratings.evaluations.actions import RESTAND, UNSEAL, answer
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import docket
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.jobs import enqueue
from ratings.sanctions.queries import case_files
from ratings.stars.queries import current
from tests.county import TIERS, County, at, eventually, jobs, marks, picture


@asynccontextmanager
async def working(database_url: str) -> AsyncIterator[None]:
    """The worker runs beside what happens inside; a worker that died makes the test fail."""
    stop = asyncio.Event()
    running = asyncio.create_task(
        worker.run(Settings(database_url=database_url, secret_key="of a test"), stop)
    )
    try:
        yield
        assert not running.done()
    finally:
        stop.set()
        await running


async def test_a_job_exists_only_with_its_act(database: str) -> None:
    async def act() -> None:
        async with tx():
            await enqueue(UNSEAL, {"docket": "none"}, now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act()
    assert await jobs(UNSEAL) == 0
    async with tx():
        await enqueue(UNSEAL, {"docket": "none"}, now() + timedelta(days=1))
    assert await jobs(UNSEAL) == 1


async def test_a_deferred_job_is_never_early(database: str) -> None:
    due = now() + timedelta(hours=5)
    async with tx():
        await enqueue(UNSEAL, {"docket": "none"}, due)
    assert await fetchval("SELECT execute_after FROM pgqueuer") >= due


async def test_a_group_buy_whose_deadline_has_passed_is_closed(
    county: County, database: str
) -> None:
    opened = await county.past_group_buy()
    other = await county.account(Role.ENTERPRISE)
    await join_group_buy(at(other.actor(), now() - timedelta(days=2)), opened, "乙")

    async def closed() -> bool:
        return (await group_buy(opened)).state == "closed"

    async with working(database):
        await eventually(closed)
    assert (await group_buy(opened)).price_fen == TIERS[0].price_fen


async def test_a_docket_past_its_windows_is_opened_and_the_standing_follows(
    county: County, database: str
) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    long_ago = now() - timedelta(days=60)
    opened = await county.settled(agency, listing, when=long_ago)
    await answer(at(county.enterprise.actor(), long_ago), opened, marks(Party.OWNER, 80))
    await answer(at(county.supervisor.actor(), long_ago), opened, marks(Party.SUPERVISOR, 80))

    async def stands() -> bool:
        return await current(agency.uscc or "") is not None

    async with working(database):
        await eventually(stands)
    assert (await docket(county.centre.actor(), opened)).unsealed_at is not None
    row = await current(agency.uscc or "")
    assert row is not None
    assert str(row.score) == "80.00"
    assert await jobs(RESTAND) == 0


async def test_three_bad_engagements_end_in_one_case(county: County, database: str) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, 15)

    async def opened() -> bool:
        return bool(await case_files(uscc=agency.uscc or ""))

    async with working(database):
        await eventually(opened)
    (case,) = await case_files(uscc=agency.uscc or "")
    assert (case.kind.value, case.state) == ("one-star", "open")


async def test_the_sweep_does_what_lost_jobs_would_have_done(county: County) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    opened = await county.past_group_buy()
    left = await county.settled(agency, listing, when=now() - timedelta(days=60))
    await execute("DELETE FROM pgqueuer")
    await worker.sweep(now())
    assert (await group_buy(opened)).state == "failed"
    assert (await docket(county.centre.actor(), left)).unsealed_at is not None
    after = await picture()
    await worker.sweep(now())
    assert await picture() == after
