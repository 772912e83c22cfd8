from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T01:47:49:000001"
VERSION = "1.38.0"
DESCRIPTION = "What a party puts beside its answer is taken back once at most, and never erased"

STATEMENTS = (
    "CREATE INDEX answer_attachment_of_docket ON answer_attachment (docket, party)",
    """
    CREATE FUNCTION attachment_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'UPDATE' THEN
            RAISE EXCEPTION 'attachments of answers are kept: % refused', TG_OP;
        END IF;
        IF OLD.withdrawn_at IS NOT NULL
           OR to_jsonb(OLD) - 'withdrawn_at' <> to_jsonb(NEW) - 'withdrawn_at' THEN
            RAISE EXCEPTION 'an attachment can only be withdrawn, once';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER attachment_is_kept BEFORE UPDATE OR DELETE ON answer_attachment
        FOR EACH ROW EXECUTE FUNCTION attachment_is_kept()
    """,
    """
    CREATE TRIGGER attachments_are_kept BEFORE TRUNCATE ON answer_attachment
        FOR EACH STATEMENT EXECUTE FUNCTION attachment_is_kept()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
