"""The counters that all processes share: how much of a limit has been given out in a window.

The database's clock decides when a window ends: processes on several machines agree about no
other. The table is unlogged, for a counter that a crash forgets has only been generous.
"""

from datetime import timedelta

import msgspec

from market.accounts.limits import Limit
from ratings.ledger.database import execute, fetchrow


class Granted(msgspec.Struct, frozen=True):
    """`count` requests may be let through in the next `seconds`; `unasked` nobody has reserved."""

    count: int
    unasked: int
    seconds: float


async def reserve(caller: str, limit: Limit) -> Granted:
    """Take a block of the caller's allowance, or what is left of it; 0 when it is used up.

    One statement, so that any number of processes may ask at once and never get more than the
    limit together. The first to ask after the end of a window begins the next one.
    """
    row = await fetchrow(
        "INSERT INTO rate_allowance AS known (caller, ends_at, used, granted)"
        " VALUES ($1, now() + $2, $3, $3)"
        " ON CONFLICT (caller) DO UPDATE SET"
        " ends_at = CASE WHEN known.ends_at <= now() THEN now() + $2 ELSE known.ends_at END,"
        " granted = CASE WHEN known.ends_at <= now() THEN $3"
        " ELSE greatest(0, least($3, $4 - known.used)) END,"
        " used = CASE WHEN known.ends_at <= now() THEN $3"
        " ELSE known.used + greatest(0, least($3, $4 - known.used)) END"
        " RETURNING granted, used, extract(epoch FROM ends_at - now())::float8",
        f"{limit.route_class} {caller}",
        timedelta(seconds=limit.window),
        limit.block,
        limit.quota,
    )
    assert row is not None, "an upsert that updates always returns its row"
    granted, used, seconds = row
    return Granted(count=granted, unasked=max(0, limit.quota - used), seconds=seconds)


async def forget_ended_windows() -> None:
    """Addresses of visitors are kept no longer than their window lasts, and a minute."""
    await execute("DELETE FROM rate_allowance WHERE ends_at <= now()")
