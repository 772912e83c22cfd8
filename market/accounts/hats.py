"""The hats that a person owns, wearing another one, and laying one down."""

from datetime import datetime

import msgspec

from market.accounts.administrators import (
    check_another_administrator,
    check_own_account,
    hold,
    take_hat,
)
from market.accounts.queries import SignedIn
from market.accounts.sessions import renew
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetch, fetchval, row_id, tx
from ratings.ledger.errors import NotFound


class Hat(msgspec.Struct, frozen=True):
    """A membership as its owner sees it. `worn` says whether this session acts under it."""

    organisation: str
    name: str
    name_en: str
    role: Role
    administrator: bool
    joined_at: datetime
    deactivated_at: datetime | None
    worn: bool


async def hats(actor: Actor) -> list[Hat]:
    """All of the actor's, the longest-owned first."""
    rows = await fetch(
        "SELECT o.id::text AS organisation, o.name, o.name_en, o.kind AS role, m.administrator,"
        " m.joined_at, m.deactivated_at, o.id = $2 AS worn FROM membership m JOIN organisation o"
        " ON o.id = m.organisation WHERE m.person = $1 ORDER BY m.joined_at, o.id",
        actor.person,
        actor.organisation,
    )
    return [msgspec.convert(dict(row), Hat) for row in rows]


async def change_hat(actor: Actor, token: str, organisation: str) -> SignedIn:
    """Act for another organisation from now on; the token is a new one and the old one is dead.

    NotFound where the actor has no such hat, or not any more. Nothing of it is in the ledger: no
    right changes, and every act names the hat that it was done under.
    """
    async with tx():
        # Against being deactivated meanwhile: that ends the sessions hat by hat, and must not miss
        # the one that is changing.
        await _hold_person(actor)
        if not await fetchval(
            "UPDATE membership SET worn_at = $3 WHERE person = $1 AND organisation = $2"
            " AND deactivated_at IS NULL RETURNING true",
            actor.person,
            row_id(organisation),
            actor.at,
        ):
            raise NotFound("not-found", "There is nothing with the id {id}.", id=organisation)
        return await renew(token, actor.at, organisation=row_id(organisation))


async def lay_down(actor: Actor, token: str, organisation: str) -> SignedIn | None:
    """Leave an organisation. Whoever wears its hat goes on under another one, or is signed out:
    then there is None.

    Conflict for its last administrator.
    """
    person, left = str(actor.person), row_id(organisation)
    async with tx():
        await check_own_account(person)
        await _hold_person(actor)
        await hold(left)
        if not await fetchval(
            "SELECT true FROM membership WHERE person = $1 AND organisation = $2", person, left
        ):
            raise NotFound("not-found", "There is nothing with the id {id}.", id=organisation)
        await check_another_administrator(left, person)
        await execute(
            "DELETE FROM membership WHERE person = $1 AND organisation = $2", person, left
        )
        who = await _other_hat(actor, token) if left == actor.organisation else None
        await take_hat(actor, person, left)
        await record(actor, "membership.left", "person", person, {"organisation": left})
    return who


async def _hold_person(actor: Actor) -> None:
    await execute("SELECT FROM person WHERE id = $1 FOR SHARE", actor.person)


async def _other_hat(actor: Actor, token: str) -> SignedIn | None:
    other = await fetchval(
        "SELECT organisation::text FROM membership WHERE person = $1 AND deactivated_at IS NULL"
        " ORDER BY worn_at DESC NULLS LAST, joined_at LIMIT 1"
        " FOR SHARE",  # they are not deactivated there meanwhile
        actor.person,
    )
    return await renew(token, actor.at, organisation=other) if other else None
