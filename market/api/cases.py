"""Cases and delistings: a computation asks, the agency answers, people decide."""

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
from ratings.sanctions.actions import Proposal
from ratings.sanctions.queries import CaseRow, DelistingRow, ProposedDelisting

_TAGS = ["sanctions"]


class CaseAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Dismissal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class DelistingProposal(msgspec.Struct, frozen=True):
    """`proposal` is null where none waits for its decision."""

    case: str
    proposal: ProposedDelisting | None


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
    """`state` is open, answered, proposed, dismissed, delisted or lifted."""
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


@get(
    "/cases/{case:str}/delisting-proposal",
    operation_id="delisting_proposal_show",
    summary="The delisting that is proposed in a case and waits for a second person",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_proposal(case: FromPath[str]) -> DelistingProposal:
    found = await queries.case_file(case)
    return DelistingProposal(found.id, await queries.proposed_delisting(found.id))


@post(
    "/cases/{case:str}/delisting-proposal",
    operation_id="delisting_propose",
    summary="Propose to take the agency off the market, with a reason and a last day",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def propose_delisting(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Proposal],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Nothing follows before a second person has decided. The last day lies within the bounds of
    NDRC Order 36 for the severity."""
    who = actor(request)

    async def effect() -> None:
        await actions.propose_delisting(who, case, data)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/delisting-refusal",
    operation_id="delisting_refuse",
    summary="Refuse the proposed delisting, with the reason; the case stays undecided",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refuse_delisting(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Refusal],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.refuse_delisting(who, case, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/cases/{case:str}/delisting",
    operation_id="case_delist",
    summary="Adopt the proposed delisting: the agency is off the market until its last day",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def delist(
    request: Asking, case: FromPath[str], idempotency_key: IdempotencyKey = None
) -> Delisted:
    """By somebody who has neither proposed it, nor opened the case, nor rated the agency."""
    who = actor(request)

    async def effect() -> Delisted:
        return Delisted(await actions.delist(who, case))

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


ROUTES = [
    list_cases,
    show_case,
    answer_case,
    dismiss,
    show_proposal,
    propose_delisting,
    refuse_delisting,
    delist,
    list_delistings,
]
