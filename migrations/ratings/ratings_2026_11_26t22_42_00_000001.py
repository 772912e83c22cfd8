from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T22:42:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "A delisting is proposed by one person and decided by another"

STATEMENTS = (
    "DROP INDEX case_file_one_undecided",
    "CREATE UNIQUE INDEX case_file_one_undecided ON case_file (uscc, kind)"
    " WHERE state IN ('open', 'answered', 'proposed')",
    "ALTER TABLE case_file DROP CONSTRAINT case_file_state",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state"
    " CHECK (state IN ('open', 'answered', 'proposed', 'dismissed', 'delisted', 'lifted'))",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_proposal CHECK ((state = 'proposed') <="
    " (proposal IS NOT NULL AND proposed_by IS NOT NULL AND proposed_at IS NOT NULL))",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
