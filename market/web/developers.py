"""For people who write programs against the API: where to begin, and every operation of it."""

from litestar import Litestar, Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking
from market.accounts.permissions import allow, roles_of
from market.accounts.scopes import ANY_KEY, AREAS, IN_PERSON, scope_of
from market.api.description import description, operations_of
from market.api.reference import Area, Caller, reference
from market.web import asked
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.errors import NotFound
from ratings.ledger.text import N_

NAMES = AREAS | {
    "accounts": N_("Accounts, sessions and registration"),
    "api-keys": N_("API keys"),
    "members": N_("Organisations and their members"),
    "organisations": N_("One's own organisation"),
    "people": N_("One's own person and hats"),
    "personal-data": N_("Personal data"),
    "health": N_("Health of the server"),
}
"""Area → what it is called."""


@get("/developers", **allow(Role.PUBLIC))
async def developers(request: Asking) -> Response[str]:
    return page(
        request,
        "developers/index.html",
        areas=_areas(request.app),
        names=NAMES,
        market=str(request.base_url).rstrip("/"),
    )


@get("/developers/{area:str}", **allow(Role.PUBLIC))
async def developers_area(request: Asking, area: FromPath[str]) -> Response[str]:
    shown = _areas(request.app).get(area)
    if shown is None:
        raise NotFound(
            "api-area-unknown", "The interface has no area {area}.", area=asked.plain(area)
        )
    return page(
        request,
        "developers/area.html",
        area=shown,
        names=NAMES,
        in_person=IN_PERSON,
        any_key=ANY_KEY,
    )


def _areas(app: Litestar) -> dict[str, Area]:
    """Arranged once for an application."""
    made: dict[str, Area] | None = app.state.get("reference")
    if made is None:
        callers = {
            name: Caller(tuple(sorted(role.value for role in roles_of(handler))), scope_of(handler))
            for name, handler in operations_of(app).items()
        }
        made = app.state["reference"] = reference(description(app), callers)
    return made


ROUTES = [developers, developers_area]
