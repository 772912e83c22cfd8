"""Screening policies in the making: copied, changed, tried on the last screen, decided by two."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from obstore.store import ObjectStore

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.files.store import open_store
from market.settings import Settings
from market.web.forms import Form, refusal, submitted
from market.web.render import locale_of, page, see_other
from market.web.screening_form import (
    EXCUSES_AND_FACTORS,
    LABELS,
    bounds_of,
    changed,
    names_of,
    read_numbers,
    typed_of,
    why_text,
)
from market.web.screening_policy import overview
from market.web.screens import CLASSES, OUTCOMES
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.shells.policy_actions import (
    adopt_screen_policy,
    change_screen_policy,
    draft_screen_policy,
    propose_screen_policy,
    refuse_screen_policy,
    withdraw_screen_policy,
)
from ratings.shells.policy_change import differences
from ratings.shells.policy_queries import screen_policy_draft, screen_policy_of
from ratings.shells.queries import kept_screen
from ratings.shells.replay import rehearse, replay
from ratings.stars.policy_actions import PolicyProposal

_HERE = "/console/screening-policy"
_SHOWN = 200
"""Changes of outcome on the page, the most probable first."""
_FIELDS = {
    "reason-missing": "reason",
    "policy-backdated": "valid_from",
    "policy-day-taken": "valid_from",
    "policy-version-known": "version",
}


def _files(request: Asking) -> ObjectStore:
    settings: Settings = request.app.state.settings
    return open_store(settings.files)


@post(_HERE, **allow(Role.CENTRE))
async def copy(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        draft = await draft_screen_policy(actor(request), form.text("source"))
    except SteelyardError as error:
        return await overview(request, Form({}), error)
    return see_other(f"{_HERE}/drafts/{draft}", N_("The copy is yours to change."))


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
    found, policy = await screen_policy_draft(draft)
    source = await screen_policy_of(found.source_digest)
    return page(
        request,
        "centre/screening_draft.html",
        status=error.status if error else 200,
        draft=found,
        policy=policy,
        changed=changed(differences(source, policy)),
        labels=LABELS,
        bounds={name: bounds_of(name) for name in LABELS},
        limits=EXCUSES_AND_FACTORS,
        called=names_of(locale_of(request), source),
        source=source,
        classes=CLASSES,
        own=who.person == found.drafted_by,
        tomorrow=local_date(who.at) + timedelta(days=1),
        numbers=typed_of(policy, source),
        typed=typed_of(policy, source) | form.typed,
        refused=refused,
        **refusal(request, error, {} if refused else _FIELDS),
    )


@get(f"{_HERE}/drafts/{{draft:str}}", **allow(Role.CENTRE))
async def show(request: Asking, draft: FromPath[str]) -> Response[str]:
    return await _show(request, draft, Form({}))


@get(f"{_HERE}/drafts/{{draft:str}}/impact", **allow(Role.CENTRE))
async def impact(request: Asking, draft: FromPath[str]) -> Response[str]:
    """Apart from the page of the draft, which must not wait for a whole screen."""
    found, policy = await screen_policy_draft(draft)
    told = await rehearse(policy, _files(request))
    changes = told.changes[:_SHOWN] if told else []
    return page(
        request,
        "centre/screening_impact.html",
        fragment="impact",
        draft=found,
        impact=told,
        shown=[(one, why_text(locale_of(request), one)) for one in changes],
        names=await agency_names(one.uscc for one in changes),
        outcomes=OUTCOMES,
    )


async def _acted(
    request: Asking, draft: str, form: Form, act: Awaitable[None], told: str, **how: bool
) -> Response[Any]:
    try:
        await act
    except SteelyardError as error:
        return await _show(request, draft, form, error, **how)
    return see_other(f"{_HERE}/drafts/{draft}", told)


@post(f"{_HERE}/drafts/{{draft:str}}", **allow(Role.CENTRE))
async def change(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    found, _ = await screen_policy_draft(draft)
    source = await screen_policy_of(found.source_digest)

    async def act() -> None:
        wanted = read_numbers(form, source)
        await change_screen_policy(actor(request), draft, wanted, form.versions("edition"))

    told = N_("The numbers are kept. Below stands what they would change.")
    return await _acted(request, draft, form, act(), told)


@post(f"{_HERE}/drafts/{{draft:str}}/proposal", **allow(Role.CENTRE))
async def propose(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)

    async def act() -> None:
        wanted = PolicyProposal(form.day("valid_from"), form.text("reason"))
        form.check()
        await propose_screen_policy(actor(request), draft, wanted, form.versions("edition"))

    told = N_("The policy is proposed. A second person of the centre decides it.")
    return await _acted(request, draft, form, act(), told)


@post(f"{_HERE}/drafts/{{draft:str}}/adoption", **allow(Role.CENTRE))
async def adopt(request: Asking, draft: FromPath[str]) -> Response[Any]:
    act = adopt_screen_policy(actor(request), draft)
    told = N_("The policy is adopted; screens go by it from its day on.")
    return await _acted(request, draft, Form({}), act, told)


@post(f"{_HERE}/drafts/{{draft:str}}/refusal", **allow(Role.CENTRE))
async def refuse(request: Asking, draft: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = refuse_screen_policy(actor(request), draft, form.text("reason"))
    return await _acted(request, draft, form, act, N_("The proposal is refused."), refused=True)


@post(f"{_HERE}/drafts/{{draft:str}}/withdrawal", **allow(Role.CENTRE))
async def withdraw(request: Asking, draft: FromPath[str]) -> Response[Any]:
    act = withdraw_screen_policy(actor(request), draft)
    return await _acted(request, draft, Form({}), act, N_("The draft is withdrawn."))


@get("/console/screens/{screen:str}/replay", **allow(Role.CENTRE))
async def replay_screen(request: Asking, screen: FromPath[str]) -> Response[str]:
    ran = await kept_screen(screen)
    return page(request, "centre/screen_replay.html", screen=ran, replay=None)


@get("/console/screens/{screen:str}/replay/outcome", **allow(Role.CENTRE))
async def replay_outcome(request: Asking, screen: FromPath[str]) -> Response[str]:
    """Apart from its page, which must not wait for a whole screen."""
    ran, told = await kept_screen(screen), await replay(screen, _files(request))
    return page(
        request,
        "centre/screen_replay.html",
        fragment="outcome",
        screen=ran,
        replay=told,
        names=await agency_names(told.other),
    )


ROUTES = [
    copy,
    show,
    impact,
    change,
    propose,
    adopt,
    refuse,
    withdraw,
    replay_screen,
    replay_outcome,
]
