from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T13:31:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "A screening policy is adopted by a second person, and every text in use is kept"

STATEMENTS = (
    "ALTER TABLE screen_policy_version ADD CONSTRAINT screen_policy_version_state"
    " CHECK (state IN ('draft', 'proposed', 'adopted', 'refused', 'withdrawn'))",
    "ALTER TABLE screen_policy_version ADD CONSTRAINT screen_policy_version_second_person"
    " CHECK (state NOT IN ('adopted', 'refused') OR decided_by <> drafted_by)",
    "ALTER TABLE screen_policy_version ADD CONSTRAINT screen_policy_version_proposal"
    " CHECK (state NOT IN ('proposed', 'adopted', 'refused')"
    " OR (valid_from IS NOT NULL AND reason <> ''))",
    "CREATE UNIQUE INDEX screen_policy_version_day ON screen_policy_version (valid_from)"
    " WHERE state = 'adopted'",
    "CREATE UNIQUE INDEX screen_policy_version_name ON screen_policy_version (name, version)"
    " WHERE state = 'adopted'",
    # The function is that of the policies of the stars: what it refuses is the same.
    """
    CREATE TRIGGER adopted_policy_is_kept BEFORE UPDATE OR DELETE ON screen_policy_version
        FOR EACH ROW WHEN (OLD.state = 'adopted') EXECUTE FUNCTION adopted_policy_is_kept()
    """,
    "ALTER TABLE screen_policy_text ADD CONSTRAINT screen_policy_text_digest"
    " CHECK (digest = encode(sha256(convert_to(document, 'UTF8')), 'hex'))",
    """
    CREATE FUNCTION screen_policy_text_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the text of a screening policy is only ever added to';
    END $$
    """,
    """
    CREATE TRIGGER screen_policy_text_is_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON screen_policy_text
        FOR EACH STATEMENT EXECUTE FUNCTION screen_policy_text_is_append_only()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
