"""Signing in and out for programs, their sessions, and the registration of enterprises."""

from typing import cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts import actions, sessions, signing_in
from market.accounts.identity import Asking, actor, visit, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import OwnSession, SignedIn, own_sessions
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.openapi import problem_answer
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.clock import now

GUESSES_REFUSED = {
    429: problem_answer("Too many attempts have failed; `Retry-After` says how long to wait.")
}
_SIGN_IN_PROBLEMS = {
    401: problem_answer(
        "Sign-in name, password or code is wrong; with the code `second-factor-needed` only the"
        " field `code` is missing."
    ),
    403: problem_answer(
        "An account of the demonstration, where none runs; or no organisation is open to you."
    ),
    **GUESSES_REFUSED,
}


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`code` is needed once a second factor is set up: of the authenticator, or a recovery code.
    An `invitation`, the last part of its link, is accepted by signing in with it."""

    login: str
    password: str
    code: str = ""
    invitation: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


class CurrentSession(msgspec.Struct, frozen=True):
    """Who is signed in. `uscc` is set for enterprises and agencies. Without a `second_factor` an
    official can do nothing but set one up, unless the market does not demand it."""

    person: str
    person_name: str
    organisation: str
    organisation_name: str
    organisation_name_en: str
    role: Role
    uscc: str | None
    administrator: bool
    session: str
    second_factor: bool


class NewSession(CurrentSession, frozen=True):
    """`token` is shown this once: send it as `Authorization: Bearer <token>`."""

    token: str = ""


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    old: str
    new: str

    def __repr__(self) -> str:
        return "NewPassword(…)"


class EnterpriseRegistration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new enterprise with the person who administers its account."""

    organisation_name: str
    uscc: str
    login: str
    password: str
    person_name: str
    organisation_name_en: str = ""


class Registered(msgspec.Struct, frozen=True):
    person: str
    organisation: str


@post(
    "/sessions",
    operation_id="session_open",
    summary="Sign in with a password",
    responses=_SIGN_IN_PROBLEMS,
    **allow(Role.PUBLIC, early=True),
)
async def open_session(data: JSONBody[Credentials], request: Asking) -> NewSession:
    settings = cast(Settings, request.app.state.settings)
    who = await signing_in.sign_in(
        data.login,
        data.password,
        now(),
        demonstration=settings.demonstration,
        visit=visit(request),
        code=data.code,
        invitation=data.invitation,
    )
    return new_session(who)


@get(
    "/sessions",
    operation_id="session_list",
    summary="Your sessions that have not ended",
    **allow(*ANYBODY_SIGNED_IN),
)
async def list_sessions(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[OwnSession]]:
    """The last begun first. Devices and addresses are as coarse as recognising them allows."""
    found = await own_sessions(cast(SignedIn, visitor(request)), now())
    return await sorted_page(
        request, limit, cursor, found, lambda one: (-one.created_at.timestamp(), one.id)
    )


@get(
    "/sessions/current",
    operation_id="session_show",
    summary="Who is signed in",
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def show_session(request: Asking) -> CurrentSession:
    return _current(cast(SignedIn, visitor(request)))


@delete(
    "/sessions/current",
    operation_id="session_close",
    summary="Sign out",
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def close_session(request: Asking) -> None:
    await sessions.sign_out(cast(SignedIn, visitor(request)).token)


@delete(
    "/sessions",
    operation_id="session_close_others",
    summary="End all your sessions but this one",
    **allow(*ANYBODY_SIGNED_IN),
)
async def close_other_sessions(request: Asking) -> None:
    await sessions.end_other_sessions(actor(request), cast(SignedIn, visitor(request)).token)


@delete(
    "/sessions/{identifier:str}",
    operation_id="session_end",
    summary="End one of your sessions",
    **allow(*ANYBODY_SIGNED_IN),
)
async def end_session(identifier: FromPath[str], request: Asking) -> None:
    await sessions.end_session(actor(request), identifier)


@put(
    "/password",
    operation_id="password_change",
    summary="Change your password",
    responses=GUESSES_REFUSED,
    **allow(*ANYBODY_SIGNED_IN),
)
async def change_password(data: JSONBody[NewPassword], request: Asking) -> NewSession:
    """Ends all your other sessions. The answer carries a new token; the one you have ends."""
    token = cast(SignedIn, visitor(request)).token
    return new_session(
        await signing_in.change_password(actor(request), token, data.old, data.new, visit(request))
    )


@post(
    "/registrations/enterprises",
    operation_id="enterprise_register",
    summary="Open an account for an enterprise",
    **allow(Role.PUBLIC),
)
async def register_enterprise(
    data: JSONBody[EnterpriseRegistration], request: Asking
) -> Registered:
    account = await actions.create_account(
        actor(request),
        actions.NewAccount(kind=Role.ENTERPRISE, **msgspec.structs.asdict(data)),
    )
    return Registered(person=account.person, organisation=account.organisation)


def new_session(who: SignedIn) -> NewSession:
    """A session whose token its owner does not have yet."""
    return NewSession(**msgspec.structs.asdict(_current(who)), token=who.token)


def _current(who: SignedIn) -> CurrentSession:
    return CurrentSession(
        person=who.person,
        person_name=who.person_name,
        organisation=who.organisation,
        organisation_name=who.organisation_name,
        organisation_name_en=who.organisation_name_en,
        role=who.role,
        uscc=who.uscc,
        administrator=who.administrator,
        session=who.session,
        second_factor=who.second_factor,
    )


ROUTES = [
    open_session,
    list_sessions,
    show_session,
    close_session,
    close_other_sessions,
    end_session,
    change_password,
    register_enterprise,
]
