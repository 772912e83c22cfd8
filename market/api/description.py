"""The description of the API as it is given out: what the framework knows, and what the edge adds.

The edge speaks for every route alike (forms of an answer, headers, errors), so that it is said here
once and not on each of them.
"""

import json
from collections import Counter
from copy import deepcopy
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from market.api.answers import ANSWERS, NOTHING
from market.api.examples import with_examples
from market.api.glossary import explain, glossary
from market.api.negotiation import JSON, MESSAGEPACK, PROBLEM_JSON, answers_in_json

Schema = dict[str, Any]
_API = "/api/v1/"
_STREAMED = "streamed_file"
_A_FILE: Schema = {"content": {"application/octet-stream": {"schema": {}}}, "required": True}


def streamed_file(*media_types: str) -> dict[str, Any]:
    """Keyword arguments for a route that reads its body, a file, piece by piece: the framework
    does not know that there is one. Any file, or one of the given types; JSON is a list of
    records."""
    return {_STREAMED: media_types}


def streamed_types(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """The media types of a body that is read piece by piece; none where any will do."""
    stated: tuple[str, ...] = handler.opt.get(_STREAMED, ())
    return stated


def description(app: Litestar) -> dict[str, Any]:
    """What /api/v1/openapi.json says, made once for an application."""
    made: dict[str, Any] | None = app.state.get("description")
    if made is None:
        made = app.state["description"] = complete(app.openapi_schema.to_schema(), app)
    return made


def _header(description: str, kind: str = "string") -> Schema:
    return {"description": description, "schema": {"type": kind}}


_TAG = {"ETag": _header("Of these very bytes: send it back in If-None-Match.")}
_OF_STATUS = {
    401: {"WWW-Authenticate": _header("Always Bearer.")},
    405: {"Allow": _header("The methods that this address has.")},
    415: {"Accept": _header("What is read here.")},
    429: {"Retry-After": _header("After how many seconds to try again.", "integer")},
}


def complete(schema: Schema, app: Litestar) -> Schema:
    """The framework's description with everything that holds for all routes."""
    made = deepcopy(schema)
    explain(made, glossary())
    handlers = operations_of(app)
    streamed = {
        name: handler.opt[_STREAMED]
        for name, handler in handlers.items()
        if _STREAMED in handler.opt
    }
    negotiated = {name for name, handler in handlers.items() if answers_in_json(handler)}
    operations = [
        (path, method, operation)
        for path, item in made["paths"].items()
        for method, operation in item.items()
    ]
    for path, method, operation in operations:
        if operation["operationId"] in streamed:
            operation["requestBody"] = _a_file(streamed[operation["operationId"]])
        with_examples(operation)
        if path.startswith(_API):
            _in_both_forms(
                operation,
                reads=operation["operationId"] not in streamed,
                answers=operation["operationId"] in negotiated,
            )
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                answer["description"] = _success(operation["operationId"], status, answer)
            headers = dict(_OF_STATUS.get(int(status), {}))
            if method == "get" and status in ("200", "304") and path.startswith(_API):
                headers |= _TAG
            if headers:
                answer["headers"] = headers | answer.get("headers", {})
        operation["responses"] = dict(sorted(operation["responses"].items()))
    _share_errors(made, [operation for _, _, operation in operations])
    return made


def _a_file(media_types: tuple[str, ...]) -> Schema:
    made = deepcopy(_A_FILE)
    if media_types:
        (anything,) = made["content"].values()
        records = {"schema": {"type": "array", "items": {"type": "object"}}}
        made["content"] = {
            one: records if one == JSON else deepcopy(anything) for one in media_types
        }
    return made


def operations_of(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """operation_id → handler, of everything that is described."""
    return {
        str(handler.operation_id): handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.operation_id and handler.resolve_include_in_schema()
    }


def _success(operation: str, status: str, answer: Schema) -> str:
    """What the framework says of a success is only what the status means."""
    said: str = answer["description"]
    return NOTHING if status == "204" else ANSWERS.get(operation, said)


def _in_both_forms(operation: Schema, *, reads: bool, answers: bool) -> None:
    if reads and JSON in (content := operation.get("requestBody", {}).get("content", {})):
        content[MESSAGEPACK[0]] = content[JSON]
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if PROBLEM_JSON in content:
            content[MESSAGEPACK[0]] = content[PROBLEM_JSON]
        elif JSON in content and answers and int(status) < 300:
            content[MESSAGEPACK[0]] = content[JSON]


def _share_errors(made: Schema, operations: list[Schema]) -> None:
    """Each error that many operations have is written once."""
    seen = Counter(
        (status, json.dumps(answer, sort_keys=True))
        for operation in operations
        for status, answer in operation["responses"].items()
        if int(status) >= 300
    )
    shared: dict[tuple[str, str], str] = {}
    for (status, text), times in seen.most_common():
        name = f"Answer{status}"
        if times > 1 and name not in shared.values():
            shared[status, text] = name
    made["components"]["responses"] = {
        name: json.loads(text) for (_, text), name in sorted(shared.items())
    }
    for operation in operations:
        for status, answer in operation["responses"].items():
            same = (status, json.dumps(answer, sort_keys=True))
            if same in shared:
                operation["responses"][status] = {"$ref": f"#/components/responses/{shared[same]}"}
