"""Enqueuing what follows from an act, in the act's own transaction."""

from datetime import datetime, timedelta

import msgspec
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from ratings.ledger.clock import now
from ratings.ledger.database import connection, fetchval


async def enqueue(job: str, payload: dict[str, str], due: datetime) -> None:
    """Run `job` once `due` has passed; it exists only if this transaction commits."""
    # PgQueuer counts from the start of the transaction; counted from any later moment the job
    # would come that much too early, find its time not yet reached, and be gone.
    delay = due - await fetchval("SELECT now()") if due > now() else timedelta()
    await Queries(AsyncpgDriver(connection())).enqueue(
        job, msgspec.json.encode(payload), execute_after=delay
    )
