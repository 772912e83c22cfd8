from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T17:22:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "One open proposal for each county range, decided by a second person"

STATEMENTS = (
    "CREATE UNIQUE INDEX county_range_proposal_open ON county_range_proposal"
    " (item, size_class, set_on) WHERE state = 'proposed'",
    "ALTER TABLE county_range_proposal ADD CONSTRAINT county_range_proposal_second_person"
    " CHECK (state NOT IN ('adopted', 'refused') OR decided_by <> proposed_by)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
