"""From the ledger to the receivers: follow, claim what is due, send it, note how it went.

The queue is the log itself. A delivery is a row with the time of its next attempt, so a worker that
is stopped or killed loses nothing: the next one finds what is due, and what was under way comes
back when its time has run out. A receiver may therefore get an event twice; it knows it by its id.
"""

import random
import uuid
from datetime import datetime, timedelta

import asyncpg
import msgspec
from standardwebhooks import Webhook as Signer

from market.accounts.seals import unseal
from market.notices.rules import (
    AT_ONCE,
    AT_ONCE_AFTER_FAILURE,
    GONE,
    LOG_KEPT,
    has_failed_too_long,
    next_attempt,
)
from market.oversight.audience import told_to
from market.oversight.events import TOLD, Event, event_of, matches
from market.oversight.rules import OFFICIALS
from ratings.ledger.actions import record
from ratings.ledger.actors import system
from ratings.ledger.addresses import Network
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, tx
from ratings.ledger.outgoing import Answer, post
from ratings.ledger.queries import Wanted, entries_after
from ratings.ledger.rules import Entry

SEALED_AS = "webhook secret"
_ENTRIES_AT_ONCE = 200
# Longer than an attempt can take; then it is taken to have been cut off.
_ATTEMPT_ENDS_WITHIN = timedelta(minutes=1)
_CLAIMING = 7_165_002  # any constant will do that no other lock has


class Payload(msgspec.Struct, frozen=True):
    """The body of a delivery, as Standard Webhooks has it."""

    type: str
    timestamp: datetime
    data: Event


class Due(msgspec.Struct, frozen=True):
    """A delivery that somebody has claimed and is about to send."""

    id: str
    event_id: str
    payload: str
    webhook: str
    url: str
    secret: str
    old_secret: str | None


class _Listening(msgspec.Struct, frozen=True):
    id: str
    organisation: str
    official: bool
    events: list[str]
    from_seq: int
    to_seq: int | None

    def wants(self, entry: Entry) -> bool:
        within = self.from_seq < entry.seq and (self.to_seq is None or entry.seq < self.to_seq)
        return within and any(matches(pattern, entry.act) for pattern in self.events)


async def queue(webhook: str, event: Event, at: datetime) -> str:
    """A delivery of the event, due at once; its id. Joins a running transaction."""
    identifier = str(uuid.uuid4())
    payload = msgspec.json.encode(Payload(event.type, event.at, event)).decode()
    await execute(
        "INSERT INTO webhook_delivery (id, webhook, event_id, event_type, payload, state,"
        " queued_at, began, failures, next_attempt_at)"
        " VALUES ($1, $2, $3, $4, $5, 'pending', $6, $6, 0, $6)",
        identifier,
        webhook,
        event.id,
        event.type,
        payload,
        at,
    )
    return identifier


async def follow(at: datetime) -> int:
    """Turn what has been added to the ledger into deliveries; how many entries it was.

    One row says how far the ledger has been followed, and moves in the transaction that queues
    the deliveries: each entry is turned once. Of several workers one follows at a time.
    """
    async with tx():
        place = await fetchval("SELECT seq FROM webhook_follower FOR UPDATE SKIP LOCKED")
        if place is None:
            return 0
        entries = await entries_after(Wanted(acts=TOLD), place, _ENTRIES_AT_ONCE)
        if not entries:
            return 0
        listening = await _listening(place)
        for entry in entries:
            for hook in await _who_is_told(entry, listening):
                await queue(hook.id, event_of(entry), at)
        await execute("UPDATE webhook_follower SET seq = $1", entries[-1].seq)
    return len(entries)


async def _listening(place: int) -> list[_Listening]:
    rows = await fetch(
        "SELECT w.id::text, w.organisation::text, o.kind = ANY($2), w.events, w.from_seq, w.to_seq"
        " FROM webhook w JOIN organisation o ON o.id = w.organisation"
        " WHERE (w.to_seq IS NULL OR w.to_seq > $1)"
        # Of whom nobody may sign in any more, nothing is told until somebody is back.
        " AND EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person"
        "  WHERE m.organisation = w.organisation AND m.deactivated_at IS NULL"
        "  AND p.deactivated_at IS NULL)"
        " FOR KEY SHARE OF w",  # none is deleted meanwhile
        place,
        [role.value for role in OFFICIALS],
    )
    return [_Listening(*row) for row in rows]


async def _who_is_told(entry: Entry, listening: list[_Listening]) -> list[_Listening]:
    wanting = [hook for hook in listening if hook.wants(entry)]
    if not wanting:
        return []
    parties = await told_to(entry)
    return [
        hook for hook in wanting if parties is None or hook.official or hook.organisation in parties
    ]


async def claim(at: datetime, room: int) -> list[Due]:
    """At most `room` deliveries that are due, fairly over the webhooks, the answering ones first.

    A webhook has few deliveries under way at once, and one that fails a single one: however many
    wait for a receiver that is slow or dead, the others' do not wait behind them.
    """
    async with tx():
        await execute("SELECT pg_advisory_xact_lock($1)", _CLAIMING)
        rows = await fetch(
            "WITH waiting AS ("
            " SELECT d.id, w.failing_since IS NOT NULL AS failing, d.next_attempt_at,"
            "  row_number() OVER (PARTITION BY w.id ORDER BY d.next_attempt_at, d.id)"
            "   + (SELECT count(*) FROM webhook_delivery u WHERE u.webhook = w.id"
            "      AND u.state = 'pending' AND u.under_way_until > $1) AS place"
            " FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook"
            " WHERE d.state = 'pending' AND d.next_attempt_at <= $1 AND w.state = 'active'"
            " AND (d.under_way_until IS NULL OR d.under_way_until <= $1)"
            # The same as in `_listening`: an organisation that nobody is left of waits.
            " AND EXISTS (SELECT FROM membership m JOIN person p ON p.id = m.person"
            "  WHERE m.organisation = w.organisation AND m.deactivated_at IS NULL"
            "  AND p.deactivated_at IS NULL)"
            "), chosen AS ("
            " SELECT id FROM waiting WHERE place <= CASE WHEN failing THEN $3::int ELSE $4::int END"
            " ORDER BY failing, place, next_attempt_at LIMIT $5"
            ") UPDATE webhook_delivery d SET under_way_until = $2 FROM webhook w"
            " WHERE d.id IN (SELECT id FROM chosen) AND w.id = d.webhook"
            " RETURNING d.id::text, d.event_id, d.payload, w.id::text, w.url, w.secret,"
            " CASE WHEN w.old_secret_until > $1 THEN w.old_secret END",
            at,
            at + _ATTEMPT_ENDS_WITHIN,
            AT_ONCE_AFTER_FAILURE,
            AT_ONCE,
            room,
        )
    return [Due(*row) for row in rows]


async def attempt(due: Due, at: datetime, *, key: bytes, networks: tuple[Network, ...]) -> None:
    """Send it once and note how it went; the signature is of this moment, the id the event's."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Steelyard-Webhooks",
        "webhook-id": due.event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": _signatures(due, at, key),
    }
    answer = await post(due.url, due.payload.encode(), headers, networks)
    await settle(due.id, answer, at)


def _signatures(due: Due, at: datetime, key: bytes) -> str:
    """One by each secret that is valid now."""
    signatures = []
    for sealed in filter(None, (due.secret, due.old_secret)):
        secret = unseal(key, SEALED_AS, sealed, due.webhook)
        if secret is None:
            raise RuntimeError(
                "the secret of a webhook cannot be opened: this process has another"
                " STEELYARD_SECRET_KEY than the one that made the webhook"
            )
        signatures.append(Signer(secret.decode()).sign(due.event_id, at, due.payload))
    return " ".join(signatures)


async def settle(delivery: str, answer: Answer, at: datetime) -> None:
    """Note an attempt made at `at`; after a failed one the delivery is due again, or has failed."""
    async with tx():
        row = await fetchrow(
            "SELECT d.webhook, d.began, d.failures, d.state, w.failing_since, w.state AS hook_state"
            " FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook WHERE d.id = $1"
            " FOR NO KEY UPDATE OF d, w",
            delivery,
        )
        if row is None:
            return  # the webhook was deleted meanwhile
        await execute(
            "INSERT INTO webhook_attempt (id, delivery, at, milliseconds, status, error, answer)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            str(uuid.uuid4()),
            delivery,
            at,
            answer.milliseconds,
            answer.status,
            answer.error,
            answer.text,
        )
        if answer.good:
            await _delivered(delivery, row, at)
        elif row["state"] == "pending":
            await _failed(delivery, row, answer, at)


async def _delivered(delivery: str, row: asyncpg.Record, at: datetime) -> None:
    """When a receiver answers again, whatever waits for it goes at once."""
    await execute(
        "UPDATE webhook_delivery SET state = 'delivered', next_attempt_at = NULL,"
        " under_way_until = NULL WHERE id = $1",
        delivery,
    )
    if row["failing_since"] is not None:
        await execute("UPDATE webhook SET failing_since = NULL WHERE id = $1", row["webhook"])
        await execute(
            "UPDATE webhook_delivery SET next_attempt_at = $2"
            " WHERE webhook = $1 AND state = 'pending' AND next_attempt_at > $2",
            row["webhook"],
            at,
        )


async def _failed(delivery: str, row: asyncpg.Record, answer: Answer, at: datetime) -> None:
    failures = row["failures"] + 1
    again = next_attempt(row["began"], failures, at, random.random())
    await execute(
        "UPDATE webhook_delivery SET state = $2, failures = $3, next_attempt_at = $4,"
        " under_way_until = NULL WHERE id = $1",
        delivery,
        "failed" if again is None else "pending",
        failures,
        again,
    )
    since = row["failing_since"] or at
    await execute("UPDATE webhook SET failing_since = $2 WHERE id = $1", row["webhook"], since)
    gone = answer.status == GONE
    if row["hook_state"] == "active" and (
        gone or (again is None and has_failed_too_long(since, at))
    ):
        await _disable(str(row["webhook"]), since, at, gone=gone)


async def _disable(webhook: str, since: datetime, at: datetime, *, gone: bool) -> None:
    """Nobody is there any more: what waits is given up, and an administrator must resume it."""
    await execute(
        "UPDATE webhook_delivery SET state = 'failed', next_attempt_at = NULL"
        " WHERE webhook = $1 AND state = 'pending'",
        webhook,
    )
    facts = {"failing_since": since.isoformat(), "gone": gone}
    seq = await record(system(at), "webhook.disabled", "webhook", webhook, facts)
    await execute("UPDATE webhook SET state = 'disabled', to_seq = $2 WHERE id = $1", webhook, seq)


async def forget_old_deliveries(at: datetime) -> None:
    """The log is kept for a month; the ledger, from which it was made, for ever."""
    async with tx():
        await execute(
            "DELETE FROM webhook_attempt a USING webhook_delivery d"
            " WHERE d.id = a.delivery AND d.queued_at < $1 AND d.state <> 'pending'",
            at - LOG_KEPT,
        )
        await execute(
            "DELETE FROM webhook_delivery WHERE queued_at < $1 AND state <> 'pending'",
            at - LOG_KEPT,
        )
