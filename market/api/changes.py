"""The change feed: every public fact in the order in which it came to be, to be followed."""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.api.cursors import page_size, seal, unseal
from market.api.lists import USUAL, Limit
from market.oversight.events import Event, chosen_types, event_of
from market.oversight.rules import PUBLIC_ACTS
from ratings.ledger.actors import Role
from ratings.ledger.queries import Wanted, entries_after, newest

_FROM_NOW = "now"


class Changes(msgspec.Struct, frozen=True):
    """`next` is always there: the address that goes on where this page ends, now or later.

    `more` says that something follows already; without it, wait before you ask `next` again.
    """

    items: list[Event]
    next: str
    more: bool


@get(
    "/changes",
    operation_id="change_list",
    summary="Public facts, oldest first, in a list that never skips one; follow `next` for ever",
    tags=["changes"],
    **allow(Role.PUBLIC),
)
async def list_changes(
    request: Asking,
    after: Annotated[
        str,
        QueryParameter(
            description="Where an earlier page ended: it stands in that page's `next`. Empty begins"
            " with the first fact of all; the word `now` with the next one to come."
        ),
    ] = "",
    types: Annotated[
        list[str] | None,
        QueryParameter(
            name="type",
            description="Only events of these types; `group_buy.*` names several at once. May be"
            " given more than once.",
        ),
    ] = None,
    subject_kind: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    limit: Limit = USUAL,
) -> Response[Changes]:
    """Each event has the shape of a webhook's `data`, and the same `id`."""
    size = page_size(limit)
    acts = chosen_types(types or ["*"], PUBLIC_ACTS)
    if after == _FROM_NOW:
        return _page(request, [], await newest(), more=False)
    place = unseal(request, after, int) if after else 0
    wanted = Wanted(subject_kind=subject_kind, subject=subject, acts=acts, on_view=True)
    found = await entries_after(wanted, place, size + 1)
    items = [event_of(entry) for entry in found[:size]]
    return _page(request, items, items[-1].seq if items else place, more=len(found) > size)


def _page(request: Asking, items: list[Event], place: int, *, more: bool) -> Response[Changes]:
    query = [(key, value) for key, value in parse_qsl(request.url.query) if key != "after"]
    address = f"{request.url.path}?{urlencode([*query, ('after', seal(request, place))])}"
    return Response(
        Changes(items=items, next=address, more=more),
        headers={"Link": f'<{address}>; rel="next"'},
    )


ROUTES = [list_changes]
