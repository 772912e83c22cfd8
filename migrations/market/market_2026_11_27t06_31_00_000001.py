from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T06:31:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Each side of an engagement has one dispute open at a time"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl(
            "CREATE UNIQUE INDEX dispute_open_once ON dispute (engagement, side)"
            " WHERE resolved_at IS NULL"
        )

    manager.add_raw(run)
    return manager
