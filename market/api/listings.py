"""Listings: an agency offers a package at a price."""

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies import actions
from market.agencies.queries import ListingRow, buyable_listing
from market.api.repeats import IdempotencyKey, answer_once
from ratings.ledger.actors import Role

_TAGS = ["listings"]


class Listed(msgspec.Struct, frozen=True):
    listing: str


@post(
    "/listings",
    operation_id="listing_put_up",
    summary="Put up a listing; one above the standard fee range is refused with its workings",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def put_up(
    request: Asking, data: JSONBody[actions.NewListing], idempotency_key: IdempotencyKey = None
) -> Listed:
    who = actor(request)

    async def effect() -> Listed:
        return Listed(listing=await actions.put_up_listing(who, data))

    return await answer_once(request, who, idempotency_key, Listed, effect)


@get(
    "/listings/{listing:str}",
    operation_id="listing_show",
    summary="One live listing",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show(listing: FromPath[str]) -> ListingRow:
    return await buyable_listing(listing)


@delete(
    "/listings/{listing:str}",
    operation_id="listing_withdraw",
    summary="Withdraw a listing of one's own",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def withdraw(request: Asking, listing: FromPath[str]) -> None:
    await actions.withdraw_listing(actor(request), listing)


ROUTES = [put_up, show, withdraw]
