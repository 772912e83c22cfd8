"""What the centre rates again because of a flag: opened, given, objected to, taken back."""

from decimal import Decimal

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.repeats import IdempotencyKey, act_once
from market.engagements.evaluating import rate_again
from ratings.integrity import rerating_queries
from ratings.integrity.rerating_actions import (
    answer_rerating_objection,
    lift_rerating,
    object_to_rerating,
    open_reratings,
)
from ratings.integrity.rerating_queries import ReratingRow
from ratings.ledger.actors import Role
from ratings.sanctions.objections import Outcome

_TAGS = ["evaluations"]


class RatedAgain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from 0 to 100 by indicator of the centre, and why; one below 60 needs its own in
    `reasons`."""

    scores: dict[str, Decimal]
    reason: str
    reasons: dict[str, str] = {}


class ReratingReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class ReratingObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the agency objects to, and why, at most 5,000 characters."""

    text: str


class ReratingObjectionAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`upheld` or `annulled`, and why."""

    outcome: Outcome
    reason: str


@post(
    "/integrity-flags/{flag:str}/reratings",
    operation_id="rerating_open",
    summary="Have the centre rate the engagements of a collusion flag again",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def open_(
    request: Asking,
    flag: FromPath[str],
    data: JSONBody[ReratingReason],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """It takes an open flag up; the flag then shows the re-ratings. By a person of the centre who
    answered in none of the engagements; the first answers count until others are given."""
    who = actor(request)

    async def effect() -> None:
        await open_reratings(who, flag, data.reason)

    await act_once(request, who, idempotency_key, effect)


@get(
    "/reratings/{rerating:str}",
    operation_id="rerating_show",
    summary="One engagement that the centre rates again, with every step",
    tags=_TAGS,
    **allow(Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE),
)
async def show(request: Asking, rerating: FromPath[str]) -> ReratingRow:
    """For the parties of the engagement. Owner and supervisor read that the agency has objected,
    not what it says."""
    return await rerating_queries.rerating(actor(request), rerating)


@post(
    "/reratings/{rerating:str}/answer",
    operation_id="rerating_give",
    summary="Give the centre's answer anew, by the same indicators and with a reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def give(
    request: Asking,
    rerating: FromPath[str],
    data: JSONBody[RatedAgain],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """It is final and counts from now on; the first answer and earlier figures stay as they are.
    By a person of the centre who answered in none of the flag's engagements."""
    who = actor(request)

    async def effect() -> None:
        scores = {code: str(score) for code, score in data.scores.items()}
        await rate_again(who, rerating, scores, data.reason, data.reasons)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/reratings/{rerating:str}/objection",
    operation_id="rerating_object",
    summary="Object to what the centre has given anew, or ask for the review of the answer",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def file_objection(
    request: Asking,
    rerating: FromPath[str],
    data: JSONBody[ReratingObjection],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Within five working days. The first answer counts until somebody else has answered."""
    who = actor(request)

    async def effect() -> None:
        await object_to_rerating(who, rerating, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/reratings/{rerating:str}/objection-answer",
    operation_id="rerating_objection_answer",
    summary="Uphold or annul a re-rating that the agency has objected to",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def answer_objection(
    request: Asking,
    rerating: FromPath[str],
    data: JSONBody[ReratingObjectionAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By a person who has had no part in it and has not rated the agency."""
    who = actor(request)

    async def effect() -> None:
        await answer_rerating_objection(who, rerating, data.outcome, data.reason)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/reratings/{rerating:str}/lifting",
    operation_id="rerating_lift",
    summary="Take a re-rating back: the first answer of the centre counts again",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def lift(
    request: Asking,
    rerating: FromPath[str],
    data: JSONBody[ReratingReason],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Not while an objection waits. By a person of the centre who answered in none of the flag's
    engagements."""
    who = actor(request)

    async def effect() -> None:
        await lift_rerating(who, rerating, data.reason)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [open_, show, give, file_objection, answer_objection, lift]
