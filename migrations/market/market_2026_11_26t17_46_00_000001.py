from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.indexes import IndexMethod

from ratings.ledger.database import ENGINE

ID = "2026-11-26T17:46:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "Taken names that an invitation has met; keys of whom has no right any more end"

# They opened nothing already, and would have come back to life with their maker.
REVOKED = (
    "UPDATE api_key k SET revoked_at = now() WHERE k.revoked_at IS NULL AND k.expires_at > now()"
    " AND NOT EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person"
    " WHERE m.person = k.person AND m.organisation = k.organisation AND m.administrator"
    " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL)"
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Invitation",
        tablename="invitation",
        column_name="names_taken",
        db_column_name="names_taken",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    async def run() -> None:
        await ENGINE.run_ddl(REVOKED)

    manager.add_raw(run)
    return manager
