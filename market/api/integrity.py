"""Flags of manipulation: programs ask, people of the centre decide."""

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
from ratings.integrity.queries import FlagRow
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment

_TAGS = ["sanctions"]


class FlagDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


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
    """`state` is open, dismissed or taken-up. A flag moves no score and opens nothing."""
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
async def show_flag(flag: FromPath[str]) -> FlagRow:
    return await queries.flag_of(flag)


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


ROUTES = [list_flags, show_flag, dismiss, take_up]
