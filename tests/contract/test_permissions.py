"""Who may call what: the application against the committed table, and every cell of it tried.

After adding a route on purpose, `python -m tests.contract.test_permissions` rewrites the table;
the difference is what a reviewer looks at.
"""

import re
import tomllib
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from market.accounts.actions import sign_in
from market.accounts.permissions import roles_of
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from tests.applications import undeployed
from tests.conftest import PASSWORD, Account, browser, make_uscc, program

TABLE = Path(__file__).parent / "permissions.toml"
_PLACEHOLDERS = {"int": "1", "path": "missing.css"}


def routes(app: Litestar) -> dict[str, list[str]]:
    """“METHOD path” → roles, for every route of the application."""
    return {
        f"{method} {route.path}": sorted(role.value for role in roles_of(handler))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def written(table: dict[str, list[str]]) -> str:
    """The table as the file has it."""
    lines = (f'"{route}" = {roles!r}'.replace("'", '"') for route, roles in sorted(table.items()))
    return "\n".join(lines)


def test_the_table_is_the_applications() -> None:
    committed = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    actual = routes(undeployed())
    assert written(committed) == written(actual)


def test_no_route_forgets_to_say_who_may_call_it() -> None:
    table = routes(undeployed())
    assert [route for route, roles in table.items() if not roles] == []


@pytest.mark.parametrize(
    "role", [None, Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR]
)
async def test_every_cell(app: Litestar, accounts: dict[Role, Account], role: Role | None) -> None:
    wrong = []
    for route, allowed in routes(app).items():
        status = await _try(app, route, accounts[role].login if role else None)
        open_to_all = Role.PUBLIC in allowed
        if open_to_all or (role is not None and role in allowed):
            right = status not in (401, 403) and status < 500
        else:
            right = status == (401 if role is None else 403)
        if not right:
            wrong.append(f"{route} as {role or 'nobody'}: {status}, open to {allowed}")
    assert wrong == []


async def _try(app: Litestar, route: str, login: str | None) -> int:
    """Call a route with placeholders, on a session of its own, for some routes end the session."""
    method, path = route.split(" ", 1)
    token = ""
    if login:
        token = (await sign_in(login, PASSWORD, now(), demonstration=False)).token
    path = re.sub(r"\{(\w+)(?::(\w+))?\}", _placeholder, path)
    is_page = not path.startswith(("/api/", "/healthz/"))
    async with (browser if is_page else program)(app, token) as client:
        body = {"data": {"nothing": "useful"}} if is_page else {"json": {}}
        answer = await client.request(method, path, **(body if method != "GET" else {}))
    return answer.status_code


def _placeholder(match: re.Match[str]) -> str:
    name, kind = match[1], match[2]
    if name == "uscc":
        return make_uscc(9_999_999)
    return _PLACEHOLDERS.get(kind or "str", "00000000-0000-4000-8000-000000000000")


if __name__ == "__main__":
    TABLE.write_text(
        "# Who may call which route. A new route fails the tests until its row stands here.\n"
        + written(routes(undeployed()))
        + "\n",
        encoding="utf-8",
    )
