"""Which passwords are refused, and changing one."""

import asyncio
import time

import pytest
from litestar import Litestar
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from market.accounts import passwords
from market.accounts.guessable import check_guessable
from market.accounts.queries import signed_in
from market.accounts.signing_in import change_password, sign_in
from market.accounts.visits import Visit
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Refused
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, Account, browser, open_account

NEWER = "quite another sentence"
PERSONAL = ("zhang.san@dept.example", "张三", "云溪县发展和改革局")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("password123456", "common passwords"),
        ("qwertyuiop123", "common passwords"),
        ("zhangsan1985", "your name"),
        ("zhang.san@dept.example1", "your name"),
        ("20010911abcd", "a date"),
        ("abcabcabcabc", "repeats"),
        ("1234567890!@#$%", "common passwords"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused_and_the_reason_told(
    password: str, why: str
) -> None:
    with pytest.raises(Refused, match=why) as caught:
        check_guessable(password, PERSONAL)
    assert caught.value.code == "password-guessable"


@pytest.mark.parametrize("password", [PASSWORD, NEWER, "我家门前有两棵枣树", "vK9-tum-Bala-7"])
def test_a_sentence_is_taken(password: str) -> None:
    check_guessable(password, PERSONAL)


def test_no_password_keeps_the_server_busy() -> None:
    """Signs that may stand for letters multiply the readings; a whole line of them took seconds."""
    start = time.process_time()
    check_guessable("4@8({[<369&#!1/|0$5+7%2" * 5, PERSONAL)
    assert time.process_time() - start < 1


@pytest.fixture
async def account(app: Litestar) -> Account:
    made = await open_account(app, Role.ENTERPRISE)
    await made.client.aclose()
    await made.browser.aclose()
    return made


async def change(account: Account, old: str, new: str) -> str:
    who = await change_password(account.actor(), account.token, old, new, Visit())
    return who.token


async def test_a_change_ends_the_other_sessions_and_renews_this_one(account: Account) -> None:
    other = await sign_in(account.login, PASSWORD, now(), demonstration=False)
    token = await change(account, PASSWORD, NEWER)
    for ended in (other.token, account.token):
        assert await signed_in(ended, now(), demonstration=False) is None
    assert await signed_in(token, now(), demonstration=False)
    assert await sign_in(account.login, NEWER, now(), demonstration=False)
    entry = (await history("person", account.person))[-1]
    assert (entry.act, entry.fact()) == ("password.changed", {})


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("not the password", NEWER, "password-wrong"),
        (PASSWORD, PASSWORD, "password-same"),
        (PASSWORD, "short", "password-short"),
        (PASSWORD, "password123456", "password-guessable"),
        (PASSWORD, "steelyard-demo", "password-published"),
    ],
)
async def test_a_refused_change_changes_nothing(
    account: Account, old: str, new: str, code: str
) -> None:
    before = await fetchval("SELECT password_hash FROM person WHERE id = $1", account.person)
    with pytest.raises(Refused) as caught:
        await change(account, old, new)
    assert caught.value.code == code
    after = await fetchval("SELECT password_hash FROM person WHERE id = $1", account.person)
    assert before == after
    assert await signed_in(account.token, now(), demonstration=False)


async def test_of_two_changes_at_once_one_wins(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await sign_in(account.login, PASSWORD, now(), demonstration=False)
    hashed, both = passwords.hashed, asyncio.Barrier(2)

    async def hashed_together(password: str) -> str:
        await both.wait()
        return await hashed(password)

    # Both have shown the old password before either has stored a new one.
    monkeypatch.setattr(passwords, "hashed", hashed_together)
    outcomes = await asyncio.gather(
        change_password(account.actor(), account.token, PASSWORD, NEWER, Visit()),
        change_password(account.actor(), other.token, PASSWORD, NEWER + " still", Visit()),
        return_exceptions=True,
    )
    lost = [one for one in outcomes if isinstance(one, BaseException)]
    assert len(lost) == 1
    assert isinstance(lost[0], Conflict)
    assert await fetchval("SELECT count(*) FROM session") == 1


async def test_old_parameters_are_replaced_at_the_next_sign_in(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await fetchval("SELECT password_hash FROM person WHERE id = $1", account.person)
    dearer = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", dearer)
    await sign_in(account.login, PASSWORD, now(), demonstration=False)
    after = await fetchval("SELECT password_hash FROM person WHERE id = $1", account.person)
    assert ("t=1" in before, "t=2" in after) == (True, True)
    await sign_in(account.login, PASSWORD, now(), demonstration=False)
    again = await fetchval("SELECT password_hash FROM person WHERE id = $1", account.person)
    assert again == after


async def test_over_the_api(accounts: dict[Role, Account]) -> None:
    account = accounts[Role.AGENCY]
    body = {"old": PASSWORD, "new": NEWER}
    answer = await account.client.put("/api/v1/password", json=body)
    assert answer.status_code == 200, answer.text
    assert (await account.client.get("/api/v1/sessions/current")).status_code == 401
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await account.client.get("/api/v1/sessions/current", headers=bearer)).is_success


async def test_a_form_tells_at_the_field_and_then_goes_on(
    app: Litestar, accounts: dict[Role, Account]
) -> None:
    async with browser(app, accounts[Role.SUPERVISOR].token) as person:
        refused = await person.post(
            "/account/security/password?lang=en", data={"old": "not it", "new": NEWER}
        )
        assert refused.status_code == 422
        assert 'id="old-error"' in refused.text
        done = await person.post("/account/security/password", data={"old": PASSWORD, "new": NEWER})
        assert done.headers["location"] == "/account/security"
        assert (await person.get("/account/security")).status_code == 200
        # The old form's token belonged to the old session.
        assert (await person.post("/account/security/sessions")).status_code == 403
