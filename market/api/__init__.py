"""The JSON door: one file for each resource, each with its own ROUTES below /api/v1."""

from litestar.types import ControllerRouterHandler

from market.api import sessions

ROUTES: list[ControllerRouterHandler] = [
    *sessions.ROUTES,
]
