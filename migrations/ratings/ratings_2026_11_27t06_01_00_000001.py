from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from ratings.ledger.database import ENGINE

ID = "2026-11-27T06:01:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "A batch is taken in once, and read by the screen only when it is accepted"

STATEMENTS = (
    "ALTER TABLE feed_batch ADD CONSTRAINT feed_batch_once UNIQUE (feed, sha256, hashed)",
    "ALTER TABLE feed_batch ADD CONSTRAINT feed_batch_state"
    " CHECK (state IN ('accepted', 'held', 'rejected'))",
    "ALTER TABLE feed_batch ADD CONSTRAINT feed_batch_known"
    " CHECK ((state = 'accepted') = (known_at IS NOT NULL))",
    "ALTER TABLE feed_batch ADD CONSTRAINT feed_batch_way"
    " CHECK (way IN ('file', 'push', 'connector', 'correction', 'platform'))",
    "CREATE INDEX feed_batch_received ON feed_batch (feed, received_at DESC)",
    "ALTER TABLE feed_partition ADD CONSTRAINT feed_partition_once UNIQUE (batch, month)",
    "CREATE INDEX feed_partition_month ON feed_partition (feed, month)",
    "ALTER TABLE unmatched_row ADD CONSTRAINT unmatched_row_state"
    " CHECK (state IN ('open', 'resolved', 'dismissed'))",
    "ALTER TABLE unmatched_row ADD CONSTRAINT unmatched_row_decided"
    " CHECK ((state = 'open') = (decided_by IS NULL))",
    "CREATE UNIQUE INDEX unmatched_row_once ON unmatched_row (batch, line)",
    "CREATE INDEX unmatched_row_open ON unmatched_row (batch) WHERE state = 'open'",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="ratings", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await ENGINE.run_ddl(statement)

    manager.add_raw(run)
    return manager
