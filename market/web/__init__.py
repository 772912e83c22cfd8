"""The HTML door: one file for each audience, each with its own ROUTES."""

from litestar.types import ControllerRouterHandler

ROUTES: list[ControllerRouterHandler] = []
