from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T05:57:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Every decision of a case can be objected to"

STATEMENTS = (
    "UPDATE objection SET case_file = d.case_file, against = 'delisting' FROM delisting d"
    " WHERE d.id = delisting",
    "ALTER TABLE objection DROP CONSTRAINT objection_once",
    "DROP INDEX objection_waiting",
    "ALTER TABLE objection ADD CONSTRAINT objection_once UNIQUE (case_file, against, instance)",
    "CREATE UNIQUE INDEX objection_waiting ON objection (case_file) WHERE answered_at IS NULL",
    "ALTER TABLE objection ADD CONSTRAINT objection_shortened CHECK"
    " (outcome IS DISTINCT FROM 'changed' OR against = 'delisting')",
    # What has failed a second time so far has been followed by its cap already.
    "UPDATE case_file c SET final_at = (SELECT max(t.checked_at) FROM rectification_try t"
    " JOIN rectification r ON r.id = t.rectification WHERE r.case_file = c.id)"
    " WHERE state = 'unrectified'",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
