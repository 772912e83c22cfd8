"""The description of the API arranged for people: areas, operations, fields and schemas as rows.

Pure: takes what `/api/v1/openapi.json` says (OpenAPI 3.1) and who may call what, and knows nothing
of pages or languages.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

Schema = dict[str, Any]
_SCHEMAS = "#/components/schemas/"
_LINE = 60
MAIN_PAGE = "/developers"


class Part(msgspec.Struct, frozen=True):
    """A piece of a type as it is written; `ref` is the schema it names, or empty."""

    text: str
    ref: str = ""


class Row(msgspec.Struct, frozen=True):
    """A parameter of an operation (`place` says where it goes) or a field of a schema."""

    name: str
    type: tuple[Part, ...]
    required: bool
    nullable: bool
    place: str = ""
    description: str = ""
    default: str = ""
    example: str = ""


class Answer(msgspec.Struct, frozen=True):
    status: int
    description: str
    type: tuple[Part, ...]
    forms: tuple[str, ...]


class Operation(msgspec.Struct, frozen=True):
    """`roles` are sorted codes, `scope` is what an API key needs (see market.accounts.scopes)."""

    name: str
    area: str
    method: str
    path: str
    summary: str
    description: str
    deprecated: bool
    roles: tuple[str, ...]
    scope: str
    parameters: tuple[Row, ...]
    body: tuple[Part, ...]
    body_forms: tuple[str, ...]
    answers: tuple[Answer, ...]
    errors: tuple[Answer, ...]
    curl: str

    @property
    def place(self) -> str:
        return place_of(self.area, self.name)


class Shape(msgspec.Struct, frozen=True):
    """A schema: `rows` of an object, or else `type` of what it is."""

    name: str
    title: str
    description: str
    rows: tuple[Row, ...]
    type: tuple[Part, ...]


class Area(msgspec.Struct, frozen=True):
    name: str
    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


class Caller(msgspec.Struct, frozen=True):
    roles: tuple[str, ...]
    scope: str


def area_of(path: str, tags: Sequence[str]) -> str:
    """The page an operation stands on: its tag; without one it is about accounts, or health."""
    if tags:
        return tags[0]
    return "health" if path.startswith("/healthz") else "accounts"


def place_of(area: str, operation: str) -> str:
    return f"{MAIN_PAGE}/{area}#{operation}"


def reference(description: Schema, callers: Mapping[str, Caller]) -> dict[str, Area]:
    """Name of the area → its operations in order of address, and every schema they lead to."""
    schemas = description["components"]["schemas"]
    found: dict[str, list[Operation]] = {}
    for path, item in description["paths"].items():
        for method, stated in item.items():
            made = _operation(path, method, stated, description, callers)
            found.setdefault(made.area, []).append(made)
    return {
        area: Area(
            area,
            tuple(sorted(operations, key=lambda one: (one.path, one.method))),
            tuple(_shape(name, schemas[name]) for name in _reached(operations, schemas)),
        )
        for area, operations in sorted(found.items())
    }


def title_of(name: str) -> str:
    """`Page_market.accounts.hats.Hat_` is written `Page<Hat>`."""
    outer, _, inner = name.rstrip("_").partition("_")
    return f"{outer}<{inner.rpartition('.')[2]}>" if name.endswith("_") else name


def type_of(schema: Schema) -> tuple[Part, ...]:
    """A type as written: `Tier[]`, `string (date-time)`, `"open" | "closed"`; null is left out."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        return (Part(title_of(name), name),)
    choices = [one for one in _choices(schema) if not _is_null(one)]
    if choices:
        return tuple(_between(Part(" | "), [type_of(one) for one in choices]))
    if "enum" in schema:
        return (Part(" | ".join(json.dumps(one, ensure_ascii=False) for one in schema["enum"])),)
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        kind = " | ".join(one for one in kind if one != "null")
    if kind == "array":
        inner = type_of(schema.get("items", {}))
        several = len(inner) > 1
        return (Part("("), *inner, Part(")[]")) if several else (*inner, Part("[]"))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return (Part("{string: "), *type_of(schema["additionalProperties"]), Part("}"))
    form = schema.get("format")
    return (Part(f"{kind} ({form})" if form else kind),)


def _between(gap: Part, several: list[tuple[Part, ...]]) -> Iterator[Part]:
    for number, parts in enumerate(several):
        if number:
            yield gap
        yield from parts


def _choices(schema: Schema) -> list[Schema]:
    choices: list[Schema] = schema.get("oneOf") or schema.get("anyOf") or []
    return choices


def _is_null(schema: Schema) -> bool:
    kind: object = schema.get("type")
    return kind == "null"


def _nullable(schema: Schema) -> bool:
    kind = schema.get("type")
    choices = _choices(schema)
    return (isinstance(kind, list) and "null" in kind) or any(map(_is_null, choices))


def _row(name: str, schema: Schema, *, required: bool) -> Row:
    default = schema.get("default")
    return Row(
        name,
        type_of(schema),
        required,
        _nullable(schema),
        description=schema.get("description", ""),
        default="" if default in (None, "") else json.dumps(default, ensure_ascii=False),
    )


def _parameter(stated: Schema) -> Row:
    row = _row(stated["name"], stated["schema"], required=stated.get("required", False))
    return msgspec.structs.replace(
        row,
        place=stated["in"],
        description=stated.get("description") or row.description,
        example=_plain(stated["example"]) if "example" in stated else "",
    )


def _shape(name: str, schema: Schema) -> Shape:
    required = schema.get("required", ())
    rows = tuple(
        _row(field, stated, required=field in required)
        for field, stated in schema.get("properties", {}).items()
    )
    return Shape(
        name, title_of(name), schema.get("description", ""), rows, () if rows else type_of(schema)
    )


def _operation(
    path: str, method: str, stated: Schema, whole: Schema, callers: Mapping[str, Caller]
) -> Operation:
    name = stated["operationId"]
    content = stated.get("requestBody", {}).get("content", {})
    answers = [_answer(code, one, whole) for code, one in stated["responses"].items()]
    caller = callers[name]
    return Operation(
        name=name,
        area=area_of(path, stated.get("tags", ())),
        method=method.upper(),
        path=path,
        summary=stated.get("summary", ""),
        description=stated.get("description", ""),
        deprecated=stated.get("deprecated", False),
        roles=caller.roles,
        scope=caller.scope,
        parameters=tuple(map(_parameter, stated.get("parameters", ()))),
        body=_content_type(content),
        body_forms=tuple(content),
        answers=tuple(one for one in answers if one.status < 400),
        errors=tuple(one for one in answers if one.status >= 400),
        curl=_curl(path, method.upper(), stated, signed="public" not in caller.roles),
    )


def _answer(status: str, stated: Schema, whole: Schema) -> Answer:
    if "$ref" in stated:
        stated = whole["components"]["responses"][stated["$ref"].rpartition("/")[2]]
    content = stated.get("content", {})
    text = stated.get("description", "")
    return Answer(int(status), text, _content_type(content), tuple(content))


def _content_type(content: Schema) -> tuple[Part, ...]:
    return next((type_of(one.get("schema", {})) for one in content.values()), ())


def _reached(operations: Iterable[Operation], schemas: Schema) -> list[str]:
    """Names of all schemas that the operations name, and that those name, in alphabetical order."""
    waiting = [
        part.ref
        for one in operations
        for parts in (
            one.body,
            *(answer.type for answer in (*one.answers, *one.errors)),
            *(row.type for row in one.parameters),
        )
        for part in parts
        if part.ref
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            shape = _shape(name, schemas[name])
            named = [shape.type, *(row.type for row in shape.rows)]
            waiting.extend(part.ref for parts in named for part in parts if part.ref)
    return sorted(found, key=lambda name: title_of(name).lower())


def _curl(path: str, method: str, stated: Schema, *, signed: bool) -> str:
    """A command with the examples of the description in it, and with $NAME where there is none.

    $MARKET and $TOKEN stand for the address and the token.
    """
    words = [f'curl "$MARKET{_address(path, stated.get("parameters", ()))}"']
    content = stated.get("requestBody", {}).get("content", {})
    if method not in ("GET", "POST") or (method == "POST" and not content):
        words.append(f"-X {method}")
    if signed:
        words.append('-H "Authorization: Bearer $TOKEN"')
    headers = {one["name"] for one in stated.get("parameters", ()) if one["in"] == "header"}
    if "Idempotency-Key" in headers:
        words.append('-H "Idempotency-Key: $(uuidgen)"')
    if "If-Match" in headers:
        words.append("-H 'If-Match: \"…\"'")
    if "application/json" in content:
        body = _json(content["application/json"].get("example", {}))
        words.append(f"--json {shlex.quote(body)}")
    elif "multipart/form-data" in content:
        files = content["multipart/form-data"].get("example", {"file": ""})
        words.extend(f"-F {name}=@{name}" for name in files)
    elif content:
        words.append(f"-H 'Content-Type: {next(iter(content))}' --data-binary @file")
    return " \\\n  ".join(words)


def _address(path: str, parameters: Sequence[Schema]) -> str:
    """With the query that must be there or has an example."""
    query = []
    for one in parameters:
        name, given = one["name"], "example" in one
        value = quote(_plain(one["example"]), safe="*") if given else f"${name}"
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", value)
        elif one["in"] == "query" and (given or one.get("required")):
            query.append(f"{name}={value}")
    return "?".join(filter(None, (path, "&".join(query))))


def _plain(value: Any) -> str:
    """As it stands in an address."""
    return value if isinstance(value, str) else json.dumps(value)


def _json(value: Any, margin: str = "  ") -> str:
    """In one line where that is short, and otherwise a line for each value in it."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) <= _LINE or not isinstance(value, dict | list):
        return short
    inner = margin + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(name)}: {_json(one, inner)}" for name, one in value.items()]
    else:
        lines = [_json(one, inner) for one in value]
    body = "".join(f"{inner}{line},\n" for line in lines).removesuffix(",\n")
    return f"{short[0]}\n{body}\n{margin}{short[-1]}"
