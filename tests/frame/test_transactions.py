"""The transaction of our own, in the places where the library's failed us."""

import asyncpg
import pytest

from ratings.ledger.database import ENGINE, execute, fetchval, in_transaction, tx
from ratings.ledger.tables import LedgerEntry

CHECKED_AT_COMMIT = """
CREATE TABLE late (
    number integer PRIMARY KEY,
    other integer REFERENCES late (number) DEFERRABLE INITIALLY DEFERRED
)
"""


@pytest.fixture
async def late(database: str) -> str:
    """A table whose constraint is looked at only when the transaction commits."""
    await execute(CHECKED_AT_COMMIT)
    return database


def idle_connections() -> int:
    assert ENGINE.pool is not None
    assert ENGINE.connections is not None
    size: int = ENGINE.pool.get_size()
    idle: int = ENGINE.pool.get_idle_size() + ENGINE.connections.at_hand
    assert size == idle, "a connection was not given back"
    return idle


async def fail_at_commit(number: int) -> None:
    async with tx():
        await execute("INSERT INTO late VALUES ($1, 1000)", number)


async def test_ten_failing_commits_lose_no_connection(late: str) -> None:
    for number in range(10):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await fail_at_commit(number)
        assert not in_transaction()
        idle_connections()
    assert await fetchval("SELECT count(*) FROM late") == 0
    async with tx():
        await execute("INSERT INTO late VALUES (1, 1)")
    assert await fetchval("SELECT count(*) FROM late") == 1


async def insert_and_fail(number: int) -> None:
    async with tx():
        await execute("INSERT INTO late VALUES ($1, $1)", number)
        raise ZeroDivisionError


async def test_a_nested_transaction_is_a_savepoint(late: str) -> None:
    async with tx():
        await execute("INSERT INTO late VALUES (1, 1)")
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(2)
        await execute("INSERT INTO late VALUES (3, 3)")
    assert await fetchval("SELECT array_agg(number ORDER BY number) FROM late") == [1, 3]


async def test_an_error_undoes_everything(late: str) -> None:
    with pytest.raises(ZeroDivisionError):
        await insert_and_fail(1)
    assert await fetchval("SELECT count(*) FROM late") == 0
    idle_connections()


async def test_piccolo_works_on_the_connection_of_the_transaction(database: str) -> None:
    async with tx():
        (row,) = await LedgerEntry.raw("SELECT pg_backend_pid() AS pid")
        assert row["pid"] == await fetchval("SELECT pg_backend_pid()")


async def lose_the_connection() -> None:
    async with tx():
        await execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await execute("SELECT 1")


async def test_a_connection_that_dies_in_a_transaction_is_replaced(database: str) -> None:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await lose_the_connection()
    assert not in_transaction()
    assert await fetchval("SELECT 1") == 1
