"""Sessions: opening, renewing at every change of privilege, ending."""

import secrets
import uuid
from datetime import datetime

from market.accounts.queries import (
    ABSOLUTE_TIMEOUT,
    IDLE_TIMEOUT,
    SignedIn,
    signed_in,
    token_hash,
)
from market.accounts.visits import Visit, device, region
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, row_id, tx
from ratings.ledger.errors import Forbidden, NotFound, NotSignedIn

_TOKEN_BYTES = 32


async def open_session(person: str, at: datetime, visit: Visit, *, second_factor: bool) -> SignedIn:
    """A session with a token of its own; nothing the visitor brought is ever reused.

    It wears the hat that the person has put on last. Forbidden for whom has none to wear.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    async with tx():
        # A good moment to forget this person's sessions that nobody can use any more.
        await execute(
            "DELETE FROM session WHERE person = $1 AND (seen_at <= $2 OR created_at <= $3)",
            person,
            at - IDLE_TIMEOUT,
            at - ABSOLUTE_TIMEOUT,
        )
        if not await fetchval(
            "INSERT INTO session (token_hash, public_id, person, organisation, created_at, seen_at,"
            " device, address, second_factor)"
            " SELECT $1, $2, $3, m.organisation, $4, $4, $5, $6, $7 FROM membership m"
            " JOIN person p ON p.id = m.person WHERE m.person = $3"
            " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL"
            " ORDER BY m.worn_at DESC NULLS LAST, m.joined_at, m.id LIMIT 1"
            " FOR SHARE OF p, m RETURNING true",
            token_hash(token),
            str(uuid.uuid4()),
            person,
            at,
            device(visit.user_agent),
            region(visit.address),
            second_factor,
        ):
            raise Forbidden(
                "no-organisation",
                "No organisation is open to you: you have left it, or are deactivated. Ask one of"
                " its administrators for an invitation, or the centre for help.",
            )
        return await _opened(token, at)


async def renew(
    token: str,
    at: datetime,
    *,
    organisation: str | None = None,
    second_factor: bool | None = None,
) -> SignedIn:
    """The same session under a new token: whoever knew the old one has nothing any more.

    Called wherever a privilege changes: another hat, a new password, a second factor more or less.
    """
    new = secrets.token_urlsafe(_TOKEN_BYTES)
    async with tx():
        if not await fetchval(
            "UPDATE session SET token_hash = $2, seen_at = $3,"
            " organisation = coalesce($4, organisation),"
            " second_factor = coalesce($5, second_factor)"
            " WHERE token_hash = $1 RETURNING true",
            token_hash(token),
            token_hash(new),
            at,
            organisation,
            second_factor,
        ):
            raise NotSignedIn("not-signed-in", "Please sign in first.")
        return await _opened(new, at)


async def sign_out(token: str) -> None:
    """End the session; a token that is not known is as good as signed out."""
    await execute("DELETE FROM session WHERE token_hash = $1", token_hash(token))


async def end_session(actor: Actor, identifier: str) -> None:
    """One of the actor's own sessions; NotFound for anybody else's."""
    ended = await fetchval(
        "DELETE FROM session s USING person p WHERE s.public_id = $1 AND s.person = $2"
        " AND p.id = s.person AND NOT p.demonstration RETURNING true",
        row_id(identifier),
        actor.person,
    )
    if not ended:
        raise NotFound("not-found", "There is nothing with the id {id}.", id=identifier)


async def end_other_sessions(actor: Actor, token: str) -> None:
    """All of the actor's sessions but this one.

    An invented account is shared by all who try the demonstration: they do not end each other's.
    """
    async with tx():
        if await forget_sessions(str(actor.person), besides=token):
            await record(actor, "sessions.ended", "person", str(actor.person))


async def forget_sessions(person: str, besides: str = "") -> bool:
    """Part of an act that makes them worthless; whether there were any."""
    ended = await execute(
        "DELETE FROM session s USING person p WHERE s.person = $1 AND s.token_hash <> $2"
        " AND p.id = s.person AND NOT p.demonstration",
        person,
        token_hash(besides),
    )
    return ended != "DELETE 0"


async def _opened(token: str, at: datetime) -> SignedIn:
    # Whether invented accounts may enter was decided before: this session exists.
    who = await signed_in(token, at, demonstration=True)
    assert who is not None
    return who
