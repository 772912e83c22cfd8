"""Acts that count against agencies: the list, reporting one, deciding it, and what counts now."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies.queries import agency
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.rectifications import CaseOpened
from market.api.repeats import IdempotencyKey, act_once, answer_once
from ratings.ledger.actors import Role
from ratings.sanctions import misconduct, misconduct_actions, misconduct_queries
from ratings.sanctions.misconduct import Act
from ratings.sanctions.misconduct_actions import ReportedAct
from ratings.sanctions.misconduct_queries import MarkRow, PublishedWarning

_TAGS = ["sanctions"]


class Upheld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/misconduct-acts",
    operation_id="misconduct_act_list",
    summary="The acts that count against an agency, in their three classes",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_acts(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[Act]]:
    """After an unofficial copy of one county's trial rules; the wording is this project's."""
    order = {one.code: place for place, one in enumerate(misconduct.ACTS)}
    return await sorted_page(
        request, limit, cursor, list(misconduct.ACTS), lambda row: (order[row.code],)
    )


@post(
    "/misconduct",
    operation_id="misconduct_report",
    summary="Report an act from the list, with the document it rests on; others decide",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR),
    **in_person(),
)
async def report(
    request: Asking, data: JSONBody[ReportedAct], idempotency_key: IdempotencyKey = None
) -> CaseOpened:
    """The class of the act says what the case may end in: a record, a warning, or a serious
    delisting with one star. Nothing changes before it is decided. Evidence is put into the case."""
    who = actor(request)
    found = await agency(data.uscc)

    async def effect() -> CaseOpened:
        told = msgspec.structs.replace(data, uscc=found.uscc)
        return CaseOpened(await misconduct_actions.report_act(who, told))

    return await answer_once(request, who, idempotency_key, CaseOpened, effect)


@post(
    "/cases/{case:str}/upholding",
    operation_id="misconduct_uphold",
    summary="Decide that a reported act is recorded, or that the agency is warned",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def uphold(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Upheld],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By somebody who has neither opened the case nor rated the agency, once it is heard. It counts
    when nothing can change it any more."""
    who = actor(request)

    async def effect() -> None:
        await misconduct_actions.uphold_act(who, case, data.reason)

    await act_once(request, who, idempotency_key, effect)


@get(
    "/marks",
    operation_id="mark_list",
    summary="The records and warnings that count, and until when; an agency sees its own",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR, Role.AGENCY),
)
async def list_marks(
    request: Asking,
    uscc: FromQuery[str] = "",
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[MarkRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await misconduct_queries.marks(actor(request), uscc),
        lambda row: (-int(row.decided_at.timestamp() * 1_000_000), row.case),
    )


@get(
    "/warnings",
    operation_id="warning_list",
    summary="The warnings that agencies are under, and until when",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_warnings(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PublishedWarning]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await misconduct_queries.warnings_in_force(actor(request).at),
        lambda row: (-int(row.decided_at.timestamp() * 1_000_000), row.number),
    )


ROUTES = [list_acts, report, uphold, list_marks, list_warnings]
