from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T06:00:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Deliveries kept as whole files give way to the store of cells"

# Their rows cannot be told month by month, and a file of these would count as sent already. What
# was screened stays in the findings and in the ledger; the files are delivered once more.
STATEMENTS = ("DELETE FROM unmatched_row", "DELETE FROM feed_batch")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
