from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T17:44:22:000001"
VERSION = "1.38.0"
DESCRIPTION = "Versions of the packages; each package there becomes the first version of its own"

STATEMENTS = (
    "ALTER TABLE package_version ADD CONSTRAINT package_version_state CHECK ("
    " (state = 'adopted') = (number IS NOT NULL)"
    " AND state IN ('draft', 'adopted', 'discarded'))",
    "ALTER TABLE package_version ADD CONSTRAINT package_version_number UNIQUE (package, number)",
    "CREATE UNIQUE INDEX package_version_draft ON package_version (package)"
    " WHERE state = 'draft'",
    "INSERT INTO package_version (id, package, number, state, record, reason, version, editors,"
    " drafted_at, decided_at, in_force_at)"
    " SELECT gen_random_uuid(), p.code, 1, 'adopted', p.record, '', 1, '{}', l.at, l.at, l.at"
    " FROM package p CROSS JOIN LATERAL (SELECT coalesce((SELECT min(e.at) FROM ledger_entry e"
    " WHERE e.act = 'catalogue.loaded'), now()) AS at) l",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
