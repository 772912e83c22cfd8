"""The people of an organisation and its invitations, for its administrators; and people as the
centre sees them."""

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from market.accounts import invitations, members, people
from market.accounts.identity import Asking, actor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.repeats import IdempotencyKey, act_once
from ratings.ledger.actors import Role

_TAGS, _PEOPLE = ["members"], ["people"]


class Administration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    administrator: bool


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reason` stands in the ledger: name nobody in it."""

    reason: str


@get(
    "/members",
    operation_id="member_list",
    summary="The people of your organisation",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def list_members(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[members.Member]]:
    found = await members.members(actor(request))
    return await sorted_page(
        request, limit, cursor, found, lambda one: (one.joined_at.timestamp(), one.person)
    )


@put(
    "/members/{person:str}/administrator",
    operation_id="member_administrator",
    summary="Make a member an administrator, or none any more",
    tags=_TAGS,
    status_code=204,
    **allow(*ANYBODY_SIGNED_IN),
)
async def set_administrator(
    person: FromPath[str], data: JSONBody[Administration], request: Asking
) -> None:
    change = members.make_administrator if data.administrator else members.unmake_administrator
    await change(actor(request), person)


@post(
    "/members/{person:str}/handover",
    operation_id="member_hand_over",
    summary="Hand the organisation over to a member",
    tags=_TAGS,
    status_code=204,
    **allow(*ANYBODY_SIGNED_IN),
)
async def hand_over(
    person: FromPath[str], request: Asking, idempotency_key: IdempotencyKey = None
) -> None:
    """They become an administrator, and you are none any more."""
    who = actor(request)
    await act_once(request, who, idempotency_key, lambda: members.hand_over(who, person))


@post(
    "/members/{person:str}/deactivation",
    operation_id="member_deactivate",
    summary="Let a member do nothing for the organisation until further notice",
    tags=_TAGS,
    status_code=204,
    **allow(*ANYBODY_SIGNED_IN),
)
async def deactivate(person: FromPath[str], request: Asking) -> None:
    """Their sessions for it end at once."""
    await members.deactivate_member(actor(request), person)


@post(
    "/members/{person:str}/reactivation",
    operation_id="member_reactivate",
    summary="Let a member act for the organisation again",
    tags=_TAGS,
    status_code=204,
    **allow(*ANYBODY_SIGNED_IN),
)
async def reactivate(person: FromPath[str], request: Asking) -> None:
    await members.reactivate_member(actor(request), person)


@delete(
    "/members/{person:str}",
    operation_id="member_remove",
    summary="Remove a member from the organisation",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def remove(person: FromPath[str], request: Asking) -> None:
    """Their sessions for it end at once; their account stays."""
    await members.remove_member(actor(request), person)


@get(
    "/invitations",
    operation_id="invitation_list",
    summary="Invitations that nobody has used yet",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def list_invitations(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[invitations.OpenInvitation]]:
    found = await invitations.open_invitations(actor(request))
    return await sorted_page(
        request, limit, cursor, found, lambda one: (-one.created_at.timestamp(), one.id)
    )


@post(
    "/invitations",
    operation_id="invitation_make",
    summary="Invite somebody into your organisation",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def invite(
    data: JSONBody[invitations.NewInvitation], request: Asking
) -> invitations.MadeInvitation:
    """The answer is the only place where the link's secret is ever shown."""
    return await invitations.invite(actor(request), data)


@post(
    "/office-invitations",
    operation_id="office_invite",
    summary="Invite a supervising department or an auditor to open its account",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def invite_office(
    data: JSONBody[invitations.NewOffice], request: Asking
) -> invitations.MadeInvitation:
    """For administrators of the centre. The answer is the only place where the link is shown."""
    return await invitations.invite_office(actor(request), data)


@delete(
    "/invitations/{invitation:str}",
    operation_id="invitation_revoke",
    summary="Revoke an invitation",
    tags=_TAGS,
    **allow(*ANYBODY_SIGNED_IN),
)
async def revoke(invitation: FromPath[str], request: Asking) -> None:
    await invitations.revoke_invitation(actor(request), invitation)


@get(
    "/people",
    operation_id="person_find",
    summary="Find an account by name, sign-in name or organisation",
    tags=_PEOPLE,
    **allow(Role.CENTRE),
)
async def find_people(
    request: Asking, q: FromQuery[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[people.PersonRow]]:
    """For administrators of the centre."""
    found = await people.find_people(actor(request), q)
    return await sorted_page(request, limit, cursor, found, lambda one: (one.name, one.person))


@post(
    "/people/{person:str}/deactivation",
    operation_id="person_deactivate",
    summary="Let nobody sign in with an account until further notice",
    tags=_PEOPLE,
    status_code=204,
    **allow(Role.CENTRE),
)
async def deactivate_person(
    person: FromPath[str], data: JSONBody[Because], request: Asking
) -> None:
    """For administrators of the centre. All sessions of the account end at once."""
    await people.deactivate_person(actor(request), person, data.reason)


@post(
    "/people/{person:str}/reactivation",
    operation_id="person_reactivate",
    summary="Open an account again",
    tags=_PEOPLE,
    status_code=204,
    **allow(Role.CENTRE),
)
async def reactivate_person(
    person: FromPath[str], data: JSONBody[Because], request: Asking
) -> None:
    """For administrators of the centre."""
    await people.reactivate_person(actor(request), person, data.reason)


ROUTES = [
    list_members,
    set_administrator,
    hand_over,
    deactivate,
    reactivate,
    remove,
    list_invitations,
    invite,
    invite_office,
    revoke,
    find_people,
    deactivate_person,
    reactivate_person,
]
