"""Repair: an agency applies to be rid of what weighs on it, and a person decides."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies.queries import agency_of
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.rectifications import CaseOpened
from market.api.repeats import IdempotencyKey, act_once, answer_once
from ratings.ledger.actors import Role
from ratings.sanctions import repair_actions, repair_queries
from ratings.sanctions.repair_actions import Application, RepairDecision
from ratings.sanctions.repair_queries import Effect, RepairRow

_TAGS = ["sanctions"]
_ORDER = ("delisting", "event", "warning", "record")


class RepairOfCase(msgspec.Struct, frozen=True):
    """`repair` is null where the case is no application."""

    case: str
    repair: RepairRow | None


@get(
    "/effects",
    operation_id="effect_list",
    summary="What weighs on one's own agency, and from when on its repair can be applied for",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def list_effects(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[Effect]]:
    who = actor(request)
    found = await repair_queries.effects_of(await agency_of(who), who.at)
    return await sorted_page(
        request,
        limit,
        cursor,
        found,
        lambda row: (_ORDER.index(row.what), -row.since.toordinal(), row.reference),
    )


@post(
    "/repairs",
    operation_id="repair_apply",
    summary="Apply for the repair of what weighs on one's own agency, all of it together",
    tags=_TAGS,
    **allow(Role.AGENCY),
    **in_person(),
)
async def apply_for_repair(
    request: Asking, data: JSONBody[Application], idempotency_key: IdempotencyKey = None
) -> CaseOpened:
    """Once the least time of each is over (NDRC Order 36). Files go into the case afterwards."""
    who = actor(request)

    async def effect() -> CaseOpened:
        return CaseOpened(await repair_actions.apply_for_repair(who, data))

    return await answer_once(request, who, idempotency_key, CaseOpened, effect)


@get(
    "/cases/{case:str}/repair",
    operation_id="repair_show",
    summary="What an application wants lifted, and until when it is to be decided",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR, Role.AGENCY),
)
async def show_repair(request: Asking, case: FromPath[str]) -> RepairOfCase:
    return RepairOfCase(case, await repair_queries.repair_of(actor(request), case))


@post(
    "/cases/{case:str}/repair-decision",
    operation_id="repair_decide",
    summary="Lift all that was applied for, or nothing, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def decide_repair(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[RepairDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By somebody who has imposed or reported none of it and has not rated the agency. What is
    lifted counts no more from now on and leaves public view; earlier days stay as they were."""
    who = actor(request)

    async def effect() -> None:
        await repair_actions.decide_repair(who, case, data)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [list_effects, apply_for_repair, show_repair, decide_repair]
