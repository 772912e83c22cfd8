from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T01:37:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "An objection suspends a delisting until it is answered"

STATEMENTS = (
    "UPDATE delisting SET decided_severity = severity, decided_until = until",
    "ALTER TABLE delisting ADD CONSTRAINT delisting_over CHECK"
    " (suspended_at IS NULL OR lifted_at IS NULL)",
    "ALTER TABLE case_file DROP CONSTRAINT case_file_state",
    "ALTER TABLE case_file ADD CONSTRAINT case_file_state CHECK"
    " (state IN ('open', 'answered', 'proposed', 'dismissed', 'delisted', 'lifted', 'annulled'))",
    "ALTER TABLE objection ADD CONSTRAINT objection_once UNIQUE (delisting, instance)",
    "CREATE UNIQUE INDEX objection_waiting ON objection (delisting) WHERE answered_at IS NULL",
    "ALTER TABLE objection ADD CONSTRAINT objection_instance CHECK (instance IN (1, 2))",
    "ALTER TABLE objection ADD CONSTRAINT objection_outcome CHECK"
    " (outcome IN ('upheld', 'changed', 'annulled'))",
    "ALTER TABLE objection ADD CONSTRAINT objection_answer CHECK"
    " (num_nulls(answered_at, answered_by, outcome, reason) IN (0, 4))",
    "ALTER TABLE objection ADD CONSTRAINT objection_terms CHECK"
    " (num_nulls(severity, until) = CASE WHEN outcome = 'changed' THEN 0 ELSE 2 END)",
    # Whoever asks whether an agency may sell asks this view, so that the answer is one.
    "CREATE VIEW off_market AS SELECT id, uscc, until FROM delisting"
    " WHERE lifted_at IS NULL AND suspended_at IS NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
