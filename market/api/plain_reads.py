"""A public read by the function of its route, without the framework around it.

Who asks, in which form they want the answer, what stands in its head: of a stranger who wants what
everybody gets the framework finds out the same each time, at a higher price than the reading. So
the parameters are read by the types of the function, it is called, and what it returns is encoded
as the framework does. The bytes and the headers are those of the ordinary way: a test compares.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.serialization import encode_json
from litestar.types import HTTPScope

from market.api import deprecation, hot_routes
from market.api.headers import NO_CACHE, fixed_headers
from market.api.kept_bodies import Headers
from market.api.negotiation import JSON
from market.api.validators import VERSION, tag_of


class PlainRead:
    """One route. `names` are those of its parameters that may be asked for."""

    def __init__(self, app: Litestar, handler: HTTPRouteHandler, names: frozenset[str]) -> None:
        self._app = app
        self._function = handler.fn
        known = handler.parsed_fn_signature.parameters
        self._takes_request = "request" in known
        self._parameters = msgspec.defstruct(
            "Parameters",
            [
                (name, field.annotation, field.default)
                if field.has_default
                else (name, field.annotation)
                for name, field in known.items()
                if name in names
            ],
            kw_only=True,
        )
        head = {
            **fixed_headers(app.state.settings),
            "Content-Type": JSON,
            "Vary": "Accept",
            "Cache-Control": NO_CACHE,
        }
        self._head = _encoded([*head.items(), *deprecation.headers_of(handler)])

    async def answer(self, scope: HTTPScope, values: Mapping[str, str]) -> tuple[Headers, bytes]:
        """The head and the body of the answer to a request with these parameters.

        Raises what the function raises, and ValidationError for a value of another type.
        """
        known = msgspec.convert(values, self._parameters, strict=False)
        arguments = msgspec.structs.asdict(known)
        state: dict[str, Any] = {}
        if self._takes_request:
            whole: Any = {**scope, "litestar_app": self._app, "state": state}
            request: Request[Any, Any, Any] = Request(whole)
            arguments["request"] = request
        found = await self._function(**arguments)
        head = self._head
        if isinstance(found, Response):
            head = [*head, *_encoded(found.headers.items())]
            found = found.content
        body = encode_json(found)
        return [*head, (b"etag", tag_of(body, state.get(VERSION)).encode())], body


def plain_reads(app: Litestar) -> dict[str, PlainRead]:
    """Template of the path → its read, for all in the table of hot reads."""
    routes = {route.path_format: route for route in app.routes if isinstance(route, HTTPRoute)}
    found = {}
    for read in hot_routes.READS.values():
        (handler,) = (
            one for one in routes[read.template].route_handlers if "GET" in one.http_methods
        )
        found[read.template] = PlainRead(app, handler, read.names)
    return found


def _encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.lower().encode(), value.encode()) for name, value in headers]
