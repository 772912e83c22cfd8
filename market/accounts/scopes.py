"""What an API key may do: one scope for each route, `area:read` or `area:write`.

The area is the route's tag in the description of the API, the verb follows from its method. Only
the areas named here are open to keys at all, so that a new kind of route is closed to them until
somebody has thought about it.
"""

from collections.abc import Iterable
from typing import Any

from litestar.handlers.base import BaseRouteHandler

from ratings.ledger.errors import Forbidden
from ratings.ledger.text import N_

AREAS = {
    "catalogue": N_("Catalogue: items, packages, fee standards and ranges"),
    "agencies": N_("Agencies: the directory, standings and admissions"),
    "listings": N_("Listings"),
    "purchasing": N_("Purchases and group buys"),
    "engagements": N_("Engagements, milestones and deliverables"),
    "evaluations": N_("Evaluations that wait for an answer"),
    "sanctions": N_("Cases and delistings"),
    "standings": N_("Standings: their policies, and the outside events that count in them"),
    "screens": N_("Feeds of signals and the screen for shells"),
    "ledger": N_("Ledger"),
    "exports": N_("Whole lists as files"),
    "changes": N_("Feed of public changes"),
    "webhooks": N_("Webhooks"),
}
"""Tag of the routes → what it is called where scopes are chosen."""

IN_PERSON = "in person"
ANY_KEY = "any key"

_OPTION = "scope"
_READING = {"GET", "HEAD", "OPTIONS"}


def in_person() -> dict[str, Any]:
    """Keyword arguments for a route of an open area that no key reaches all the same: deciding,
    rating and answering for oneself are acts of a person."""
    return {_OPTION: IN_PERSON}


def any_key() -> dict[str, Any]:
    """The same for a route that asks for no particular scope, such as the API's description."""
    return {_OPTION: ANY_KEY}


def scope_of(handler: BaseRouteHandler) -> str:
    """The one scope a key needs for the route; IN_PERSON where none helps."""
    stated: str | None = handler.opt.get(_OPTION)
    if stated is not None:
        return stated
    tags = [tag for tag in getattr(handler, "tags", None) or () if tag in AREAS]
    if len(tags) != 1:
        return IN_PERSON
    methods: set[str] = set(getattr(handler, "http_methods", ()))
    return f"{tags[0]}:{'read' if methods <= _READING else 'write'}"


def check_scope(held: Iterable[str], handler: BaseRouteHandler) -> None:
    """Forbidden, with the name of the scope that is missing."""
    needed = scope_of(handler)
    if needed == IN_PERSON:
        raise Forbidden(
            "in-person",
            "This is open to a person who has signed in, and to no API key.",
        )
    if needed != ANY_KEY and needed not in held:
        raise Forbidden(
            "scope-missing",
            "This API key lacks the scope “{scope}”. An administrator of its organisation can make"
            " one that has it.",
            scope=needed,
        )
