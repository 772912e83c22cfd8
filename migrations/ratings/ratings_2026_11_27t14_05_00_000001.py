from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T14:05:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "One check-up of an agency and month, kept as it was made"

STATEMENTS = (
    "ALTER TABLE check_up_report ADD CONSTRAINT check_up_report_once UNIQUE (uscc, month)",
    "CREATE INDEX check_up_report_month ON check_up_report (month)",
    """
    CREATE FUNCTION check_up_report_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'check-ups are append-only: % refused', TG_OP;
    END $$
    """,
    """
    CREATE TRIGGER check_up_report_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
        ON check_up_report
        FOR EACH STATEMENT EXECUTE FUNCTION check_up_report_is_append_only()
    """,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
