"""Policies of the stars in the console: copied, changed, tried on the record, decided by two."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.engagements.queries import engagement_names
from market.web.forms import Form, refusal, submitted
from market.web.policy_form import PARTIES, changed, read_policy, sections_of, typed_of
from market.web.render import locale_of, page, see_other
from market.web.standings import why_text
from ratings.evaluations.indicators import INDICATORS, WEIGHTS
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.stars.policy_actions import (
    PolicyProposal,
    adopt_policy,
    change_policy,
    draft_policy,
    propose_policy,
    refuse_policy,
    withdraw_policy,
)
from ratings.stars.policy_queries import known_policies, known_policy, policy_draft, policy_drafts
from ratings.stars.rehearsal import rehearse
from ratings.stars.waterfall import StepCode

_HERE = "/console/policies"
_SHOWN = 200
"""Changes of stars on the page; the API has all of them."""
_FIELDS = {
    "reason-missing": "reason",
    "policy-backdated": "valid_from",
    "policy-day-taken": "valid_from",
    "policy-version-known": "version",
}


async def _list(request: Asking, error: SteelyardError | None = None) -> Response[str]:
    today = local_date(actor(request).at)
    return page(
        request,
        "centre/policies.html",
        status=error.status if error else 200,
        known=await known_policies(today),
        drafts=await policy_drafts(),
        today=today,
        **refusal(request, error),
    )


@get(_HERE, **allow(Role.CENTRE))
async def index(request: Asking) -> Response[str]:
    return await _list(request)


@post(_HERE, **allow(Role.CENTRE))
async def copy(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        draft = await draft_policy(actor(request), form.text("source"))
    except SteelyardError as error:
        return await _list(request, error)
    return see_other(f"{_HERE}/{draft}", N_("The copy is yours to change."))


async def _show(
    request: Asking,
    draft: str,
    form: Form,
    error: SteelyardError | None = None,
    *,
    refused: bool = False,
) -> Response[str]:
    """`refused`: the refusal of the proposal was not taken, and its reason stays typed there."""
    who = actor(request)
    found = await policy_draft(draft)
    impact = await rehearse(found.policy, who.at)
    changes, locale = impact.changes[:_SHOWN], locale_of(request)
    called = await engagement_names(
        one.moved.reference
        for one in changes
        if one.moved and one.moved.step is StepCode.ENGAGEMENT and one.moved.reference
    )
    return page(
        request,
        "centre/policy.html",
        status=error.status if error else 200,
        draft=found,
        policy=found.policy,
        changed=changed(await known_policy(found.source), found.policy),
        numbers=typed_of(found.policy),
        impact=impact,
        shown=[(one, why_text(locale, one, called)) for one in changes],
        names=await agency_names(one.uscc for one in changes),
        sections=sections_of(found.policy),
        parties=PARTIES,
        indicators=INDICATORS,
        asked=WEIGHTS,
        own=who.person == found.drafted_by,
        tomorrow=local_date(who.at) + timedelta(days=1),
        typed=typed_of(found.policy) | form.typed,
        refused=refused,
        **refusal(request, error, {} if refused else _FIELDS),
    )


@get(f"{_HERE}/{{draft:str}}", **allow(Role.CENTRE))
async def show(request: Asking, draft: FromPath[str]) -> Response[str]:
    return await _show(request, draft, Form({}))


async def _acted(
    request: Asking, draft: str, form: Form, act: Awaitable[None], told: str, **how: bool
) -> Response[Any]:
    try:
        await act
    except SteelyardError as error:
        return await _show(request, draft, form, error, **how)
    return see_other(f"{_HERE}/{draft}", told)


@post(f"{_HERE}/{{draft:str}}", **allow(Role.CENTRE))
async def change(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    found = await policy_draft(draft)

    async def act() -> None:
        wanted = read_policy(form, found.policy)
        await change_policy(actor(request), draft, wanted, form.versions("edition"))

    told = N_("The numbers are kept. Below stands what they would change.")
    return await _acted(request, draft, form, act(), told)


@post(f"{_HERE}/{{draft:str}}/proposal", **allow(Role.CENTRE))
async def propose(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)

    async def act() -> None:
        wanted = PolicyProposal(form.day("valid_from"), form.text("reason"))
        form.check()
        await propose_policy(actor(request), draft, wanted, form.versions("edition"))

    told = N_("The policy is proposed. A second person of the centre decides it.")
    return await _acted(request, draft, form, act(), told)


@post(f"{_HERE}/{{draft:str}}/adoption", **allow(Role.CENTRE))
async def adopt(request: Asking, draft: FromPath[str]) -> Response[Any]:
    act = adopt_policy(actor(request), draft)
    told = N_("The policy is adopted and decides from its day on.")
    return await _acted(request, draft, Form({}), act, told)


@post(f"{_HERE}/{{draft:str}}/refusal", **allow(Role.CENTRE))
async def refuse(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = refuse_policy(actor(request), draft, form.text("reason"))
    return await _acted(request, draft, form, act, N_("The proposal is refused."), refused=True)


@post(f"{_HERE}/{{draft:str}}/withdrawal", **allow(Role.CENTRE))
async def withdraw(request: Asking, draft: FromPath[str]) -> Response[Any]:
    act = withdraw_policy(actor(request), draft)
    return await _acted(request, draft, Form({}), act, N_("The draft is withdrawn."))


ROUTES = [index, copy, show, change, propose, adopt, refuse, withdraw]
