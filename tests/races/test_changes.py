"""A reader that follows the feed while many write sees everything, once, and in order."""

import asyncio
import random
from typing import Any

import httpx

from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval, tx

WRITERS, ACTS = 8, 25


async def _write(number: int) -> None:
    """Some transactions last, some are taken back: neither may make the reader step over others."""
    chance = random.Random(number)
    for act in range(ACTS):
        try:
            async with tx():
                name = "standing.published" if chance.random() < 0.8 else "screen.ran"
                await record(system(now()), name, "agency", f"{number}-{act}")
                await fetchval("SELECT pg_sleep($1)", chance.random() / 500)
                if chance.random() < 0.2:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass


async def _follow(
    client: httpx.AsyncClient, writing: asyncio.Future[Any], limit: int
) -> list[dict[str, Any]]:
    """Poll until a page that was asked for after the last write is the last one."""
    seen: list[dict[str, Any]] = []
    address = f"/api/v1/changes?limit={limit}"
    while True:
        finished = writing.done()
        page = (await client.get(address)).json()
        seen += page["items"]
        address = page["next"]
        if finished and not page["more"]:
            return seen


async def test_no_row_is_skipped_under_concurrent_writers(
    client: httpx.AsyncClient, database: str
) -> None:
    writing = asyncio.gather(*(_write(number) for number in range(WRITERS)))
    followers = [asyncio.create_task(_follow(client, writing, limit)) for limit in (1, 7, 100)]
    await writing
    committed = await fetchval(
        "SELECT json_agg(seq ORDER BY seq)::text FROM ledger_entry WHERE act = 'standing.published'"
    )
    for follower in followers:
        assert str([one["seq"] for one in await follower]) == committed
