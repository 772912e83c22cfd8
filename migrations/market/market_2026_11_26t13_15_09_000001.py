from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-26T13:15:09:000001"
VERSION = "1.38.0"
DESCRIPTION = "Webhooks: each event once for each, what is due at a glance, and where to begin"

STATEMENTS = (
    "ALTER TABLE webhook ADD CONSTRAINT webhook_state"
    " CHECK (state IN ('active', 'paused', 'disabled'))",
    "CREATE INDEX webhook_by_organisation ON webhook (organisation)",
    "ALTER TABLE webhook_delivery ADD CONSTRAINT webhook_delivery_state"
    " CHECK (state IN ('pending', 'delivered', 'failed'))",
    "ALTER TABLE webhook_delivery ADD CONSTRAINT webhook_delivery_once UNIQUE (webhook, event_id)",
    "CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook, queued_at, id)",
    "CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at)"
    " WHERE state = 'pending'",
    "CREATE INDEX webhook_delivery_age ON webhook_delivery (queued_at)",
    "CREATE INDEX webhook_attempt_by_delivery ON webhook_attempt (delivery, at)",
    "ALTER TABLE webhook_follower ADD CONSTRAINT webhook_follower_once CHECK (id = 1)",
    "INSERT INTO webhook_follower (id, seq)"
    " SELECT 1, coalesce(max(seq), 0) FROM ledger_entry",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="market", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
