"""The JSON door: one file for each resource, each with its own ROUTES below /api/v1."""

from litestar.types import ControllerRouterHandler

from market.api import (
    agencies,
    api_keys,
    cases,
    catalogue,
    catalogue_imports,
    changes,
    county_ranges,
    editions,
    engagements,
    evaluations,
    exports,
    group_buys,
    ledger,
    listings,
    market_fees,
    members,
    national_exchange,
    open_data,
    organisations,
    outside_events,
    package_versions,
    personal_data,
    screens,
    second_factors,
    sessions,
    webhooks,
)

ROUTES: list[ControllerRouterHandler] = [
    *sessions.ROUTES,
    *second_factors.ROUTES,
    *organisations.ROUTES,
    *members.ROUTES,
    *personal_data.ROUTES,
    *catalogue.ROUTES,
    *package_versions.ROUTES,
    *county_ranges.ROUTES,
    *editions.ROUTES,
    *agencies.ROUTES,
    *listings.ROUTES,
    *market_fees.ROUTES,
    *group_buys.ROUTES,
    *engagements.ROUTES,
    *evaluations.ROUTES,
    *cases.ROUTES,
    *outside_events.ROUTES,
    *screens.ROUTES,
    *ledger.ROUTES,
    *changes.ROUTES,
    *webhooks.ROUTES,
    *exports.ROUTES,
    *open_data.ROUTES,
    *national_exchange.ROUTES,
    *api_keys.ROUTES,
]

# Routes that take a file: the only ones that accept as much as the settings allow.
UPLOADS: list[ControllerRouterHandler] = [
    *engagements.UPLOADS,
    *screens.UPLOADS,
    *catalogue_imports.UPLOADS,
]
