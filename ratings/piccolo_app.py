"""Where Piccolo finds this wing's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="ratings",
    migrations_folder_path=str(Path(__file__).parent.parent / "migrations" / "ratings"),
    table_classes=table_finder(
        [
            "ratings.ledger.tables",
            "ratings.evaluations.tables",
            "ratings.stars.tables",
            "ratings.sanctions.tables",
            "ratings.signals.tables",
            "ratings.signals.connectors.tables",
            "ratings.shells.tables",
            "ratings.integrity.tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=[],
    commands=[],
)
