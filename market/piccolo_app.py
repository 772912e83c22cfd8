"""Where Piccolo finds this wing's tables and migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="market",
    migrations_folder_path=str(Path(__file__).parent.parent / "migrations" / "market"),
    table_classes=table_finder(
        [
            "market.accounts.tables",
            "market.catalogue.tables",
            "market.agencies.tables",
            "market.purchasing.tables",
            "market.engagements.tables",
            "market.oversight.tables",
            "market.notices.tables",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["ratings.piccolo_app"],
    commands=[],
)
