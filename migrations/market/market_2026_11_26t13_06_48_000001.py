from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T13:06:48:000001"
VERSION = "1.38.0"
DESCRIPTION = "Counters of requests need no write-ahead log"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl("ALTER TABLE rate_allowance SET UNLOGGED")

    manager.add_raw(run)
    return manager
