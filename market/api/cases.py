"""Cases and delistings: a computation asks, the agency answers, a person decides."""

from datetime import date

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, StateIs, keyset_page, sorted_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment
from ratings.sanctions import actions, queries
from ratings.sanctions.queries import CaseRow, DelistingRow
from ratings.sanctions.rules import Severity

_TAGS = ["sanctions"]


class CaseAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Dismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class NewDelisting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`until` is the last day; it lies within the bounds of NDRC Order 36 for the severity."""

    severity: Severity
    until: date
    reason: str


class Delisted(msgspec.Struct, frozen=True):
    delisting: str


@get(
    "/cases",
    operation_id="case_list",
    summary="Cases, the newest first; an agency sees its own",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR, Role.AGENCY),
)
async def list_cases(
    request: Asking, state_: StateIs = "", limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[CaseRow]]:
    """`state` is open, answered, dismissed, delisted or lifted."""
    who = actor(request)
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: queries.visible_case_files(who, state=state_, limit=most, after=after),
        lambda row: Moment(row.opened_at, row.id),
    )


@get(
    "/cases/{case:str}",
    operation_id="case_show",
    summary="One case with the reasons it was opened for",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR, Role.AGENCY),
)
async def show_case(request: Asking, case: FromPath[str]) -> CaseRow:
    return await queries.visible_case_file(actor(request), case)


@post(
    "/cases/{case:str}/answer",
    operation_id="case_answer",
    summary="Say one's side, once, before the decision",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def answer_case(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[CaseAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.answer_case(who, case, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/dismissal",
    operation_id="case_dismiss",
    summary="Decide that nothing follows, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def dismiss(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Dismissal],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.dismiss_case(who, case, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/delisting",
    operation_id="case_delist",
    summary="Take the agency off the market, with a reason and a last day",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def delist(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[NewDelisting],
    idempotency_key: IdempotencyKey = None,
) -> Delisted:
    who = actor(request)

    async def effect() -> Delisted:
        return Delisted(await actions.delist(who, case, data.severity, data.until, data.reason))

    return await answer_once(request, who, idempotency_key, Delisted, effect)


@get(
    "/delistings",
    operation_id="delisting_list",
    summary="The agencies that are off the market today, and why",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_delistings(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[DelistingRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await queries.delistings_in_force(),
        lambda row: (-row.starts.toordinal(), row.uscc, row.id),
    )


ROUTES = [list_cases, show_case, answer_case, dismiss, delist, list_delistings]
