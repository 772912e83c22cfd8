"""Signing in over the API, and what a session is worth."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from market.accounts import passwords, queries
from market.accounts.actions import NewAccount, create_account, sign_in, sign_out
from market.accounts.queries import ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, signed_in
from market.accounts.sessions import renew
from market.accounts.visits import Visit, device, place, region
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import Forbidden, NotSignedIn
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, Account, make_uscc, program

_ENTERPRISE = NewAccount(
    kind=Role.ENTERPRISE,
    organisation_name="测试企业",
    uscc=make_uscc(1),
    login="li.hua",
    password=PASSWORD,
    person_name="李华",
)


def _somebody() -> Actor:
    return Actor(role=Role.PUBLIC, at=now())


async def test_sign_in_shows_the_token_once(
    client: httpx.AsyncClient, accounts: dict[Role, Account]
) -> None:
    answer = await client.post(
        "/api/v1/sessions", json={"login": accounts[Role.CENTRE].login, "password": PASSWORD}
    )
    assert answer.status_code == 201
    assert answer.json()["role"] == "centre"
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    shown = await client.get("/api/v1/sessions/current", headers=bearer)
    assert shown.status_code == 200
    assert "token" not in shown.json()
    assert (await client.delete("/api/v1/sessions/current", headers=bearer)).status_code == 204
    assert (await client.get("/api/v1/sessions/current", headers=bearer)).status_code == 401


async def test_only_the_hash_of_a_token_is_stored(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    who = await sign_in("li.hua", PASSWORD, now(), demonstration=False)
    rows = await fetch("SELECT s::text AS everything FROM session s")
    assert len(rows) == 1
    assert who.token not in rows[0]["everything"]
    assert PASSWORD not in str(await fetch("SELECT p::text FROM person p"))


async def test_signing_in_never_keeps_the_session_a_browser_brings(
    app: Litestar, database: str
) -> None:
    """Session fixation: whoever plants a session id before must not be signed in after."""
    await create_account(_somebody(), _ENTERPRISE)
    planted = "planted-by-somebody-else"
    async with program(app, planted) as client:
        answer = await client.post(
            "/api/v1/sessions", json={"login": "li.hua", "password": PASSWORD}
        )
        assert answer.status_code == 201
        assert answer.json()["token"] != planted
        assert (await client.get("/api/v1/sessions/current")).status_code == 401


async def test_each_sign_in_has_a_token_of_its_own(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    first = await sign_in("li.hua", PASSWORD, now(), demonstration=False)
    second = await sign_in("li.hua", PASSWORD, now(), demonstration=False)
    assert first.token != second.token
    await sign_out(first.token)
    assert await signed_in(first.token, now(), demonstration=False) is None
    assert await signed_in(second.token, now(), demonstration=False) is not None


async def test_an_idle_session_ends_and_a_used_one_does_not(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    at = now()
    token = (await sign_in("li.hua", PASSWORD, at, demonstration=False)).token
    almost = IDLE_TIMEOUT - timedelta(seconds=1)
    assert await signed_in(token, at + almost, demonstration=False)
    assert await signed_in(token, at + 2 * almost, demonstration=False)
    late = at + 2 * almost + IDLE_TIMEOUT
    assert await signed_in(token, late, demonstration=False) is None


async def test_no_session_outlives_its_absolute_time(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    at = now()
    token = (await sign_in("li.hua", PASSWORD, at, demonstration=False)).token
    moment = at
    while moment + IDLE_TIMEOUT / 2 < at + ABSOLUTE_TIMEOUT:
        moment += IDLE_TIMEOUT / 2
        assert await signed_in(token, moment, demonstration=False)
    assert await signed_in(token, at + ABSOLUTE_TIMEOUT, demonstration=False) is None


async def test_a_session_is_written_at_most_once_a_minute(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    at = now()
    token = (await sign_in("li.hua", PASSWORD, at, demonstration=False)).token
    await signed_in(token, at + timedelta(seconds=30), demonstration=False)
    assert await fetchval("SELECT seen_at FROM session") == at
    later = at + timedelta(seconds=90)
    await signed_in(token, later, demonstration=False)
    assert await fetchval("SELECT seen_at FROM session") == later


async def test_unknown_name_and_wrong_password_cannot_be_told_apart(
    client: httpx.AsyncClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    verified = []
    verify = passwords._hasher.verify_and_update

    def counting(password: str, against: str) -> tuple[bool, str | None]:
        verified.append(against)
        return verify(password, against)

    monkeypatch.setattr(passwords._hasher, "verify_and_update", counting)
    wrong = await client.post(
        "/api/v1/sessions", json={"login": "li.hua", "password": "not the password"}
    )
    unknown = await client.post(
        "/api/v1/sessions", json={"login": "nobody", "password": "not the password"}
    )
    assert (wrong.status_code, wrong.text) == (401, unknown.text)
    # The time is the hash's: each attempt verifies one, of the same cost.
    assert len(verified) == 2
    assert [text.split("$")[3] for text in verified] == [verified[0].split("$")[3]] * 2


async def test_demonstration_accounts_work_in_a_demonstration_only(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE, demonstration=True)
    who = await sign_in("li.hua", PASSWORD, now(), demonstration=True)
    assert await signed_in(who.token, now(), demonstration=True)
    # A server started without the demonstration on the same data honours neither.
    assert await signed_in(who.token, now(), demonstration=False) is None
    with pytest.raises(Forbidden, match="demonstration"):
        await sign_in("li.hua", PASSWORD, now(), demonstration=False)
    with pytest.raises(NotSignedIn):
        await sign_in("li.hua", "not the password", now(), demonstration=False)


async def test_a_renewed_session_is_the_same_one_under_another_token(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    at = now()
    before = await sign_in("li.hua", PASSWORD, at, demonstration=False)
    after = await renew(before.token, at + timedelta(hours=1))
    assert after.token != before.token
    assert after.session == before.session
    assert await signed_in(before.token, at, demonstration=False) is None
    # Renewing never makes it last longer.
    assert await signed_in(after.token, at + ABSOLUTE_TIMEOUT, demonstration=False) is None
    with pytest.raises(NotSignedIn):
        await renew(before.token, at)


async def test_of_two_renewals_at_once_one_token_is_good(database: str) -> None:
    await create_account(_somebody(), _ENTERPRISE)
    who = await sign_in("li.hua", PASSWORD, now(), demonstration=False)
    outcomes = await asyncio.gather(
        *(renew(who.token, now()) for _ in range(6)), return_exceptions=True
    )
    assert sum(not isinstance(one, BaseException) for one in outcomes) == 1


async def test_ones_sessions_are_listed_and_ended(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    mine, theirs = accounts[Role.AGENCY], accounts[Role.ENTERPRISE]
    visit = Visit(
        address="203.0.113.77",
        user_agent="Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
    )
    others = [
        await sign_in(mine.login, PASSWORD, now(), demonstration=False, visit=visit)
        for _ in range(2)
    ]
    listed = (await mine.client.get("/api/v1/sessions")).json()["items"]
    assert len(listed) == 3
    (seen,) = [one for one in listed if one["id"] == others[0].session]
    assert (seen["device"], seen["address"]) == ("Firefox · Windows", "203.0.113.0/24")
    assert seen["ends_at"] > seen["created_at"]
    path = f"/api/v1/sessions/{others[0].session}"
    assert (await theirs.client.delete(path)).status_code == 404
    assert (await mine.client.delete(path)).status_code == 204
    assert (await mine.client.delete(path)).status_code == 404
    assert await signed_in(others[0].token, now(), demonstration=False) is None
    assert (await mine.client.delete("/api/v1/sessions")).status_code == 204
    assert await signed_in(others[1].token, now(), demonstration=False) is None
    assert (await mine.client.get("/api/v1/sessions/current")).status_code == 200
    assert (await theirs.client.get("/api/v1/sessions/current")).status_code == 200
    assert (await history("person", mine.person))[-1].act == "sessions.ended"


@pytest.mark.parametrize(
    ("address", "counted", "shown"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("", "", ""),
        ("not an address", "", ""),
    ],
)
def test_addresses_are_kept_no_more_exactly_than_needed(
    address: str, counted: str, shown: str
) -> None:
    assert (place(address), region(address)) == (counted, shown)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
            " Mobile Safari/537.36 MicroMessenger/8.0",
            "WeChat · Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Version/18 Safari/605", "Safari · macOS"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("", ""),
        ("x" * 500, "x" * 80),
    ],
)
def test_devices_have_names_that_people_know(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


async def test_who_is_asking_is_found_in_one_round_trip(
    accounts: dict[Role, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    fetchrow = queries.fetchrow

    async def counting(sql: str, *arguments: object) -> object:
        asked.append(sql)
        return await fetchrow(sql, *arguments)

    monkeypatch.setattr(queries, "fetchrow", counting)
    answer = await accounts[Role.CENTRE].client.get("/api/v1/sessions/current")
    assert (answer.status_code, len(asked)) == (200, 1)
