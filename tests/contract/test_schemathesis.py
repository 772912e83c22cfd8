"""The whole description, tried as each role with what fits it and what does not: nothing answered
is undescribed, and nothing fails on our side.

Schemathesis makes the requests and judges the answers; a part of them names objects that are there,
so that more than “not found” is tried. What each role is refused is tried too, but less.
"""

import asyncio
import contextlib
import re
from collections import Counter
from typing import Any

import httpx
import msgspec
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from litestar import Litestar
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from market.accounts.permissions import roles_of
from market.api.description import description, operations_of
from market.api.negotiation import MESSAGEPACK
from ratings.ledger.actors import Role
from tests.conftest import program
from tests.contract.test_tenants import committed
from tests.contract.world import PERSONS, World, make_world, unknown
from tests.county import County

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_EXAMPLES = 3  # of an operation that is open to the role, fitting and not; of another a single one
# They end what the others need, so they come last.
_LAST = ("session_close", "DELETE")


@schemathesis.serializer(*MESSAGEPACK)
def messagepack(_: object, value: object) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except (OverflowError, TypeError):
        return b"\xc1"  # which nothing means: MessagePack has no number as large as that


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _order(operation: Any) -> tuple[bool, bool, str]:
    name = operation.definition.raw["operationId"]
    return name == _LAST[0], operation.method.upper() == _LAST[1], name


def _objects(world: World) -> dict[str, dict[str, list[str]]]:
    """“METHOD path” → parameter → an object that is there, and one that is not."""
    found: dict[str, dict[str, list[str]]] = {}
    for route, row in committed().items():
        kind = row["object"]
        names = re.findall(r"\{(\w+):str\}", route)
        plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", route)
        found[plain] = {name: [world.objects[kind], unknown(kind)] for name in names}
    return found


class _Caller:
    """Sends what Schemathesis makes through the application, which lives in another thread."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    def __call__(self, who: str, case: schemathesis.Case) -> None:
        made = case.as_transport_kwargs(base_url="http://steelyard.test")
        made.pop("cookies", None)
        sent = requests.Request(**made).prepare()
        answer = asyncio.run_coroutine_threadsafe(self._send(sent), self._loop).result()
        self.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=_CHECKS)
        except BaseExceptionGroup as group:
            told = "; ".join(str(one).splitlines()[0] for one in group.exceptions)
            self.wrong.append(
                f"{who}: {sent.method} {sent.url} {sent.body!r:.200} → "
                f"{answer.status_code} {answer.text:.200}: {told}"
            )

    async def _send(self, sent: requests.PreparedRequest) -> httpx.Response:
        headers = {
            name: value
            for name, value in (sent.headers or {}).items()
            if name.lower() not in ("user-agent", "authorization")
        }
        return await self._client.request(
            sent.method or "GET", str(sent.url), content=sent.body, headers=headers
        )


def _try(
    caller: _Caller,
    who: str,
    operation: Any,
    given_names: dict[str, list[str]],
    *,
    allowed: bool,
) -> None:
    raw = operation.definition.raw
    modes = [GenerationMode.POSITIVE]
    if allowed and (raw.get("parameters") or raw.get("requestBody")):
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:
        made = operation.as_strategy(generation_mode=mode)
        if given_names:
            named = st.fixed_dictionaries(
                {name: st.sampled_from(values) for name, values in given_names.items()}
            )
        else:
            named = st.just({})

        @seed(1)
        @_settings(_EXAMPLES if allowed else 1)
        @given(case=made, names=named)
        def one(case: schemathesis.Case, names: dict[str, str]) -> None:
            case.path_parameters.update(names)
            caller(f"{who} {raw['operationId']}", case)

        # A text may be anything: where all parameters are such, nothing is wrong to send.
        nothing_wrong = (Unsatisfiable,) if mode is GenerationMode.NEGATIVE else ()
        with contextlib.suppress(*nothing_wrong):
            one()


async def test_no_answer_is_undescribed(county: County, app: Litestar) -> None:
    world = await make_world(county)
    described = schemathesis.openapi.from_dict(description(app))
    operations = sorted((found.ok() for found in described.get_all_operations()), key=_order)
    handlers, objects = operations_of(app), _objects(world)
    loop = asyncio.get_running_loop()
    wrong: list[str] = []
    for role in (None, *PERSONS):
        token = world.persons[PERSONS[role][0]].token if role else ""
        async with program(app, token) as client:
            caller = _Caller(client, loop)
            for operation in operations:
                handler = handlers[operation.definition.raw["operationId"]]
                open_to = roles_of(handler)
                allowed = Role.PUBLIC in open_to or role in open_to
                names = objects.get(f"{operation.method.upper()} {operation.path}", {})
                await asyncio.to_thread(
                    _try,
                    caller,
                    str(role or "nobody"),
                    operation,
                    names,
                    allowed=allowed,
                )
            wrong += caller.wrong
            assert caller.statuses[200], "nothing was ever found"
    assert wrong == [], "\n".join(wrong)
