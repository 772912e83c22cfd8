"""`steelyard demo` against a server of its own: the whole walk over a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from click.testing import CliRunner, Result
from litestar import Litestar

from market import worker
from market.accounts.actions import NewAccount, create_account
from market.accounts.invitations import NewInvitation, invite
from market.accounts.joining import join_as_new
from market.accounts.rules import NewPerson
from market.catalogue.actions import load_catalogue
from market.demonstration.accounts import PASSWORD
from market.demonstration.commands import demo
from market.settings import Settings
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import now
from ratings.ledger.queries import latest
from ratings.verification import verify

OFFICE_PASSWORD = "an office has its own"


@pytest.fixture
async def server(app: Litestar, database: str) -> AsyncIterator[str]:
    """The address of a served market with its timetable, empty but for catalogue and offices."""
    await load_catalogue(system(now()))
    for role in (Role.CENTRE, Role.SUPERVISOR):
        wanted = NewAccount(
            kind=role,
            organisation_name=f"测试{role.value}",
            login=f"{role.value}-office",
            password=OFFICE_PASSWORD,
            person_name="某人",
        )
        account = await create_account(system(now()), wanted)
        if role is Role.CENTRE:
            first = Actor(role, now(), account.person, account.organisation)
            invitation = await invite(first, NewInvitation())
            second = NewPerson("centre-office2", OFFICE_PASSWORD, "另一人")
            await join_as_new(Actor(Role.PUBLIC, now()), invitation.token, second)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    served = uvicorn.Server(
        uvicorn.Config(app, loop="none", lifespan="off", log_level="warning", server_header=False)
    )
    stop = asyncio.Event()
    timetable = asyncio.create_task(
        worker.run(Settings(database_url=database, secret_key="of a story"), stop)
    )
    serving = asyncio.create_task(served.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    stop.set()
    served.should_exit = True
    await serving
    await timetable
    listening.close()


async def run_demo(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, demo, arguments)


OFFICES = (
    "--centre-login=centre-office",
    f"--centre-password={OFFICE_PASSWORD}",
    "--centre2-login=centre-office2",
    f"--centre2-password={OFFICE_PASSWORD}",
    "--supervisor-login=supervisor-office",
    f"--supervisor-password={OFFICE_PASSWORD}",
)


async def test_the_walk_is_walked_and_verified(server: str) -> None:
    result = await run_demo(f"--url={server}", *OFFICES)
    assert result.exit_code == 0, result.output
    for step in "12345678":
        assert f"\n{step} " in f"\n{result.output}"
    acts = {entry.act for entry in await latest(1000)}
    assert {
        "listing.put_up",
        "group_buy.closed",
        "group_buy.chosen",
        "engagement.deliverable_added",
        "engagement.settled",
        "docket.unsealed",
        "standing.published",
        "case.opened",
        "agency.delisted",
        "screen.ran",
    } <= acts
    report = await verify()
    assert report.faults == []
    assert report.answers == 18


async def test_demonstration_passwords_are_refused_without_the_demonstration(server: str) -> None:
    wanted = NewAccount(
        kind=Role.CENTRE,
        organisation_name="示范中心",
        login="centre@demo",
        password=PASSWORD,
        person_name="某人",
    )
    await create_account(system(now()), wanted, demonstration=True)
    result = await run_demo(f"--url={server}")
    assert result.exit_code == 1
    assert "403" in result.output
    assert "demonstration account" in result.output


async def test_without_a_server_the_walk_says_how_to_start_one() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    result = await run_demo(f"--url=http://127.0.0.1:{port}")
    assert result.exit_code == 1
    assert "make run" in result.output
