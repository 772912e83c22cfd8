from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T17:50:00:000004"
VERSION = "1.38.0"
DESCRIPTION = "One adopted version of a fee standard for each day, decided by a second person"

STATEMENTS = (
    "CREATE UNIQUE INDEX fee_standard_version_adopted ON fee_standard_version"
    " (code, valid_from) WHERE state = 'adopted'",
    "ALTER TABLE fee_standard_version ADD CONSTRAINT fee_standard_version_second_person"
    " CHECK (state NOT IN ('adopted', 'refused') OR decided_by <> proposed_by)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
