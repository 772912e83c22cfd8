"""Somebody measures how long a refusal takes, to learn which sign-in names exist.

A clock would only be noise here: the work is counted instead.
"""

from typing import Any

import pytest
from litestar import Litestar

from market.accounts import passwords
from market.accounts.actions import create_account
from market.accounts.rules import DEMONSTRATION_PASSWORD, NewAccount
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from tests.conftest import Account, browser, make_uscc, program


class Counting:
    """The real hasher, and the parameters of every hash it has verified."""

    def __init__(self, hasher: Any) -> None:
        self._hasher = hasher
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return str(self._hasher.hash(password))

    def verify(self, password: str, hashed: str) -> bool:
        return self.verify_and_update(password, hashed)[0]

    def verify_and_update(self, password: str, hashed: str) -> tuple[bool, str | None]:
        # $argon2id$v=19$m=…,t=…,p=…$salt$hash: what it costs stands before the salt.
        self.verified.append(hashed.rsplit("$", 2)[0])
        right, newer = self._hasher.verify_and_update(password, hashed)
        return bool(right), newer


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    made = Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", made)
    passwords._nobodys.cache_clear()
    return made


async def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    app: Litestar, accounts: dict[Role, Account], counting: Counting
) -> None:
    invented = NewAccount(
        kind=Role.ENTERPRISE,
        organisation_name="虚构企业",
        uscc=make_uscc(4_000_001),
        login="enterprise@demo",
        password=DEMONSTRATION_PASSWORD,
        person_name="虚构人员",
    )
    await create_account(Actor(role=Role.SYSTEM, at=now()), invented, demonstration=True)
    told, work = [], []
    for login in (accounts[Role.ENTERPRISE].login, "nobody at all", "enterprise@demo", "x" * 500):
        wrong = {"login": login, "password": "certainly not this one"}
        async with program(app) as client, browser(app) as visitor:
            counting.verified.clear()
            answer = await client.post("/api/v1/sessions", json=wrong)
            page = await visitor.post("/sign-in", data=wrong)
        told.append((answer.status_code, answer.json()["code"], page.status_code))
        work.append(tuple(counting.verified))
    assert set(told) == {(401, "sign-in-failed", 401)}
    assert len(set(work)) == 1
    assert len(work[0]) == 2, "one verification for each attempt"
