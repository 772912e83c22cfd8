from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T01:45:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "A policy is adopted by a second person, one for a day, and kept as it is for ever"

STATEMENTS = (
    "ALTER TABLE policy_version ADD CONSTRAINT policy_version_state"
    " CHECK (state IN ('draft', 'proposed', 'adopted', 'refused', 'withdrawn'))",
    "ALTER TABLE policy_version ADD CONSTRAINT policy_version_second_person"
    " CHECK (state NOT IN ('adopted', 'refused') OR decided_by <> drafted_by)",
    "ALTER TABLE policy_version ADD CONSTRAINT policy_version_proposal"
    " CHECK (state NOT IN ('proposed', 'adopted', 'refused')"
    " OR (valid_from IS NOT NULL AND reason <> ''))",
    "CREATE UNIQUE INDEX policy_version_day ON policy_version (valid_from)"
    " WHERE state = 'adopted'",
    "CREATE UNIQUE INDEX policy_version_name ON policy_version (name, version)"
    " WHERE state = 'adopted'",
    """
    CREATE FUNCTION adopted_policy_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an adopted policy is kept as it is';
    END $$
    """,
    """
    CREATE TRIGGER adopted_policy_is_kept BEFORE UPDATE OR DELETE ON policy_version
        FOR EACH ROW WHEN (OLD.state = 'adopted') EXECUTE FUNCTION adopted_policy_is_kept()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
