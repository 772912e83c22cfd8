"""Signing in and out for programs, and the registration of enterprises."""

from typing import cast

import msgspec
from litestar import delete, get, post
from litestar.params import JSONBody

from market.accounts import actions
from market.accounts.identity import Asking, actor, visitor
from market.accounts.permissions import allow
from market.accounts.queries import SignedIn
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.clock import now

_ANYBODY_SIGNED_IN = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    login: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


class CurrentSession(msgspec.Struct, frozen=True):
    """Who is signed in. `uscc` is set for enterprises and agencies."""

    person: str
    person_name: str
    organisation: str
    organisation_name: str
    organisation_name_en: str
    role: Role
    uscc: str | None


class NewSession(CurrentSession, frozen=True):
    """`token` is shown this once: send it as `Authorization: Bearer <token>`."""

    token: str = ""


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
    **allow(Role.PUBLIC),
)
async def open_session(data: JSONBody[Credentials], request: Asking) -> NewSession:
    settings = cast(Settings, request.app.state.settings)
    who = await actions.sign_in(
        data.login, data.password, now(), demonstration=settings.demonstration
    )
    return NewSession(**msgspec.structs.asdict(_current(who)), token=who.token)


@get(
    "/sessions/current",
    operation_id="session_show",
    summary="Who is signed in",
    **allow(*_ANYBODY_SIGNED_IN),
)
async def show_session(request: Asking) -> CurrentSession:
    return _current(cast(SignedIn, visitor(request)))


@delete(
    "/sessions/current",
    operation_id="session_close",
    summary="Sign out",
    **allow(*_ANYBODY_SIGNED_IN),
)
async def close_session(request: Asking) -> None:
    await actions.sign_out(cast(SignedIn, visitor(request)).token)


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


ROUTES = [open_session, show_session, close_session, register_enterprise]


def _current(who: SignedIn) -> CurrentSession:
    return CurrentSession(
        person=who.person,
        person_name=who.person_name,
        organisation=who.organisation,
        organisation_name=who.organisation_name,
        organisation_name_en=who.organisation_name_en,
        role=who.role,
        uscc=who.uscc,
    )
