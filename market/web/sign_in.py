"""Signing in, in one step or two, and out."""

from typing import Any, cast
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from market.accounts.identity import Asking, device_cookie, session_cookie, visit, visitor
from market.accounts.permissions import allow, lacks_second_factor
from market.accounts.queries import SignedIn, login_of
from market.accounts.sessions import sign_out as end_session
from market.accounts.signing_in import SecondFactorNeeded, finish_sign_in
from market.accounts.signing_in import sign_in as check_credentials
from market.accounts.throttle import device_mark
from market.demonstration.accounts import ACCOUNTS, PASSWORD
from market.settings import Settings
from market.web.forms import Form, refusal, submitted
from market.web.render import SECOND_FACTOR_PATH, page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

IDENTITY_PATH = "/account/identity"
# What RFC 3986 gives a meaning in a path and a query, and the sign of what is encoded already.
_IN_ADDRESSES = "/?#[]@!$&'()*+,;=:%~"
_TWO_YEARS = 2 * 365 * 24 * 3600


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def identity_cookie(settings: Settings) -> str:
    """Where an identity waits that a provider has confirmed, until somebody links it."""
    return "__Host-identity" if settings.secure_cookies else "identity"


def onward(path: str) -> str:
    """Where to go after signing in: a path of this site, never another address.

    What a header cannot carry is encoded, as a browser would do with it in its address bar.
    """
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-"))
    return quote(path, safe=_IN_ADDRESSES) if plain and path.isprintable() else "/workspace"


def carry(response: Response[Any], request: Asking, who: SignedIn) -> None:
    """Give the browser the token of a session that is new to it."""
    settings = _settings(request)
    response.set_cookie(
        Cookie(
            key=session_cookie(settings),
            value=who.token,
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )


async def enter(request: Asking, who: SignedIn, next_path: str) -> Response[None]:
    """Signed in: on to where the visitor was going, or first to the second factor."""
    before = visitor(request)
    if before is not None:
        await end_session(before.token)
    settings = _settings(request)
    if lacks_second_factor(who, settings):
        next_path = SECOND_FACTOR_PATH
    elif request.cookies.get(identity_cookie(settings)):
        next_path = IDENTITY_PATH
    response = see_other(onward(next_path))
    carry(response, request, who)
    response.set_cookie(
        Cookie(
            key=device_cookie(settings),
            value=device_mark(visit(request).key, await login_of(who.person)),
            max_age=_TWO_YEARS,
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )
    return response


def sign_in_page(request: Asking, form: Form, error: SteelyardError | None = None) -> Response[str]:
    return _kept_waiting(
        page(
            request,
            "account/sign_in.html",
            status=error.status if error else 200,
            typed=form.typed,
            accounts=ACCOUNTS if _settings(request).demonstration else (),
            demonstration_password=PASSWORD,
            **provider_labels(_settings(request)),
            **refusal(request, error),
        ),
        error,
    )


def provider_labels(settings: Settings) -> dict[str, Any]:
    """What templates call the identity provider; empty where there is none."""
    if not settings.oidc_issuer:
        return {"oidc_label": "", "oidc_label_en": ""}
    return {"oidc_label": settings.oidc_label, "oidc_label_en": settings.oidc_label_en}


def code_page(
    request: Asking, form: Form, ticket: str, error: SteelyardError | None = None
) -> Response[str]:
    """The second step; its form carries the ticket of the first."""
    return _kept_waiting(
        page(
            request,
            "account/code.html",
            status=error.status if error else 200,
            ticket=ticket,
            login=form.text("login"),
            next_path=form.text("next_path"),
            **refusal(request, error, {"code-wrong": "code", "code-missing": "code"}),
        ),
        error,
    )


def _kept_waiting(response: Response[str], error: SteelyardError | None) -> Response[str]:
    response.headers.update(getattr(error, "headers", None) or {})
    return response


@get("/sign-in", **allow(Role.PUBLIC, early=True))
async def sign_in_form(
    request: Asking,
    next_path: FromQuery[str] = "",
    login: FromQuery[str] = "",
    invitation: FromQuery[str] = "",
) -> Response[Any]:
    if visitor(request):
        return see_other(onward(next_path))
    typed = {"next_path": next_path, "login": login, "invitation": invitation}
    return sign_in_page(request, Form(typed))


@post("/sign-in", **allow(Role.PUBLIC, early=True))
async def sign_in(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("login", "password")
        form.check()
        who = await check_credentials(
            form.text("login"),
            form.typed["password"],
            now(),
            demonstration=_settings(request).demonstration,
            visit=visit(request),
            invitation=form.text("invitation"),
        )
    except SecondFactorNeeded as needed:
        return code_page(request, form, needed.ticket)
    except SteelyardError as error:
        return sign_in_page(request, form, error)
    return await enter(request, who, form.text("next_path"))


@post("/sign-in/code", **allow(Role.PUBLIC, early=True))
async def sign_in_with_code(request: Asking) -> Response[Any]:
    form = await submitted(request)
    ticket = form.text("ticket")
    try:
        who = await finish_sign_in(ticket, form.text("code"), now(), visit(request))
    except SteelyardError as error:
        if error.code == "sign-in-expired":
            return sign_in_page(request, form, error)
        return code_page(request, form, ticket, error)
    return await enter(request, who, form.text("next_path"))


@post("/sign-out", **allow(Role.PUBLIC, early=True))
async def sign_out(request: Asking) -> Response[None]:
    who = visitor(request)
    if who:
        await end_session(who.token)
    response = see_other("/", N_("You have signed out."))
    response.delete_cookie(session_cookie(_settings(request)))
    return response


ROUTES = [sign_in_form, sign_in, sign_in_with_code, sign_out]
