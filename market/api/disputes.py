"""Disputes between owner and agency of an engagement."""

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.engagements.dispute_actions import NewDispute, open_dispute, resolve_dispute
from ratings.ledger.actors import Role

_TAGS = ["engagements"]


class Disputed(msgspec.Struct, frozen=True):
    dispute: str


class DisputeOutcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    outcome: str


@post(
    "/engagements/{engagement:str}/disputes",
    operation_id="dispute_open",
    summary="Record what is in dispute, as owner or agency of the engagement",
    tags=_TAGS,
    **allow(Role.ENTERPRISE, Role.AGENCY),
)
async def open_(
    request: Asking,
    engagement: FromPath[str],
    data: JSONBody[NewDispute],
    idempotency_key: IdempotencyKey = None,
) -> Disputed:
    """Read by both sides, the supervisor and the centre. Each side has one open at a time."""
    who = actor(request)

    async def effect() -> Disputed:
        return Disputed(await open_dispute(who, engagement, data))

    return await answer_once(request, who, idempotency_key, Disputed, effect)


@post(
    "/disputes/{dispute:str}/resolution",
    operation_id="dispute_resolve",
    summary="Say how a dispute ended: by agreement, as who recorded it, or decided by the centre",
    tags=_TAGS,
    status_code=204,
    **allow(Role.ENTERPRISE, Role.AGENCY, Role.CENTRE),
    **in_person(),
)
async def resolve(
    request: Asking,
    dispute: FromPath[str],
    data: JSONBody[DisputeOutcome],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await resolve_dispute(who, dispute, data.outcome)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [open_, resolve]
