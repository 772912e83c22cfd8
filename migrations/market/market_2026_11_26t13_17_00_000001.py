from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T13:17:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "One person for an identity, one identity of a provider for a person"

STATEMENTS = (
    "ALTER TABLE linked_identity ADD CONSTRAINT linked_identity_once UNIQUE (issuer, subject)",
    "ALTER TABLE linked_identity ADD CONSTRAINT linked_identity_one_each UNIQUE (person, issuer)",
    "CREATE INDEX recovery_code_by_person ON recovery_code (person)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
