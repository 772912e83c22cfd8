from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T02:46:40:000001"
VERSION = "1.38.0"
DESCRIPTION = "Whoever is related to an agency steps back once"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl(
            "ALTER TABLE rater_relation ADD CONSTRAINT rater_relation_once UNIQUE (docket, person)"
        )

    manager.add_raw(run)
    return manager
