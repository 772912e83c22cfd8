"""Connections at hand: taken in turn, replaced when dead, never kept from whoever waits."""

import asyncio

import pytest

from ratings.ledger.connections import Connections
from ratings.ledger.database import ENGINE, connect, disconnect, fetchval, tx


def at_hand() -> Connections:
    assert ENGINE.connections is not None
    return ENGINE.connections


async def session() -> int:
    found: int = await fetchval("SELECT pg_backend_pid()")
    return found


async def test_readers_one_after_another_share_a_connection(database: str) -> None:
    assert len({await session() for _ in range(5)}) == 1
    async with tx():
        assert await session() == await fetchval("SELECT pg_backend_pid()")
    assert at_hand().at_hand == 1


async def test_one_whose_session_has_ended_is_not_handed_on(database: str) -> None:
    # The first time the second waits for its connection, and is given the other's.
    await asyncio.gather(session(), session())
    first, second = await asyncio.gather(session(), session())
    assert (first != second, at_hand().at_hand) == (True, 2)
    # The last one given back is the first to be taken: it ends the other, which lies idle.
    mine = await session()
    (other,) = {first, second} - {mine}
    assert await fetchval("SELECT pg_terminate_backend($1, 5000)", other)
    # Its end has arrived; the loop has to look at the socket.
    for _ in range(10):
        await asyncio.sleep(0)
    assert await asyncio.gather(*(fetchval("SELECT 1") for _ in range(8))) == [1] * 8
    assert other not in await asyncio.gather(*(session() for _ in range(8)))


async def test_a_cancelled_reader_hands_nothing_on(database: str) -> None:
    reading = asyncio.create_task(fetchval("SELECT pg_sleep(60)"))
    async with asyncio.timeout(30):
        while not await fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
            " AND state = 'active'"
        ):
            continue
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await fetchval("SELECT 1") == 1
    assert await asyncio.gather(*(fetchval("SELECT 2") for _ in range(20))) == [2] * 20


async def test_who_waits_for_the_pool_is_given_the_next_connection(database: str) -> None:
    """With a pool no larger than what may lie at hand nobody is forgotten in it."""
    await disconnect()
    await connect(database, max_size=2)
    async with asyncio.timeout(30):
        for _ in range(5):
            assert await asyncio.gather(*(fetchval("SELECT 1") for _ in range(8))) == [1] * 8
    assert ENGINE.pool is not None
    assert ENGINE.pool.get_idle_size() + at_hand().at_hand == ENGINE.pool.get_size()


async def test_after_many_uses_the_pool_has_each_of_them_back(database: str) -> None:
    for _ in range(1000):
        await fetchval("SELECT 1")
    assert ENGINE.pool is not None
    assert ENGINE.pool.get_idle_size() >= 1
