"""Every operation of the description takes the example that the description has for it.

The example is sent to a real county by somebody who may call it, with the county's own ids, secrets
and days where `STANDS_FOR` says that they go. What an act needs first is brought about first.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httpx
import pyotp
import pytest
from litestar import Litestar

from market.accounts.joining import join
from market.accounts.permissions import roles_of
from market.api.answers import ANSWERS
from market.api.description import operations_of
from market.api.examples import BODIES, PARAMETERS
from market.app import create_app
from market.engagements.actions import accept
from market.notices.actions import pause
from market.purchasing.actions import open_group_buy
from market.settings import Settings
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from tests.colleagues import colleague, link
from tests.conftest import PASSWORD, Account, program
from tests.contract.examples import examples_of, filled, kinds_in, operations, plain, real_of, sent
from tests.contract.test_tenants import committed
from tests.contract.world import OBJECTS, PERSONS, REASON, World, discard_drafts, make_world
from tests.county import County

Schema = dict[str, Any]
Prepared = tuple[Account, dict[str, str]]


async def _spare(world: World) -> Prepared:
    """Somebody whose account nobody else needs."""
    return await world.county.account(Role.ENTERPRISE), {}


async def _of_several(world: World) -> Prepared:
    """Somebody who does not leave an organisation without an administrator."""
    return await colleague(world.county.app, world.persons["owner"]), {}


async def _two_hats(world: World) -> Prepared:
    account, _ = await _spare(world)
    department = world.persons["department"]
    await join(account.person, await link(department), now())
    return account, {"hat": department.organisation}


async def _offered(world: World) -> Prepared:
    account, _ = await _spare(world)
    offer = (await account.client.post("/api/v1/second-factor/offers")).json()
    return account, {"ticket": offer["ticket"], "code": pyotp.TOTP(offer["secret"]).now()}


async def _enrolled(world: World) -> Prepared:
    account, offered = await _offered(world)
    proof = {**offered, "password": PASSWORD}
    made = (await account.client.put("/api/v1/second-factor", json=proof)).json()
    account.client.headers["Authorization"] = f"Bearer {made['token']}"
    return account, {"code": made["recovery_codes"][0]}


async def _open_group_buy(world: World, person: str) -> Prepared:
    await world.fresh("listing")
    opened = await open_group_buy(world.persons["owner"].actor(), world.county.group_buy())
    return world.persons[person], {"group-buy": opened}


async def _closed_group_buy(world: World) -> Prepared:
    """Who has offered sells the package still."""
    await world.fresh("listing")
    return world.persons["owner"], {}


async def _delivered(world: World) -> Prepared:
    listing = await world.fresh("listing")
    engagement = await world.county.delivered(world.persons["agency"], listing)
    return world.persons["owner"], {"engagement": engagement}


async def _accepted(world: World) -> Prepared:
    owner, made = await _delivered(world)
    await accept(owner.actor(), made["engagement"])
    return owner, made


async def _case_of_another(world: World) -> Prepared:
    """The world's own agency must go on selling, and its case open."""
    uscc = (await world.county.agency()).uscc or ""
    reasons = [Bilingual(zh=REASON, en="The score is one star.")]
    opened = await open_case(system(now()), uscc, Kind.ONE_STAR, reasons)
    return world.persons["centre"], {"case": opened or ""}


async def _without_a_draft(world: World) -> Prepared:
    await discard_drafts(world)
    return world.persons["centre"], {}


async def _drafted(world: World) -> Prepared:
    await world.fresh("package-draft")
    return world.persons["centre"], {}


async def _guide_draft(world: World) -> Prepared:
    await world.fresh("guide-draft")
    return world.persons["supervisor"], {}


async def _guide_template(world: World) -> Prepared:
    supervisor, _ = await _guide_draft(world)
    return supervisor, {"guide-template": await world.fresh("guide-template")}


async def _withdrawn_guide(world: World) -> Prepared:
    await world.fresh("submitted-guide")
    return world.persons["supervisor"], {}


async def _submitted_guide(world: World) -> Prepared:
    await world.fresh("submitted-guide")
    return world.persons["centre"], {}


async def _paused(world: World) -> Prepared:
    owner = world.persons["owner"]
    webhook = await world.fresh("webhook")
    await pause(owner.actor(), webhook)
    return owner, {"webhook": webhook}


# What must be so first; who calls, and what is to be named.
_PREPARED: dict[str, Callable[[World], Awaitable[Prepared]]] = {
    **dict.fromkeys(
        (
            "password_change",
            "personal_name_change",
            "second_factor_offer",
            "session_close",
            "session_close_others",
        ),
        _spare,
    ),
    "case_delist": _case_of_another,
    "case_dismiss": _case_of_another,
    "edition_draft": _without_a_draft,
    "engagement_accept": _delivered,
    "engagement_settle": _accepted,
    "group_buy_choose": _closed_group_buy,
    "group_buy_join": lambda world: _open_group_buy(world, "member"),
    "group_buy_offer": lambda world: _open_group_buy(world, "agency"),
    **dict.fromkeys(
        (
            "guide_draft_discard",
            "guide_draft_save",
            "guide_draft_show",
            "guide_draft_submit",
            "guide_template_add",
        ),
        _guide_draft,
    ),
    "guide_draft_publish": _submitted_guide,
    "guide_draft_return": _submitted_guide,
    "guide_draft_withdraw": _withdrawn_guide,
    "guide_template_download": _guide_template,
    "hat_change": _two_hats,
    "membership_leave": _two_hats,
    "package_draft_adopt": _drafted,
    "package_draft_change": _drafted,
    "package_draft_discard": _drafted,
    "package_draft_show": _drafted,
    "personal_data_erase": _of_several,
    "recovery_codes_renew": _enrolled,
    "second_factor_enrol": _offered,
    "second_factor_remove": _enrolled,
    "webhook_resume": _paused,
}


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


async def test_every_example_is_accepted(world: World) -> None:
    wrong = []
    async with program(world.county.app) as nobody:
        for route, operation in operations(world.county.app).items():
            account, given = await _prepared(world, route, operation)
            client = nobody if account is None else account.client
            method, path = route.split(" ", 1)
            for parameter, example in examples_of(operation, "path").items():
                path = path.replace(f"{{{parameter}}}", str(filled(example, given)))
            how = sent(operation, given)
            if any(one["name"] == "If-Match" for one in operation.get("parameters", ())):
                how["headers"] = {"If-Match": await _version(client, path)}
            answer = await client.request(method, path, **how)
            if not answer.is_success:
                who = account.login if account else "nobody"
                wrong.append(f"{route} by {who}: {answer.status_code} {answer.text}")
    assert wrong == [], "\n".join(wrong)


async def _prepared(
    world: World, route: str, operation: Schema
) -> tuple[Account | None, dict[str, str]]:
    """Who calls, and what the market's own in the example is."""
    name = operation["operationId"]
    content = operation.get("requestBody", {}).get("content", {}).values()
    examples = [one.get("example") for one in (*operation.get("parameters", ()), *content)]
    for kind in {kind for one in examples for kind in kinds_in(one)} & OBJECTS.keys():
        await world.fresh(kind)
    account = _caller(world, route, name)
    given = {"login": world.persons["owner"].login, "password": PASSWORD}
    if name in _PREPARED:
        account, more = await _PREPARED[name](world)
        given |= more
    return account, real_of(world) | given


def _caller(world: World, route: str, name: str) -> Account | None:
    """The first who may call and finds what is named; None where nobody needs to have signed in."""
    roles = roles_of(operations_of(world.county.app)[name])
    if Role.PUBLIC in roles:
        return None
    rows = {plain(row): who["found_by"] for row, who in committed().items()}
    finders = [one for one in rows.get(route, ()) if one in world.persons]
    persons = finders or [PERSONS[role][0] for role in PERSONS]
    return next(world.persons[one] for one in persons if world.persons[one].role in roles)


async def _version(client: httpx.AsyncClient, path: str) -> str:
    """The ETag of what is changed: of the address itself, or of the nearest above it."""
    answer = await client.get(path)
    if answer.is_success:
        return answer.headers["ETag"]
    return await _version(client, path.rpartition("/")[0])


def test_every_body_and_every_name_has_its_example() -> None:
    missing = []
    for route, operation in operations(_app()).items():
        content = operation.get("requestBody", {}).get("content", {})
        missing += [
            f"{route}: {form}"
            for form, one in content.items()
            if form != "application/octet-stream" and "example" not in one
        ]
        missing += [
            f"{route}: {one['name']}"
            for one in operation.get("parameters", ())
            if one["in"] in ("path", "query") and one.get("required") and "example" not in one
        ]
    assert missing == [], "market/api/examples.py"


def test_every_success_says_what_comes_back() -> None:
    framework = {one.description for one in HTTPStatus}
    unsaid = [
        f"{route}: {answer['description']}"
        for route, operation in operations(_app()).items()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and answer["description"] in framework
    ]
    assert unsaid == [], "market/api/answers.py"


def test_the_tables_name_only_what_is_there() -> None:
    there = operations_of(_app()).keys()
    assert BODIES.keys() | PARAMETERS.keys() | ANSWERS.keys() | _PREPARED.keys() <= there


def _app() -> Litestar:
    return create_app(Settings(secret_key="of no installation"))
