from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T17:42:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "The steps of a re-rating come one after the other and stay"

STATEMENTS = (
    "ALTER TABLE rerating ADD CONSTRAINT rerating_in_order UNIQUE (docket, taken_at)",
    """
    CREATE FUNCTION rerating_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 're-ratings are append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER rerating_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rerating
        FOR EACH STATEMENT EXECUTE FUNCTION rerating_is_append_only()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
