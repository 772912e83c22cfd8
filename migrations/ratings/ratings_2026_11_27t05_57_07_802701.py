from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import ForeignKey

ID = "2026-11-27T05:57:07:802701"
VERSION = "1.38.0"
DESCRIPTION = ""


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="ratings", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Objection",
        tablename="objection",
        column_name="delisting",
        db_column_name="delisting",
        schema=None,
    )

    manager.alter_column(
        table_class_name="Objection",
        tablename="objection",
        column_name="case_file",
        db_column_name="case_file",
        params={"null": False},
        old_params={"null": True},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )

    return manager
