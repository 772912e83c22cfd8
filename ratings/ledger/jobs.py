"""Enqueuing what follows from an act, in the act's own transaction."""

from datetime import datetime

import msgspec
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from ratings.ledger.clock import now
from ratings.ledger.database import connection


async def enqueue(job: str, payload: dict[str, str], due: datetime) -> None:
    """Run `job` once `due` has passed; it exists only if this transaction commits."""
    delay = max(due - now(), due - due)
    await Queries(AsyncpgDriver(connection())).enqueue(
        job, msgspec.json.encode(payload), execute_after=delay
    )
