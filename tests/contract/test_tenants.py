"""Whose is it: to everybody else an object is not there, in the very words of one that never was.

`tenants.toml` has a row for each route that names an object: which kind, and which persons of
`world.py` find it. After adding a route, `python -m tests.contract.test_tenants` adds its row,
with a "?" to be filled in; a new kind of object is made in `world.py`.
"""

import json
import re
import tomllib
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from market.accounts.permissions import roles_of
from market.settings import Settings
from ratings.evaluations.indicators import Party
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from tests.applications import undeployed
from tests.conftest import PASSWORD, browser, program
from tests.contract.examples import operations, plain, real_of, sent
from tests.contract.test_permissions import routes
from tests.contract.world import OBJECTS, PDF, PERSONS, World, make_world, unknown
from tests.county import County, marks, picture

TABLE = Path(__file__).parent / "tenants.toml"
_EVERYBODY = "everybody"
_NUMBERS = re.compile(r"\{\w+:int\}")
_NAMES = re.compile(r"\{(\w+):str\}")
_NUMBERS = re.compile(r"\{\w+:int\}")
_SHORT = 2
# Differ from answer to answer, whatever is answered.
_OF_THE_MOMENT = {"content-length", "date", "ratelimit"}

Row = dict[str, Any]


def committed() -> dict[str, Row]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def naming_an_object(app: Litestar) -> list[str]:
    return sorted(route for route in routes(app) if _NAMES.search(route))


def written(table: dict[str, Row]) -> str:
    return "".join(
        f'"{route}" = {{ object = "{row["object"]}", found_by = {json.dumps(row["found_by"])} }}\n'
        for route, row in sorted(table.items())
    )


def test_every_route_that_names_an_object_has_a_row() -> None:
    app = undeployed()
    assert sorted(committed()) == naming_an_object(app), "python -m tests.contract.test_tenants"
    persons = {person for row in PERSONS.values() for person in row} | {_EVERYBODY}
    for route, row in committed().items():
        assert row["object"] in OBJECTS, f"{route}: which kind of object is it?"
        assert row["found_by"], f"{route}: who finds it?"
        assert set(row["found_by"]) <= persons, route
        callers = _callers(_handlers(app)[route], row, owning=True)
        assert _EVERYBODY in row["found_by"] or set(row["found_by"]) == set(callers), route


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More is asked here than anybody may in so short a time."""
    return msgspec.structs.replace(settings, rate_limits="off")


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


async def test_who_finds_what(world: World) -> None:
    """First all who must find nothing: none of it may change anything. Then those who find it."""
    handlers = _handlers(world.county.app)
    table = committed()
    wrong = []
    before = await picture()
    for route, row in table.items():
        for person in _callers(handlers[route], row, owning=False):
            theirs = await _call(world, route, person, world.objects[row["object"]])
            nobodys = await _call(world, route, person, unknown(row["object"]))
            if theirs != nobodys or theirs[0] != 404:
                wrong.append(f"{route} as {person}: {theirs[:2]} and {nobodys[:2]}")
    assert not wrong, "\n".join(wrong)
    assert await picture() == before
    # Backwards: what a decision ends comes after what needs it running.
    for route, row in sorted(table.items(), reverse=True):
        for person in _callers(handlers[route], row, owning=True):
            theirs = await world.fresh(row["object"])
            # First what is not there: a call that is heard may end the caller's right to ask.
            missing = await _call(world, route, person, unknown(row["object"]))
            found = await _call(world, route, person, theirs)
            if found[0] in (401, 403, 404) or found[0] >= 500:
                wrong.append(f"{route} as {person}: {found[0]}, though it is theirs")
            if missing[0] != 404:
                wrong.append(f"{route} as {person}: {missing[0]} for what is not there")
    assert not wrong, "\n".join(wrong)


def _handlers(app: Litestar) -> dict[str, frozenset[Role]]:
    return {
        f"{method} {route.path}": roles_of(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    }


def _callers(roles: frozenset[Role], row: Row, *, owning: bool) -> list[str]:
    """Those of the roles that may call the route who own the object, or who do not."""
    everybody = _EVERYBODY in row["found_by"]
    persons = [
        person
        for role, row_of_role in PERSONS.items()
        if role in roles or Role.PUBLIC in roles
        for person in row_of_role
    ]
    if Role.PUBLIC in roles:
        persons.append("nobody")
    return [one for one in persons if (everybody or one in row["found_by"]) is owning]


async def _call(
    world: World, route: str, person: str, identifier: str
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers, with the id taken out of them."""
    method, template = route.split(" ", 1)
    path = _NUMBERS.sub("1", _NAMES.sub(identifier, template))
    is_page = not path.startswith("/api/")
    if is_page:
        how = {} if method == "GET" else _page(world, path)
    else:
        operation = operations(world.county.app)[f"{method} {plain(template)}"]
        how = sent(operation, real_of(world))
    if person == "nobody":
        async with (browser if is_page else program)(world.county.app) as client:
            answer = await client.request(method, path, **how)
    else:
        account = world.persons[person]
        client = account.browser if is_page else account.client
        answer = await client.request(method, path, **how)
    return _told(answer, identifier)


def _told(answer: httpx.Response, identifier: str) -> tuple[int, str, dict[str, str]]:
    named = re.compile(re.escape(identifier))
    if len(identifier) <= _SHORT:
        # Two digits stand for many things on a page; as an id they are quoted or part of a path.
        named = re.compile(rf"(?<=[/“]){identifier}(?=[/”\"?]|$)")
    headers = {
        name: named.sub("…", value)
        for name, value in answer.headers.items()
        if name not in _OF_THE_MOMENT
    }
    # Files are bytes of any kind; they are only ever compared with each other.
    text = named.sub("…", answer.content.decode("utf-8", "replace"))
    return answer.status_code, text, headers


def _page(world: World, path: str) -> dict[str, Any]:
    """One form that has the fields of all."""
    if path.endswith(("/attachments", "/deliverables", "/documents", "/template")):
        return {"files": {"file": ("报告.pdf", PDF, "application/pdf")}}
    until = local_date(now()) + timedelta(days=200)
    form = {
        "project_name": "四号厂房",
        "reason": "已核实",
        "party": "owner",
        "relation": "亲属在该机构任职",
        "switch": "score",
        "delist_reason": "严重逾期",
        "decision": "admit",
        "answer": "已整改",
        "uscc": world.persons["agency"].uscc,
        "supervisor": world.persons["supervisor"].organisation,
        "severity": "ordinary",
        "until": until.isoformat(),
        "comment": "很好",
        "note": "完成",
        "act": "deactivation",
        "person_name": "新成员",
        "login": f"new-{uuid.uuid4()}",
        "password": PASSWORD,
        "url": "https://other.example/",
        "events": "*",
        **{f"quick-{code}": "90" for party in Party for code in marks(party, 90)},
    }
    return {"data": form}


if __name__ == "__main__":
    known = committed() if TABLE.exists() else {}
    new: Row = {"object": "?", "found_by": []}
    rows = {route: known.get(route, new) for route in naming_an_object(undeployed())}
    TABLE.write_text(
        "# Which object a route names, and who of tests/contract/world.py finds it; for everybody"
        " else it is not there.\n" + written(rows),
        encoding="utf-8",
    )
