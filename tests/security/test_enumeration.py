"""Somebody counts through ids, or asks for name after name, to learn what there is."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from tests.applications import undeployed
from tests.conftest import PASSWORD, browser, make_uscc, program
from tests.contract.world import World, make_world
from tests.county import County

# A place within one engagement or draft, which one must be able to see; a material of a guide and
# the number of a published version, which everybody sees.
_COUNTED = {"position", "material", "number"}
# Their names are those of an item, a package, a company, a document, a source or a month; that of a
# batch follows from its content, which nobody has who does not know it.
_PUBLISHED = (
    *("agency", "applicant", "finding", "package", "item", "fee-standard", "policy"),
    *("package-draft", "guide-draft", "submitted-guide", "robust-policy"),
    *("feed", "feed-batch", "held-batch", "connector", "planned-month"),
)


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


def test_no_address_has_a_number_in_it() -> None:
    app = undeployed()
    numbers = {
        parameter
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for parameter, kind in re.findall(r"\{(\w+):(\w+)\}", route.path)
        if kind not in ("str", "path")
    }
    assert numbers == _COUNTED


async def test_every_id_is_random(world: World) -> None:
    """Of what was made, and in what is answered."""
    for kind, identifier in world.objects.items():
        if kind not in _PUBLISHED:
            assert _random(identifier), kind
    centre = world.persons["centre"].client
    for path in ("engagements", "group-buys", "cases", "agencies"):
        answer = (await centre.get(f"/api/v1/{path}")).json()
        assert answer["items"], path
        assert all(_random(identifier) for identifier in _ids(answer)), path


def _random(identifier: str) -> bool:
    """A random UUID, or ten and more characters of chance from letters and digits."""
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", identifier):
        return uuid.UUID(identifier).version == 4
    return len(identifier) >= 10 and not identifier.isdigit()


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "id":
                yield one
            else:
                yield from _ids(one)
    elif isinstance(value, list):
        for one in value:
            yield from _ids(one)


async def test_no_page_links_to_a_number(world: World) -> None:
    for person, paths in {
        "owner": ("/workspace", "/engagements", "/group-buys"),
        "agency": ("/workspace", "/engagements"),
        "centre": ("/console", "/console/cases", "/console/ledger", "/console/admissions"),
    }.items():
        for path in paths:
            page = (await world.persons[person].browser.get(path)).text
            links = re.findall(r'(?:href|action|src)="([^"#?]+)', page)
            assert links
            numbered = [one for one in links if re.search(r"/\d+(/|$)", one)]
            assert [one for one in numbered if "/milestones/" not in one] == [], path


async def test_signing_in_tells_nobody_whether_a_name_exists(county: County) -> None:
    told = set()
    for login in (county.centre.login, "no such name"):
        wrong = {"login": login, "password": "certainly not this one"}
        async with program(county.app) as client, browser(county.app) as visitor:
            answer = await client.post("/api/v1/sessions", json=wrong)
            page = await visitor.post("/sign-in", data=wrong)
        told.add((answer.status_code, answer.text, page.status_code, page.text.replace(login, "")))
    assert len(told) == 1


async def test_registering_asks_for_everything_else_before_it_tells_a_name_is_taken(
    county: County,
) -> None:
    """A name must be told to be taken: who probes pays with a complete application each time,
    a code included that has no account, and with the small allowance of writes."""
    taken = {
        "organisation_name": "云溪试探有限公司",
        "uscc": make_uscc(4_000_002),
        "login": county.centre.login,
        "password": PASSWORD,
        "person_name": "试探人",
    }
    async with program(county.app) as client:
        path = "/api/v1/registrations/enterprises"
        for lack in ({"uscc": "1"}, {"password": "short"}, {"person_name": " "}):
            answer = await client.post(path, json=taken | lack)
            assert answer.json()["code"] not in ("login-taken",)
        assert (await client.post(path, json=taken)).json()["code"] == "login-taken"


async def test_a_private_read_says_nothing_of_the_app_behind_it(app: Litestar) -> None:
    async with program(app) as client:
        for path in ("engagements", "dockets", "cases"):
            answers = [
                await client.get(f"/api/v1/{path}/{identifier}")
                for identifier in (uuid.uuid4(), "x", "0" * 36)
            ]
            assert {answer.status_code for answer in answers} == {401}
