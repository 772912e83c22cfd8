from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T02:40:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "An agency applies for the repair of what weighs on it"

STATEMENTS = (
    "ALTER TABLE case_file DROP CONSTRAINT case_file_state",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state CHECK"
    " (state IN ('open', 'answered', 'proposed', 'dismissed', 'delisted', 'lifted', 'annulled',"
    " 'ordered', 'rectified', 'unrectified', 'asked', 'repaired', 'refused'))",
    "ALTER TABLE repair_effect ADD CONSTRAINT repair_effect_one"
    " CHECK (num_nonnulls(event, delisting) = 1)",
    "CREATE INDEX repair_effect_case ON repair_effect (case_file)",
    "CREATE UNIQUE INDEX repair_effect_event ON repair_effect (case_file, event)",
    "CREATE UNIQUE INDEX repair_effect_delisting ON repair_effect (case_file, delisting)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
