"""Objections to decisions: filed by the agency, answered by another person, published."""

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import people_of
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, keyset_page
from market.api.repeats import IdempotencyKey, act_once, answer_once
from ratings.ledger.actors import Role
from ratings.ledger.places import Moment
from ratings.sanctions import objection_actions, objection_lists, objection_queries
from ratings.sanctions.objection_actions import GivenAnswer
from ratings.sanctions.objection_lists import PublishedObjection
from ratings.sanctions.objection_queries import Contest

_TAGS = ["sanctions"]


class NewObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Filed(msgspec.Struct, frozen=True):
    objection: str


@get(
    "/cases/{case:str}/objections",
    operation_id="contest_show",
    summary="What was filed against the decisions of a case, and what still can be",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.SUPERVISOR, Role.AGENCY),
)
async def show_contest(request: Asking, case: FromPath[str]) -> Contest:
    return await objection_queries.contest(actor(request), case, await people_of(Role.CENTRE))


@post(
    "/cases/{case:str}/objections",
    operation_id="objection_file",
    summary="Object to the last decision of the case, or ask for a review of the answer",
    tags=_TAGS,
    **allow(Role.AGENCY),
    **in_person(),
)
async def file_objection(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[NewObjection],
    idempotency_key: IdempotencyKey = None,
) -> Filed:
    """Against a delisting, an order to rectify, a failed check or a refused repair, within five
    working days of the decision or the answer. Until it is answered a delisting is suspended, whose
    days are served afterwards, the time to rectify stands still, and no cap of the stars follows.
    The answer to a review is final."""
    who = actor(request)

    async def effect() -> Filed:
        return Filed(await objection_actions.file_objection(who, case, data.text))

    return await answer_once(request, who, idempotency_key, Filed, effect)


@post(
    "/cases/{case:str}/objection-answer",
    operation_id="objection_answer",
    summary="Answer the objection that waits: uphold or annul the decision, or shorten a delisting",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def answer_objection(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[GivenAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By somebody who has had no part in the decision or an earlier answer, nor rated the agency;
    due in ten working days, and owed after them. A refused repair that is annulled is granted, a
    failed check counts as passed."""
    who = actor(request)

    async def effect() -> None:
        await objection_actions.answer_objection(who, case, data)

    await act_once(request, who, idempotency_key, effect)


@get(
    "/objections",
    operation_id="objection_list",
    summary="Objections to published decisions and their answers, the newest first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_objections(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PublishedObjection]]:
    """Without what the agency wrote, and without those about a repair, which is not public."""
    at = actor(request).at
    return await keyset_page(
        request,
        limit,
        cursor,
        Moment,
        lambda most, after: objection_lists.published_objections(at, limit=most, after=after),
        lambda row: Moment(row.filed_at, row.id),
    )


ROUTES = [show_contest, file_objection, answer_objection, list_objections]
