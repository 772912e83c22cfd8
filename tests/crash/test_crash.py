"""SIGKILL in the middle of joins and evaluations: what was acknowledged is there, and verifies."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from market.accounts.actions import Account, NewAccount, create_account
from market.catalogue.actions import load_catalogue, load_demonstration_ranges
from market.catalogue.project_facts import ProjectFacts
from market.migrations import migrate
from market.purchasing.actions import NewGroupBuy, open_group_buy
from market.purchasing.queries import participations
from market.purchasing.tiers import Tier
from ratings.evaluations.actions import NewDocket, open_docket
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import connect, disconnect, fetch
from ratings.ledger.postgres import EmbeddedPostgres
from ratings.verification import verify
from tests.conftest import make_uscc

PASSWORD = "a long enough password"
JOINERS = 12


async def new_account(kind: Role, name: str, uscc: str | None) -> Account:
    wanted = NewAccount(
        kind=kind,
        organisation_name=name,
        organisation_name_en=name,
        uscc=uscc,
        login=f"{name}@invented.example",
        password=PASSWORD,
        person_name=name,
    )
    return await create_account(system(now()), wanted)


async def prepare() -> tuple[str, list[str]]:
    """A group buy with room for everybody, and dockets that wait for their owners."""
    await load_catalogue(system(now()))
    await load_demonstration_ranges(system(now()))
    opener = await new_account(Role.ENTERPRISE, "opener", make_uscc(1000))
    dockets = []
    for number in range(JOINERS):
        joiner = await new_account(Role.ENTERPRISE, f"joiner{number}", make_uscc(number))
        dockets.append(
            await open_docket(
                system(now()),
                NewDocket(
                    engagement=f"engagement {number}",
                    uscc=make_uscc(2000),
                    trade="consulting",
                    title="invented",
                    settled_on=date.today() - timedelta(days=1),  # noqa: DTZ011
                    owner=joiner.organisation,
                    supervisor=opener.organisation,
                ),
            )
        )
    group_buy = await open_group_buy(
        Actor(Role.ENTERPRISE, now(), opener.person, opener.organisation),
        NewGroupBuy(
            package="consulting",
            title="invented",
            facts=ProjectFacts(investment_wan=Decimal(5000), building_area_m2=Decimal(10000)),
            tiers=(Tier(2, 40_000_000),),
            places=JOINERS + 1,
            deadline=now() + timedelta(days=1),
            project_name="invented",
        ),
    )
    return group_buy, dockets


class Server:
    """`steelyard serve` as an operator starts it, on a free port."""

    def __init__(self, var: Path) -> None:
        environment = {**os.environ, "STEELYARD_VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}
        environment.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "market.cli", "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    async def address(self) -> str:
        assert self.process.stdout is not None
        printed = []
        while line := await asyncio.to_thread(self.process.stdout.readline):
            printed.append(line)
            if "http://" in line:
                return line[line.index("http://") :].strip()
        raise AssertionError("".join(printed))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@asynccontextmanager
async def serving(var: Path) -> AsyncIterator[tuple[Server, str]]:
    server = Server(var)
    try:
        yield server, await server.address()
    finally:
        server.kill()


async def sign_in(client: httpx.AsyncClient, login: str) -> dict[str, str]:
    answer = await client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


class Acknowledged(set[str]):
    """What the server has confirmed; `enough` is set once half of the joiners were served."""

    def __init__(self) -> None:
        super().__init__()
        self.enough = asyncio.Event()

    def note(self, what: str) -> None:
        self.add(what)
        if len(self) >= JOINERS // 2:
            self.enough.set()


async def act(
    client: httpx.AsyncClient, number: int, group_buy: str, docket: str, done: Acknowledged
) -> None:
    """Join, then evaluate, and note whatever is acknowledged."""
    try:
        headers = await sign_in(client, f"joiner{number}@invented.example")
        joined = await client.post(
            f"/api/v1/group-buys/{group_buy}/participations",
            json={"project_name": f"project {number}"},
            headers={**headers, "Idempotency-Key": f"key {number}"},
        )
        if joined.status_code == 201:
            done.note(f"joined {number}")
        scores = dict.fromkeys(WEIGHTS[Party.OWNER], "95")
        answered = await client.post(
            f"/api/v1/dockets/{docket}/answers",
            json={"scores": scores, "comment": ""},
            headers=headers,
        )
        if answered.status_code == 201:
            done.note(f"answered {number}")
    except httpx.HTTPError:
        return


async def stored(group_buy: str) -> set[str]:
    found = {
        f"joined {row.project_name.removeprefix('project ')}"
        for row in await participations(group_buy)
        if row.project_name.startswith("project ")
    }
    rows = await fetch("SELECT d.engagement FROM answer a JOIN docket d ON d.id = a.docket")
    return found | {f"answered {row[0].removeprefix('engagement ')}" for row in rows}


@pytest.mark.parametrize("kill_database", [False, True], ids=["server", "server-and-database"])
async def test_what_was_acknowledged_survives(tmp_path: Path, kill_database: bool) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres")
    with postgres as url:
        await connect(url)
        await migrate(url)
        group_buy, dockets = await prepare()
        await disconnect()
    done = Acknowledged()
    async with (
        serving(tmp_path) as (server, address),
        httpx.AsyncClient(base_url=address, timeout=30) as client,
    ):
        acts = [
            asyncio.create_task(act(client, number, group_buy, docket, done))
            for number, docket in enumerate(dockets)
        ]
        # The blow falls once some, and not yet all, have been acknowledged.
        enough = asyncio.create_task(done.enough.wait())
        everybody = asyncio.gather(*acts)
        await asyncio.wait({enough, everybody}, return_when=asyncio.FIRST_COMPLETED)
        server.kill()
        if kill_database:
            pid = (tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
            os.kill(int(pid), signal.SIGKILL)
        await everybody
    assert JOINERS // 2 <= len(done) < 2 * JOINERS
    async with serving(tmp_path) as (server, address):
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            ready = await client.get("/healthz/ready")
            assert ready.status_code == 200
        with postgres as url:
            await connect(url)
            try:
                assert done <= await stored(group_buy)
                report = await verify()
                assert report.faults == []
            finally:
                await disconnect()
