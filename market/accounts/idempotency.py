"""One effect for a request that may come twice: the answer is kept beside the effect."""

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchrow, fetchval, tx
from ratings.ledger.errors import Malformed, Refused

_LONGEST_KEY = 255
KEPT = timedelta(days=7)


def request_hash(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), body])).hexdigest()


async def once(
    actor: Actor, key: str | None, request: str, effect: Callable[[], Awaitable[bytes]]
) -> bytes:
    """The answer of `effect`, which happens once for each key of the actor's organisation.

    The same key with the same `request` hash gets the stored answer; with another request it is
    refused. Of concurrent twins the second waits at the key's unique index until the first has
    ended, and then finds its answer, or, when the first has failed, takes its place: only an effect
    that succeeded is kept, a refused one has changed nothing and may be tried again.
    """
    if key is None:
        return await effect()
    if not 0 < len(key) <= _LONGEST_KEY:
        raise Malformed(
            "idempotency-key-malformed",
            "An Idempotency-Key has between 1 and {longest} characters.",
            longest=_LONGEST_KEY,
        )
    async with tx():
        identifier = str(uuid.uuid4())
        taken = await fetchval(
            "INSERT INTO idempotency_key"
            " (id, organisation, key, request_hash, body, created_at)"
            " VALUES ($1, $2, $3, $4, '', $5)"
            " ON CONFLICT (organisation, key) DO NOTHING RETURNING true",
            identifier,
            actor.organisation,
            key,
            request,
            actor.at,
        )
        if not taken:
            return await _stored(actor, key, request)
        answer = await effect()
        await execute(
            "UPDATE idempotency_key SET body = $2 WHERE id = $1", identifier, answer.decode()
        )
    return answer


async def _stored(actor: Actor, key: str, request: str) -> bytes:
    row = await fetchrow(
        "SELECT request_hash, body FROM idempotency_key WHERE organisation = $1 AND key = $2",
        actor.organisation,
        key,
    )
    if row is None or row["request_hash"] != request:
        raise Refused(
            "idempotency-key-reused",
            "The Idempotency-Key “{key}” belongs to another request. Use a new one.",
            key=key,
        )
    return str(row["body"]).encode()


async def forget_old_keys(at: datetime) -> None:
    """A week after a request nobody sends it again by mistake."""
    await execute("DELETE FROM idempotency_key WHERE created_at < $1", at - KEPT)
