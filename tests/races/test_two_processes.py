"""Two real processes on one database: what one has acknowledged, the other never denies."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from market.agencies.actions import NewListing, put_up_listing, withdraw_listing
from tests.county import FACTS, PACKAGE, County

ROUNDS = 25
READERS = 6


def _start(database_url: str, var: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "market.cli", "serve", "--no-worker", "--port", "0"],
        env=os.environ
        | {
            "DATABASE_URL": database_url,
            "STEELYARD_VAR_DIR": str(var),
            "STEELYARD_RATE_LIMITS": "off",
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )


@asynccontextmanager
async def serving(database_url: str, var: Path) -> AsyncIterator[str]:
    """The address of `steelyard serve` as an operator starts it, on a free port."""
    process = _start(database_url, var)
    assert process.stdout is not None
    try:
        printed = ""
        while "http://" not in printed:
            line = await asyncio.to_thread(process.stdout.readline)
            assert line, printed
            printed += line
        yield printed[printed.index("http://") :].split()[0].rstrip("/")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture
async def two(database_url: str, county: County, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """They share the installation's key, as several hosts must."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(serving(database_url, tmp_path))
        yield first, await stack.enter_async_context(serving(database_url, tmp_path))


async def test_an_acknowledged_act_is_seen_at_once_by_the_other_process(
    two: tuple[str, str], county: County
) -> None:
    agency = await county.agency()
    lowest = county.high_fen // 2
    acknowledged, finished = 0, False
    answers = 0

    async def look(client: httpx.AsyncClient, address: str) -> None:
        """The price counts the acts: whatever was acknowledged before the question is there."""
        nonlocal answers
        at_least = acknowledged
        answer = await client.get(address)
        listings = answer.json().get("items", answer.json().get("listings"))
        assert listings is not None, answer.text
        (price,) = (row["price_fen"] for row in listings)
        assert price - lowest >= at_least, (address, price - lowest, at_least)
        answers += 1

    async def read(base: str, address: str) -> None:
        async with httpx.AsyncClient(base_url=base) as client:
            while not finished:
                await look(client, address)

    addresses = (f"/api/v1/agencies/{agency.uscc}", f"/api/v1/packages/{PACKAGE}/listings")
    await put_up_listing(agency.actor(), NewListing(PACKAGE, lowest, 20, FACTS))
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=base)) for base in two
        ]
        readers = [
            asyncio.create_task(read(two[number % 2], addresses[number // 2 % 2]))
            for number in range(READERS)
        ]
        try:
            for number in range(1, ROUNDS + 1):
                wanted = {
                    "package": PACKAGE,
                    "price_fen": lowest + number,
                    "working_days": 20,
                    "facts": {"investment_wan": "10000", "building_area_m2": "20000"},
                }
                writer, other = clients[number % 2], clients[1 - number % 2]
                done = await writer.post(
                    "/api/v1/listings",
                    json=wanted,
                    headers={"Authorization": f"Bearer {agency.token}"},
                )
                assert done.status_code == 201, done.text
                acknowledged = number
                for address in addresses:
                    await look(other, address)
                    await look(writer, address)
        finally:
            finished = True
            outcomes = await asyncio.gather(*readers, return_exceptions=True)
        assert outcomes == [None] * READERS
        assert answers > 4 * ROUNDS + READERS
        # What only another process than both has written is seen too, and in what is kept longer.
        listing = (await clients[0].get(addresses[0])).json()["listings"][0]["id"]
        await withdraw_listing(agency.actor(), listing)
        for client in clients:
            assert (await client.get(addresses[0])).json()["listings"] == []
            assert (await client.get(addresses[1])).json()["items"] == []
            (row,) = (await client.get("/api/v1/agencies")).json()["items"]
            assert row["packages"] == []
