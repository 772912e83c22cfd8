"""The description of the API that machines read: OpenAPI 3.1 at /api/v1/openapi.json."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from litestar import Request, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from market.accounts.permissions import allow, roles_of
from market.accounts.scopes import IN_PERSON, any_key, scope_of
from market.api.description import description, streamed_types
from market.api.negotiation import PROBLEM_JSON, answers_in_json, body_type
from market.api.problems import Problem
from ratings.ledger.actors import Role

_EVERYBODYS = {
    400: "The request does not have the expected form.",
    404: "Nothing is there, or nothing that is open to the caller.",
    405: "The address does not have this method; Allow names those that it has.",
    429: "Too many requests of this kind; Retry-After says when to try again.",
    500: "Something has gone wrong on our side.",
    503: "Not now: the database cannot be reached or is not ready.",
}
_SIGNED_IN_ONLY = {
    401: "Nobody is signed in.",
    403: "Not open to the caller's role, or the API key lacks the scope.",
}
_WITH_A_KEY = {
    401: "The API key is unknown, has expired or has been revoked.",
    403: "The API key lacks the scope, or the act is open to no key.",
}
_NEGOTIATED = {406: "The Accept header takes neither JSON nor MessagePack."}
_CHANGES = {
    409: "The thing is not in a state that allows the act.",
    413: "The request is too large.",
    422: "A rule refuses; the detail carries its workings.",
}
_OF_A_VERSION = {
    412: "Somebody has changed the thing since the version named in If-Match.",
    428: "The request does not say in If-Match which version it changes.",
}
_WITH_A_BODY = {415: "The body is of a type that is not read here; Accept names those that are."}
_UNCHANGED = ResponseSpec(
    None, generate_examples=False, description="Unchanged since the answer named in If-None-Match."
)
_READING = {"GET", "HEAD"}


class _SchemaOnly(Router):
    """Without Litestar's own HTML page for unknown addresses: those are problems like others."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, HTTPRouteHandler) and "/{path:str}" in value.paths:
            return []
        return super().register(value)


class _Rendered(JsonRenderPlugin):
    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return self.render_json(request, description(request.app))


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Steelyard",
        version=version("steelyard"),
        description="The marketplace and credit bureau of agencies for permits.",
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "session": SecurityScheme(
                    type="http", scheme="bearer", description="The token of a session."
                ),
                "api_key": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An API key of the organisation. Each route that a key opens names"
                    " the one scope that it needs.",
                ),
            }
        ),
        render_plugins=[_Rendered(path="/openapi.json")],
        openapi_router=_SchemaOnly(
            "/api/v1",
            route_handlers=[],
            opt=allow(Role.PUBLIC) | any_key(),
            include_in_schema=False,
        ),
    )


def declaring_problems(routes: Sequence[ControllerRouterHandler]) -> list[ControllerRouterHandler]:
    """The routes, each with the errors it may answer and the token it wants.

    What a route declares itself stays.
    """
    for route in routes:
        if isinstance(route, HTTPRouteHandler):
            problems = dict(_EVERYBODYS)
            scope = scope_of(route)
            by_key = [] if scope == IN_PERSON else [{"api_key": [scope]}]
            if Role.PUBLIC in roles_of(route):
                problems |= _WITH_A_KEY
                route.security = [{}, *by_key]
            else:
                problems |= _SIGNED_IN_ONLY
                route.security = [{"session": []}, *by_key]
            if not set(route.http_methods) <= _READING:
                problems |= _CHANGES
            if "if_match" in route.parsed_fn_signature.parameters:
                problems |= _OF_A_VERSION
            if answers_in_json(route):
                problems |= _NEGOTIATED
            if body_type(route) is not None or streamed_types(route):
                problems |= _WITH_A_BODY
            declared = {status: problem_answer(text) for status, text in problems.items()}
            if "GET" in route.http_methods:
                declared[304] = _UNCHANGED
            route.responses = declared | dict(route.responses or {})
    return list(routes)


def problem_answer(description: str) -> ResponseSpec:
    """How a route declares an error that is its own."""
    return ResponseSpec(
        Problem, generate_examples=False, description=description, media_type=PROBLEM_JSON
    )
