from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T21:51:03:000001"
VERSION = "1.38.0"
DESCRIPTION = "An answer is changed by its next edition only; a reminder is sent once"

STATEMENTS = (
    "ALTER TABLE answer DROP CONSTRAINT answer_once",
    "ALTER TABLE answer ADD CONSTRAINT answer_once UNIQUE (docket, party, edition)",
    "ALTER TABLE answer ADD CONSTRAINT answer_edition CHECK (edition >= 1)",
    """
    CREATE FUNCTION answer_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'answers are append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER answer_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON answer
        FOR EACH STATEMENT EXECUTE FUNCTION answer_is_append_only()
    """,
    "ALTER TABLE reminder ADD CONSTRAINT reminder_once UNIQUE (docket, party, working_days_left)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
