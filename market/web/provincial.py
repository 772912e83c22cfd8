"""Signing in through the provincial identity provider, and linking an identity of it."""

from datetime import timedelta
from typing import Any, cast

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from market.accounts import identities
from market.accounts.identity import Asking, actor, visit, visitor
from market.accounts.oidc import WAY_BACK, Begun, Identity, Provider
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import SignedIn
from market.accounts.seals import ticket, ticket_content
from market.accounts.signing_in import SecondFactorNeeded, enter_as
from market.settings import Settings, installation_key
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.sign_in import (
    IDENTITY_PATH,
    code_page,
    enter,
    identity_cookie,
    provider_labels,
    sign_in_page,
)
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import Conflict, NotFound, Refused, SteelyardError
from ratings.ledger.text import N_

_START = "/sign-in/provincial"
_BEGUN, _PENDING = "begun at the provider", "identity to link"
_LIFE = timedelta(minutes=15)


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _provider(request: Asking) -> Provider:
    provider = cast("Provider | None", request.app.state.provider)
    if provider is None:
        raise NotFound("no-such-address", "There is nothing at this address.")
    return provider


def _begun_cookie(settings: Settings) -> str:
    return "__Host-provider" if settings.secure_cookies else "provider"


def _carry(request: Asking, response: Response[Any], name: str, purpose: str, what: object) -> None:
    """A sealed note for the browser. Lax, for the way back from the provider begins there."""
    settings = _settings(request)
    sealed = ticket(installation_key(settings), purpose, what, now() + _LIFE)
    response.set_cookie(
        Cookie(
            key=name,
            value=sealed,
            max_age=int(_LIFE.total_seconds()),
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )


@get(_START, **allow(Role.PUBLIC, early=True))
async def begin(request: Asking, next_path: FromQuery[str] = "") -> Response[Any]:
    provider = _provider(request)
    try:
        address, begun = await provider.begin(next_path, now())
    except SteelyardError as error:
        return sign_in_page(request, Form({"next_path": next_path}), error)
    response: Response[Any] = Response(None, status_code=303, headers={"Location": address})
    _carry(request, response, _begun_cookie(_settings(request)), _BEGUN, begun)
    return response


@get(WAY_BACK, **allow(Role.PUBLIC, early=True))
async def come_back(request: Asking) -> Response[Any]:
    provider, settings = _provider(request), _settings(request)
    cookie = _begun_cookie(settings)
    carried = request.cookies.get(cookie, "")
    begun = ticket_content(installation_key(settings), _BEGUN, carried, now(), Begun)
    try:
        if begun is None:
            raise Refused(
                "provider-forgotten",
                "This sign-in has expired or was begun in another browser. Please begin once more.",
            )
        answer = {name: values[0] for name, values in request.query_params.dict().items()}
        identity = await provider.finish(answer, begun, now())
        response = await _recognised(request, identity, begun)
    except SteelyardError as error:
        response = sign_in_page(request, Form({}), error)
    # Good for one way back, however it has ended.
    response.delete_cookie(cookie)
    return response


async def _recognised(request: Asking, identity: Identity, begun: Begun) -> Response[Any]:
    """In, if the identity is linked; else to the question whether it shall be."""
    who = visitor(request)
    person = await identities.person_of(identity)
    if person is None:
        path = IDENTITY_PATH if who else "/sign-in/unlinked"
        response: Response[Any] = see_other(path)
        _carry(request, response, identity_cookie(_settings(request)), _PENDING, identity)
        return response
    if who is not None and who.person != person:
        raise Conflict(
            "identity-linked-elsewhere",
            "This identity is linked to another account. Sign out first to use that one.",
        )
    if who is not None:
        return see_other("/account/security", N_("Your identity is linked."))
    try:
        entered = await enter_as(
            person, now(), demonstration=_settings(request).demonstration, visit=visit(request)
        )
    except SecondFactorNeeded as needed:
        return code_page(request, Form({"next_path": begun.next_path}), needed.ticket)
    return await enter(request, entered, begun.next_path)


def _pending(request: Asking) -> Identity | None:
    settings = _settings(request)
    carried = request.cookies.get(identity_cookie(settings), "")
    return ticket_content(installation_key(settings), _PENDING, carried, now(), Identity)


@get("/sign-in/unlinked", **allow(Role.PUBLIC, early=True))
async def unlinked(request: Asking) -> Response[Any]:
    identity = _pending(request)
    if identity is None or visitor(request):
        return see_other("/sign-in")
    return page(
        request,
        "account/unlinked.html",
        identity=identity,
        **provider_labels(_settings(request)),
    )


@get(IDENTITY_PATH, **allow(*ANYBODY_SIGNED_IN))
async def link_form(request: Asking) -> Response[Any]:
    identity = _pending(request)
    if identity is None:
        return see_other("/account/security")
    return _link_page(request, identity)


@post(IDENTITY_PATH, **allow(*ANYBODY_SIGNED_IN))
async def link(request: Asking) -> Response[Any]:
    form, identity = await submitted(request), _pending(request)
    if identity is None:
        return see_other("/account/security")
    if form.text("decision") == "link":
        try:
            form.required("password")
            form.check()
            await identities.link(actor(request), identity, form.typed["password"], visit(request))
        except SteelyardError as error:
            return _link_page(request, identity, error)
        response = see_other("/account/security", N_("Your identity is linked."))
    else:
        response = see_other("/account/security")
    response.delete_cookie(identity_cookie(_settings(request)))
    return response


@post(f"{IDENTITY_PATH}/removal", **allow(*ANYBODY_SIGNED_IN))
async def unlink(request: Asking) -> Response[None]:
    await identities.unlink(actor(request), _settings(request).oidc_issuer)
    return see_other("/account/security", N_("Your identity is no longer linked."))


def _link_page(
    request: Asking, identity: Identity, error: SteelyardError | None = None
) -> Response[str]:
    who = cast(SignedIn, visitor(request))
    context = refusal(request, error, {"password-wrong": "password"})
    response = page(
        request,
        "account/link.html",
        status=error.status if error else 200,
        identity=identity,
        person_name=who.person_name,
        **context,
        **provider_labels(_settings(request)),
    )
    response.headers.update(getattr(error, "headers", None) or {})
    return response


ROUTES = [begin, come_back, unlinked, link_form, link, unlink]
