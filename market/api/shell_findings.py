"""What a shell case comes to: a finding by two people, the referral to the registrar, its outcome.

As for every judgement about a case (`shell_steps`), whoever makes it sends the ETag of the case as
it was read: so nobody adopts another proposal than the one that was on the screen.
"""

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.preconditions import IfMatch, expected
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.api.shell_cases import seen
from ratings.ledger.actors import Role
from ratings.shells import case_actions as acts
from ratings.shells.case_actions import ProposedFinding
from ratings.shells.case_way import Fate, ShellFinding

_TAGS = ["sanctions"]


class DecidedFinding(msgspec.Struct, frozen=True):
    finding: ShellFinding


class FindingRefusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class Referral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    registrar: str
    document: str


class RegistrarOutcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fate: Fate
    reason: str


@post(
    "/shell-cases/{case:str}/finding-proposal",
    operation_id="shell_finding_propose",
    summary="Propose what the case comes to; a second person decides",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def propose_finding(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[ProposedFinding],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """After a visit, and once the agency has explained or its time is over. A shell is delisted
    until a last day within the bounds of NDRC Order 36 for its severity."""
    who = await seen(request, case)
    versions = expected(if_match)

    async def effect() -> None:
        await acts.propose_finding(who, case, data, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/finding",
    operation_id="shell_finding_adopt",
    summary="Adopt the proposed finding as the second person; it takes effect at once",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt_finding(
    request: Asking,
    case: FromPath[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> DecidedFinding:
    """By somebody who has neither proposed it, nor opened the case, nor rated the agency."""
    who = await seen(request, case)
    versions = expected(if_match)

    async def effect() -> DecidedFinding:
        return DecidedFinding(await acts.decide_finding(who, case, versions))

    return await answer_once(request, who, idempotency_key, DecidedFinding, effect)


@post(
    "/shell-cases/{case:str}/finding-refusal",
    operation_id="shell_finding_refuse",
    summary="Do not adopt the proposed finding, or take one's own back, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refuse_finding(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[FindingRefusal],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = await seen(request, case)
    versions = expected(if_match)

    async def effect() -> None:
        await acts.refuse_finding(who, case, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/referral",
    operation_id="shell_case_refer",
    summary="Record that the case went to the registrar, under the number of a document",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def refer(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Referral],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = await seen(request, case)

    async def effect() -> None:
        await acts.refer(who, case, data.registrar, data.document)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/outcome",
    operation_id="shell_case_conclude",
    summary="Record what the registrar did; while it is pending, again later",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def conclude(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[RegistrarOutcome],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = await seen(request, case)

    async def effect() -> None:
        await acts.conclude(who, case, data.fate, data.reason)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [propose_finding, adopt_finding, refuse_finding, refer, conclude]
