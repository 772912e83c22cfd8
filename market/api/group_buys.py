"""Group buys and single purchases."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, best_first, keyset_page, sorted_page
from market.api.repeats import IdempotencyKey, answer_once
from market.engagements.actions import choose_for_group, purchase
from market.purchasing import actions, queries
from market.purchasing.actions import Joined, NewGroupBuy
from market.purchasing.queries import GroupBuyRow, OfferRow, ParticipationRow
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment

_TAGS = ["purchasing"]
_OFFICIALS = (Role.CENTRE, Role.AUDITOR)


class Opened(msgspec.Struct, frozen=True):
    group_buy: str


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    project_name: str


class Offered(msgspec.Struct, frozen=True):
    group_buy: str
    uscc: str | None


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    uscc: str
    reason: str = ""


class Started(msgspec.Struct, frozen=True):
    """The new engagements, one per participant in the order of joining."""

    engagements: list[str]


class NewPurchase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    listing: str
    project_name: str


class Bought(msgspec.Struct, frozen=True):
    engagement: str


@get(
    "/group-buys",
    operation_id="group_buy_list",
    summary="Group buys, the newest first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_group_buys(
    request: Asking, state_: StateIs = "", limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[GroupBuyRow]]:
    """`state` is open, closed, failed or chosen."""
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.newest_group_buys(state=state_, limit=most, after=after),
        lambda row: Moment(row.opened_at, row.id),
    )


@get(
    "/group-buys/{group_buy:str}",
    operation_id="group_buy_show",
    summary="One group buy",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_group_buy(group_buy: FromPath[str]) -> GroupBuyRow:
    return await queries.group_buy(group_buy)


@post(
    "/group-buys",
    operation_id="group_buy_open",
    summary="Open a group buy; who opens it is its first participant",
    tags=_TAGS,
    **allow(Role.ENTERPRISE),
)
async def open_group_buy(
    request: Asking, data: JSONBody[NewGroupBuy], idempotency_key: IdempotencyKey = None
) -> Opened:
    who = actor(request)

    async def effect() -> Opened:
        return Opened(group_buy=await actions.open_group_buy(who, data))

    return await answer_once(request, who, idempotency_key, Opened, effect)


@post(
    "/group-buys/{group_buy:str}/participations",
    operation_id="group_buy_join",
    summary="Take one of the places",
    tags=_TAGS,
    **allow(Role.ENTERPRISE),
)
async def join(
    request: Asking,
    group_buy: FromPath[str],
    data: JSONBody[Participant],
    idempotency_key: IdempotencyKey = None,
) -> Joined:
    who = actor(request)

    async def effect() -> Joined:
        return await actions.join_group_buy(who, group_buy, data.project_name)

    return await answer_once(request, who, idempotency_key, Joined, effect)


@get(
    "/group-buys/{group_buy:str}/participations",
    operation_id="group_buy_participations",
    summary="Who has joined: for the participants and for officials",
    tags=_TAGS,
    **allow(Role.ENTERPRISE, *_OFFICIALS),
)
async def list_participations(
    request: Asking, group_buy: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[ParticipationRow]]:
    found = await queries.visible_participations(actor(request), group_buy)
    return await sorted_page(
        request,
        limit,
        cursor,
        found,
        lambda row: (row.joined_at.timestamp(), row.organisation),
    )


@post(
    "/group-buys/{group_buy:str}/offers",
    operation_id="group_buy_offer",
    summary="Offer to serve the whole group at its tier prices",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def offer(
    request: Asking, group_buy: FromPath[str], idempotency_key: IdempotencyKey = None
) -> Offered:
    who = actor(request)

    async def effect() -> Offered:
        await actions.offer_to_serve(who, group_buy)
        return Offered(group_buy=group_buy, uscc=who.uscc)

    return await answer_once(request, who, idempotency_key, Offered, effect)


@get(
    "/group-buys/{group_buy:str}/offers",
    operation_id="group_buy_offers",
    summary="Who has offered: for the participants and officials; an agency sees its own offer",
    tags=_TAGS,
    **allow(Role.ENTERPRISE, Role.AGENCY, *_OFFICIALS),
)
async def list_offers(
    request: Asking, group_buy: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[OfferRow]]:
    """Best stars first. An agency whose standing changes while the pages are read may be met twice
    or not at all; a complete answer is one page of 100, or a second reading."""
    found = await queries.visible_offers(actor(request), group_buy)
    return await sorted_page(request, limit, cursor, found, best_first)


@post(
    "/group-buys/{group_buy:str}/choice",
    operation_id="group_buy_choose",
    summary="Choose the agency of a closed group buy; each participant gets an engagement",
    tags=_TAGS,
    **allow(Role.ENTERPRISE),
)
async def choose(
    request: Asking,
    group_buy: FromPath[str],
    data: JSONBody[Choice],
    idempotency_key: IdempotencyKey = None,
) -> Started:
    who = actor(request)

    async def effect() -> Started:
        return Started(await choose_for_group(who, group_buy, data.uscc, data.reason))

    return await answer_once(request, who, idempotency_key, Started, effect)


@post(
    "/purchases",
    operation_id="purchase_make",
    summary="Buy alone, at the price of a listing",
    tags=_TAGS,
    **allow(Role.ENTERPRISE),
)
async def buy(
    request: Asking, data: JSONBody[NewPurchase], idempotency_key: IdempotencyKey = None
) -> Bought:
    who = actor(request)

    async def effect() -> Bought:
        return Bought(await purchase(who, data.listing, data.project_name))

    return await answer_once(request, who, idempotency_key, Bought, effect)


ROUTES = [
    list_group_buys,
    show_group_buy,
    open_group_buy,
    join,
    list_participations,
    offer,
    list_offers,
    choose,
    buy,
]
