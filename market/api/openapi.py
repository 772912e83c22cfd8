"""The description of the API that machines read: OpenAPI 3.1 at /api/v1/openapi.json."""

from importlib.metadata import version

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from market.accounts.permissions import allow
from ratings.ledger.actors import Role


class _SchemaOnly(Router):
    """Without Litestar's own HTML page for unknown addresses: those are problems like others."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, HTTPRouteHandler) and "/{path:str}" in value.paths:
            return []
        return super().register(value)


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Steelyard",
        version=version("steelyard"),
        description="The marketplace and credit bureau of agencies for permits.",
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"session": SecurityScheme(type="http", scheme="bearer")}
        ),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=_SchemaOnly(
            "/api/v1", route_handlers=[], opt=allow(Role.PUBLIC), include_in_schema=False
        ),
    )
