from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T05:59:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "A month of a source is read once at a time and once for each time of its schedule"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        await ENGINE.run_ddl(
            "CREATE UNIQUE INDEX connector_pull_reading ON connector_pull (connector, month)"
            " WHERE state = 'reading'"
        )
        await ENGINE.run_ddl(
            "CREATE UNIQUE INDEX connector_pull_due ON connector_pull (connector, month, due_at)"
            " WHERE due_at IS NOT NULL"
        )
        await ENGINE.run_ddl(
            "CREATE UNIQUE INDEX connector_page_once ON connector_page (pull, sha256)"
        )
        await ENGINE.run_ddl(
            "ALTER TABLE connector_pull ADD CONSTRAINT connector_pull_state"
            " CHECK (state IN ('reading', 'landed', 'failed'))"
        )

    manager.add_raw(run)
    return manager
