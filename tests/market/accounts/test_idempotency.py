"""The same request twice has one effect and one answer."""

import asyncio

import pytest

from market.accounts.idempotency import once, request_hash
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import Malformed, Refused
from tests.conftest import Account

_REQUEST = request_hash("POST", "/api/v1/group-buys/1/participations", b"{}")


async def _effect() -> bytes:
    """A visible change: one more organisation, whose name is the answer."""
    count = await fetchval("SELECT count(*) FROM organisation WHERE kind = 'effect'")
    name = f"第{count + 1}个"
    await execute(
        "INSERT INTO organisation (id, kind, name, name_en, demonstration, created_at)"
        " VALUES (gen_random_uuid(), 'effect', $1, '', false, $2)",
        name,
        now(),
    )
    return name.encode()


async def _effects() -> int:
    return int(await fetchval("SELECT count(*) FROM organisation WHERE kind = 'effect'"))


@pytest.fixture
def buyer(accounts: dict[Role, Account]) -> Actor:
    return accounts[Role.ENTERPRISE].actor()


async def test_a_repeated_request_gets_the_stored_answer(buyer: Actor) -> None:
    first = await once(buyer, "key", _REQUEST, _effect)
    assert await once(buyer, "key", _REQUEST, _effect) == first == "第1个".encode()
    assert await _effects() == 1


async def test_concurrent_twins_have_one_effect(buyer: Actor) -> None:
    answers = await asyncio.gather(*(once(buyer, "key", _REQUEST, _effect) for _ in range(8)))
    assert set(answers) == {"第1个".encode()}
    assert await _effects() == 1


async def test_another_request_with_the_key_is_refused(buyer: Actor) -> None:
    await once(buyer, "key", _REQUEST, _effect)
    with pytest.raises(Refused) as caught:
        await once(buyer, "key", request_hash("POST", "/elsewhere", b"{}"), _effect)
    assert caught.value.code == "idempotency-key-reused"
    assert await _effects() == 1


async def test_keys_of_two_organisations_do_not_meet(accounts: dict[Role, Account]) -> None:
    for role in (Role.ENTERPRISE, Role.AGENCY):
        await once(accounts[role].actor(), "key", _REQUEST, _effect)
    assert await _effects() == 2


async def test_a_failed_effect_leaves_the_key_free(buyer: Actor) -> None:
    async def failing() -> bytes:
        await _effect()
        raise Refused("closed", "The group buy is closed.")

    with pytest.raises(Refused):
        await once(buyer, "key", _REQUEST, failing)
    assert await _effects() == 0
    await once(buyer, "key", _REQUEST, _effect)
    assert await _effects() == 1


async def test_without_a_key_nothing_is_remembered(buyer: Actor) -> None:
    await once(buyer, None, _REQUEST, _effect)
    await once(buyer, None, _REQUEST, _effect)
    assert await _effects() == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_has_a_sensible_length(buyer: Actor, key: str) -> None:
    with pytest.raises(Malformed):
        await once(buyer, key, _REQUEST, _effect)
