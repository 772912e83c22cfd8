"""How somebody signs in: their second factor, their password, their sessions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import segno
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.utils.scope.state import ScopeState

from market.accounts import second_factors, sessions, signing_in
from market.accounts.identities import is_linked
from market.accounts.identity import Asking, actor, visit, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow, lacks_second_factor
from market.accounts.queries import (
    ABSOLUTE_TIMEOUT,
    IDLE_TIMEOUT,
    SignedIn,
    own_sessions,
    second_factor_state,
)
from market.accounts.second_factors import Offer
from market.api.csrf import csrf_cookie, csrf_token
from market.settings import Settings
from market.web import text
from market.web.forms import refusal, submitted
from market.web.render import SECOND_FACTOR_PATH, locale_of, page, see_other
from market.web.sign_in import carry, provider_labels
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

PATH = "/account/security"
# At which field of its form an error belongs.
_FIELDS = {
    "password-wrong": "old",
    "password-short": "new",
    "password-long": "new",
    "password-is-login": "new",
    "password-published": "new",
    "password-guessable": "new",
    "password-same": "new",
    "code-wrong": "code",
    "login-unknown": "login",
    "second-factor-none": "login",
    "second-factor-own": "login",
}
_ENROLMENT_FIELDS = {"password-wrong": "password", "code-wrong": "code"}


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _who(request: Asking) -> SignedIn:
    return cast(SignedIn, visitor(request))


async def _security_page(
    request: Asking,
    part: str = "",
    error: SteelyardError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response[str]:
    """The page; `part` names the form whose refusal `error` is."""
    who, settings = _who(request), _settings(request)
    response = page(
        request,
        "account/security.html",
        status=error.status if error else 200,
        sessions=await own_sessions(who, now()),
        current=who.session,
        second_factor=await second_factor_state(who.person),
        required=settings.second_factor_required,
        invented=who.demonstration,
        linked=await is_linked(who.person, settings.oidc_issuer),
        **provider_labels(settings),
        idle_hours=IDLE_TIMEOUT // timedelta(hours=1),
        longest_days=ABSOLUTE_TIMEOUT.days,
        part=part,
        typed=typed or {},
        centre=who.role is Role.CENTRE and not who.demonstration,
        **refusal(request, error, _FIELDS),
    )
    response.headers.update(getattr(error, "headers", None) or {})
    return response


@get(PATH, **allow(*ANYBODY_SIGNED_IN))
async def security(request: Asking) -> Response[str]:
    return await _security_page(request)


@post(f"{PATH}/password", **allow(*ANYBODY_SIGNED_IN))
async def change_password(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("old", "new")
        form.check()
        who = await signing_in.change_password(
            actor(request),
            _who(request).token,
            form.typed["old"],
            form.typed["new"],
            visit(request),
        )
    except SteelyardError as error:
        return await _security_page(request, "password", error)
    response = see_other(PATH, N_("Your password is changed. Your other sessions have ended."))
    carry(response, request, who)
    return response


@post(f"{PATH}/sessions", **allow(*ANYBODY_SIGNED_IN))
async def end_other_sessions(request: Asking) -> Response[None]:
    await sessions.end_other_sessions(actor(request), _who(request).token)
    return see_other(PATH, N_("Your other sessions have ended."))


@post(PATH + "/sessions/{identifier:str}", **allow(*ANYBODY_SIGNED_IN))
async def end_session(request: Asking, identifier: FromPath[str]) -> Response[None]:
    await sessions.end_session(actor(request), identifier)
    return see_other(PATH, N_("The session has ended."))


@get(SECOND_FACTOR_PATH, **allow(*ANYBODY_SIGNED_IN, early=True))
async def enrolment_form(request: Asking) -> Response[Any]:
    who = _who(request)
    if who.demonstration or (await second_factor_state(who.person)).enrolled_at:
        return see_other(PATH)
    offer = await second_factors.offer(actor(request), visit(request), _site(request))
    return _enrolment_page(request, offer)


@post(SECOND_FACTOR_PATH, **allow(*ANYBODY_SIGNED_IN, early=True))
async def enrol(request: Asking) -> Response[Any]:
    form = await submitted(request)
    who = actor(request)
    try:
        form.required("code", "password")
        form.check()
        made = await second_factors.enrol(
            who,
            _who(request).token,
            form.text("ticket"),
            form.text("code"),
            form.typed["password"],
            visit(request),
        )
    except SteelyardError as error:
        offer = await second_factors.offer_again(
            who, visit(request), _site(request), form.text("ticket")
        )
        return _enrolment_page(request, offer, error)
    _go_on_as(request, made.who)
    response = _codes_page(request, made.recovery_codes)
    carry(response, request, made.who)
    return response


@post(f"{PATH}/recovery-codes", **allow(*ANYBODY_SIGNED_IN))
async def renew_recovery_codes(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("code")
        form.check()
        codes = await second_factors.renew_recovery_codes(
            actor(request), form.text("code"), visit(request)
        )
    except SteelyardError as error:
        return await _security_page(request, "second-factor", error)
    return _codes_page(request, codes)


@post(f"{PATH}/second-factor/removal", **allow(*ANYBODY_SIGNED_IN))
async def remove(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("code")
        form.check()
        who = await second_factors.remove(
            actor(request), _who(request).token, form.text("code"), visit(request)
        )
    except SteelyardError as error:
        return await _security_page(request, "second-factor", error)
    response = see_other(PATH, N_("Your second factor is removed."))
    carry(response, request, who)
    return response


@post(f"{PATH}/colleague", **allow(Role.CENTRE))
async def reset_colleague(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("login", "reason")
        form.check()
        await second_factors.reset_named(actor(request), form.text("login"), form.text("reason"))
    except SteelyardError as error:
        return await _security_page(request, "colleague", error, form.typed)
    return see_other(PATH, N_("The second factor is reset."))


def _site(request: Asking) -> str:
    settings = _settings(request)
    return settings.site_name if locale_of(request) == text.ZH else settings.site_name_en


def _enrolment_page(
    request: Asking, offer: Offer, error: SteelyardError | None = None
) -> Response[str]:
    response = page(
        request,
        "account/second_factor.html",
        status=error.status if error else 200,
        offer=offer,
        picture=segno.make(offer.uri, micro=False).svg_data_uri(scale=4, light="#fff"),
        missing=lacks_second_factor(_who(request), _settings(request)),
        **refusal(request, error, _ENROLMENT_FIELDS),
    )
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def _codes_page(request: Asking, codes: tuple[str, ...]) -> Response[str]:
    return page(request, "account/recovery_codes.html", codes=codes)


def _go_on_as(request: Asking, who: SignedIn) -> None:
    """The rest of this answer belongs to the renewed session: its forms need that one's token."""
    request.scope["user"] = request.scope["auth"] = who
    settings = _settings(request)
    nonce = request.cookies.get(csrf_cookie(settings), "")
    ScopeState.from_scope(request.scope).csrf_token = csrf_token(settings, nonce, who.token)


ROUTES = [
    security,
    change_password,
    end_other_sessions,
    end_session,
    enrolment_form,
    enrol,
    renew_recovery_codes,
    remove,
    reset_colleague,
]
