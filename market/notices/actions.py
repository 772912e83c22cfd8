"""What an administrator does to a webhook of the organisation."""

import base64
import secrets
import uuid

import asyncpg
import msgspec

from market.accounts.queries import administered
from market.accounts.seals import seal
from market.notices.deliveries import SEALED_AS, queue
from market.notices.queries import webhook_of
from market.notices.rules import (
    MOST_WEBHOOKS,
    SECRET_OVERLAP,
    TEST,
    NewWebhook,
    check_webhook,
)
from market.oversight.events import Event
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.addresses import Network
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, NotFound
from ratings.ledger.outgoing import checked_address, host_of
from ratings.ledger.versions import Versions, unchanged

_SECRET_BYTES = 32


class Subscribed(msgspec.Struct, frozen=True):
    """`secret` is shown this once: the receiver verifies signatures with it."""

    webhook: str
    secret: str


class NewSecret(msgspec.Struct, frozen=True):
    """`secret` is shown this once; the old one signs beside it for 24 hours."""

    secret: str


async def subscribe(
    actor: Actor, wanted: NewWebhook, *, key: bytes, networks: tuple[Network, ...]
) -> Subscribed:
    """A new webhook, told every event from this moment on. `key` seals its secret."""
    checked = check_webhook(wanted)
    url = checked_address(checked.url, networks)
    identifier, secret = str(uuid.uuid4()), _new_secret()
    async with tx():
        organisation = await administered(actor)
        # Two that subscribe at once are counted one after the other.
        await execute("SELECT 1 FROM organisation WHERE id = $1 FOR UPDATE", organisation)
        kept = await fetchval("SELECT count(*) FROM webhook WHERE organisation = $1", organisation)
        if kept >= MOST_WEBHOOKS:
            raise Conflict(
                "webhooks-many",
                "An organisation has at most {most} webhooks. Delete one that is no longer used.",
                most=MOST_WEBHOOKS,
            )
        await execute(
            "INSERT INTO webhook (id, organisation, url, events, description, state, secret,"
            " from_seq, created_at) VALUES ($1, $2, $3, $4, $5, 'active', $6, 0, $7)",
            identifier,
            organisation,
            url,
            list(checked.events),
            checked.description,
            seal(key, SEALED_AS, secret.encode(), identifier),
            actor.at,
        )
        seq = await _recorded(actor, "webhook.subscribed", identifier, url, checked)
        await execute("UPDATE webhook SET from_seq = $2 WHERE id = $1", identifier, seq)
    return Subscribed(identifier, secret)


async def change(
    actor: Actor,
    webhook: str,
    wanted: NewWebhook,
    expected: Versions | None = None,
    *,
    networks: tuple[Network, ...],
) -> None:
    """Another address, other events, another description; the secret stays. Stale when the webhook
    is of none of the expected versions any more."""
    checked = check_webhook(wanted)
    url = checked_address(checked.url, networks)
    async with tx():
        row = await _own(actor, webhook)
        unchanged(row["version"], expected)
        await execute(
            "UPDATE webhook SET url = $2, events = $3, description = $4, version = version + 1"
            " WHERE id = $1",
            row["id"],
            url,
            list(checked.events),
            checked.description,
        )
        await _recorded(actor, "webhook.changed", str(row["id"]), url, checked)


async def rotate_secret(actor: Actor, webhook: str, *, key: bytes) -> NewSecret:
    """A new secret; for a day every delivery carries a signature of each, so that the receiver
    may change over at any moment of it. A second rotation within the day ends the oldest."""
    secret = _new_secret()
    async with tx():
        row = await _own(actor, webhook)
        await execute(
            "UPDATE webhook SET secret = $2, old_secret = secret, old_secret_until = $3"
            " WHERE id = $1",
            row["id"],
            seal(key, SEALED_AS, secret.encode(), str(row["id"])),
            actor.at + SECRET_OVERLAP,
        )
        await record(actor, "webhook.secret_rotated", "webhook", str(row["id"]))
    return NewSecret(secret)


async def pause(actor: Actor, webhook: str) -> None:
    """Nothing more is sent. What happens meanwhile is not queued: the change feed has it."""
    async with tx():
        row = await _own(actor, webhook)
        _must_be_active(row)
        seq = await record(actor, "webhook.paused", "webhook", str(row["id"]))
        await execute(
            "UPDATE webhook SET state = 'paused', to_seq = $2 WHERE id = $1", row["id"], seq
        )


async def resume(actor: Actor, webhook: str) -> None:
    """Told again from this moment on; what was already under way before the pause goes on."""
    async with tx():
        row = await _own(actor, webhook)
        if row["state"] == "active":
            raise Conflict("webhook-active", "This webhook is active already.")
        seq = await record(actor, "webhook.resumed", "webhook", str(row["id"]))
        await execute(
            "UPDATE webhook SET state = 'active', from_seq = $2, to_seq = NULL,"
            " failing_since = NULL WHERE id = $1",
            row["id"],
            seq,
        )


async def delete(actor: Actor, webhook: str) -> None:
    """The webhook and its log are gone; the ledger keeps that it was there."""
    async with tx():
        row = await _own(actor, webhook)
        # Also against the courier, which may be about to queue one more delivery.
        await execute("SELECT 1 FROM webhook WHERE id = $1 FOR UPDATE", row["id"])
        await execute(
            "DELETE FROM webhook_attempt a USING webhook_delivery d"
            " WHERE d.id = a.delivery AND d.webhook = $1",
            row["id"],
        )
        await execute("DELETE FROM webhook_delivery WHERE webhook = $1", row["id"])
        await execute("DELETE FROM webhook WHERE id = $1", row["id"])
        await record(actor, "webhook.deleted", "webhook", str(row["id"]))


async def send_test(actor: Actor, webhook: str) -> str:
    """Queue an event of the type `webhook.test`; returns the delivery's id."""
    async with tx():
        row = await _own(actor, webhook)
        _must_be_active(row)
        event = Event(
            id=f"evt_{uuid.uuid4().hex}",
            seq=0,
            type=TEST,
            at=actor.at,
            role=actor.role.value,
            subject_kind="webhook",
            subject=str(row["id"]),
            facts={},
            reason="",
        )
        return await queue(str(row["id"]), event, actor.at)


async def redeliver(actor: Actor, delivery: str) -> None:
    """Send an event again, with the same id, and try for another 24 hours if it fails."""
    async with tx():
        _must_be_active(await _own(actor, await webhook_of(actor, delivery)))
        await execute(
            "UPDATE webhook_delivery SET state = 'pending', began = $2, next_attempt_at = $2,"
            " failures = 0 WHERE id = $1",
            row_id(delivery),
            actor.at,
        )


def _new_secret() -> str:
    """In the spelling of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


async def _own(actor: Actor, webhook: str) -> asyncpg.Record:
    """Lock a webhook of the actor's organisation; another's is NotFound."""
    row = await fetchrow(
        "SELECT id, state, version FROM webhook WHERE organisation = $1 AND id = $2"
        " FOR NO KEY UPDATE",
        await administered(actor),
        row_id(webhook),
    )
    if row is None:
        raise NotFound("webhook-unknown", "There is no webhook {id}.", id=webhook)
    return row


def _must_be_active(row: asyncpg.Record) -> None:
    if row["state"] != "active":
        raise Conflict("webhook-not-active", "This webhook is not active. Resume it first.")


async def _recorded(actor: Actor, act: str, identifier: str, url: str, wanted: NewWebhook) -> int:
    """Only the host is told: the rest of the address may be as good as a password."""
    return await record(
        actor,
        act,
        "webhook",
        identifier,
        {"host": host_of(url), "events": list(wanted.events)},
    )
