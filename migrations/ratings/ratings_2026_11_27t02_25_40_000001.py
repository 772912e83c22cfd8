from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T02:25:40:000001"
VERSION = "1.38.0"
DESCRIPTION = "What was hidden or left out is taken back by a new fact only"

STATEMENTS = (
    "ALTER TABLE answer_switch ADD CONSTRAINT answer_switch_kind"
    " CHECK (switch IN ('comment', 'score'))",
    "ALTER TABLE answer_switch ADD CONSTRAINT answer_switch_in_order"
    " UNIQUE (docket, party, switch, turned_at)",
    """
    CREATE FUNCTION answer_switch_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'switches of answers are append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER answer_switch_is_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_switch
        FOR EACH STATEMENT EXECUTE FUNCTION answer_switch_is_append_only()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
