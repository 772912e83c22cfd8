"""The courier: follows the ledger and sends what is due, for as long as the worker runs."""

import asyncio
import contextlib
import logging

from market.notices.deliveries import attempt, claim, follow
from ratings.ledger.addresses import Network
from ratings.ledger.clock import now

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
AT_ONCE = 64
"""Deliveries of one worker, to all webhooks together."""


async def deliver(stop: asyncio.Event, *, key: bytes, networks: tuple[Network, ...]) -> None:
    """Until `stop` is set. Attempts that are cut off then are made again by whoever comes next."""
    under_way: set[asyncio.Task[None]] = set()
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            more = await follow(now())
            at = now()
            for due in await claim(at, AT_ONCE - len(under_way)):
                under_way.add(asyncio.create_task(attempt(due, at, key=key, networks=networks)))
            if more:
                continue
            ended, _ = await asyncio.wait(
                {stopping, *under_way},
                timeout=POLL_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in ended & under_way:
                under_way.discard(task)
                if error := task.exception():
                    log.error("a delivery could not be made", exc_info=error)
    finally:
        for task in {stopping, *under_way}:
            task.cancel()
        for task in under_way:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
