from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-23T22:46:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "What Piccolo cannot say: uniqueness over several columns, partial and GIN indexes"

STATEMENTS = (
    "ALTER TABLE membership ADD CONSTRAINT membership_once UNIQUE (person, organisation)",
    "ALTER TABLE idempotency_key ADD CONSTRAINT idempotency_key_once UNIQUE (organisation, key)",
    "ALTER TABLE county_range ADD CONSTRAINT county_range_order"
    " CHECK (low_fen > 0 AND low_fen <= high_fen)",
    "ALTER TABLE county_range ADD CONSTRAINT county_range_once UNIQUE (item, size_class, set_on)",
    "CREATE INDEX session_by_person ON session (person)",
    "CREATE INDEX qualification_by_agency ON qualification (agency)",
    "CREATE INDEX agency_bigrams ON agency USING gin (bigrams)",
    "CREATE UNIQUE INDEX listing_live ON listing (agency, package) WHERE state = 'live'",
    "CREATE INDEX listing_by_package ON listing (package) WHERE state = 'live'",
    "ALTER TABLE listing ADD CONSTRAINT listing_price CHECK (price_fen > 0)",
    "ALTER TABLE participation ADD CONSTRAINT participation_once UNIQUE (group_buy, organisation)",
    "ALTER TABLE offer ADD CONSTRAINT offer_once UNIQUE (group_buy, agency)",
    "ALTER TABLE group_buy ADD CONSTRAINT group_buy_state"
    " CHECK (state IN ('open', 'closed', 'failed', 'chosen'))",
    "CREATE INDEX engagement_by_owner ON engagement (owner, started_at)",
    "CREATE INDEX engagement_by_agency ON engagement (agency, started_at)",
    "CREATE INDEX engagement_by_supervisor ON engagement (supervisor, started_at)",
    "ALTER TABLE engagement ADD CONSTRAINT engagement_state"
    " CHECK (state IN ('running', 'delivered', 'accepted', 'settled'))",
    "ALTER TABLE milestone ADD CONSTRAINT milestone_once UNIQUE (engagement, position)",
    "CREATE INDEX deliverable_by_engagement ON deliverable (engagement)",
    "CREATE SEQUENCE group_buy_number",
    "CREATE SEQUENCE engagement_number",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
