"""The description of the API is complete enough to generate a client from, and committed.

After changing the API on purpose, `python -m tests.contract.test_openapi` rewrites
docs/openapi.json; the difference is what a reviewer looks at.
"""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from market.accounts.queries import SignedIn
from market.api.description import description
from market.api.glossary import explain, glossary, named
from market.api.negotiation import JSON, MESSAGEPACK, PROBLEM_JSON
from tests.applications import undeployed

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.json"


def written(schema: dict[str, Any]) -> str:
    """The description as the file has it."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


@pytest.fixture
async def described(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    schema: dict[str, Any] = answer.json()
    return schema


def _operations(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """“METHOD path” and operation; answers that are written once are put in their places."""
    shared = schema["components"]["responses"]
    return [
        (
            f"{method.upper()} {path}",
            operation
            | {
                "responses": {
                    status: shared[answer["$ref"].rpartition("/")[2]]
                    if "$ref" in answer
                    else answer
                    for status, answer in operation["responses"].items()
                }
            },
        )
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]


def _forms_of_a_problem(name: str) -> set[str]:
    """Whoever watches the process reads JSON."""
    return {PROBLEM_JSON} | ({MESSAGEPACK[0]} if " /api/" in name else set())


async def test_the_committed_description_is_the_applications(described: dict[str, Any]) -> None:
    same = DESCRIPTION.read_text(encoding="utf-8") == written(described)
    assert same, (
        "The API is no longer what docs/openapi.json says. If that is meant, renew the file with"
        " `python -m tests.contract.test_openapi`, and commit what changed."
    )


async def test_version(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "Steelyard"


async def test_every_operation_has_its_own_id_and_a_summary(described: dict[str, Any]) -> None:
    operations = _operations(described)
    identifiers = [operation["operationId"] for _, operation in operations]
    assert sorted(set(identifiers)) == sorted(identifiers)
    generated = [
        name
        for name, operation in operations
        if not operation.get("summary") or not operation["operationId"].islower()
    ]
    assert generated == [], "state operation_id (snake_case) and summary on the route"


async def test_every_field_and_parameter_is_explained(described: dict[str, Any]) -> None:
    bare = [
        f"{place}.{name}"
        for place, name, stated in named(described)
        if _letters(stated.get("description", "")) in ("", _letters(name))
    ]
    assert bare == [], "say what they mean in market/api/glossary.toml"


def test_the_glossary_explains_nothing_that_is_not_there() -> None:
    app = undeployed()
    used = explain(app.openapi_schema.to_schema(), glossary())
    entries = {(place, name) for place, texts in glossary().items() for name in texts}
    assert entries - used == set(), "strike them out of market/api/glossary.toml"


def _letters(text: str) -> str:
    """Of a text what is left when it only repeats a name: “Group buy.” and `group_buy` alike."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "".join(word for word in words if word not in ("the", "a", "an", "of", "its"))


async def test_every_error_is_described_as_a_problem(described: dict[str, Any]) -> None:
    strange = [
        (name, status)
        for name, operation in _operations(described)
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and set(answer["content"]) != _forms_of_a_problem(name)
    ]
    assert strange == []


async def test_every_operation_says_what_may_go_wrong(described: dict[str, Any]) -> None:
    for name, operation in _operations(described):
        wanted = {"304"} if name.startswith("GET ") else {"409", "413", "422"}
        if JSON in operation.get("requestBody", {}).get("content", {}):
            wanted.add("415")
        always = {"400", "404", "405", "429", "500", "503"}
        assert operation["responses"].keys() >= always | wanted, name


async def test_no_page_and_no_secret_is_described(described: dict[str, Any]) -> None:
    assert all(path.startswith(("/api/v1/", "/healthz/")) for path in described["paths"])
    assert SignedIn.__name__ not in described["components"]["schemas"]


async def test_what_needs_a_token_says_so(described: dict[str, Any]) -> None:
    assert described["components"]["securitySchemes"]["session"]["scheme"] == "bearer"
    for name, operation in _operations(described):
        # To sign in nobody needs a token, and yet the credentials may be wrong.
        if operation["operationId"] != "session_open":
            assert ("security" in operation) == ("401" in operation["responses"]), name


if __name__ == "__main__":
    app = undeployed()
    DESCRIPTION.write_text(written(description(app)), encoding="utf-8")
