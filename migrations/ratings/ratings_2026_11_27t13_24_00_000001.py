from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T13:24:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "One set of ties for an agency in a screen"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl("CREATE UNIQUE INDEX firm_ties_once ON firm_ties (uscc, run)")

    manager.add_raw(run)
    return manager
