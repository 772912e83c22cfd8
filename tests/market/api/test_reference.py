"""The description of the API as rows: types, fields, operations and the schemas they lead to."""

import json
from copy import deepcopy
from typing import Any

import pytest

from market.api.reference import Caller, Part, area_of, reference, title_of, type_of

_OUTER = "Page_market.purchasing.queries.Tier_"
DESCRIPTION: dict[str, Any] = {
    "paths": {
        "/api/v1/group-buys/{group_buy}/tiers": {
            "put": {
                "operationId": "tier_put",
                "tags": ["purchasing"],
                "summary": "Put a tier",
                "parameters": [
                    {"name": "group_buy", "in": "path", "required": True,
                     "schema": {"type": "string"}, "example": "c25e8f40"},
                    {"name": "limit", "in": "query",
                     "schema": {"type": "integer", "default": 50}, "description": "Most."},
                    {"name": "q", "in": "query", "schema": {"type": "string"},
                     "example": "刘 云"},
                    {"name": "If-Match", "in": "header", "required": True,
                     "schema": {"type": "string"}},
                    {"name": "Idempotency-Key", "in": "header",
                     "schema": {"oneOf": [{"type": "string"}, {"type": "null"}]}},
                ],
                "requestBody": {"content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Tier"},
                    "example": {"from_count": 2, "note": "one's own"}}}},
                "responses": {
                    "200": {"description": "Put.", "content": {"application/json": {
                        "schema": {"$ref": f"#/components/schemas/{_OUTER}"}}}},
                    "404": {"$ref": "#/components/responses/Answer404"},
                },
            }
        },
        "/api/v1/files": {
            "post": {
                "operationId": "file_add",
                "tags": ["files"],
                "parameters": [{"name": "filename", "in": "query", "required": True,
                                "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/octet-stream": {"schema": {}}}},
                "responses": {},
            },
            "put": {
                "operationId": "file_put",
                "tags": ["files"],
                "requestBody": {"content": {"multipart/form-data": {
                    "schema": {}, "example": {"staff.csv": "uscc,month"}}}},
                "responses": {},
            },
        },
        "/healthz/live": {"get": {"operationId": "live", "responses": {}}},
    },
    "components": {
        "responses": {"Answer404": {"description": "Nothing is there."}},
        "schemas": {
            "Tier": {
                "properties": {
                    "from_count": {"type": "integer"},
                    "until": {"type": "string", "format": "date-time"},
                    "note": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Note"}]},
                },
                "type": "object",
                "required": ["from_count", "until"],
            },
            "Note": {"type": "string", "enum": ["a", "b"]},
            _OUTER: {
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Tier"}}
                },
                "type": "object",
                "required": ["items"],
            },
            "Unnamed": {"type": "object", "properties": {}},
        },
    },
}  # fmt: skip
CALLERS = {
    "tier_put": Caller(("centre", "enterprise"), "purchasing:write"),
    "file_add": Caller(("public",), "files:write"),
    "file_put": Caller(("public",), "files:write"),
    "live": Caller(("public",), "any key"),
}


def _written(schema: dict[str, Any]) -> str:
    return "".join(part.text for part in type_of(schema))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "format": "date"}, "string (date)"),
        ({"type": ["string", "null"]}, "string"),
        ({"oneOf": [{"type": "string"}, {"type": "null"}, {"type": "integer"}]},
         "string | integer"),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
         "(string | integer)[]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "{string: integer}"),
        ({"enum": ["open", 1]}, '"open" | 1'),
        ({"type": "array", "items": {"$ref": f"#/components/schemas/{_OUTER}"}}, "Page<Tier>[]"),
        ({}, "any"),
    ],
)  # fmt: skip
def test_types_are_written_as_programmers_read_them(schema: dict[str, Any], text: str) -> None:
    assert _written(schema) == text


def test_a_named_type_leads_to_its_schema() -> None:
    assert type_of({"$ref": f"#/components/schemas/{_OUTER}"}) == (Part("Page<Tier>", _OUTER),)
    assert title_of("api_group_buys_Choice") == "api_group_buys_Choice"


def test_an_area_has_its_operations_and_every_schema_they_lead_to() -> None:
    areas = reference(DESCRIPTION, CALLERS)
    assert list(areas) == ["files", "health", "purchasing"]
    assert [one.name for one in areas["purchasing"].shapes] == ["Note", _OUTER, "Tier"]
    assert areas["health"].shapes == ()
    tier = areas["purchasing"].shapes[-1]
    assert [(row.name, row.required, row.nullable) for row in tier.rows] == [
        ("from_count", True, False),
        ("until", True, False),
        ("note", False, True),
    ]


def test_an_operation_says_who_may_call_it_and_how() -> None:
    (put,) = reference(DESCRIPTION, CALLERS)["purchasing"].operations
    assert (put.place, put.method) == ("/developers/purchasing#tier_put", "PUT")
    assert (put.roles, put.scope) == (("centre", "enterprise"), "purchasing:write")
    rows = [(row.name, row.place, row.default, row.example) for row in put.parameters]
    assert rows == [
        ("group_buy", "path", "", "c25e8f40"),
        ("limit", "query", "50", ""),
        ("q", "query", "", "刘 云"),
        ("If-Match", "header", "", ""),
        ("Idempotency-Key", "header", "", ""),
    ]
    assert [(one.status, one.description) for one in (*put.answers, *put.errors)] == [
        (200, "Put."),
        (404, "Nothing is there."),
    ]


def test_the_command_has_what_the_operation_must_have() -> None:
    areas = reference(DESCRIPTION, CALLERS)
    assert areas["purchasing"].operations[0].curl.split(" \\\n  ") == [
        'curl "$MARKET/api/v1/group-buys/c25e8f40/tiers?q=%E5%88%98%20%E4%BA%91"',
        "-X PUT",
        '-H "Authorization: Bearer $TOKEN"',
        '-H "Idempotency-Key: $(uuidgen)"',
        "-H 'If-Match: \"…\"'",
        """--json '{"from_count": 2, "note": "one'"'"'s own"}'""",
    ]
    assert [one.curl.split(" \\\n  ") for one in areas["files"].operations] == [
        [
            'curl "$MARKET/api/v1/files?filename=$filename"',
            "-H 'Content-Type: application/octet-stream' --data-binary @file",
        ],
        ['curl "$MARKET/api/v1/files"', "-X PUT", "-F staff.csv=@staff.csv"],
    ]
    assert areas["health"].operations[0].curl == 'curl "$MARKET/healthz/live"'


def test_a_long_body_has_several_lines_and_stays_what_it_is() -> None:
    body = {"title": "园区团购" * 9, "tiers": [{"at_least": n, "note": "n" * 20} for n in (2, 3)]}
    (put,) = reference(DESCRIPTION, CALLERS)["purchasing"].operations
    assert "\n    " not in put.curl
    described = deepcopy(DESCRIPTION)
    operation = described["paths"]["/api/v1/group-buys/{group_buy}/tiers"]["put"]
    operation["requestBody"]["content"]["application/json"]["example"] = body
    (put,) = reference(described, CALLERS)["purchasing"].operations
    shown = put.curl.partition("--json ")[2]
    assert json.loads(shown.strip("'")) == body
    assert shown.splitlines()[2:4] == [
        '    "tiers": [',
        '      {"at_least": 2, "note": "nnnnnnnnnnnnnnnnnnnn"},',
    ]


def test_what_has_no_tag_is_about_accounts_or_health() -> None:
    assert area_of("/api/v1/sessions", ()) == "accounts"
    assert area_of("/healthz/live", ()) == "health"
    assert area_of("/api/v1/items", ["catalogue"]) == "catalogue"
