"""A real PostgreSQL for the session, a fresh database for each test, the application over ASGI.

Everything runs in one event loop and commits for real. STEELYARD_TEST_DATABASE_URL names a
server to use instead of the embedded one (its user must be allowed to create databases).
"""

import asyncio
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import hypothesis
import pytest
from litestar import Litestar
from litestar.utils.signature import ParsedSignature
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from market.accounts import passwords
from market.accounts.actions import NewAccount, create_account, sign_in
from market.accounts.identity import session_cookie
from market.api.csrf import csrf_cookie, csrf_token
from market.catalogue.actions import load_catalogue, load_demonstration_ranges
from market.catalogue.guide_actions import load_guides
from market.migrations import migrate
from market.settings import Settings
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import connect, disconnect
from ratings.ledger.postgres import EmbeddedPostgres
from ratings.ledger.uscc import Uscc, check_character
from tests.applications import application

# No test is timed: a busy machine is no fault. What lands is judged by the same examples each time.
hypothesis.settings.register_profile(
    "steelyard", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
hypothesis.settings.load_profile("steelyard")

_GIVEN_SERVER = "STEELYARD_TEST_DATABASE_URL"
PASSWORD = "a long enough password"
_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_numbers = itertools.count(1)


def make_uscc(number: int, region: str = "320999") -> Uscc:
    """A valid code of a company in a region that does not exist."""
    first = f"91{region}MA{number:07d}"
    return Uscc(first + check_character(first))


@dataclass(frozen=True)
class Account:
    """An account of one role, signed in.

    `client` calls the API with its token, `browser` opens pages with its cookies and may send
    forms, `actor()` acts for it without either.
    """

    role: Role
    login: str
    person: str
    organisation: str
    uscc: str | None
    token: str
    client: httpx.AsyncClient
    browser: httpx.AsyncClient

    def actor(self) -> Actor:
        return Actor(
            role=self.role,
            at=now(),
            person=self.person,
            organisation=self.organisation,
            uscc=self.uscc if self.role is Role.AGENCY else None,
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another server only what meets one is run: the rest is no different there."""
    if _GIVEN_SERVER in os.environ:
        meeting, apart = [], []
        for item in items:
            meets = "postgres" in getattr(item, "fixturenames", ())
            (meeting if meets else apart).append(item)
        config.hook.pytest_deselected(items=apart)
        items[:] = meeting


def pytest_collection_finish() -> None:
    """What is loaded now stays; looking through it took a third of making each application.

    Copying the signatures of all routes took half of the rest: Litestar copies each router that it
    registers, and with it what was parsed of its functions, which is frozen.
    """
    gc.collect()
    gc.freeze()
    ParsedSignature.__deepcopy__ = lambda self, memo: self  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashing is slow on purpose; a test that signs in hundreds of times must not be."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", PasswordHash((hasher,)))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running server."""
    given = os.environ.get(_GIVEN_SERVER)
    if given:
        yield given
        return
    directory = Path(tempfile.mkdtemp(prefix="steelyard-test-"))
    try:
        with EmbeddedPostgres(directory, options=_UNSAFE_BUT_FAST) as url:
            yield url
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
async def template(postgres: str) -> AsyncIterator[str]:
    """The name of a migrated, empty database that tests get a copy of."""
    name = f"steelyard_template_{os.getpid()}"
    await _run(postgres, f"CREATE DATABASE {name}")
    url = _other_database(postgres, name)
    await connect(url)
    try:
        await migrate(url)
    finally:
        await disconnect()
    yield name
    await _run(postgres, f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
async def county_template(postgres: str, template: str) -> AsyncIterator[str]:
    """The same with what every county begins with: to copy it is much cheaper than to load it."""
    name = f"steelyard_county_{os.getpid()}"
    await _run(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    await connect(_other_database(postgres, name))
    try:
        await load_catalogue(system(now()))
        await load_guides(system(now()))
        await load_demonstration_ranges(system(now()))
    finally:
        await disconnect()
    yield name
    await _run(postgres, f"DROP DATABASE {name}")


@pytest.fixture
def model(request: pytest.FixtureRequest) -> str:
    """The name of the database that this test's own is a copy of."""
    county = "county" in request.fixturenames
    name: str = request.getfixturevalue("county_template" if county else "template")
    return name


@pytest.fixture
async def database_url(postgres: str, model: str) -> AsyncIterator[str]:
    """A database of this test's own, not yet connected to."""
    name = f"steelyard_test_{os.getpid()}_{next(_numbers)}"
    await _run(postgres, f"CREATE DATABASE {name} TEMPLATE {model}")
    yield _other_database(postgres, name)
    await _run(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """The same, with the program's pool open on it: actions and queries just work."""
    await connect(database_url)
    yield database_url
    await disconnect()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Override it in a test module to run the application otherwise.

    Officials need no second factor here; `tests/market/accounts/` tries the market where they do.
    """
    return Settings(
        database_url=database_url,
        var_dir=tmp_path,
        secret_key="of the tests",
        second_factor="optional",
    )


@pytest.fixture
async def app(settings: Settings, database: str) -> AsyncIterator[Litestar]:
    """The application after its start-up; it joins the pool that `database` has opened."""
    made = application(settings)
    started, finished = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with made.lifespan():
            started.set()
            await finished.wait()

    # Start-up and shut-down must run in the same task, which fixtures do not promise.
    life = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not started.is_set():
        waiting.cancel()
        await life
    yield made
    finished.set()
    await life


def program(app: Litestar, token: str = "") -> httpx.AsyncClient:
    """A client of the API; unexpected errors come back as answers, as over a socket."""
    return _client(app, headers={"Authorization": f"Bearer {token}"} if token else {})


def browser(app: Litestar, token: str = "") -> httpx.AsyncClient:
    """A client of the pages, with the cookies and the form token a browser would have."""
    settings: Settings = app.state.settings
    nonce = "test-nonce"
    made = _client(app, headers={"X-CSRF-Token": csrf_token(settings, nonce, token)})
    made.cookies.set(csrf_cookie(settings), nonce)
    if token:
        made.cookies.set(session_cookie(settings), token)
    return made


def _client(app: Litestar, headers: dict[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://steelyard.test",
        headers=headers,
    )


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    async with program(app) as made:
        yield made


@pytest.fixture
async def accounts(app: Litestar) -> AsyncIterator[dict[Role, Account]]:
    """One signed-in account of every role."""
    async with AsyncExitStack() as stack:
        made = {}
        for role in (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR):
            made[role] = await open_account(app, role)
            await stack.enter_async_context(made[role].client)
            await stack.enter_async_context(made[role].browser)
        yield made


async def open_account(app: Litestar, role: Role) -> Account:
    """Another account; each call makes a new organisation. Close its two clients yourself."""
    number = next(_numbers)
    at = now()
    wanted = NewAccount(
        kind=role,
        organisation_name=f"测试单位{number}",
        organisation_name_en=f"Test organisation {number}",
        uscc=make_uscc(number) if role in (Role.ENTERPRISE, Role.AGENCY) else None,
        login=f"{role.value}-{number}",
        password=PASSWORD,
        person_name=f"测试人员{number}",
    )
    account = await create_account(Actor(role=Role.SYSTEM, at=at), wanted)
    who = await sign_in(wanted.login, PASSWORD, at, demonstration=False)
    return Account(
        role=role,
        login=wanted.login,
        person=account.person,
        organisation=account.organisation,
        uscc=wanted.uscc,
        token=who.token,
        client=program(app, who.token),
        browser=browser(app, who.token),
    )


def _other_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
