"""Which subject of an identity provider may sign in as which person."""

import uuid

from market.accounts.asked_again import check_password, owner_of
from market.accounts.oidc import Identity
from market.accounts.visits import Visit
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Conflict


async def person_of(identity: Identity) -> str | None:
    """The person it was linked to. Nothing else about it, no name and no address, finds anybody."""
    found = await fetchval(
        "SELECT person::text FROM linked_identity WHERE issuer = $1 AND subject = $2",
        identity.issuer,
        identity.subject,
    )
    return None if found is None else str(found)


async def is_linked(person: str, issuer: str) -> bool:
    return bool(
        await fetchval(
            "SELECT EXISTS (SELECT FROM linked_identity WHERE person = $1 AND issuer = $2)",
            person,
            issuer,
        )
    )


async def link(actor: Actor, identity: Identity, password: str, visit: Visit) -> None:
    """Let the identity sign in as the actor from now on; the password is asked again, for it is a
    second key to the account. Conflict when it, or the actor, is linked already."""
    owner = await owner_of(actor)
    await check_password(owner, password, visit, actor.at)
    async with tx():
        if not await fetchval(
            "INSERT INTO linked_identity (id, issuer, subject, person, linked_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING true",
            str(uuid.uuid4()),
            identity.issuer,
            identity.subject,
            owner.id,
            actor.at,
        ):
            raise Conflict(
                "identity-linked",
                "This identity, or your account, is linked already. Remove that link first.",
            )
        await record(actor, "identity.linked", "person", owner.id, {"issuer": identity.issuer})


async def unlink(actor: Actor, issuer: str) -> None:
    """From now on only the password opens the account; without a link nothing happens."""
    async with tx():
        gone = await execute(
            "DELETE FROM linked_identity WHERE person = $1 AND issuer = $2", actor.person, issuer
        )
        if gone != "DELETE 0":
            await record(
                actor, "identity.unlinked", "person", str(actor.person), {"issuer": issuer}
            )
