"""The one transaction under cancellation and concurrency, and a server that is not there."""

import asyncio

import pytest

from ratings.ledger.database import connect, connection, disconnect, execute, fetchval, tx
from ratings.ledger.errors import Unavailable


@pytest.fixture
async def notes(database: str) -> None:
    await execute("CREATE TABLE note (text text PRIMARY KEY)")


async def _count() -> int:
    return int(await fetchval("SELECT count(*) FROM note"))


async def test_a_cancelled_act_takes_back_everything(notes: None) -> None:
    inserted = asyncio.Event()

    async def act() -> None:
        async with tx():
            await execute("INSERT INTO note VALUES ('half done')")
            inserted.set()
            await asyncio.Event().wait()

    running = asyncio.create_task(act())
    await inserted.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await _count() == 0


async def test_transactions_of_two_tasks_are_two(notes: None) -> None:
    both_written, both_counted = asyncio.Barrier(2), asyncio.Barrier(2)

    async def act(text: str) -> int:
        async with tx():
            await execute("INSERT INTO note VALUES ($1)", text)
            await both_written.wait()
            seen = await _count()
            await both_counted.wait()
            return seen

    assert await asyncio.gather(act("one"), act("other")) == [1, 1]
    assert await _count() == 2


async def test_outside_of_a_transaction_there_is_no_connection(database: str) -> None:
    with pytest.raises(RuntimeError, match="no transaction"):
        connection()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@/nothing?host=/nowhere/at/all", "postgresql://x@localhost:1/x"]
)
async def test_a_server_out_of_reach_says_what_to_check(url: str) -> None:
    with pytest.raises(Unavailable, match="Check DATABASE_URL"):
        await connect(url)
    await disconnect()
