"""API keys: who makes them, what they open and for how long, and what is kept of them."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from market.accounts import members, people
from market.accounts.api_keys import (
    LONGEST_DAYS,
    LONGEST_NAME,
    ApiKeyRow,
    KeyState,
    MadeApiKey,
    NewApiKey,
    api_keys,
    check_key,
    make_api_key,
    revoke_api_key,
)
from market.accounts.joining import join
from market.accounts.key_holders import key_holder, new_key
from market.accounts.scopes import AREAS
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.errors import Forbidden, NotFound, Refused
from ratings.ledger.queries import Wanted, entries, history
from ratings.verification import verify
from tests.colleagues import colleague, link
from tests.conftest import Account, open_account, program
from tests.county import County

OFFERED = ("agencies:read", "catalogue:read", "purchasing:read", "purchasing:write")
WANTED = NewApiKey("Buying robot", ("catalogue:read", "purchasing:write"))
Act = Callable[[Actor, str], Awaitable[None]]
_WHOLE = 'SELECT string_agg(each::text, chr(10)) FROM "one" AS each'
_SHAPE = re.compile(r"sy_[a-z2-9]{10}_[0-9a-f]{64}")


async def made(account: Account, wanted: NewApiKey = WANTED) -> MadeApiKey:
    return await make_api_key(account.actor(), wanted, OFFERED)


async def state_of(account: Account, identifier: str) -> KeyState:
    found = [one for one in await api_keys(account.actor()) if one.id == identifier]
    return found[0].state


@asynccontextmanager
async def another(app: Litestar, role: Role = Role.ENTERPRISE) -> AsyncIterator[Account]:
    account = await open_account(app, role)
    async with account.client, account.browser:
        yield account


@contextmanager
def counting_round_trips() -> Iterator[list[str]]:
    """Every statement that goes to the database."""
    asked: list[str] = []

    def counted(name: str) -> Any:
        real = getattr(asyncpg.Connection, name)

        async def method(connection: Any, sql: str, *arguments: Any, **how: Any) -> Any:
            asked.append(sql)
            return await real(connection, sql, *arguments, **how)

        return method

    with pytest.MonkeyPatch.context() as patch:
        for name in ("fetch", "fetchrow", "fetchval", "execute"):
            patch.setattr(asyncpg.Connection, name, counted(name))
        yield asked


@given(
    name=st.text(max_size=LONGEST_NAME + 20),
    scopes=st.lists(
        st.sampled_from([f"{area}:{verb}" for area in AREAS for verb in ("read", "write")])
    ),
    days=st.integers(-5, 500),
)
def test_a_key_is_taken_exactly_when_every_field_is_right(
    name: str, scopes: list[str], days: int
) -> None:
    plain = "".join(one for one in name if one.isprintable()).strip()
    right = {
        "/name": 0 < len(plain) <= LONGEST_NAME,
        "/scopes": bool(scopes) and set(scopes) <= set(OFFERED),
        "/valid_days": 1 <= days <= LONGEST_DAYS,
    }
    wanted = NewApiKey(name, tuple(scopes), days)
    if all(right.values()):
        checked = check_key(wanted, OFFERED)
        assert checked == NewApiKey(plain, tuple(sorted(set(scopes))), days)
    else:
        with pytest.raises(Refused) as refused:
            check_key(wanted, OFFERED)
        assert {fault.pointer for fault in refused.value.faults} == {
            pointer for pointer, fine in right.items() if not fine
        }


def test_keys_look_like_keys_and_are_never_the_same() -> None:
    keys = [new_key() for _ in range(200)]
    assert all(_SHAPE.fullmatch(key) for _, key in keys)
    assert all(key.split("_")[1] == identifier for identifier, key in keys)
    assert len({key for _, key in keys}) == 200


async def test_the_secret_is_kept_nowhere(accounts: dict[Role, Account]) -> None:
    agency = accounts[Role.AGENCY]
    answer = await agency.client.post(
        "/api/v1/api-keys", json={"name": "Robot", "scopes": ["listings:write"], "valid_days": 30}
    )
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    key = answer.json()["key"]
    assert _SHAPE.fullmatch(key)
    secret = key.split("_")[2]
    for (table,) in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        rows = await fetchval(_WHOLE.replace("one", table))
        assert secret not in (rows or ""), table
    assert key not in repr(msgspec.convert(answer.json(), MadeApiKey))
    listed = (await agency.client.get("/api/v1/api-keys")).json()["items"]
    assert [one["id"] for one in listed] == [answer.json()["id"]]
    assert secret not in str(listed)


async def test_a_key_acts_for_its_organisation_in_its_makers_name(
    app: Litestar, county: County
) -> None:
    """What it does stands in the ledger with person, organisation and key, and the public is told
    of none of them."""
    async with another(app) as owner:
        key = await made(owner, NewApiKey("Robot", ("purchasing:write",)))
        listing = await county.listing(await county.agency())
        async with program(app, key.key) as robot:
            bought = await robot.post(
                "/api/v1/purchases", json={"listing": listing, "project_name": "泵站"}
            )
            assert bought.status_code == 201, bought.text
            assert bought.headers["ratelimit"].startswith('"writes"')
        [entry] = await entries(Wanted(acts=("engagement.started",)), before=None, limit=5)
        assert (entry.role, entry.person, entry.organisation, entry.api_key) == (
            "enterprise",
            owner.person,
            owner.organisation,
            key.id,
        )
        async with program(app) as public:
            for path in ("ledger", "changes", "exports/ledger.json"):
                assert key.id not in (await public.get(f"/api/v1/{path}")).text, path
        assert (await verify(lambda line: None)).faults == []


async def test_making_and_revoking_stand_in_the_ledger_without_the_secret(
    accounts: dict[Role, Account],
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise)
    await revoke_api_key(enterprise.actor(), key.id)
    await revoke_api_key(enterprise.actor(), key.id)
    told = await entries(Wanted(subject_kind="api_key", subject=key.id), before=None, limit=10)
    assert [entry.act for entry in told] == ["api_key.revoked", "api_key.made"]
    for entry in told:
        assert entry.fact() == {
            "scopes": ["catalogue:read", "purchasing:write"],
            "expires_at": key.expires_at.isoformat(),
        }
        assert (entry.person, entry.organisation) == (enterprise.person, enterprise.organisation)


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise)
    async with program(app, key.key) as robot:
        assert (await robot.get("/api/v1/items")).status_code == 200
        gone = await enterprise.client.delete(f"/api/v1/api-keys/{key.id}")
        assert gone.status_code == 204
        refused = await robot.get("/api/v1/items")
        assert (refused.status_code, refused.json()["code"]) == (401, "api-key-dead")
        assert refused.headers["www-authenticate"] == "Bearer"
    assert await state_of(enterprise, key.id) is KeyState.REVOKED


async def test_a_key_ends_when_it_was_to_end(accounts: dict[Role, Account]) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise, NewApiKey("short", ("catalogue:read",), 1))
    at = key.expires_at
    assert await key_holder(key.key, at - timedelta(seconds=1), demonstration=False)
    assert await key_holder(key.key, at, demonstration=False) is None
    later = msgspec.structs.replace(enterprise.actor(), at=at)
    assert [one.state for one in await api_keys(later)] == [KeyState.EXPIRED]


@pytest.mark.parametrize(
    "loss",
    [
        "UPDATE membership SET administrator = false WHERE person = $1",
        "DELETE FROM membership WHERE person = $1",
    ],
)
async def test_a_key_dies_with_its_makers_right(accounts: dict[Role, Account], loss: str) -> None:
    enterprise, at = accounts[Role.ENTERPRISE], now()
    key = await made(enterprise)
    assert await key_holder(key.key, at, demonstration=False)
    await execute(loss, enterprise.person)
    assert await key_holder(key.key, at, demonstration=False) is None
    await execute(
        "INSERT INTO membership (id, person, organisation, administrator)"
        " VALUES (gen_random_uuid(), $1, $2, true)"
        " ON CONFLICT (person, organisation) DO NOTHING",
        enterprise.person,
        enterprise.organisation,
    )


@pytest.mark.parametrize(
    ("end", "back"),
    [
        (members.unmake_administrator, members.make_administrator),
        (members.deactivate_member, members.reactivate_member),
        (
            lambda actor, person: members.hand_over(
                Actor(actor.role, now(), person, actor.organisation), str(actor.person)
            ),
            members.make_administrator,
        ),
    ],
    ids=["demoted", "deactivated", "handed-over"],
)
async def test_a_key_does_not_come_back_with_its_makers_right(
    app: Litestar, accounts: dict[Role, Account], end: Act, back: Act
) -> None:
    boss = accounts[Role.ENTERPRISE]
    second = await colleague(app, boss, administrator=True)
    key, others = await made(second), await made(boss)
    await end(boss.actor(), second.person)
    assert await state_of(boss, key.id) is KeyState.REVOKED
    assert (await history("api_key", key.id))[-1].act == "api_key.revoked"
    await back(boss.actor(), second.person)
    assert await key_holder(key.key, now(), demonstration=False) is None
    assert await key_holder(others.key, now(), demonstration=False), "nobody else's"


async def test_whoever_is_invited_again_finds_no_key_of_before(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    boss, centre = accounts[Role.ENTERPRISE], accounts[Role.CENTRE]
    second = await colleague(app, boss, administrator=True)
    key = await made(second)
    await members.remove_member(boss.actor(), second.person)
    await join(second.person, await link(boss, administrator=True), now())
    assert await key_holder(key.key, now(), demonstration=False) is None
    again = await made(second)
    await people.deactivate_person(centre.actor(), second.person, "账号被盗")
    await people.reactivate_person(centre.actor(), second.person, "已核实")
    assert await key_holder(again.key, now(), demonstration=False) is None


async def test_a_key_of_the_demonstration_works_only_there(
    accounts: dict[Role, Account],
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise)
    await execute("UPDATE person SET demonstration = true WHERE id = $1", enterprise.person)
    assert await key_holder(key.key, now(), demonstration=True)
    assert await key_holder(key.key, now(), demonstration=False) is None


async def test_the_last_use_is_written_once_a_minute(accounts: dict[Role, Account]) -> None:
    enterprise, at = accounts[Role.ENTERPRISE], now()
    key = await made(enterprise)

    async def used() -> object:
        return await fetchval("SELECT used_at FROM api_key WHERE id = $1", key.id)

    assert await used() is None
    for seconds, expected in ((0, 0), (59, 0), (61, 61)):
        await key_holder(key.key, at + timedelta(seconds=seconds), demonstration=False)
        assert await used() == at + timedelta(seconds=expected)


async def test_only_administrators_have_to_do_with_keys(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise)
    await execute(
        "UPDATE membership SET administrator = false WHERE person = $1", enterprise.person
    )
    answers = [
        await enterprise.client.get("/api/v1/api-keys"),
        await enterprise.client.post(
            "/api/v1/api-keys", json={"name": "x", "scopes": ["catalogue:read"]}
        ),
        await enterprise.client.delete(f"/api/v1/api-keys/{key.id}"),
        await enterprise.browser.get("/account/api-keys"),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    with pytest.raises(Forbidden):
        await make_api_key(Actor(role=Role.SYSTEM, at=now()), WANTED, OFFERED)


async def test_another_organisations_key_is_not_there(accounts: dict[Role, Account]) -> None:
    key = await made(accounts[Role.ENTERPRISE])
    stranger = accounts[Role.AGENCY]
    for identifier in (key.id, "nonesuch22"):
        answer = await stranger.client.delete(f"/api/v1/api-keys/{identifier}")
        assert answer.status_code == 404
    with pytest.raises(NotFound):
        await revoke_api_key(stranger.actor(), key.id)
    assert await state_of(accounts[Role.ENTERPRISE], key.id) is KeyState.LIVE
    assert (await stranger.client.get("/api/v1/api-keys")).json()["items"] == []


async def test_unknown_fields_and_scopes_are_refused(accounts: dict[Role, Account]) -> None:
    enterprise = accounts[Role.ENTERPRISE].client
    wanted = {"name": "x", "scopes": ["catalogue:read"]}
    for body, status in (
        ({**wanted, "organisation": "another"}, 400),
        ({**wanted, "scopes": ["listings:write"]}, 422),
        ({**wanted, "scopes": ["in person"]}, 422),
        ({**wanted, "valid_days": 366}, 422),
    ):
        assert (await enterprise.post("/api/v1/api-keys", json=body)).status_code == status, body


async def test_two_administrators_do_not_both_make_the_last_key(
    accounts: dict[Role, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.accounts.api_keys._MOST_LIVE", 3)
    enterprise = accounts[Role.ENTERPRISE]
    results = await asyncio.gather(*(made(enterprise) for _ in range(8)), return_exceptions=True)
    refused = [one for one in results if isinstance(one, Refused)]
    assert (len(refused), {one.code for one in refused}) == (5, {"api-keys-many"})
    await revoke_api_key(enterprise.actor(), (await api_keys(enterprise.actor()))[0].id)
    assert isinstance(await made(enterprise), MadeApiKey)


@pytest.mark.parametrize("header", ["Bearer sy_nonsense", "Bearer sy_" + "a" * 5000])
async def test_a_wrong_key_is_told_even_where_nobody_need_sign_in(
    client: httpx.AsyncClient, header: str
) -> None:
    for path in ("/api/v1/items", "/api/v1/engagements"):
        answer = await client.get(path, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "api-key-dead")


async def test_a_page_takes_no_key_and_the_api_no_cookie(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    key = await made(accounts[Role.ENTERPRISE])
    async with program(app, key.key) as robot:
        assert (await robot.get("/workspace")).status_code == 401
        robot.cookies.set("session", key.key)
        assert (await robot.get("/workspace")).status_code == 401


async def test_who_asks_costs_one_round_trip_with_a_key_and_with_a_session(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    key = await made(enterprise)
    path = "/api/v1/items"
    async with program(app) as stranger, program(app, key.key) as robot:
        costs = []
        for client in (stranger, robot, enterprise.client):
            await client.get(path)
            with counting_round_trips() as asked:
                assert (await client.get(path)).status_code == 200
            costs.append(len(asked))
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]


async def test_each_key_has_an_allowance_of_its_own(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    one, other = await made(enterprise), await made(enterprise)
    async with program(app, one.key) as first, program(app, other.key) as second:
        left = [
            (await client.get("/api/v1/items")).headers["ratelimit"]
            for client in (first, first, second)
        ]
    assert [word.split(";")[1] for word in left] == ["r=5999", "r=5998", "r=5999"]


async def test_the_list_shows_what_an_administrator_must_know(
    accounts: dict[Role, Account],
) -> None:
    enterprise = accounts[Role.ENTERPRISE]
    old, new = await made(enterprise), await made(enterprise)
    await revoke_api_key(enterprise.actor(), old.id)
    first, second = await api_keys(enterprise.actor())
    assert (first.id, second.id) == (new.id, old.id)
    assert isinstance(first, ApiKeyRow)
    assert first.made_by.startswith("测试人员")
    assert first.scopes == WANTED.scopes
    assert second.revoked_at is not None
