"""The switches of an opened answer: what it says is hidden, or what it scores is left out."""

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.repeats import IdempotencyKey, act_once
from ratings.evaluations.indicators import Party
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switches import Switch
from ratings.ledger.actors import Role

_TAGS = ["evaluations"]


class SwitchOfAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose answer, and why; the reason stands in the ledger."""

    party: Party
    reason: str


@post(
    "/dockets/{docket:str}/hiding",
    operation_id="docket_comment_hide",
    summary="Hide what one party says in words: comment, reasons, files",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def hide(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[SwitchOfAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """The scores go on counting. By a person of the centre who gave none of the answers."""
    await _turn(request, docket, data, idempotency_key, Switch.COMMENT, off=True)


@post(
    "/dockets/{docket:str}/showing",
    operation_id="docket_comment_show",
    summary="Show again what one party says in words",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def show(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[SwitchOfAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By a person of the centre who gave none of the answers."""
    await _turn(request, docket, data, idempotency_key, Switch.COMMENT, off=False)


@post(
    "/dockets/{docket:str}/leaving-out",
    operation_id="docket_answer_leave_out",
    summary="Leave one party's answer out of the score from now on",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def leave_out(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[SwitchOfAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Earlier figures stay as they are. By a person of the centre who gave none of the answers."""
    await _turn(request, docket, data, idempotency_key, Switch.SCORE, off=True)


@post(
    "/dockets/{docket:str}/taking-in",
    operation_id="docket_answer_take_in",
    summary="Let one party's answer count again from now on",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def take_in(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[SwitchOfAnswer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By a person of the centre who gave none of the answers."""
    await _turn(request, docket, data, idempotency_key, Switch.SCORE, off=False)


async def _turn(
    request: Asking,
    docket: str,
    data: SwitchOfAnswer,
    key: str | None,
    switch: Switch,
    *,
    off: bool,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await turn_switch(who, docket, data.party, switch, off=off, reason=data.reason)

    await act_once(request, who, key, effect)


ROUTES = [hide, show, leave_out, take_in]
