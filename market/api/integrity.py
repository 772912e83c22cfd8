"""Flags of manipulation: programs ask, people of the centre decide."""

from decimal import Decimal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, keyset_page
from market.api.repeats import IdempotencyKey, act_once
from ratings.integrity import actions, queries
from ratings.integrity.notice_actions import remark_on_notice, tell_rater
from ratings.integrity.notice_queries import RaterNoticeRow, notice_of_flag, rater_notice
from ratings.integrity.order_actions import give_order, lift_order
from ratings.integrity.order_queries import order_of
from ratings.integrity.orders import Order
from ratings.integrity.queries import FlagRow
from ratings.integrity.rerating_queries import ReratingRow, reratings_of_flag
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment

_TAGS = ["sanctions"]


class FlagDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class NoticeRemark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the organisation has to say, at most 1,000 characters."""

    text: str


class OrderOfFlag(msgspec.Struct, frozen=True):
    """`answers` is how many it is about, `in_force` how many of them it holds at present."""

    order: Order
    weight: Decimal | None
    answers: int
    in_force: int


class ShownFlag(FlagRow, frozen=True):
    """A flag with the order that belongs to it and what its rater was told, None where there is
    none, and what the centre rates again because of it."""

    order: OrderOfFlag | None = None
    notice: RaterNoticeRow | None = None
    reratings: tuple[ReratingRow, ...] = ()


@get(
    "/integrity-flags",
    operation_id="integrity_flag_list",
    summary="Flags of manipulation with their evidence, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_flags(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = "", state_: StateIs = ""
) -> Response[Page[FlagRow]]:
    """`state` is open, dismissed or taken-up. A flag moves no score and opens nothing; an
    order that a person gives about it does."""
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.flags(state=state_, limit=most, after=after),
        lambda row: Moment(row.found_at, row.id),
    )


@get(
    "/integrity-flags/{flag:str}",
    operation_id="integrity_flag_show",
    summary="One flag of manipulation with its evidence",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_flag(request: Asking, flag: FromPath[str]) -> ShownFlag:
    row = await queries.flag_of(flag)
    found = await order_of(row)
    order = None
    if found is not None:
        in_force = len(found.in_force)
        order = OrderOfFlag(found.order, found.weight, len(found.answers), in_force)
    who = actor(request)
    reratings, notice = await reratings_of_flag(who, flag), await notice_of_flag(who, flag)
    return ShownFlag(
        **msgspec.structs.asdict(row), order=order, notice=notice, reratings=tuple(reratings)
    )


@post(
    "/integrity-flags/{flag:str}/dismissal",
    operation_id="integrity_flag_dismiss",
    summary="Find that nothing follows from a flag, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def dismiss(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[FlagDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.dismiss_flag(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/integrity-flags/{flag:str}/follow-up",
    operation_id="integrity_flag_take_up",
    summary="Take a flag up, saying what is done about it",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def take_up(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[FlagDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Nothing follows by itself: what is done is done by the acts that exist for it."""
    who = actor(request)

    async def effect() -> None:
        await actions.take_up_flag(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/integrity-flags/{flag:str}/order",
    operation_id="integrity_flag_order",
    summary="Hold the answers of a flag out of the score, or have them weigh less",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def give(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[FlagDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Which of the two follows from the kind of the flag. It takes an open flag up and counts from
    now on; earlier figures stay as they are. By a person of the centre who gave none of the
    answers."""
    who = actor(request)

    async def effect() -> None:
        await give_order(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/integrity-flags/{flag:str}/order-lifting",
    operation_id="integrity_flag_order_lift",
    summary="Let the answers of a flag count in full again from now on",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def lift(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[FlagDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By a person of the centre who gave none of the answers."""
    who = actor(request)

    async def effect() -> None:
        await lift_order(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/integrity-flags/{flag:str}/rater-notice",
    operation_id="integrity_flag_tell_rater",
    summary="Tell the organisation of a careless flag what was seen in its answers",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def tell(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[FlagDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Once for a flag; it takes an open one up and moves no score. The reason is for officials."""
    who = actor(request)

    async def effect() -> None:
        await tell_rater(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@get(
    "/rating-notices/{notice:str}",
    operation_id="rating_notice_show",
    summary="What one's organisation was told about its evaluations",
    tags=_TAGS,
    **allow(Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE),
)
async def show_notice(request: Asking, notice: FromPath[str]) -> RaterNoticeRow:
    """Its id stands in the event `integrity_flag.rater_told`."""
    return await rater_notice(actor(request), notice)


@post(
    "/rating-notices/{notice:str}/remark",
    operation_id="rating_notice_remark",
    summary="Remark on what one's organisation was told about its evaluations",
    tags=_TAGS,
    status_code=204,
    **allow(Role.ENTERPRISE, Role.SUPERVISOR),
    **in_person(),
)
async def remark(
    request: Asking,
    notice: FromPath[str],
    data: JSONBody[NoticeRemark],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Once; the centre and auditors read it."""
    who = actor(request)

    async def effect() -> None:
        await remark_on_notice(who, notice, data.text)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [list_flags, show_flag, dismiss, take_up, give, lift, tell, show_notice, remark]
