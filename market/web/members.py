"""The people of an organisation, for its administrators, and people as the centre finds them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from market.accounts import invitations, members, people
from market.accounts.identity import Asking, actor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.oversight.erasure import erase_for
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_PAGE, _PEOPLE = "/account/members", "/console/people"
_OFFICE_FIELDS = {"organisation-name-missing": "office_name"}
_ACTS = {
    "promotion": (members.make_administrator, N_("The member is an administrator now.")),
    "demotion": (members.unmake_administrator, N_("The member is no administrator any more.")),
    "deactivation": (members.deactivate_member, N_("The member is deactivated.")),
    "reactivation": (members.reactivate_member, N_("The member is active again.")),
    "removal": (members.remove_member, N_("The member is removed.")),
}


_PERSON_ACTS = {
    "deactivation": (
        people.deactivate_person,
        N_("The account is deactivated, and its sessions have ended."),
    ),
    "reactivation": (people.reactivate_person, N_("The account is open again.")),
    "erasure": (erase_for, N_("The personal data are erased.")),
}


async def _members_page(
    request: Asking,
    form: Form,
    error: SteelyardError | None = None,
    made: invitations.MadeInvitation | None = None,
) -> Response[str]:
    who = actor(request)
    return page(
        request,
        "account/members.html",
        status=error.status if error else 200,
        members=await members.members(who),
        invitations=await invitations.open_invitations(who),
        own=who.person,
        link=_link(request, made),
        days=invitations.LIFE.days,
        typed=form.typed,
        **refusal(request, error, _OFFICE_FIELDS),
    )


def _link(request: Asking, made: invitations.MadeInvitation | None) -> str:
    return f"{str(request.base_url).rstrip('/')}/invitations/{made.token}" if made else ""


@get(_PAGE, **allow(*ANYBODY_SIGNED_IN))
async def list_members(request: Asking) -> Response[str]:
    return await _members_page(request, Form({}))


@post(_PAGE + "/invitations", **allow(*ANYBODY_SIGNED_IN))
async def invite(request: Asking) -> Response[Any]:
    """The page itself answers: a link that is shown once must not travel in a cookie."""
    form = await submitted(request)
    wanted = invitations.NewInvitation(
        administrator=bool(form.text("administrator")), note=form.text("note")
    )
    try:
        made = await invitations.invite(actor(request), wanted)
    except SteelyardError as error:
        return await _members_page(request, form, error)
    return await _members_page(request, Form({}), made=made)


@post(_PAGE + "/offices", **allow(Role.CENTRE))
async def invite_office(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        kind = Role(form.choice("kind", Role.SUPERVISOR.value, Role.AUDITOR.value))
        form.check()
        wanted = invitations.NewOffice(
            kind, form.text("office_name"), form.text("office_name_en"), form.text("office_note")
        )
        made = await invitations.invite_office(actor(request), wanted)
    except SteelyardError as error:
        return await _members_page(request, form, error)
    return await _members_page(request, Form({}), made=made)


@post(_PAGE + "/invitations/{identifier:str}/revocation", **allow(*ANYBODY_SIGNED_IN))
async def revoke(request: Asking, identifier: FromPath[str]) -> Response[None]:
    await invitations.revoke_invitation(actor(request), identifier)
    return see_other(_PAGE, N_("The invitation is revoked and opens nothing any more."))


@post(_PAGE + "/{person:str}", **allow(*ANYBODY_SIGNED_IN))
async def change(request: Asking, person: FromPath[str]) -> Response[Any]:
    """What the pressed button's `act` names."""
    form = await submitted(request)
    try:
        first, *others = (*_ACTS, "handover")
        chosen = form.choice("act", first, *others)
        form.check()
        if chosen == "handover":
            await members.hand_over(actor(request), person)
            return see_other("/account", N_("You have handed your organisation over."))
        act, told = _ACTS[chosen]
        await act(actor(request), person)
    except SteelyardError as error:
        if error.status == 404:
            raise
        return await _members_page(request, Form({}), error)
    return see_other(_PAGE, told)


async def _people_page(
    request: Asking, words: str, error: SteelyardError | None = None
) -> Response[str]:
    return page(
        request,
        "centre/people.html",
        status=error.status if error else 200,
        q=words,
        found=await people.find_people(actor(request), words),
        **refusal(request, error),
    )


@get(_PEOPLE, **allow(Role.CENTRE))
async def find(request: Asking, q: FromQuery[str] = "") -> Response[str]:
    return await _people_page(request, q)


@post(_PEOPLE + "/{person:str}", **allow(Role.CENTRE))
async def change_person(request: Asking, person: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        first, *others = _PERSON_ACTS
        chosen = form.choice("act", first, *others)
        form.check()
        act, told = _PERSON_ACTS[chosen]
        await act(actor(request), person, form.text("reason"))
    except SteelyardError as error:
        if error.status == 404:
            raise
        return await _people_page(request, form.text("q"), error)
    return see_other(_PEOPLE, told)


ROUTES = [list_members, invite, invite_office, revoke, change, find, change_person]
