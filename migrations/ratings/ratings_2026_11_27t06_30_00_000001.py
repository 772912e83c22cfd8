from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T06:30:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Acts are recorded and warned of, and count against an agency"

STATEMENTS = (
    "ALTER TABLE case_file DROP CONSTRAINT case_file_state",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state CHECK"
    " (state IN ('open', 'answered', 'proposed', 'dismissed', 'delisted', 'lifted', 'annulled',"
    " 'ordered', 'rectified', 'unrectified', 'asked', 'repaired', 'refused', 'recorded',"
    " 'warned'))",
    # Of these several may be open at once: each is about an act, or about other records.
    "DROP INDEX case_file_one_undecided",
    "CREATE UNIQUE INDEX case_file_one_undecided ON case_file (uscc, kind)"
    " WHERE state IN ('open', 'answered', 'proposed', 'ordered')"
    " AND kind NOT IN ('record', 'warning', 'serious-act')",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_act CHECK (num_nulls(act, document) IN (0, 2))",
    "CREATE UNIQUE INDEX case_file_act_once ON case_file (uscc, act, document)"
    " WHERE act IS NOT NULL",
    "CREATE INDEX case_file_counted_in ON case_file (counted_in) WHERE counted_in IS NOT NULL",
    "ALTER TABLE repair_effect DROP CONSTRAINT repair_effect_one",
    "ALTER TABLE repair_effect ADD CONSTRAINT repair_effect_one"
    " CHECK (num_nonnulls(event, delisting, mark) = 1)",
    "CREATE UNIQUE INDEX repair_effect_mark ON repair_effect (case_file, mark)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
