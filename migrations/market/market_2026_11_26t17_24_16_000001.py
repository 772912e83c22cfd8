import json
from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import ENGINE, execute, fetchval

ID = "2026-11-26T17:24:16:000001"
VERSION = "1.38.0"
DESCRIPTION = "Editions of the list of items; the items loaded before become the first of them"

STATEMENTS = (
    "ALTER TABLE catalogue_edition ADD CONSTRAINT catalogue_edition_state CHECK ("
    " (state = 'adopted') = (number IS NOT NULL)"
    " AND state IN ('draft', 'adopted', 'discarded'))",
    "ALTER TABLE catalogue_edition ADD CONSTRAINT catalogue_edition_number UNIQUE (number)",
    "CREATE UNIQUE INDEX catalogue_edition_draft ON catalogue_edition (state)"
    " WHERE state = 'draft'",
    "ALTER TABLE edition_change ADD CONSTRAINT edition_change_place UNIQUE (edition, position)",
    "ALTER TABLE item_version ADD CONSTRAINT item_version_once UNIQUE (edition, code)",
    "CREATE INDEX item_version_by_code ON item_version (code)",
)

# What the records of the catalogue say since the statuses of their parts were told apart. It is
# kept beside this file, since the file that the program loads will change.
RECORDS = Path(__file__).with_suffix(".json")

LOADED = "SELECT at FROM ledger_entry WHERE act = 'catalogue.loaded' ORDER BY seq LIMIT 1"


async def _begin() -> None:
    """The first edition from the items that are there; nothing for an empty catalogue."""
    if not await fetchval("SELECT true FROM item LIMIT 1"):
        return
    known = json.loads(RECORDS.read_text(encoding="utf-8"))
    for code, told in known["items"].items():
        await execute(
            "UPDATE item SET record = (record - 'mark' - 'legal_basis_zh') || $2::jsonb"
            " WHERE code = $1",
            code,
            json.dumps(told, ensure_ascii=False),
        )
    loaded = await fetchval(LOADED) or now()
    first = known["edition"]
    await execute(
        "INSERT INTO catalogue_edition (id, number, title_zh, title_en, note_zh, note_en, state,"
        " version, drafted_at, decided_at, in_force_at)"
        " VALUES ($1, 1, $2, $3, $4, $5, 'adopted', 1, $6, $6, $6)",
        *(first[name] for name in ("id", "title_zh", "title_en", "note_zh", "note_en")),
        loaded,
    )
    await execute(
        "INSERT INTO item_version (id, edition, code, record)"
        " SELECT gen_random_uuid(), $1, code, record FROM item",
        first["id"],
    )
    await record(system(now()), "catalogue.migrated", "catalogue", first["id"])


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)
        await _begin()

    manager.add_raw(run)
    return manager
