"""Somebody adds fields that no form has, to become what they are not."""

from collections.abc import Iterator

import msgspec
from litestar import Litestar
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import inspect

from market.accounts.permissions import roles_of
from ratings.ledger.actors import Role
from ratings.ledger.database import fetch
from tests.applications import undeployed
from tests.conftest import PASSWORD, Account, browser, make_uscc, program

_NOBODYS = "is_administrator"


def _bodies(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Method, path and handler of every route of the API that decodes a body."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/"):
            for handler in route.route_handlers:
                field = handler.parsed_data_field
                stated = getattr(field and field.kwarg_definition, "media_type", None)
                if stated == RequestEncodingType.JSON:
                    for method in handler.http_methods:
                        yield method, route.path, handler


def _structs(shape: inspect.Type) -> Iterator[inspect.StructType]:
    """The struct and every struct within it."""
    seen: set[type] = set()
    waiting: list[object] = [shape]
    while waiting:
        one = waiting.pop()
        if isinstance(one, inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            yield one
            waiting += [field.type for field in one.fields]
        elif isinstance(one, msgspec.Struct):
            for name in one.__struct_fields__:
                value = getattr(one, name)
                waiting += value if isinstance(value, list | tuple) else [value]


def test_no_body_takes_a_field_it_does_not_know() -> None:
    """At any depth, for every route: read from the application."""
    app = undeployed()
    open_minded, count = [], 0
    for method, path, handler in _bodies(app):
        field = handler.parsed_data_field
        assert field is not None
        for struct in _structs(inspect.type_info(field.annotation)):
            count += 1
            if not struct.forbid_unknown_fields:
                open_minded.append(f"{method} {path}: {struct.cls.__name__}")
    assert count > 15
    assert open_minded == []


async def test_each_of_them_says_so(app: Litestar, accounts: dict[Role, Account]) -> None:
    tried = 0
    for method, path, handler in _bodies(app):
        roles = roles_of(handler) & accounts.keys()
        client = accounts[next(iter(sorted(roles)))].client if roles else None
        address = path.replace("{position:int}", "1")
        while "{" in address:
            address = address[: address.index("{")] + "x" + address[address.index("}") + 1 :]
        async with program(app) as nobody:
            answer = await (client or nobody).request(method, address, json={_NOBODYS: True})
        if answer.status_code != 404:
            assert answer.status_code == 400, f"{method} {path}: {answer.text}"
            assert answer.json()["code"] == "malformed"
            tried += 1
    assert tried > 15


async def test_a_form_makes_nobody_more_than_it_says(app: Litestar) -> None:
    """A browser may send what it likes beside the fields of a form: it is not looked at."""
    form = {
        "organisation_name": "云溪加塞有限公司",
        "uscc": make_uscc(4_100_001),
        "login": "more@than.it",
        "password": PASSWORD,
        "person_name": "加塞人",
        "kind": "centre",
        "role": "centre",
        "demonstration": "true",
        "id": "00000000-0000-4000-8000-000000000000",
        "state": "admitted",
    }
    async with browser(app) as visitor:
        answer = await visitor.post("/register", data=form)
    assert answer.status_code == 303, answer.text
    (row,) = await fetch(
        "SELECT o.kind, o.demonstration, p.demonstration AS person_is, o.id::text"
        " FROM organisation o JOIN membership m ON m.organisation = o.id"
        " JOIN person p ON p.id = m.person"
        " WHERE p.login = 'more@than.it'"
    )
    assert (row["kind"], row["demonstration"], row["person_is"]) == ("enterprise", False, False)
    assert row["id"] != form["id"]
