from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T02:09:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Two stars are followed by an order to rectify"

STATEMENTS = (
    "DROP INDEX case_file_one_undecided",
    "CREATE UNIQUE INDEX case_file_one_undecided ON case_file (uscc, kind)"
    " WHERE state IN ('open', 'answered', 'proposed', 'ordered')",
    "ALTER TABLE case_file DROP CONSTRAINT case_file_state",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state CHECK"
    " (state IN ('open', 'answered', 'proposed', 'dismissed', 'delisted', 'lifted', 'annulled',"
    " 'ordered', 'rectified', 'unrectified'))",
    "ALTER TABLE rectification_try ADD CONSTRAINT rectification_try_once"
    " UNIQUE (rectification, number)",
    "ALTER TABLE rectification_try ADD CONSTRAINT rectification_try_number CHECK (number IN (1, 2))",
    "ALTER TABLE rectification_try ADD CONSTRAINT rectification_try_check CHECK"
    " (num_nulls(checked_at, checked_by, passed, reason) IN (0, 4))",
    "ALTER TABLE rectification_try ADD CONSTRAINT rectification_try_evidence CHECK"
    " (num_nulls(evidence, evidence_at) IN (0, 2))",
    "CREATE UNIQUE INDEX rectification_try_open ON rectification_try (rectification)"
    " WHERE checked_at IS NULL",
    "ALTER TABLE rectification ADD CONSTRAINT rectification_plan CHECK"
    " (num_nulls(plan, planned_at) IN (0, 2))",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
