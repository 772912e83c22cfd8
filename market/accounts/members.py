"""The people of an organisation, in the hands of its administrators."""

from datetime import datetime

import msgspec

from market.accounts.administrators import (
    check_another_administrator,
    check_own_account,
    hold,
    take_hat,
    take_right,
)
from market.accounts.queries import administered
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, NotFound, Refused


class Member(msgspec.Struct, frozen=True):
    """A person as the administrators of their organisation see them: what they are here, and
    nothing of how they sign in. `suspended`: the centre has deactivated the whole account."""

    person: str
    name: str
    administrator: bool
    joined_at: datetime
    deactivated_at: datetime | None
    suspended: bool


class _Standing(msgspec.Struct, frozen=True):
    person: str
    administrator: bool
    deactivated: bool
    suspended: bool


async def members(actor: Actor) -> list[Member]:
    """Everybody of the organisation; administrators first, those deactivated last."""
    organisation = await administered(actor)
    rows = await fetch(
        "SELECT p.id::text, p.name, m.administrator, m.joined_at, m.deactivated_at,"
        " p.deactivated_at IS NOT NULL AS suspended"
        " FROM membership m JOIN person p ON p.id = m.person WHERE m.organisation = $1"
        " ORDER BY m.deactivated_at IS NOT NULL OR p.deactivated_at IS NOT NULL,"
        " m.administrator DESC, m.joined_at, p.id",
        organisation,
    )
    return [Member(*row) for row in rows]


async def make_administrator(actor: Actor, person: str) -> None:
    """Conflict while the member is deactivated; nothing happens to whoever is one already."""
    async with tx():
        organisation, member = await _held(actor, person)
        await _promote(organisation, member)
        if not member.administrator:
            await _record(actor, "membership.administrator_made", member, organisation)


async def unmake_administrator(actor: Actor, person: str) -> None:
    """A member like the others again; Conflict for the last administrator."""
    async with tx():
        organisation, member = await _held(actor, person)
        await check_own_account(member.person)
        if not member.administrator:
            return
        await check_another_administrator(organisation, member.person)
        await _set_administrator(organisation, member.person, False)
        await take_right(actor, member.person, organisation)
        await _record(actor, "membership.administrator_unmade", member, organisation)


async def hand_over(actor: Actor, person: str) -> None:
    """The organisation passes to another member: they administer it, and the actor does not."""
    if row_id(person) == actor.person:
        raise Refused("hand-over-self", "You have it already. Choose somebody else.")
    own = str(actor.person)
    async with tx():
        organisation, member = await _held(actor, person)
        await check_own_account(own)
        await _promote(organisation, member)
        await _set_administrator(organisation, own, False)
        await take_right(actor, own, organisation)
        await _record(actor, "membership.handed_over", member, organisation)


async def remove_member(actor: Actor, person: str) -> None:
    """They belong to the organisation no longer, and their sessions for it end at once."""
    async with tx():
        organisation, member = await _held(actor, person)
        await check_own_account(member.person)
        await check_another_administrator(organisation, member.person)
        await execute(
            "DELETE FROM membership WHERE person = $1 AND organisation = $2",
            member.person,
            organisation,
        )
        await take_hat(actor, member.person, organisation)
        await _record(actor, "membership.removed", member, organisation)


async def deactivate_member(actor: Actor, person: str) -> None:
    """They stay a member and can do nothing as one, from the next request on."""
    async with tx():
        organisation, member = await _held(actor, person)
        await check_own_account(member.person)
        if member.deactivated:
            return
        await check_another_administrator(organisation, member.person)
        await _set_deactivated(organisation, member.person, actor.at)
        await take_hat(actor, member.person, organisation)
        await _record(actor, "membership.deactivated", member, organisation)


async def reactivate_member(actor: Actor, person: str) -> None:
    async with tx():
        organisation, member = await _held(actor, person)
        if not member.deactivated:
            return
        await _set_deactivated(organisation, member.person, None)
        await _record(actor, "membership.reactivated", member, organisation)


async def _held(actor: Actor, person: str) -> tuple[str, _Standing]:
    """The actor's organisation, which nobody else changes meanwhile, and the member of it.

    The right is looked at when the organisation is held: of two administrators who remove each
    other, the second is none any more.
    """
    identifier = row_id(person)
    if actor.organisation is not None:
        await hold(actor.organisation)
    organisation = await administered(actor)
    row = await fetchrow(
        "SELECT p.id::text, m.administrator, m.deactivated_at IS NOT NULL,"
        " p.deactivated_at IS NOT NULL FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.person = $1 AND m.organisation = $2",
        identifier,
        organisation,
    )
    if row is None:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=person)
    return organisation, _Standing(*row)


async def _promote(organisation: str, member: _Standing) -> None:
    if member.deactivated or member.suspended:
        raise Conflict(
            "member-deactivated", "This member is deactivated. Reactivate them before that."
        )
    await _set_administrator(organisation, member.person, True)


async def _set_administrator(organisation: str, person: str, administrator: bool) -> None:
    await execute(
        "UPDATE membership SET administrator = $3 WHERE person = $1 AND organisation = $2",
        person,
        organisation,
        administrator,
    )


async def _set_deactivated(organisation: str, person: str, at: datetime | None) -> None:
    await execute(
        "UPDATE membership SET deactivated_at = $3 WHERE person = $1 AND organisation = $2",
        person,
        organisation,
        at,
    )


async def _record(actor: Actor, act: str, member: _Standing, organisation: str) -> None:
    await record(actor, act, "person", member.person, {"organisation": organisation})
