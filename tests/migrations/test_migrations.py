"""Migrations: complete from an empty database, without drift, and only ever forward."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from market.migrations import WINGS, migrate, pending
from market.piccolo_app import APP_CONFIG as MARKET
from ratings.ledger.database import connect, disconnect, execute, fetch, fetchval
from ratings.piccolo_app import APP_CONFIG as RATINGS


@pytest.mark.parametrize("wing", [RATINGS, MARKET], ids=WINGS)
async def test_the_tables_are_what_the_migrations_make(wing: object, database: str) -> None:
    statements = await AutoMigrationManager().get_alter_statements(wing)  # type: ignore[arg-type]
    assert [statement for group in statements for statement in group.statements] == []


def test_no_two_migrations_have_one_name() -> None:
    """What has been applied is known by its name alone, over both wings."""
    names = [
        line
        for file in Path("migrations").glob("*/*.py")
        for line in file.read_text("utf-8").splitlines()
        if line.startswith("ID = ")
    ]
    assert len(names) > 60
    assert len(set(names)) == len(names)


async def test_a_migrated_database_has_nothing_pending(database: str) -> None:
    assert await pending() == []
    assert await migrate(database) == []


async def test_an_empty_database_is_not_ready(postgres: str, database_url: str) -> None:
    await connect(database_url)
    try:
        await execute("DROP SCHEMA public CASCADE")
        await execute("CREATE SCHEMA public")
        waiting = await pending()
        assert len(waiting) >= 4
        assert await migrate(database_url) == waiting
        assert await fetchval("SELECT to_regclass('pgqueuer') IS NOT NULL")
    finally:
        await disconnect()


async def test_two_boots_at_once_migrate_once(database_url: str) -> None:
    await connect(database_url)
    try:
        await execute("DROP SCHEMA public CASCADE")
        await execute("CREATE SCHEMA public")
        ran = await asyncio.gather(migrate(database_url), migrate(database_url))
        assert sorted(map(len, ran))[0] == 0
        assert await pending() == []
    finally:
        await disconnect()


@pytest.mark.parametrize("statement", ["UPDATE", "DELETE", "TRUNCATE"])
async def test_the_ledger_refuses_change(database: str, statement: str) -> None:
    sql = {
        "UPDATE": "UPDATE ledger_entry SET reason = 'x'",
        "DELETE": "DELETE FROM ledger_entry",
        "TRUNCATE": "TRUNCATE ledger_entry",
    }[statement]
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await execute(sql)


async def test_no_row_takes_evidence_with_it_when_it_goes(database: str) -> None:
    """A row that another one refers to cannot be deleted, and nothing is emptied in its stead."""
    rows = await fetch("SELECT conname, confdeltype FROM pg_constraint WHERE contype = 'f'")
    assert len(rows) > 20
    assert [row["conname"] for row in rows if row["confdeltype"] != b"r"] == []
