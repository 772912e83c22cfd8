"""The timetable goes on where one thing cannot be done."""

import asyncio
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from market import worker
from market.settings import Settings
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import NotFound
from ratings.shells.check_up_actions import CHECK_UP
from ratings.shells.check_up_queries import owed_check_ups, own_check_ups
from ratings.shells.queries import latest_screen
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Severity
from tests.conftest import make_uscc
from tests.county import County
from tests.screened import screened_ring


async def test_one_broken_group_buy_does_not_stop_the_sweep(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await county.past_group_buy() for _ in range(3)]
    done: list[str] = []

    async def close(actor: Actor, group_buy: str) -> None:
        if group_buy == made[0]:
            raise NotFound("group-buy-unknown", "There is no group buy {id}.", id=group_buy)
        done.append(group_buy)

    async def overdue(at: datetime) -> list[str]:
        return made

    monkeypatch.setattr(worker, "close_group_buy", close)
    monkeypatch.setattr(worker, "overdue_group_buys", overdue)
    await worker.sweep(now())
    assert done == made[1:]


async def test_one_broken_record_does_not_stop_the_night(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usccs = [make_uscc(number) for number in (1, 2, 3)]
    for uscc in usccs:
        event = ReportedEvent(
            uscc=uscc,
            on=(now() - timedelta(days=2)).date(),
            source="tax",
            document="invented",
            severity=Severity.MINOR,
        )
        await report_event(system(now()), event)
    done: list[str] = []

    async def restand(actor: Actor, uscc: str, *, by_time: bool) -> None:
        if uscc == usccs[0]:
            raise ValueError("a record that cannot be read")
        done.append(uscc)

    monkeypatch.setattr(worker, "restand", restand)
    await worker.nightly(now())
    assert done == usccs[1:]


async def test_check_ups_whose_job_was_lost_are_made_up_at_night(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = await screened_ring(county, tmp_path, honest=2)
    settings: Settings = county.app.state.settings
    await execute("DELETE FROM pgqueuer WHERE entrypoint = $1", CHECK_UP)
    ran = await latest_screen()
    assert ran is not None
    assert await owed_check_ups(ran.ran_at + timedelta(minutes=59)) == [], "its job may still come"
    assert await owed_check_ups(ran.ran_at + timedelta(days=36)) == [], "the next month has its own"
    night = ran.ran_at + timedelta(hours=2)
    assert await owed_check_ups(night) == [ran.id]
    await worker.catch_up_check_ups(night, settings)
    made = await fetchval("SELECT count(*) FROM check_up_report")
    assert made == 5
    assert (await own_check_ups(ring.struggling.actor()))[0].month == ring.month
    assert await owed_check_ups(night) == []

    # Nothing is missing, so nothing is measured again.
    async def make(*_: object) -> list[str]:
        raise AssertionError("nobody is owed anything")

    monkeypatch.setattr(worker, "make_check_ups", make)
    await worker.catch_up_check_ups(night + timedelta(days=1), settings)
    monkeypatch.undo()

    # A newer screen of the same month owes what it alone has seen, and of one month it is the one.
    later = str(uuid.uuid4())
    await execute(
        "INSERT INTO screen_run (id, as_of_month, ran_at, policy, policy_version, policy_digest,"
        " counts) SELECT $1, as_of_month, $2, policy, policy_version, policy_digest, counts"
        " FROM screen_run WHERE id = $3",
        later,
        night,
        ran.id,
    )
    again = night + timedelta(days=1)
    assert await owed_check_ups(again) == [later]
    await worker.catch_up_check_ups(again, settings)
    assert await owed_check_ups(again) == []
    assert await fetchval("SELECT count(*) FROM check_up_report") == made


async def test_a_catch_up_beside_its_job_makes_each_check_up_once(
    county: County, tmp_path: Path
) -> None:
    await screened_ring(county, tmp_path, honest=2)
    settings: Settings = county.app.state.settings
    ran = await latest_screen()
    assert ran is not None
    at = ran.ran_at + timedelta(hours=2)
    one, other = await asyncio.gather(
        worker.check_ups(at, ran.id, settings), worker.check_ups(at, ran.id, settings)
    )
    assert len(one) + len(other) == 5
    assert await fetchval("SELECT count(*) FROM check_up_report") == 5


async def test_the_timetable_has_the_catch_up(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        queue = worker.build(connection, Settings(database_url=database_url, secret_key="of none"))
        assert "check_ups" in {one.entrypoint for one in queue.sm.registry}
    finally:
        await connection.close()
