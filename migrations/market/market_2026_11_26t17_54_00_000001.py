from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T17:54:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "One guide of each number, reviewed by somebody else than who submitted it"

STATEMENTS = (
    "CREATE UNIQUE INDEX guide_version_number ON guide_version (item, number)",
    "CREATE INDEX guide_template_item ON guide_template (item)",
    "ALTER TABLE guide_version ADD CONSTRAINT guide_version_second_person"
    " CHECK (published_by IS NULL OR published_by <> submitted_by)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
