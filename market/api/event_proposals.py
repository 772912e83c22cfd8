"""What the feeds propose as outside events: programs ask, people of the centre decide."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, keyset_page
from market.api.repeats import IdempotencyKey, act_once
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment
from ratings.stars import proposal_actions, proposal_queries
from ratings.stars.proposal_actions import Confirmation
from ratings.stars.proposal_queries import EventProposalRow

_TAGS = ["standings"]


class ProposalDismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/event-proposals",
    operation_id="event_proposal_list",
    summary="What the feeds say that may be an outside event, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_proposals(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = "", state_: StateIs = ""
) -> Response[Page[EventProposalRow]]:
    """`state` is open, confirmed or dismissed. Nothing counts before it is confirmed."""
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: proposal_queries.event_proposals(state=state_, limit=most, after=after),
        lambda row: Moment(row.found_at, row.id),
    )


@get(
    "/event-proposals/{event_proposal:str}",
    operation_id="event_proposal_show",
    summary="One saying of a feed that may be an outside event",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_proposal(event_proposal: FromPath[str]) -> EventProposalRow:
    return await proposal_queries.event_proposal(event_proposal)


@post(
    "/event-proposals/{event_proposal:str}/confirmation",
    operation_id="event_proposal_confirm",
    summary="Take a proposal in as an outside event, with its document",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def confirm(
    request: Asking,
    event_proposal: FromPath[str],
    data: JSONBody[Confirmation],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """The standing follows. What the event weighs follows from what the feed says."""
    who = actor(request)

    async def effect() -> None:
        await proposal_actions.confirm_proposal(who, event_proposal, data)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/event-proposals/{event_proposal:str}/dismissal",
    operation_id="event_proposal_dismiss",
    summary="Find that no event follows from a proposal, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def dismiss(
    request: Asking,
    event_proposal: FromPath[str],
    data: JSONBody[ProposalDismissal],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """The same saying of the feed is not proposed again."""
    who = actor(request)

    async def effect() -> None:
        await proposal_actions.dismiss_proposal(who, event_proposal, data.reason)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [list_proposals, show_proposal, confirm, dismiss]
