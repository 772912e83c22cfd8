"""The examples of the API's description as requests to a world, with its own ids and days."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from litestar import Litestar

from market.api.description import description
from market.api.example_ids import STANDS_FOR
from market.api.negotiation import JSON
from ratings.ledger.clock import add_months, local_date, now
from tests.contract.world import PDF, World, a_workbook

Schema = dict[str, Any]
_FORM = "multipart/form-data"
_WORKBOOKS = ("fee_proposal_draft",)


def operations(app: Litestar) -> dict[str, Schema]:
    """“METHOD path” → operation of the description."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in description(app)["paths"].items()
        for method, operation in item.items()
    }


def plain(route: str) -> str:
    """A route as the description writes it."""
    return route.replace(":str", "").replace(":int", "")


def real_of(world: World) -> dict[str, str]:
    """What the market's own in the examples stands for: objects of the world, and days ahead."""
    at = now()
    return world.objects | {
        "deadline": (at + timedelta(days=7)).isoformat(),
        "coming-day": (local_date(at) + timedelta(days=1)).isoformat(),
        "visit-day": local_date(at).isoformat(),
        "officer": world.persons["centre"].person,
        "last-day": add_months(local_date(at), 6).isoformat(),
    }


def kinds_in(example: Any) -> Iterator[str]:
    """Whatever of `STANDS_FOR` occurs in it."""
    if isinstance(example, str):
        yield from (kind for kind, value in STANDS_FOR.items() if value in example)
    elif isinstance(example, dict | list):
        for one in example.values() if isinstance(example, dict) else example:
            yield from kinds_in(one)


def filled(example: Any, real: Mapping[str, str]) -> Any:
    """The example with the real ones in it; what is unknown stays."""
    if isinstance(example, dict):
        return {name: filled(one, real) for name, one in example.items()}
    if isinstance(example, list):
        return [filled(one, real) for one in example]
    if isinstance(example, str):
        for kind in kinds_in(example):
            example = example.replace(STANDS_FOR[kind], real.get(kind, STANDS_FOR[kind]))
    return example


def examples_of(operation: Schema, place: str) -> dict[str, Any]:
    """Parameter → example, of those that go to the place."""
    return {
        one["name"]: one["example"]
        for one in operation.get("parameters", ())
        if one["in"] == place and "example" in one
    }


def sent(operation: Schema, real: Mapping[str, str]) -> dict[str, Any]:
    """Query and body as httpx takes them."""
    made: dict[str, Any] = {}
    if query := filled(examples_of(operation, "query"), real):
        made["params"] = query
    content = operation.get("requestBody", {}).get("content", {})
    if JSON in content:
        made["json"] = filled(content[JSON]["example"], real)
    elif _FORM in content:
        files = filled(content[_FORM]["example"], real)
        made["files"] = {name: (name, text.encode()) for name, text in files.items()}
    elif content:
        made["content"] = a_workbook() if operation["operationId"] in _WORKBOOKS else PDF
    return made
