"""The HTML door: one file for each audience, each with its own ROUTES."""

from litestar.types import ControllerRouterHandler

from market.web import (
    account,
    agency,
    engagements,
    enterprise,
    evaluations,
    group_buys,
    workspace,
)

ROUTES: list[ControllerRouterHandler] = [
    *account.ROUTES,
    *workspace.ROUTES,
    *enterprise.ROUTES,
    *group_buys.ROUTES,
    *engagements.ROUTES,
    *evaluations.ROUTES,
    *agency.ROUTES,
]

# Routes that take a file: the only ones that accept as much as the settings allow.
UPLOADS: list[ControllerRouterHandler] = [*engagements.UPLOADS]
