"""Policies of the stars: those that may decide, as documents for everybody, and those in the making
for the centre."""

import hashlib
from collections.abc import AsyncIterator

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.exports import file_of
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.web.downloads import attachment
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.stars import policy_actions
from ratings.stars.policy import Policy, document_of
from ratings.stars.policy_actions import PolicyProposal
from ratings.stars.policy_change import Impact
from ratings.stars.policy_queries import (
    KnownPolicy,
    PolicyDraft,
    PolicyDraftRow,
    known_policies,
    known_policy,
    policy_draft,
    policy_drafts,
)
from ratings.stars.rehearsal import rehearse

_TAGS = ["standings"]


class CopiedPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft begins as: a copy of the policy with this key."""

    source: str


class DraftedPolicy(msgspec.Struct, frozen=True):
    draft: str


class RefusedPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/policies",
    operation_id="policy_list",
    summary="The policies that standings can be asked under, and which one is in force",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_policies(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[KnownPolicy]]:
    """Those adopted, the latest day first, then those that ship."""
    found = await known_policies(local_date(actor(request).at))
    return await sorted_page(
        request,
        limit,
        cursor,
        found,
        lambda row: (-row.valid_from.toordinal() if row.valid_from else 0, row.key),
    )


@get(
    "/policies/{policy:str}",
    operation_id="policy_show",
    summary="A policy with every number a score depends on",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_policy(policy: FromPath[str]) -> Policy:
    return await known_policy(policy)


@get(
    "/policies/{policy:str}/document",
    operation_id="policy_document",
    summary="A policy as the file that `steelyard grade --policy` reads",
    tags=_TAGS,
    responses=file_of("application/toml", str),
    **allow(Role.PUBLIC),
)
async def policy_document(policy: FromPath[str]) -> Stream:
    found = await known_policy(policy)
    content = document_of(found).encode()

    async def whole() -> AsyncIterator[bytes]:
        yield content

    return attachment(
        whole(),
        filename=f"{found.key}.toml",
        media_type="application/toml",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@get(
    "/policy-drafts",
    operation_id="policy_draft_list",
    summary="Policies in the making, decided and undecided, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_drafts(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[PolicyDraftRow]]:
    found = await policy_drafts()
    return await sorted_page(
        request, limit, cursor, found, lambda row: (-row.drafted_at.timestamp(), row.id)
    )


@post(
    "/policy-drafts",
    operation_id="policy_draft",
    summary="Copy a policy into a draft under its next version",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def draft(
    request: Asking, data: JSONBody[CopiedPolicy], idempotency_key: IdempotencyKey = None
) -> DraftedPolicy:
    who = actor(request)

    async def effect() -> DraftedPolicy:
        return DraftedPolicy(await policy_actions.draft_policy(who, data.source))

    return await answer_once(request, who, idempotency_key, DraftedPolicy, effect)


@get(
    "/policy-drafts/{draft:str}",
    operation_id="policy_draft_show",
    summary="A policy in the making with all its numbers",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_draft(request: Asking, draft: FromPath[str]) -> PolicyDraft:
    found = await policy_draft(draft)
    versioned(request, found.edition)
    return found


@put(
    "/policy-drafts/{draft:str}",
    operation_id="policy_draft_change",
    summary="Put other numbers into one's own draft",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def change(
    request: Asking,
    draft: FromPath[str],
    data: JSONBody[Policy],
    if_match: IfMatch = None,
) -> None:
    """Refused with a fault for every number that cannot stand; the digest is computed anew."""
    await policy_draft(draft)
    await policy_actions.change_policy(actor(request), draft, data, expected(if_match))


@get(
    "/policy-drafts/{draft:str}/impact",
    operation_id="policy_draft_impact",
    summary="Who would change stars under a policy in the making, on the record as it is, and why",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_impact(request: Asking, draft: FromPath[str]) -> Impact:
    """Computed anew at each call beside the policy in force; nothing of it is kept."""
    found = await policy_draft(draft)
    return await rehearse(found.policy, actor(request).at)


@post(
    "/policy-drafts/{draft:str}/proposal",
    operation_id="policy_propose",
    summary="Ask a second person to adopt a draft for a day to come",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def propose(
    request: Asking,
    draft: FromPath[str],
    data: JSONBody[PolicyProposal],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    await policy_draft(draft)
    who, versions = actor(request), expected(if_match)

    async def effect() -> None:
        await policy_actions.propose_policy(who, draft, data, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/policy-drafts/{draft:str}/adoption",
    operation_id="policy_adopt",
    summary="Let a proposed policy decide from its day on, as the second person",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking, draft: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await policy_actions.adopt_policy(who, draft)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/policy-drafts/{draft:str}/refusal",
    operation_id="policy_refuse",
    summary="Refuse a proposed policy, as the second person, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refuse(
    request: Asking,
    draft: FromPath[str],
    data: JSONBody[RefusedPolicy],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await policy_actions.refuse_policy(who, draft, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/policy-drafts/{draft:str}/withdrawal",
    operation_id="policy_withdraw",
    summary="Take back one's own draft or proposal before it is decided",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def withdraw(
    request: Asking, draft: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await policy_actions.withdraw_policy(who, draft)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    list_policies,
    show_policy,
    policy_document,
    list_drafts,
    draft,
    show_draft,
    change,
    show_impact,
    propose,
    adopt,
    refuse,
    withdraw,
]
