from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T13:49:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Since when people belong to their organisations, and what invitations are for"

STATEMENTS = (
    "UPDATE membership m SET joined_at = o.created_at FROM organisation o"
    " WHERE o.id = m.organisation",
    "CREATE INDEX membership_by_organisation ON membership (organisation)",
    "CREATE INDEX invitation_by_maker ON invitation (made_for)",
    "ALTER TABLE invitation ADD CONSTRAINT invitation_for_something"
    " CHECK (organisation IS NOT NULL OR office_name <> '')",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
