"""The HTML door: one file for each audience, each with its own ROUTES."""

from litestar.types import ControllerRouterHandler

from market.web import (
    account,
    agency,
    api_keys,
    cases,
    catalogue,
    centre,
    developers,
    directory,
    engagements,
    enterprise,
    evaluations,
    exports,
    fees,
    group_buys,
    hats,
    home,
    joining,
    members,
    oversight,
    personal_data,
    provincial,
    screens,
    security,
    sign_in,
    webhooks,
    workspace,
)

ROUTES: list[ControllerRouterHandler] = [
    *home.ROUTES,
    *catalogue.ROUTES,
    *fees.ROUTES,
    *developers.ROUTES,
    *directory.ROUTES,
    *oversight.ROUTES,
    *sign_in.ROUTES,
    *provincial.ROUTES,
    *account.ROUTES,
    *security.ROUTES,
    *hats.ROUTES,
    *members.ROUTES,
    *personal_data.ROUTES,
    *workspace.ROUTES,
    *api_keys.ROUTES,
    *enterprise.ROUTES,
    *group_buys.ROUTES,
    *engagements.ROUTES,
    *evaluations.ROUTES,
    *agency.ROUTES,
    *joining.ROUTES,
    *centre.ROUTES,
    *cases.ROUTES,
    *screens.ROUTES,
    *exports.ROUTES,
    *webhooks.ROUTES,
]

# Routes that take a file: the only ones that accept as much as the settings allow.
UPLOADS: list[ControllerRouterHandler] = [*engagements.UPLOADS]
