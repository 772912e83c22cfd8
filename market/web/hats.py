"""The organisations of whoever is signed in: wear another hat, leave one, accept an invitation."""

from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts import hats, joining, profiles
from market.accounts.identity import Asking, actor, session_cookie, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import SignedIn
from market.accounts.rules import NewPerson
from market.agencies import details
from market.settings import Settings
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.sign_in import carry
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

PAGE = "/account"
_PERSON_FIELDS = {
    "login-missing": "login",
    "login-blank": "login",
    "login-taken": "login",
    "password-short": "password",
    "password-long": "password",
    "password-is-login": "password",
    "password-guessable": "password",
    "password-published": "password",
    "person-name-missing": "person_name",
}


def _who(request: Asking) -> SignedIn:
    return cast(SignedIn, visitor(request))


async def _account_page(
    request: Asking, form: Form | None = None, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    own = await profiles.profile(who)
    more = await details.details(who) if who.role is Role.AGENCY else None
    return page(
        request,
        "account/hats.html",
        status=error.status if error else 200,
        hats=await hats.hats(who),
        profile=own,
        invented=_who(request).demonstration,
        agency=more,
        typed=form.typed if form else {"name_en": own.name_en, **_texts(more)},
        **refusal(request, error),
    )


@get(PAGE, **allow(*ANYBODY_SIGNED_IN, early=True))
async def account(request: Asking) -> Response[str]:
    return await _account_page(request)


@post(PAGE + "/hat", **allow(*ANYBODY_SIGNED_IN, early=True))
async def change_hat(request: Asking) -> Response[None]:
    chosen = (await submitted(request)).text("organisation")
    who = await hats.change_hat(actor(request), _who(request).token, chosen)
    response = see_other("/workspace")
    carry(response, request, who)
    return response


@post(PAGE + "/hats/{organisation:str}/leaving", **allow(*ANYBODY_SIGNED_IN))
async def leave(request: Asking, organisation: FromPath[str]) -> Response[Any]:
    own = _who(request)
    try:
        who = await hats.lay_down(actor(request), own.token, organisation)
    except SteelyardError as error:
        if error.code != "last-administrator":
            raise
        return await _account_page(request, None, error)
    if who is None and organisation == own.organisation:
        response = see_other("/", N_("You have left the organisation and are signed out."))
        response.delete_cookie(session_cookie(cast(Settings, request.app.state.settings)))
        return response
    response = see_other(PAGE, N_("You have left the organisation."))
    if who is not None:
        carry(response, request, who)
    return response


def _texts(more: details.AgencyDetails | None) -> dict[str, str]:
    return msgspec.structs.asdict(more) if more else {}


@post(PAGE + "/organisation", **allow(*ANYBODY_SIGNED_IN))
async def change_organisation(request: Asking) -> Response[Any]:
    form, who = await submitted(request), actor(request)
    shown = form.versions("version")
    try:
        if who.role is Role.AGENCY:
            fields = details.NewDetails.__struct_fields__
            wanted = details.NewDetails(**{field: form.text(field) for field in fields})
            await details.change_details(who, wanted, shown)
        else:
            await profiles.change_profile(who, profiles.NewProfile(form.text("name_en")), shown)
    except SteelyardError as error:
        return await _account_page(request, form, error)
    return see_other(PAGE, N_("The changes are saved."))


async def _invitation_page(
    request: Asking, token: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    return page(
        request,
        "account/invitation.html",
        status=error.status if error else 200,
        offer=await joining.offer_of(token, now()),
        token=token,
        typed=form.typed,
        **refusal(request, error, _PERSON_FIELDS),
    )


@get("/invitations/{token:str}", **allow(Role.PUBLIC, early=True))
async def invitation(request: Asking, token: FromPath[str]) -> Response[str]:
    return await _invitation_page(request, token, Form({}))


@post("/invitations/{token:str}", **allow(*ANYBODY_SIGNED_IN, early=True))
async def accept(request: Asking, token: FromPath[str]) -> Response[Any]:
    who = actor(request)
    try:
        await joining.join(str(who.person), token, who.at)
    except SteelyardError as error:
        if error.code != "member-already":
            raise
        return await _invitation_page(request, token, Form({}), error)
    return see_other(PAGE, N_("Welcome. Change your hat to act for your new organisation."))


@post("/invitations/{token:str}/account", **allow(Role.PUBLIC, early=True))
async def accept_as_new(request: Asking, token: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("person_name", "login", "password")
        form.check()
        wanted = NewPerson(form.text("login"), form.typed["password"], form.text("person_name"))
        await joining.join_as_new(actor(request), token, wanted)
    except SteelyardError as error:
        return await _invitation_page(request, token, form, error)
    return see_other("/sign-in", N_("Your account is open. Please sign in."))


ROUTES = [
    account,
    change_hat,
    leave,
    change_organisation,
    invitation,
    accept,
    accept_as_new,
]
