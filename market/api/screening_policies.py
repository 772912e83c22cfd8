"""Policies of the shell screen: those known, those in the making, and kept screens run again.

For the centre and the auditors: whoever knows every threshold knows how to stay below it.
"""

from typing import cast

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from obstore.store import ObjectStore

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.policies import CopiedPolicy, DraftedPolicy, RefusedPolicy
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.shells import policy_actions
from ratings.shells.policy import Policy
from ratings.shells.policy_change import (
    BOUNDS,
    EXCUSE_BOUNDS,
    FACTOR_BOUNDS,
    Numbers,
    ScreenImpact,
    differences,
    numbers_of,
)
from ratings.shells.policy_queries import (
    KnownScreenPolicy,
    ScreenPolicyDraftRow,
    known_screen_policies,
    known_screen_policy,
    screen_policy_draft,
    screen_policy_drafts,
    screen_policy_of,
)
from ratings.shells.replay import rehearse
from ratings.stars.policy_actions import PolicyProposal

_TAGS = ["screens"]


class ScreeningPolicy(Policy, frozen=True):
    """The document, under a name of its own beside the policies of the stars."""


class ScreeningPolicyShown(msgspec.Struct, frozen=True):
    key: str
    digest: str
    policy: ScreeningPolicy


class NumberChange(msgspec.Struct, frozen=True):
    """A number that the draft does not share with its source; `of` is empty but for excuses and
    factors."""

    number: str
    of: str
    before: float
    after: float


class NumberBounds(msgspec.Struct, frozen=True):
    least: float
    most: float


class ScreenPolicyDraft(ScreenPolicyDraftRow, frozen=True):
    numbers: Numbers
    changes: list[NumberChange]
    bounds: dict[str, NumberBounds]


class ScreenPolicyImpact(msgspec.Struct, frozen=True):
    """`impact` is null before any screen was run."""

    draft: str
    impact: ScreenImpact | None


@get(
    "/screening-policies",
    operation_id="screening_policy_list",
    summary="The policies that a screen may go by, and which one is in force",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_policies(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[KnownScreenPolicy]]:
    """Those adopted, the latest day first, then those that ship."""
    return await sorted_page(
        request,
        limit,
        cursor,
        await known_screen_policies(local_date(actor(request).at)),
        lambda row: (-row.valid_from.toordinal() if row.valid_from else 0, row.key),
    )


@get(
    "/screening-policies/{policy:str}",
    operation_id="screening_policy_show",
    summary="A screening policy with every number that a score depends on",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_policy(policy: FromPath[str]) -> ScreeningPolicyShown:
    found = await known_screen_policy(policy)
    document = ScreeningPolicy(**{name: getattr(found, name) for name in Policy.__struct_fields__})
    return ScreeningPolicyShown(found.key, found.digest, document)


@get(
    "/screening-policy-drafts",
    operation_id="screening_policy_draft_list",
    summary="Screening policies in the making, decided and undecided, the newest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_drafts(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[ScreenPolicyDraftRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await screen_policy_drafts(),
        lambda row: (-int(row.drafted_at.timestamp() * 1_000_000), row.id),
    )


@post(
    "/screening-policy-drafts",
    operation_id="screening_policy_draft",
    summary="Copy a screening policy into a draft under its next version",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def draft(
    request: Asking, data: JSONBody[CopiedPolicy], idempotency_key: IdempotencyKey = None
) -> DraftedPolicy:
    who = actor(request)

    async def effect() -> DraftedPolicy:
        return DraftedPolicy(await policy_actions.draft_screen_policy(who, data.source))

    return await answer_once(request, who, idempotency_key, DraftedPolicy, effect)


@get(
    "/screening-policy-drafts/{draft:str}",
    operation_id="screening_policy_draft_show",
    summary="A screening policy in the making: its numbers, their bounds, and what was changed",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_draft(request: Asking, draft: FromPath[str]) -> ScreenPolicyDraft:
    found, policy = await screen_policy_draft(draft)
    source = await screen_policy_of(found.source_digest)
    versioned(request, found.edition)
    bounds = BOUNDS | {"excuses": EXCUSE_BOUNDS, "factors": FACTOR_BOUNDS}
    return ScreenPolicyDraft(
        **msgspec.structs.asdict(found),
        numbers=numbers_of(policy, source),
        changes=[
            NumberChange(one.number, one.of, one.before, one.after)
            for one in differences(source, policy)
        ],
        bounds={name: NumberBounds(*ends) for name, ends in bounds.items()},
    )


@put(
    "/screening-policy-drafts/{draft:str}",
    operation_id="screening_policy_draft_change",
    summary="Put other numbers into one's own draft",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def change(
    request: Asking,
    draft: FromPath[str],
    data: JSONBody[Numbers],
    if_match: IfMatch = None,
) -> None:
    """Refused with a fault for every number that cannot stand. What `excuses` and `factors` do not
    name stays as the source has it."""
    await screen_policy_draft(draft)
    await policy_actions.change_screen_policy(actor(request), draft, data, expected(if_match))


@get(
    "/screening-policy-drafts/{draft:str}/impact",
    operation_id="screening_policy_draft_impact",
    summary="Whom the latest screen would flag, or flag no more, under a policy in the making",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_impact(request: Asking, draft: FromPath[str]) -> ScreenPolicyImpact:
    """It runs the whole screen again over what was known then, and may take as long."""
    found, policy = await screen_policy_draft(draft)
    return ScreenPolicyImpact(found.id, await rehearse(policy, _files(request)))


def _files(request: Asking) -> ObjectStore:
    return open_store(cast(Settings, request.app.state.settings).files)


@post(
    "/screening-policy-drafts/{draft:str}/proposal",
    operation_id="screening_policy_propose",
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
    await screen_policy_draft(draft)
    who, versions = actor(request), expected(if_match)

    async def effect() -> None:
        await policy_actions.propose_screen_policy(who, draft, data, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/screening-policy-drafts/{draft:str}/adoption",
    operation_id="screening_policy_adopt",
    summary="Let screens go by a proposed policy from its day on, as the second person",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking, draft: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    """A proposal is not changed any more: what was read is what is adopted."""
    who = actor(request)

    async def effect() -> None:
        await policy_actions.adopt_screen_policy(who, draft)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/screening-policy-drafts/{draft:str}/refusal",
    operation_id="screening_policy_refuse",
    summary="Refuse a proposed screening policy, as the second person, with the reason",
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
        await policy_actions.refuse_screen_policy(who, draft, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/screening-policy-drafts/{draft:str}/withdrawal",
    operation_id="screening_policy_withdraw",
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
        await policy_actions.withdraw_screen_policy(who, draft)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    list_policies,
    show_policy,
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
