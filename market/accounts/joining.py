"""Accepting an invitation: with a new account, or with the one that somebody has."""

import uuid
from datetime import datetime

import asyncpg
import msgspec

from market.accounts import passwords
from market.accounts.queries import token_hash
from market.accounts.rules import Account, NewPerson, check_person
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetchrow, fetchval, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, NotSignedIn


class Offer(msgspec.Struct, frozen=True):
    """What whoever holds the link is invited to."""

    role: Role
    name: str
    name_en: str
    opens_office: bool
    administrator: bool
    expires_at: datetime


MOST_TAKEN_NAMES = 10
"""Taken sign-in names that one link may meet; ours. Whoever means well needs two or three."""
_OFFER = (
    "SELECT i.kind, coalesce(o.name, i.office_name), coalesce(o.name_en, i.office_name_en),"
    " o.id IS NULL, i.administrator, i.expires_at FROM invitation i"
    " LEFT JOIN organisation o ON o.id = i.organisation"
    " WHERE i.token_hash = $1 AND i.expires_at > $2"
)


async def offer_of(token: str, at: datetime) -> Offer:
    """NotFound for a link that is used, revoked, too old, or never was: they read the same."""
    row = await fetchrow(_OFFER, token_hash(token), at)
    if row is None:
        raise _dead()
    return Offer(Role(row["kind"]), *row[1:])


async def join_as_new(
    actor: Actor, token: str, wanted: NewPerson, *, demonstration: bool = False
) -> Account:
    """A new account that belongs to the organisation; Conflict when its sign-in name is taken.

    A link that has met so many taken names opens nothing any more: it is being used to find out who
    has an account.
    """
    offer = await offer_of(token, actor.at)
    person = check_person(wanted, (offer.name, offer.name_en), demonstration=demonstration)
    hash_of = passwords.hashed_for_demonstration if demonstration else passwords.hashed
    hashed = await hash_of(person.password)
    identifier = str(uuid.uuid4())
    async with tx():
        invitation = await _locked(token, actor.at)
        free = await fetchval(
            "INSERT INTO person (id, login, name, password_hash, demonstration, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (login) DO NOTHING RETURNING true",
            identifier,
            person.login,
            person.person_name,
            hashed,
            demonstration,
            actor.at,
        )
        if free:
            await execute("DELETE FROM invitation WHERE id = $1", invitation["id"])
            organisation = await _join(identifier, invitation, actor.at)
        else:
            await _count_taken_name(actor, invitation)
    if not free:
        # After the commit, for the count must stay.
        raise Conflict(
            "login-taken",
            "The sign-in name “{login}” is taken. Choose another one.",
            login=person.login,
        )
    return Account(person=identifier, organisation=organisation)


async def join(person: str, token: str, at: datetime) -> str:
    """One more hat for somebody who has an account; the organisation that it is of.

    Conflict when they have it already, Forbidden for an invented account.
    """
    async with tx():
        invitation = await _locked(token, at)
        await execute("DELETE FROM invitation WHERE id = $1", invitation["id"])
        invented = await fetchval(
            "SELECT demonstration FROM person WHERE id = $1 AND deactivated_at IS NULL FOR SHARE",
            person,
        )
        if invented is None:  # deactivated since the request began
            raise NotSignedIn("not-signed-in", "Please sign in first.")
        if invented:
            raise Forbidden(
                "demonstration-account-stays",
                "All visitors of the demonstration share this account, so it stays as it is.",
            )
        return await _join(person, invitation, at)


async def _locked(token: str, at: datetime) -> asyncpg.Record:
    """The invitation; of two who use it at once, one finds nothing when the other is done."""
    row = await fetchrow(
        "SELECT id::text, organisation::text, kind, office_name, office_name_en, administrator,"
        " made_for::text, names_taken FROM invitation"
        " WHERE token_hash = $1 AND expires_at > $2 FOR UPDATE",
        token_hash(token),
        at,
    )
    if row is None:
        raise _dead()
    return row


async def _count_taken_name(actor: Actor, invitation: asyncpg.Record) -> None:
    taken = invitation["names_taken"] + 1
    if taken < MOST_TAKEN_NAMES:
        await execute(
            "UPDATE invitation SET names_taken = $2 WHERE id = $1", invitation["id"], taken
        )
        return
    await execute("DELETE FROM invitation WHERE id = $1", invitation["id"])
    facts = {"names_taken": taken}
    await record(actor, "invitation.revoked", "invitation", invitation["id"], facts)


async def _join(person: str, invitation: asyncpg.Record, at: datetime) -> str:
    organisation = invitation["organisation"] or str(uuid.uuid4())
    if invitation["organisation"] is None:
        await execute(
            "INSERT INTO organisation (id, kind, name, name_en, demonstration, created_at)"
            " SELECT $1, $2, $3, $4, demonstration, $5 FROM organisation WHERE id = $6",
            organisation,
            invitation["kind"],
            invitation["office_name"],
            invitation["office_name_en"],
            at,
            invitation["made_for"],
        )
    if not await fetchval(
        "INSERT INTO membership (id, person, organisation, administrator, joined_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (person, organisation) DO NOTHING"
        " RETURNING true",
        str(uuid.uuid4()),
        person,
        organisation,
        invitation["administrator"],
        at,
    ):
        raise await _a_member_already(organisation)
    actor = Actor(Role(invitation["kind"]), at, person=person, organisation=organisation)
    if invitation["organisation"] is None:
        facts = {"kind": invitation["kind"], "person": person, "uscc": None}
        await record(actor, "account.created", "organisation", organisation, facts)
    await record(
        actor,
        "membership.joined",
        "person",
        person,
        {
            "organisation": organisation,
            "administrator": invitation["administrator"],
            "invitation": invitation["id"],
        },
    )
    return organisation


async def _a_member_already(organisation: str) -> Conflict:
    row = await fetchrow("SELECT name, name_en FROM organisation WHERE id = $1", organisation)
    assert row is not None
    return Conflict(
        "member-already",
        "You belong to {organisation} already.",
        organisation=Bilingual(zh=row["name"], en=row["name_en"] or row["name"]),
    )


def _dead() -> NotFound:
    return NotFound(
        "invitation-dead",
        "This invitation has been used or revoked, or is too old. Ask for a new one.",
    )
