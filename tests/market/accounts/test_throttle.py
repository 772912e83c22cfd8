"""The back-off in the database: one owner, many guessers, many at once."""

import asyncio
from datetime import datetime, timedelta

import httpx
import msgspec
import pytest
from litestar import Litestar

from market.accounts import lockout
from market.accounts.actions import NewAccount, create_account
from market.accounts.queries import SignedIn
from market.accounts.signing_in import sign_in
from market.accounts.throttle import begin, device_mark, forget_old_counts, known_device
from market.accounts.visits import Visit
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import NotSignedIn, TooMany
from tests.conftest import PASSWORD, browser, make_uscc

KEY = b"the key of an installation"
HOME, ELSEWHERE = Visit(address="192.0.2.7", key=KEY), Visit(address="198.51.100.9", key=KEY)
LOGIN = "li.hua"
FREE = lockout.PASSWORD.narrow.free


@pytest.fixture
async def person(database: str) -> str:
    wanted = NewAccount(
        kind=Role.ENTERPRISE,
        organisation_name="测试企业",
        uscc=make_uscc(1),
        login=LOGIN,
        password=PASSWORD,
        person_name="李华",
    )
    return (await create_account(system(now()), wanted)).person


async def guess(visit: Visit, at: datetime, login: str = LOGIN) -> None:
    with pytest.raises(NotSignedIn):
        await sign_in(login, "not the password", at, demonstration=False, visit=visit)


async def enter(visit: Visit, at: datetime) -> SignedIn:
    return await sign_in(LOGIN, PASSWORD, at, demonstration=False, visit=visit)


async def besieged(at: datetime) -> None:
    """Guessed at from so many addresses that the wide limit is reached."""
    for number in range(lockout.PASSWORD.wide.free):
        somewhere = msgspec.structs.replace(HOME, address=f"203.0.113.{number}")
        await guess(somewhere, at)


async def test_one_address_must_wait_even_with_the_right_password(person: str) -> None:
    at = now()
    for _ in range(FREE):
        await guess(ELSEWHERE, at)
    with pytest.raises(TooMany) as caught:
        await enter(ELSEWHERE, at)
    assert caught.value.headers == {"Retry-After": "31"}
    # Elsewhere nobody waits, and after the wait nobody does here.
    assert (await enter(HOME, at)).person == person
    assert (await enter(ELSEWHERE, at + timedelta(seconds=31))).person == person


async def test_an_unknown_name_is_counted_and_told_the_same(person: str) -> None:
    at = now()
    told = []
    for login in (LOGIN, "nobody"):
        for _ in range(FREE):
            await guess(ELSEWHERE, at, login)
        with pytest.raises(TooMany) as caught:
            await guess(ELSEWHERE, at, login)
        told.append((str(caught.value), caught.value.headers))
    assert told[0] == told[1]


async def test_of_many_guesses_at_once_only_the_free_ones_are_looked_at(person: str) -> None:
    at = now()

    async def one() -> type[BaseException] | None:
        try:
            await sign_in(LOGIN, "not it", at, demonstration=False, visit=ELSEWHERE)
        except (NotSignedIn, TooMany) as error:
            return type(error)
        return None

    outcomes = await asyncio.gather(*(one() for _ in range(4 * FREE)))
    assert outcomes.count(NotSignedIn) == FREE
    assert outcomes.count(TooMany) == 3 * FREE


async def test_guessers_from_everywhere_never_keep_the_owner_out(person: str) -> None:
    at = now()
    await enter(HOME, at)
    mark = device_mark(KEY, LOGIN)
    await besieged(at)
    # A stranger waits now, and so would the owner at a place where she has never been …
    with pytest.raises(TooMany):
        await enter(ELSEWHERE, at)
    # … but not where she has signed in before, nor with a device that has.
    assert (await enter(HOME, at)).person == person
    on_the_road = msgspec.structs.replace(ELSEWHERE, mark=mark)
    assert (await enter(on_the_road, at)).person == person


async def test_a_guesser_behind_the_same_address_does_not_stop_a_known_device(person: str) -> None:
    at = now()
    for _ in range(FREE):
        await guess(HOME, at)
    known = msgspec.structs.replace(HOME, mark=device_mark(KEY, LOGIN))
    assert (await enter(known, at)).person == person
    with pytest.raises(TooMany):
        await enter(HOME, at)


async def test_a_known_device_may_not_guess_without_end_either(person: str) -> None:
    at = now()
    known = msgspec.structs.replace(HOME, mark=device_mark(KEY, LOGIN))
    for _ in range(FREE):
        await guess(known, at)
    with pytest.raises(TooMany):
        await guess(known, at)


@pytest.mark.parametrize(
    "mark",
    [
        "",
        ".",
        "made-up",
        "made-up.0000",
        "ü.ü",
        pytest.param(device_mark(b"another key", LOGIN), id="of another key"),
        pytest.param(device_mark(KEY, "somebody.else"), id="of another name"),
    ],
)
def test_only_a_genuine_mark_of_the_same_name_counts(mark: str) -> None:
    assert known_device(msgspec.structs.replace(HOME, mark=mark), LOGIN) == ""


async def test_the_wide_count_is_not_forgiven_by_a_success(person: str) -> None:
    """Else somebody who guesses would be given new tries whenever the owner signs in."""
    at = now()
    await besieged(at)
    later = at + lockout.PASSWORD.wide.first
    await enter(ELSEWHERE, later)
    third = Visit(address="203.0.114.1", key=KEY)
    with pytest.raises(TooMany):
        await begin(lockout.PASSWORD, LOGIN, third, later)


async def test_the_table_names_nobody_and_the_night_forgets_it(person: str) -> None:
    at = now()
    await guess(ELSEWHERE, at, "nobody")
    await enter(HOME, at)
    everything = str(await fetch("SELECT c::text FROM sign_in_count c"))
    assert "nobody" not in everything
    assert "192.0.2" not in everything
    await forget_old_counts(at + timedelta(hours=1))
    assert await fetchval("SELECT count(*) FROM sign_in_count") == 4
    await forget_old_counts(at + lockout.FORGOTTEN_AFTER + timedelta(seconds=1))
    # Where she has signed in stays known for longer.
    assert await fetchval("SELECT count(*) FROM sign_in_count WHERE failures = 0") == 1
    await forget_old_counts(at + lockout.KNOWN_FOR + timedelta(seconds=1))
    assert await fetchval("SELECT count(*) FROM sign_in_count") == 0


async def test_the_api_says_when_to_come_again(client: httpx.AsyncClient, person: str) -> None:
    wrong = {"login": LOGIN, "password": "not the password"}
    for _ in range(FREE):
        assert (await client.post("/api/v1/sessions", json=wrong)).status_code == 401
    answer = await client.post("/api/v1/sessions", json=wrong)
    assert answer.status_code == 429
    assert answer.json()["code"] == "sign-in-too-often"
    assert 28 <= int(answer.headers["retry-after"]) <= 31


async def test_a_browser_is_known_once_it_has_signed_in(app: Litestar, person: str) -> None:
    async with browser(app) as guesser, browser(app) as owner:
        right = {"login": LOGIN, "password": PASSWORD}
        assert (await owner.post("/sign-in", data=right)).status_code == 303
        assert "HttpOnly" in next(one for one in owner.cookies.jar if one.name == "device")._rest
        for _ in range(FREE):
            await guesser.post("/sign-in", data=right | {"password": "not the password"})
        answer = await guesser.post("/sign-in", data=right)
        assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
        owner.cookies.delete("session")
        assert (await owner.post("/sign-in", data=right)).status_code == 303
