"""Bringing a database up to date: the wings' forward migrations, then PgQueuer's own tables.

Boots are serialised by an advisory lock on a connection of their own, so that several
processes may call `migrate` at once and all but the first find nothing to do.
"""

import contextlib
import io
import os

import asyncpg
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager

from ratings.ledger.database import fetch, tx
from ratings.ledger.errors import Unavailable

# The ratings wing comes first: the market depends on it.
WINGS = ("ratings", "market")
_BOOT_LOCK = 7_165_002

# Piccolo finds its configuration through the environment only.
os.environ["PICCOLO_CONF"] = "market.piccolo_conf"


async def migrate(database_url: str) -> list[str]:
    """Apply what is missing and return the names of the migrations that were run.

    Needs an open pool. Each wing's migrations are one transaction: all or nothing.
    """
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _BOOT_LOCK)
        before = set(await _applied())
        for wing in WINGS:
            await _forwards(wing)
        queue = Queries(AsyncpgDriver(connection))
        if await queue.schema_is_installed():
            await queue.upgrade()
        else:
            await queue.install()
        return [name for name in await _applied() if name not in before]
    finally:
        await connection.close()


async def pending() -> list[str]:
    """Names of the migrations this program knows and the database has not seen."""
    applied = set(await _applied())
    return [name for wing in WINGS for name in _known(wing) if name not in applied]


def _known(wing: str) -> list[str]:
    manager = ForwardsMigrationManager(app_name=wing)
    folder = manager.get_app_config(app_name=wing).resolved_migrations_folder_path
    return sorted(manager.get_migration_ids(manager.get_migration_modules(folder)))


async def _forwards(wing: str) -> None:
    printed = io.StringIO()
    async with tx():
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = await ForwardsMigrationManager(app_name=wing).run()
        if not result.success:
            raise Unavailable(
                "migration-failed",
                "The database could not be migrated: {output}",
                output=printed.getvalue().strip(),
            )


async def _applied() -> list[str]:
    exists = await fetch("SELECT to_regclass('migration') AS t")
    if exists[0]["t"] is None:
        return []
    rows = await fetch("SELECT name FROM migration ORDER BY id")
    return [row["name"] for row in rows]
