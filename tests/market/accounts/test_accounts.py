"""Opening accounts: what is refused, and what the ledger then says."""

import asyncio

import httpx
import msgspec
import pytest

from market.accounts.actions import Account, NewAccount, create_account, sign_in
from market.accounts.queries import organisation_names, supervisors
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval, tx
from ratings.ledger.errors import Bilingual, Conflict, Refused
from ratings.ledger.queries import history
from tests.conftest import PASSWORD, make_uscc

_ENTERPRISE = NewAccount(
    kind=Role.ENTERPRISE,
    organisation_name="测试企业",
    uscc=make_uscc(1),
    login="Li.Hua ",
    password=PASSWORD,
    person_name="李华",
)


async def _open(**changes: object) -> Account:
    wanted = msgspec.structs.replace(_ENTERPRISE, **changes)
    return await create_account(Actor(role=Role.PUBLIC, at=now()), wanted)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "too short"}, "password-short"),
        ({"password": "x" * 129}, "password-long"),
        ({"login": "a.long.login", "password": "A.Long.Login"}, "password-is-login"),
        ({"password": "steelyard-demo"}, "password-published"),
        ({"login": "  "}, "login-missing"),
        ({"login": "li hua"}, "login-blank"),
        ({"login": "x" * 121}, "text-too-long"),
        ({"person_name": " "}, "person-name-missing"),
        ({"organisation_name": ""}, "organisation-name-missing"),
        ({"uscc": "91320999MA00000000"}, "uscc-check"),
        ({"uscc": None}, "uscc-length"),
        ({"kind": Role.SYSTEM}, "account-kind"),
    ],
)
async def test_refusals_leave_nothing_behind(
    database: str, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        await _open(**changes)
    assert caught.value.code == code
    assert await fetchval("SELECT count(*) FROM person") == 0


async def test_names_and_codes_are_taken_once(database: str) -> None:
    await _open()
    with pytest.raises(Conflict) as caught:
        await _open(login="somebody.else")
    assert caught.value.code == "uscc-taken"
    with pytest.raises(Conflict) as caught:
        await _open(uscc=make_uscc(2), login="ｌｉ．ＨＵＡ")
    assert caught.value.code == "login-taken"
    assert await fetchval("SELECT count(*) FROM organisation") == 1


async def test_of_concurrent_registrations_one_wins(database: str) -> None:
    outcomes = await asyncio.gather(
        *(_open(uscc=make_uscc(number)) for number in range(8)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Account) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert await fetchval("SELECT count(*) FROM organisation") == 1


async def test_the_ledger_names_no_person(database: str) -> None:
    account = await _open()
    (entry,) = await history("organisation", account.organisation)
    assert entry.act == "account.created"
    assert entry.fact() == {
        "kind": "enterprise",
        "person": account.person,
        "uscc": make_uscc(1),
    }


async def test_an_account_joins_the_transaction_it_is_opened_in(database: str) -> None:
    async def admission() -> None:
        async with tx():
            await _open()
            raise Refused("no", "No.")

    with pytest.raises(Refused):
        await admission()
    assert await fetchval("SELECT count(*) FROM person") == 0
    assert await fetchval("SELECT count(*) FROM ledger_entry") == 0


async def test_the_sign_in_name_is_folded(database: str) -> None:
    await _open()
    assert (await sign_in("LI.HUA", PASSWORD, now(), demonstration=False)).person_name == "李华"


async def test_names_for_pages(database: str) -> None:
    first = await _open()
    second = await _open(
        kind=Role.SUPERVISOR, login="dept", organisation_name="住建局", organisation_name_en="Works"
    )
    assert await organisation_names([first.organisation, second.organisation]) == {
        first.organisation: Bilingual(zh="测试企业", en="测试企业"),
        second.organisation: Bilingual(zh="住建局", en="Works"),
    }
    (department,) = await supervisors()
    assert (department.id, department.name) == (second.organisation, "住建局")


async def test_an_enterprise_registers_over_the_api(client: httpx.AsyncClient) -> None:
    form = {
        "organisation_name": "测试企业",
        "uscc": make_uscc(1),
        "login": "li.hua",
        "password": PASSWORD,
        "person_name": "李华",
    }
    answer = await client.post("/api/v1/registrations/enterprises", json=form)
    assert answer.status_code == 201, answer.text
    signed = await client.post("/api/v1/sessions", json={"login": "li.hua", "password": PASSWORD})
    assert signed.json()["role"] == "enterprise"
    again = await client.post("/api/v1/registrations/enterprises", json=form)
    assert (again.status_code, again.json()["code"]) == (409, "uscc-taken")
    planted = await client.post("/api/v1/registrations/enterprises", json=form | {"kind": "centre"})
    assert planted.status_code == 400
