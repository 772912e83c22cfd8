"""The courier at work: beside dead and slow receivers, twice at once, and after it was stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from market.notices.courier import deliver
from market.notices.queries import deliveries
from market.purchasing.actions import open_group_buy
from ratings.ledger.database import execute
from tests.county import County, eventually
from tests.market.notices.listening import HERE, KEY, listening
from tests.receiving import receiving


@asynccontextmanager
async def couriers(count: int) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = [asyncio.create_task(deliver(stop, key=KEY, networks=HERE)) for _ in range(count)]
    try:
        yield
        assert not any(one.done() for one in working)
    finally:
        stop.set()
        await asyncio.gather(*working)


async def test_of_two_couriers_one_delivers_each_event(county: County) -> None:
    async with receiving() as quick, receiving() as silent, couriers(2):
        silent.answer = lambda _: None
        await listening(county.centre, url=silent.url)
        await listening(county.enterprise, "group_buy.*", url=quick.url)
        wanted = [
            await open_group_buy(county.enterprise.actor(), county.group_buy()) for _ in range(8)
        ]

        async def all_there() -> bool:
            return len(quick.received) >= len(wanted)

        await eventually(all_there)
        ids = [one.headers["webhook-id"] for one in quick.received]
        assert len(set(ids)) == len(ids) == len(wanted)
        assert len(silent.received) <= 4, "who says nothing gets no more at once"


async def test_what_was_cut_off_is_sent_by_the_next_one(county: County) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: None
        made = await listening(county.enterprise, "group_buy.*", url=receiver.url)
        await open_group_buy(county.enterprise.actor(), county.group_buy())

        async def arrived(times: int) -> bool:
            return len(receiver.received) == times

        async with couriers(1):
            await eventually(lambda: arrived(1))
        # Stopped while it waited for the answer: nothing is noted, and the claim runs out.
        (row,) = await deliveries(county.enterprise.actor(), made.webhook)
        assert (row.state, row.attempts) == ("pending", 0)
        await execute("UPDATE webhook_delivery SET under_way_until = now()")
        async with couriers(1):
            await eventually(lambda: arrived(2))
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
