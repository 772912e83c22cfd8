"""The HTML door: one file for each audience, each with its own ROUTES."""

from litestar.types import ControllerRouterHandler

ROUTES: list[ControllerRouterHandler] = []

# Routes that take a file: the only ones that accept as much as the settings allow.
UPLOADS: list[ControllerRouterHandler] = []
