"""Proposed versions of fee standards: a workbook comes in, one person submits, another decides."""

import asyncio
import hashlib

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies.standard_impact import Leaving, listings_leaving
from market.api.cursors import Page
from market.api.description import streamed_file
from market.api.exports import A_WORKBOOK
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.catalogue import standard_proposals
from market.catalogue.sheet_reading import MOST_BYTES
from market.catalogue.sheet_tables import standard_of
from market.catalogue.sheet_writing import workbook_of
from market.catalogue.standard_proposals import DraftedStandard
from market.catalogue.standard_versions import (
    StandardProposal,
    StandardProposalRow,
    proposals,
    proposed,
    standard_on,
)
from market.web.downloads import workbook
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import TooLarge
from ratings.ledger.versions import Versions

_TAGS = ["catalogue"]
_OFFICIALS = (Role.SUPERVISOR, Role.CENTRE)


class StandardProposalDetail(StandardProposal, frozen=True, kw_only=True):
    """`leaving` are the live listings that would leave their range on its day."""

    leaving: list[Leaving]


class Reasoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/fee-standard-template",
    operation_id="fee_standard_template",
    summary="An empty workbook for a new fee standard",
    tags=_TAGS,
    responses=A_WORKBOOK,
    **allow(*_OFFICIALS),
)
async def template() -> Stream:
    return workbook(await asyncio.to_thread(workbook_of, None), "fee-standard.xlsx")


@get(
    "/fee-standards/{code:str}/workbook",
    operation_id="fee_standard_workbook",
    summary="The standard in force today as a workbook, to be changed and proposed",
    tags=_TAGS,
    responses=A_WORKBOOK,
    **allow(*_OFFICIALS),
)
async def standard_workbook(code: FromPath[str]) -> Stream:
    standard = await standard_on(code, local_date(now()))
    return workbook(await asyncio.to_thread(workbook_of, standard), f"{standard.code}.xlsx")


@get(
    "/fee-proposals",
    operation_id="fee_proposal_list",
    summary="Proposed versions of fee standards, newest first",
    tags=_TAGS,
    **allow(*_OFFICIALS),
)
async def list_proposals(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[StandardProposalRow]]:
    found = await proposals(actor(request))
    return await sorted_page(
        request, limit, cursor, found, lambda row: (-row.created_at.timestamp(), row.id)
    )


@get(
    "/fee-proposals/{proposal:str}",
    operation_id="fee_proposal_show",
    summary="A proposed version beside the one it would follow, and the listings it touches",
    tags=_TAGS,
    **allow(*_OFFICIALS),
)
async def show_proposal(request: Asking, proposal: FromPath[str]) -> StandardProposalDetail:
    found = await proposed(actor(request), proposal)
    versioned(request, found.version)
    return StandardProposalDetail(
        **msgspec.structs.asdict(found), leaving=await listings_leaving(found.record)
    )


@post(
    "/fee-drafts",
    operation_id="fee_proposal_draft",
    summary="Upload a fee standard as a draft: the body is the workbook itself",
    tags=_TAGS,
    **streamed_file(),
    **allow(*_OFFICIALS),
    **in_person(),
)
async def draft(request: Asking, idempotency_key: IdempotencyKey = None) -> DraftedStandard:
    """Refused with a fault for every wrong cell; its pointer is /sheet/cell."""
    who = actor(request)
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BYTES:
            raise TooLarge(
                "file-too-large",
                "The file is larger than the {most} MB allowed.",
                most=MOST_BYTES // (1024 * 1024),
            )
    data = bytes(content)

    async def effect() -> DraftedStandard:
        standard = await asyncio.to_thread(standard_of, data)
        return await standard_proposals.draft_standard(who, standard)

    sent = hashlib.sha256(data).hexdigest().encode()
    return await answer_once(request, who, idempotency_key, DraftedStandard, effect, sent=sent)


@post(
    "/fee-proposals/{proposal:str}/submission",
    operation_id="fee_proposal_submit",
    summary="Ask the centre to adopt a draft, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(*_OFFICIALS),
    **in_person(),
)
async def submit(
    request: Asking,
    proposal: FromPath[str],
    data: JSONBody[Reasoned],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """`If-Match` takes the ETag of the proposal."""
    who, of = await _read(request, proposal, if_match)

    async def effect() -> None:
        await standard_proposals.submit_proposal(who, proposal, data.reason, of)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/fee-proposals/{proposal:str}/withdrawal",
    operation_id="fee_proposal_withdraw",
    summary="Take back what has not been decided",
    tags=_TAGS,
    status_code=204,
    **allow(*_OFFICIALS),
    **in_person(),
)
async def withdraw(
    request: Asking,
    proposal: FromPath[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    who, of = await _read(request, proposal, if_match)

    async def effect() -> None:
        await standard_proposals.withdraw_proposal(who, proposal, of)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/fee-proposals/{proposal:str}/adoption",
    operation_id="fee_proposal_adopt",
    summary="Put a proposed standard in force from its day, as the second person",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking,
    proposal: FromPath[str],
    data: JSONBody[Reasoned],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    who, of = await _read(request, proposal, if_match)

    async def effect() -> None:
        await standard_proposals.decide_proposal(
            who, proposal, adopt=True, reason=data.reason, expected=of
        )

    await act_once(request, who, idempotency_key, effect)


@post(
    "/fee-proposals/{proposal:str}/refusal",
    operation_id="fee_proposal_refuse",
    summary="Refuse a proposed standard, as the second person, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refuse(
    request: Asking,
    proposal: FromPath[str],
    data: JSONBody[Reasoned],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    who, of = await _read(request, proposal, if_match)

    async def effect() -> None:
        await standard_proposals.decide_proposal(
            who, proposal, adopt=False, reason=data.reason, expected=of
        )

    await act_once(request, who, idempotency_key, effect)


async def _read(
    request: Asking, proposal: str, if_match: str | None
) -> tuple[Actor, Versions | None]:
    """Who acts on which versions; NotFound comes before anything is asked of the request."""
    who = actor(request)
    await proposed(who, proposal)
    return who, expected(if_match)


ROUTES = [
    template,
    standard_workbook,
    list_proposals,
    show_proposal,
    submit,
    withdraw,
    adopt,
    refuse,
]
UPLOADS = [draft]
