from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T01:50:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Settled engagements of an agency counted from an index alone"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl(
            "CREATE INDEX engagement_settled_by_agency ON engagement (agency)"
            " WHERE state = 'settled'"
        )

    manager.add_raw(run)
    return manager
