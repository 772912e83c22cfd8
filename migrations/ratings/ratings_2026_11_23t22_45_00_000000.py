from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-23T22:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What Piccolo cannot say: the ledger refuses change; uniqueness over several columns"

STATEMENTS = (
    """
    CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
    """,
    "CREATE INDEX ledger_entry_history ON ledger_entry (subject_kind, subject, seq)",
    "ALTER TABLE answer ADD CONSTRAINT answer_once UNIQUE (docket, party)",
    "ALTER TABLE answer ADD CONSTRAINT answer_party"
    " CHECK (party IN ('owner', 'supervisor', 'centre'))",
    "CREATE UNIQUE INDEX standing_in_force ON standing (uscc) WHERE current",
    "ALTER TABLE standing ADD CONSTRAINT standing_stars CHECK (stars BETWEEN 1 AND 5)",
    "ALTER TABLE standing ADD CONSTRAINT standing_score CHECK (score BETWEEN 0 AND 100)",
    "ALTER TABLE outside_event ADD CONSTRAINT outside_event_once UNIQUE (uscc, document)",
    "CREATE UNIQUE INDEX case_file_one_undecided ON case_file (uscc, kind)"
    " WHERE state IN ('open', 'answered')",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state"
    " CHECK (state IN ('open', 'answered', 'dismissed', 'delisted', 'lifted'))",
    "ALTER TABLE delisting ADD CONSTRAINT delisting_dates CHECK (until > starts)",
    "CREATE SEQUENCE case_file_number",
    "CREATE UNIQUE INDEX delisting_in_force ON delisting (uscc) WHERE lifted_at IS NULL",
    "ALTER TABLE finding ADD CONSTRAINT finding_once UNIQUE (run, uscc)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
