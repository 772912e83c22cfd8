from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T02:23:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Estimates are frozen once a quarter; rated stars so far are confirmed"

STATEMENTS = (
    "UPDATE standing SET confirmed = (state = 'rated')",
    "ALTER TABLE policy_estimate ADD CONSTRAINT policy_estimate_once"
    " UNIQUE (policy_digest, quarter)",
    "ALTER TABLE policy_habit ADD CONSTRAINT policy_habit_once UNIQUE (estimate, rater, party)",
    """
    CREATE FUNCTION estimate_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'estimates are frozen for their quarter';
    END $$
    """,
    """
    CREATE TRIGGER policy_estimate_is_kept BEFORE UPDATE OR DELETE ON policy_estimate
        FOR EACH ROW EXECUTE FUNCTION estimate_is_kept()
    """,
    """
    CREATE TRIGGER policy_habit_is_kept BEFORE UPDATE OR DELETE ON policy_habit
        FOR EACH ROW EXECUTE FUNCTION estimate_is_kept()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
