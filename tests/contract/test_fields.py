"""Who sees which field: every answer of the API against the committed table, on real data.

`fields.toml` names, for each schema that an answer may hold, the audience of every field. A field
that is not for the caller's role must be absent, null or empty. After a change of the API,
`python -m tests.contract.test_fields` puts new fields under "?", to be given their audience.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from tests.applications import undeployed
from tests.conftest import PASSWORD, program
from tests.contract.examples import operations, plain, real_of, sent
from tests.contract.test_tenants import committed
from tests.contract.world import PERSONS, World, make_world
from tests.county import County, marks

TABLE = Path(__file__).parent / "fields.toml"
_OFFICIALS = {"supervisor", "centre", "auditor"}
_SIGNED_IN = {"enterprise", "agency", *_OFFICIALS}
AUDIENCES = {
    "everybody": {"public", *_SIGNED_IN},
    "signed_in": _SIGNED_IN,
    "officials": _OFFICIALS,
    "centre": {"centre", "auditor"},
    "case": {"agency", *_OFFICIALS},
    "group": {"enterprise", "centre", "auditor"},
    "offers": {"enterprise", "agency", "centre", "auditor"},
    # As signed_in, and only in an object that says when it was unsealed.
    "unsealed": _SIGNED_IN,
}
_ROLE_OF = {person: role.value for role, row in PERSONS.items() for person in row}

Schema = dict[str, Any]
Table = dict[str, dict[str, list[str]]]


def described() -> Schema:
    return undeployed().openapi_schema.to_schema()


def answers(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and schema of every successful answer in JSON."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, told in operation["responses"].items():
                schema = told.get("content", {}).get("application/json", {}).get("schema")
                if status.startswith("2") and schema is not None:
                    yield method.upper(), path, schema


def objects(document: Schema) -> dict[str, list[str]]:
    """Schema → fields, for every schema an answer may hold; a page is only its items."""
    known = document["components"]["schemas"]
    found: dict[str, list[str]] = {}

    def walk(node: object) -> None:
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict) and "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[1]
            if name not in found:
                found[name] = sorted(known[name].get("properties", {}))
                walk(known[name])
        elif isinstance(node, dict):
            for one in node.values():
                walk(one)

    for _, _, schema in answers(document):
        walk(schema)
    return {name: fields for name, fields in found.items() if fields and not _is_page(name, fields)}


def _is_page(name: str, fields: list[str]) -> bool:
    return name.startswith("Page_") and fields == ["items", "next"]


def in_table(table: Table) -> dict[str, list[str]]:
    return {
        name: sorted(field for fields in row.values() for field in fields)
        for name, row in table.items()
    }


def test_every_field_of_every_answer_has_its_audience() -> None:
    table: Table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    assert in_table(table) == objects(described()), "python -m tests.contract.test_fields"
    unknown = {name: row.keys() - AUDIENCES for name, row in table.items()}
    assert {name: one for name, one in unknown.items() if one} == {}


class Reader:
    """Compares answers with the table; `seen` gathers the restricted fields that were shown."""

    def __init__(self) -> None:
        self._known = described()["components"]["schemas"]
        table: Table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
        self._audience = {
            (name, field): audience
            for name, row in table.items()
            for audience, fields in row.items()
            for field in fields
        }
        self.seen: set[tuple[str, str]] = set()

    def faults(self, schema: Schema, value: Any, role: str) -> Iterator[str]:
        """Every field of the value that is not for the role."""
        if value in (None, "", [], {}):
            return
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            yield from self._object(name, self._known[name], value, role)
            return
        for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            if self._fits(choice, value):
                yield from self.faults(choice, value, role)
                return
        if isinstance(value, list):
            for one in value:
                yield from self.faults(schema.get("items") or {}, one, role)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for one in value.values():
                yield from self.faults(schema["additionalProperties"], one, role)

    def _object(self, name: str, schema: Schema, value: Any, role: str) -> Iterator[str]:
        if not isinstance(value, dict):
            return
        properties = schema.get("properties", {})
        for field, one in value.items():
            if field not in properties:
                yield f"{name}.{field} is not described"
                continue
            audience = self._audience.get((name, field), "everybody")
            if one not in (None, "", [], {}):
                self.seen.add((name, field))
                if role not in AUDIENCES[audience]:
                    yield f"{name}.{field} is not for {role}"
                if audience == "unsealed" and not value.get("unsealed_at"):
                    yield f"{name}.{field} is sealed"
            yield from self.faults(properties[field], one, role)

    def _fits(self, schema: Schema, value: Any) -> bool:
        if "$ref" in schema:
            target = self._known[schema["$ref"].rsplit("/", 1)[1]]
            return isinstance(value, dict) and value.keys() <= target.get("properties", {}).keys()
        kinds = {"array": list, "object": dict, "string": str, "boolean": bool}
        return isinstance(value, kinds.get(str(schema.get("type")), (int, float)))


@pytest.fixture
async def world(county: County) -> World:
    return await make_world(county)


async def _unsealed(world: World) -> str:
    """A docket that all three have answered."""
    county = world.county
    return await county.evaluated(world.persons["agency"], world.objects["listing"], 88)


async def _half_answered(world: World) -> str:
    """A docket that waits for the others, with one answer in it."""
    docket = await world.county.settled(world.persons["agency"], world.objects["listing"])
    owner = world.persons["owner"].actor()
    await answer(owner, docket, marks(Party.OWNER, 90), "密封的意见")
    return docket


async def test_no_role_sees_a_field_that_is_not_for_it(world: World) -> None:
    """All reads of all persons, then every act of those who may act, on one real county."""
    reader, wrong = Reader(), []
    more = {"docket": [await _unsealed(world), await _half_answered(world)]}
    more["agency"] = [world.objects["applicant"], world.persons["rival"].uscc or ""]
    document = described()
    kinds = {plain(route): row["object"] for route, row in committed().items()}
    everything = sorted(answers(document), key=lambda one: (one[0] != "GET", one[1]))
    for method, path, schema in everything:
        kind = kinds.get(f"{method} {path}")
        ids = [world.objects[kind], *more.get(kind, [])] if kind else [""]
        for person in (*world.persons, "nobody"):
            for identifier in ids if method == "GET" else ids[:1]:
                told = await _ask(world, method, path, person, identifier)
                if told.is_success and told.headers["content-type"] == "application/json":
                    role = _ROLE_OF.get(person, "public")
                    faults = reader.faults(schema, told.json(), role)
                    wrong += [f"{method} {path} as {person}: {fault}" for fault in faults]
    assert not wrong, "\n".join(sorted(set(wrong)))
    secret = {
        ("HistoryEntry", "person"),
        ("LedgerLine", "organisation"),
        ("DocketDetail", "answers"),
        ("AnswerRow", "comment"),
        ("CaseRow", "reasons"),
        ("ParticipationRow", "project_name"),
        ("FindingRow", "reasons"),
        ("MilestoneRow", "note"),
        ("CurrentSession", "person_name"),
    }
    assert secret <= reader.seen, "somebody must have been shown them, or nothing was tried"


async def _ask(
    world: World, method: str, path: str, person: str, identifier: str
) -> httpx.Response:
    address = re.sub(r"\{(?:position|number|material)\}", "1", path)
    if "{" in address:
        before, _, rest = address.partition("{")
        address = before + identifier + rest.partition("}")[2]
    account = world.persons["owner" if person == "nobody" else person]
    real = real_of(world) | {"login": account.login, "password": PASSWORD}
    how = sent(operations(world.county.app)[f"{method} {path}"], real)
    if person == "nobody":
        async with program(world.county.app) as client:
            return await client.request(method, address, **how)
    told = await account.client.request(method, address, **how)
    if told.is_success and b'"person_name":' in told.content and b'"token":' in told.content:
        # The act has renewed the session.
        account.client.headers["Authorization"] = f"Bearer {told.json()['token']}"
    return told


def test_the_comparison_finds_what_it_should() -> None:
    """The test of the test: answers that say too much are told apart from those that do not."""
    reader = Reader()
    entry = {"$ref": "#/components/schemas/HistoryEntry"}
    assert list(reader.faults(entry, {"seq": 1, "person": None}, "public")) == []
    assert list(reader.faults(entry, {"person": "x"}, "centre")) == []
    assert list(reader.faults(entry, {"person": "x"}, "public")) == [
        "HistoryEntry.person is not for public"
    ]
    docket = {"$ref": "#/components/schemas/DocketDetail"}
    sealed = {"unsealed_at": None, "answers": [{"party": "owner", "comment": "x"}]}
    assert "DocketDetail.answers is sealed" in list(reader.faults(docket, sealed, "centre"))
    opened = {**sealed, "unsealed_at": "2026-01-01T00:00:00Z"}
    assert list(reader.faults(docket, opened, "centre")) == []
    assert list(reader.faults(entry, {"telephone": "x"}, "centre")) == [
        "HistoryEntry.telephone is not described"
    ]
    several = {"oneOf": [{"type": "null"}, {"type": "array", "items": entry}]}
    assert len(list(reader.faults(several, [{"person": "x"}] * 2, "agency"))) == 2


if __name__ == "__main__":
    committed_table: Table = {}
    if TABLE.exists():
        committed_table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    lines = [
        "# Who sees which field of an answer; tests/contract/test_fields.py has the audiences."
    ]
    for name, fields in sorted(objects(described()).items()):
        row = committed_table.get(name, {})
        lines.append(f'\n["{name}"]' if "." in name else f"\n[{name}]")
        placed = {field for known_fields in row.values() for field in known_fields}
        for audience in (*AUDIENCES, "?"):
            kept = [field for field in row.get(audience, []) if field in fields]
            kept += [field for field in fields if audience == "?" and field not in placed]
            if kept:
                key = audience if audience != "?" else '"?"'
                lines.append(f"{key} = {json.dumps(kept)}")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
