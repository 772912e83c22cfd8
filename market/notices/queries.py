"""Reading webhooks and their log: for the administrators of the organisation they belong to."""

from datetime import datetime

import msgspec

from market.accounts.queries import administered
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound


class WebhookRow(msgspec.Struct, frozen=True):
    """A webhook; its secret is never told again. `state` active, paused or disabled.

    `old_secret_until` is set while a rotated secret still signs beside the new one,
    `failing_since` while every delivery since then has failed. `version` counts the changes of the
    address, the events and the description.
    """

    id: str
    url: str
    events: list[str]
    description: str
    state: str
    old_secret_until: datetime | None
    failing_since: datetime | None
    created_at: datetime
    version: int


class DeliveryRow(msgspec.Struct, frozen=True):
    """One event on its way. `state` pending, delivered or failed; the last attempt's outcome."""

    id: str
    event_id: str
    event_type: str
    state: str
    queued_at: datetime
    next_attempt_at: datetime | None
    attempts: int
    status: int | None
    error: str


class AttemptRow(msgspec.Struct, frozen=True):
    """`status` is null when no answer came; `error` is then no-address, connection, certificate,
    time-out or protocol. `answer` is the beginning of what the receiver said."""

    at: datetime
    milliseconds: int
    status: int | None
    error: str
    answer: str


class DeliveryFile(msgspec.Struct, frozen=True):
    """A delivery with every attempt and the exact text that was signed."""

    webhook: str
    delivery: DeliveryRow
    payload: str
    attempts: list[AttemptRow]


_WEBHOOK = (
    "SELECT id::text, url, events, description, state, old_secret_until, failing_since, created_at,"
    " version FROM webhook"
)


def _webhook(row: tuple[object, ...], at: datetime) -> WebhookRow:
    found = WebhookRow(*row)  # type: ignore[arg-type] # columns in the order of the fields
    if found.old_secret_until is not None and found.old_secret_until <= at:
        return msgspec.structs.replace(found, old_secret_until=None)
    return found


async def webhooks(actor: Actor) -> list[WebhookRow]:
    """Those of the actor's organisation, the oldest first."""
    rows = await fetch(
        f"{_WEBHOOK} WHERE organisation = $1 ORDER BY created_at, id", await administered(actor)
    )
    return [_webhook(tuple(row), actor.at) for row in rows]


async def webhook(actor: Actor, identifier: str) -> WebhookRow:
    row = await fetchrow(
        f"{_WEBHOOK} WHERE organisation = $1 AND id = $2",
        await administered(actor),
        row_id(identifier),
    )
    if row is None:
        raise NotFound("webhook-unknown", "There is no webhook {id}.", id=identifier)
    return _webhook(tuple(row), actor.at)


_DELIVERY = (
    "SELECT d.id::text, d.event_id, d.event_type, d.state, d.queued_at, d.next_attempt_at,"
    " (SELECT count(*)::int FROM webhook_attempt a WHERE a.delivery = d.id),"
    " last.status, coalesce(last.error, '')"
    " FROM webhook_delivery d LEFT JOIN LATERAL (SELECT a.status, a.error FROM webhook_attempt a"
    "  WHERE a.delivery = d.id ORDER BY a.at DESC, a.id LIMIT 1) last ON true"
)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of the log ended."""

    queued_at: datetime
    id: str


async def deliveries(
    actor: Actor, identifier: str, *, state: str = "", after: Place | None = None, limit: int = 50
) -> list[DeliveryRow]:
    """The log of one webhook, the newest first."""
    found = await webhook(actor, identifier)
    rows = await fetch(
        f"{_DELIVERY} WHERE d.webhook = $1 AND ($2 = '' OR d.state = $2)"
        " AND ($3::timestamptz IS NULL OR (d.queued_at, d.id) < ($3, $4::uuid))"
        " ORDER BY d.queued_at DESC, d.id DESC LIMIT $5",
        found.id,
        state,
        after.queued_at if after else None,
        after.id if after else None,
        limit,
    )
    return [DeliveryRow(*row) for row in rows]


async def webhook_of(actor: Actor, delivery_id: str) -> str:
    """The webhook of a delivery, if it is one of the actor's organisation."""
    found: str | None = await fetchval(
        "SELECT w.id::text FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook"
        " WHERE w.organisation = $1 AND d.id = $2",
        await administered(actor),
        row_id(delivery_id),
    )
    if found is None:
        raise NotFound("delivery-unknown", "There is no delivery {id}.", id=delivery_id)
    return found


async def delivery(actor: Actor, identifier: str) -> DeliveryFile:
    """One delivery of one's own webhook, its attempts the newest first."""
    found = await webhook_of(actor, identifier)
    row = await fetchrow(f"{_DELIVERY} WHERE d.id = $1", row_id(identifier))
    attempts = await fetch(
        "SELECT at, milliseconds, status, error, answer FROM webhook_attempt"
        " WHERE delivery = $1 ORDER BY at DESC, id",
        row_id(identifier),
    )
    payload = await fetchval(
        "SELECT payload FROM webhook_delivery WHERE id = $1", row_id(identifier)
    )
    if row is None:
        raise NotFound("delivery-unknown", "There is no delivery {id}.", id=identifier)
    return DeliveryFile(found, DeliveryRow(*row), payload, [AttemptRow(*one) for one in attempts])
