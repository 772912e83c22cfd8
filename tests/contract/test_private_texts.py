"""Nobody comes across what is private, wherever they look: every read of every door, as everybody.

`private.toml` says who may read which text. The search knows nothing of schemas or pages, so a text
that slips out in an unforeseen place is found as well.
"""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import httpx
import msgspec
import pytest

from ratings.evaluations.actions import answer, unseal
from ratings.evaluations.attachments import attach
from ratings.evaluations.indicators import Party
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.stars.actions import restand
from tests.conftest import browser, program
from tests.contract import world as texts
from tests.contract.test_permissions import routes
from tests.contract.test_tenants import committed
from tests.contract.world import World, make_world
from tests.county import A_FILE, County, marks

TABLE = Path(__file__).parent / "private.toml"
SEALED, OPENED = "密封意见甲乙", "公布意见丙丁"


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


async def _private(world: World) -> dict[str, list[str]]:
    """The texts by their names in the table; dockets with an answer before and after unsealing."""
    county, agency, owner = world.county, world.persons["agency"], world.persons["owner"]
    listing = world.objects["listing"]
    sealed, opened = [await county.settled(agency, listing) for _ in range(2)]
    await attach(owner.actor(), sealed, msgspec.structs.replace(A_FILE, filename=f"{SEALED}.pdf"))
    why = {"quality": SEALED}
    await answer(owner.actor(), sealed, marks(Party.OWNER, 90), SEALED, reasons=why)
    for party in Party:
        who, why = county.party(party).actor(), dict.fromkeys(marks(party, 90), OPENED)
        await attach(who, opened, msgspec.structs.replace(A_FILE, filename=f"{OPENED}.pdf"))
        await answer(who, opened, marks(party, 90), OPENED, reasons=why, final=True)
    await unseal(system(now()), opened)
    await restand(system(now()), agency.uscc or "")
    world.objects |= {"sealed": sealed, "opened": opened}
    member = world.persons["member"]
    shown = (await member.client.get("/api/v1/sessions/current")).json()
    return {
        "contact_name": [texts.CONTACT],
        "contact_phone": [texts.PHONE],
        "project_of_an_engagement": [texts.PROJECT],
        "project_of_a_participant": [texts.JOINED],
        "note_of_a_milestone": [texts.NOTE],
        "text_of_a_dispute": [texts.DISPUTE],
        "name_of_a_file": [texts.FILE],
        "reason_of_an_undecided_case": [texts.REASON],
        "reason_of_a_rerating": [texts.RERATED],
        "reason_for_telling_a_rater": [texts.TOLD],
        "comment_before_unsealing": [SEALED],
        "comment_after_unsealing": [OPENED],
        "name_of_a_person": [shown["person_name"]],
        "text_of_a_guide_draft": [texts.GUIDE, texts.TEMPLATE],
        "sign_in_name": [agency.login, member.login],
    }


def _addresses(world: World) -> list[str]:
    """Every address that is read, with every object that it may name."""
    more = {"docket": ["sealed", "opened"], "agency": ["applicant", "finding"]}
    kinds = {route: row["object"] for route, row in committed().items()}
    found = []
    for route in routes(world.county.app):
        method, path = route.split(" ", 1)
        if method != "GET" or "{file_path" in path:
            continue
        numbered = re.sub(r"\{\w+:int\}", "1", path)
        if route in kinds:
            for name in (kinds[route], *more.get(kinds[route], [])):
                found.append(re.sub(r"\{\w+:str\}", world.objects[name], numbered))
        else:
            found.append(path)
    return found


async def test_everybody_comes_across_what_they_may_and_nothing_else(world: World) -> None:
    private = await _private(world)
    allowed = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert allowed.keys() == private.keys()
    seen: dict[str, set[str]] = defaultdict(set)
    where = []
    for person in (*world.persons, "nobody"):
        for address in _addresses(world):
            told = (await _read(world, person, address)).content.decode("utf-8", "replace")
            for name, values in private.items():
                if any(value in told for value in values):
                    seen[name].add(person)
                    if person not in allowed[name]:
                        where.append(f"{name} reaches {person} at {address}")
    assert not where, "\n".join(where)
    assert {name: set(persons) for name, persons in allowed.items() if persons} == seen


async def _read(world: World, person: str, address: str) -> httpx.Response:
    is_page = not address.startswith(("/api/", "/healthz/"))
    if person == "nobody":
        async with (browser if is_page else program)(world.county.app) as client:
            return await client.get(address)
    account = world.persons[person]
    return await (account.browser if is_page else account.client).get(address)
