from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T13:25:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "What an answer was to weigh is changed by a new order only"

STATEMENTS = (
    "ALTER TABLE answer_weight ADD CONSTRAINT answer_weight_share"
    " CHECK (weight > 0 AND weight <= 1)",
    "ALTER TABLE answer_weight ADD CONSTRAINT answer_weight_in_order"
    " UNIQUE (docket, party, cause, ordered_at)",
    """
    CREATE FUNCTION answer_weight_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'weights of answers are append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER answer_weight_is_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_weight
        FOR EACH STATEMENT EXECUTE FUNCTION answer_weight_is_append_only()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
