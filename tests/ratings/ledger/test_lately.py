"""What was read lately stands while the ledger ends where it did, and not inside a transaction."""

from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import tx
from ratings.ledger.lately import Lately
from tests.county import County


async def test_it_is_read_again_after_an_act_and_inside_a_transaction(county: County) -> None:
    reads = 0

    async def read() -> int:
        nonlocal reads
        reads += 1
        return reads

    lately: Lately[int] = Lately()
    assert [await lately.read("a", read) for _ in range(3)] == [1, 1, 1]
    assert await lately.read("b", read) == 2
    async with tx():
        assert await lately.read("a", read) == 3
    assert await lately.read("a", read) == 1
    async with tx():
        await record(system(now()), "item.supervisor_named", "item", "01")
    assert [await lately.read("a", read) for _ in range(2)] == [4, 4]


async def test_an_act_during_the_reading_makes_it_old(county: County) -> None:
    reads = 0

    async def read() -> int:
        nonlocal reads
        reads += 1
        async with tx():
            await record(system(now()), "item.supervisor_named", "item", "01")
        return reads

    lately: Lately[int] = Lately()
    assert [await lately.read("a", read) for _ in range(3)] == [1, 2, 3]


async def test_it_does_not_grow_for_ever(county: County) -> None:
    async def read() -> int:
        return 0

    lately: Lately[int] = Lately()
    for key in range(1_000):
        await lately.read(key, read)
    assert len(lately._known) <= 64
