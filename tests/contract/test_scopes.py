"""What an API key opens: one scope for each route of the API, and every route tried with and
without it.

After adding a route on purpose, `python -m tests.contract.test_scopes` rewrites the table; the
difference is what a reviewer looks at.
"""

import re
import tomllib
from pathlib import Path

from litestar import Litestar
from litestar.routes import HTTPRoute

from market.accounts.api_keys import NewApiKey, make_api_key
from market.accounts.permissions import roles_of
from market.accounts.scopes import ANY_KEY, AREAS, IN_PERSON, scope_of
from ratings.ledger.actors import Role
from tests.applications import undeployed
from tests.conftest import Account, program

TABLE = Path(__file__).parent / "scopes.toml"
_ALL = [f"{area}:{verb}" for area in AREAS for verb in ("read", "write")]


def scopes(app: Litestar) -> dict[str, str]:
    """“METHOD path” → scope, for every route of the API."""
    return {
        f"{method} {route.path}": scope_of(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }


def written(table: dict[str, str]) -> str:
    """The table as the file has it."""
    return "\n".join(f'"{route}" = "{scope}"' for route, scope in sorted(table.items()))


def _application() -> Litestar:
    return undeployed()


def test_the_table_is_the_applications() -> None:
    committed = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert written(committed) == written(scopes(_application()))


def test_accounts_sessions_keys_and_personal_data_are_open_to_no_key() -> None:
    private = re.compile(
        r"session|registration|api-key|password|second-factor|member|invitation|hat|person|"
        r"organisation|erasure|account"
    )
    open_to_keys = [
        route
        for route, scope in scopes(_application()).items()
        if private.search(route) and scope != IN_PERSON
    ]
    assert open_to_keys == []


def test_no_key_decides_rates_or_answers_a_case() -> None:
    table = scopes(_application())
    for route in (
        "POST /api/v1/agencies/{uscc:str}/admission",
        "POST /api/v1/cases/{case:str}/answer",
        "POST /api/v1/cases/{case:str}/delisting",
        "POST /api/v1/cases/{case:str}/delisting-proposal",
        "POST /api/v1/cases/{case:str}/delisting-refusal",
        "POST /api/v1/cases/{case:str}/dismissal",
        "POST /api/v1/cases/{case:str}/objection-answer",
        "POST /api/v1/cases/{case:str}/rectification-check",
        "POST /api/v1/cases/{case:str}/repair-decision",
        "POST /api/v1/cases/{case:str}/rectification-order",
        "POST /api/v1/cases/{case:str}/objections",
        "POST /api/v1/shell-cases/{case:str}/desk-check",
        "POST /api/v1/shell-cases/{case:str}/explanation",
        "POST /api/v1/shell-cases/{case:str}/finding",
        "POST /api/v1/shell-cases/{case:str}/finding-proposal",
        "POST /api/v1/shell-cases/{case:str}/visit-report",
        "POST /api/v1/screening-policy-drafts/{draft:str}/adoption",
        "PUT /api/v1/screening-policy-drafts/{draft:str}",
        "POST /api/v1/county-range-proposals",
        "POST /api/v1/county-range-proposals/{proposal:str}/adoption",
        "DELETE /api/v1/answer-attachments/{attachment:str}",
        "POST /api/v1/dockets/{docket:str}/answers",
        "POST /api/v1/dockets/{docket:str}/hiding",
        "POST /api/v1/dockets/{docket:str}/leaving-out",
        "POST /api/v1/dockets/{docket:str}/relations",
        "POST /api/v1/dockets/{docket:str}/showing",
        "POST /api/v1/dockets/{docket:str}/taking-in",
        "POST /api/v1/dockets/{docket:str}/attachments",
        "POST /api/v1/dockets/{docket:str}/revisions",
    ):
        assert table[route] == IN_PERSON, route


def test_the_description_names_the_scope_of_each_route() -> None:
    app = _application()
    described = app.openapi_schema.to_schema()["paths"]
    table = scopes(app)
    for path, methods in described.items():
        for method, operation in methods.items():
            template = re.sub(r"\{(\w+)\}", r"{\1:", path)
            found = [
                scope
                for route, scope in table.items()
                if re.sub(r":\w+\}", ":", route) == f"{method.upper()} {template}"
            ]
            if not found:
                assert path.startswith("/healthz/")
                continue
            named = [one["api_key"] for one in operation["security"] if "api_key" in one]
            assert named == ([] if found[0] == IN_PERSON else [found]), (method, path)


async def test_every_route_with_each_key(app: Litestar, accounts: dict[Role, Account]) -> None:
    """A key with all scopes but the route's is refused with its name; with that one alone it
    passes wherever its role does. Sessions need none (test_permissions tries them)."""
    wrong = []
    for role, account in accounts.items():
        offered: tuple[str, ...] = app.state.scopes[role]
        everything = await _key(account, offered)
        for route, scope in scopes(app).items():
            roles = _roles(app, route)
            if not roles & {role, Role.PUBLIC}:
                continue
            method, path = _address(route)
            async with program(app, everything) as client:
                answer = await client.request(method, path, json=None if method == "GET" else {})
            passed = answer.status_code not in (401, 403) and answer.status_code < 500
            if passed != (scope != IN_PERSON):
                wrong.append(f"{route} as {role} with all scopes: {answer.status_code}")
            if scope == IN_PERSON and answer.json()["code"] != "in-person":
                wrong.append(f"{route} as {role}: {answer.text}")
        for missing in offered:
            lacking = await _key(account, [one for one in offered if one != missing])
            async with program(app, lacking) as client:
                for route, scope in scopes(app).items():
                    if scope == missing and _roles(app, route) & {role, Role.PUBLIC}:
                        method, path = _address(route)
                        answer = await client.request(
                            method, path, json=None if method == "GET" else {}
                        )
                        said = answer.json()
                        if answer.status_code != 403 or missing not in said["detail"]:
                            wrong.append(f"{route} as {role} without {missing}: {said}")
    assert wrong == []


def test_a_role_is_offered_what_opens_something_to_it() -> None:
    offered = _application().state.scopes
    assert set().union(*offered.values()) <= set(_ALL)
    assert "listings:write" in offered[Role.AGENCY]
    assert "listings:write" not in offered[Role.ENTERPRISE]
    assert "purchasing:write" in offered[Role.ENTERPRISE]
    assert all(scope.endswith(":read") for scope in offered[Role.AUDITOR])
    for scopes_of_role in offered.values():
        assert not {ANY_KEY, IN_PERSON} & set(scopes_of_role)


async def _key(account: Account, scopes: list[str] | tuple[str, ...]) -> str:
    made = await make_api_key(account.actor(), NewApiKey("test", tuple(scopes)), scopes)
    return made.key


def _roles(app: Litestar, wanted: str) -> frozenset[Role]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if any(f"{method} {route.path}" == wanted for method in handler.http_methods):
                    return roles_of(handler)
    raise KeyError(wanted)


def _address(route: str) -> tuple[str, str]:
    method, path = route.split(" ", 1)
    path = re.sub(r"\{\w+:int\}", "1", path)
    return method, re.sub(r"\{\w+:\w+\}", "00000000-0000-4000-8000-000000000000", path)


if __name__ == "__main__":
    TABLE.write_text(
        "# Which scope an API key needs for which route: of “in person” no key ever comes near.\n"
        + written(scopes(_application()))
        + "\n",
        encoding="utf-8",
    )
