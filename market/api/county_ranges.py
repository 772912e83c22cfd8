"""Proposals of county ranges: one person of the centre proposes, another one decides."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, sorted_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.catalogue import county_ranges
from market.catalogue.county_ranges import NewCountyRange, ProposalRow
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date

_TAGS = ["catalogue"]


class Proposed(msgspec.Struct, frozen=True):
    proposal: str


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/county-range-proposals",
    operation_id="county_range_proposal_list",
    summary="The proposals of county ranges, the newest first, beside the ranges in force today",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_proposals(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = "", state_: StateIs = ""
) -> Response[Page[ProposalRow]]:
    found = await county_ranges.proposals(local_date(actor(request).at), state=state_)
    return await sorted_page(
        request, limit, cursor, found, lambda row: (-row.proposed_at.timestamp(), row.id)
    )


@post(
    "/county-range-proposals",
    operation_id="county_range_propose",
    summary="Propose a county range, with its day and its reason",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def propose(
    request: Asking, data: JSONBody[NewCountyRange], idempotency_key: IdempotencyKey = None
) -> Proposed:
    who = actor(request)

    async def effect() -> Proposed:
        return Proposed(await county_ranges.propose_county_range(who, data))

    return await answer_once(request, who, idempotency_key, Proposed, effect)


@post(
    "/county-range-proposals/{proposal:str}/adoption",
    operation_id="county_range_adopt",
    summary="Put a proposed range in force from its day, as the second person",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking, proposal: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await county_ranges.adopt_county_range(who, proposal)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/county-range-proposals/{proposal:str}/refusal",
    operation_id="county_range_refuse",
    summary="Refuse a proposed range, as the second person, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refuse(
    request: Asking,
    proposal: FromPath[str],
    data: JSONBody[Refusal],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await county_ranges.refuse_county_range(who, proposal, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/county-range-proposals/{proposal:str}/withdrawal",
    operation_id="county_range_proposal_withdraw",
    summary="Take back what one has proposed oneself",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def withdraw(
    request: Asking, proposal: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await county_ranges.withdraw_proposal(who, proposal)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [list_proposals, propose, adopt, refuse, withdraw]
