"""The organisations that somebody belongs to, the one they act for, and what it is called."""

from typing import cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts import hats, joining, profiles
from market.accounts.identity import Asking, actor, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import SignedIn
from market.accounts.rules import NewPerson
from market.agencies import details
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, answer_once
from market.api.sessions import NewSession, Registered, new_session
from ratings.ledger.actors import Role
from ratings.ledger.clock import now

_TAGS = ["organisations"]
_WITHOUT_DETAILS = (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)


class HatChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organisation: str


class Accepting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`invitation` is the last part of the link."""

    invitation: str

    def __repr__(self) -> str:
        return "Accepting(…)"


class MemberRegistration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account for somebody who is invited; `invitation` is the last part of the link."""

    invitation: str
    login: str
    password: str
    person_name: str

    def __repr__(self) -> str:
        return "MemberRegistration(…)"


@get(
    "/memberships",
    operation_id="membership_list",
    summary="The organisations that you belong to",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def list_memberships(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[hats.Hat]]:
    found = await hats.hats(actor(request))
    return await sorted_page(
        request, limit, cursor, found, lambda one: (one.joined_at.timestamp(), one.organisation)
    )


@put(
    "/sessions/current/organisation",
    operation_id="hat_change",
    summary="Act for another organisation of yours",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN, early=True),
)
async def change_hat(data: JSONBody[HatChoice], request: Asking) -> NewSession:
    """The answer carries a new token; the one you have ends."""
    return new_session(await hats.change_hat(actor(request), _token(request), data.organisation))


@post(
    "/memberships",
    operation_id="membership_join",
    summary="Accept an invitation with the account you have",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def join(
    data: JSONBody[Accepting], request: Asking, idempotency_key: IdempotencyKey = None
) -> HatChoice:
    """To act for the organisation, change to it afterwards."""
    who = actor(request)

    async def effect() -> HatChoice:
        return HatChoice(await joining.join(str(who.person), data.invitation, who.at))

    return await answer_once(request, who, idempotency_key, HatChoice, effect)


@delete(
    "/memberships/{organisation:str}",
    operation_id="membership_leave",
    summary="Leave an organisation",
    tags=_TAGS,
    status_code=200,
    **allow(*ANYBODY_SIGNED_IN),
)
async def leave(organisation: FromPath[str], request: Asking) -> NewSession | None:
    """Your sessions for it end. If you act for it now, the answer carries the token of a session
    for another organisation of yours, and is null where there is none."""
    who = await hats.lay_down(actor(request), _token(request), organisation)
    return new_session(who) if who else None


@get(
    "/invitation-links/{invitation:str}",
    operation_id="invitation_offer",
    summary="What an invitation is to",
    tags=_TAGS,
    **allow(Role.PUBLIC, early=True),
)
async def show_offer(invitation: FromPath[str]) -> joining.Offer:
    return await joining.offer_of(invitation, now())


@post(
    "/registrations/members",
    operation_id="member_register",
    summary="Accept an invitation with a new account",
    tags=_TAGS,
    **allow(Role.PUBLIC, early=True),
)
async def register_member(data: JSONBody[MemberRegistration], request: Asking) -> Registered:
    wanted = NewPerson(data.login, data.password, data.person_name)
    made = await joining.join_as_new(actor(request), data.invitation, wanted)
    return Registered(person=made.person, organisation=made.organisation)


@get(
    "/organisation",
    operation_id="organisation_show",
    summary="The organisation that you act for",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def show_organisation(request: Asking) -> profiles.Profile:
    found = await profiles.profile(actor(request))
    versioned(request, found.version)
    return found


@put(
    "/organisation",
    operation_id="organisation_change",
    summary="Change what your organisation is called in English",
    tags=_TAGS,
    **allow(*_WITHOUT_DETAILS),
)
async def change_organisation(
    data: JSONBody[profiles.NewProfile], request: Asking, if_match: IfMatch = None
) -> profiles.Profile:
    """For its administrators. Agencies change it with their other details. `If-Match` takes the
    ETag of the organisation."""
    return await profiles.change_profile(actor(request), data, expected(if_match))


@get(
    "/organisation/agency",
    operation_id="agency_details_show",
    summary="What your agency says of itself, and its contact",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def show_details(request: Asking) -> details.AgencyDetails:
    found = await details.details(actor(request))
    versioned(request, found.version)
    return found


@put(
    "/organisation/agency",
    operation_id="agency_details_change",
    summary="Put right what your agency says of itself, and its contact",
    tags=_TAGS,
    **allow(Role.AGENCY),
)
async def change_details(
    data: JSONBody[details.NewDetails], request: Asking, if_match: IfMatch = None
) -> details.AgencyDetails:
    """For its administrators. `If-Match` takes the ETag of what your agency says of itself."""
    return await details.change_details(actor(request), data, expected(if_match))


def _token(request: Asking) -> str:
    return cast(SignedIn, visitor(request)).token


ROUTES = [
    list_memberships,
    change_hat,
    join,
    leave,
    show_offer,
    register_member,
    show_organisation,
    change_organisation,
    show_details,
    change_details,
]
