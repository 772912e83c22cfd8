"""Feeds that an office's program sends: who may, and what the office is told of its batches."""

from datetime import datetime
from pathlib import Path

import msgspec
from obstore.store import ObjectStore

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetch, fetchval, row_id, tx
from ratings.ledger.errors import Forbidden, NotFound
from ratings.ledger.places import Moment
from ratings.signals.actions import Receipt, take_in
from ratings.signals.connectors.description import OWN
from ratings.signals.contract import FEEDS
from ratings.signals.queries import BatchRow, batch_show
from ratings.signals.rules import Way

SENDABLE = tuple(name for name in FEEDS if name not in OWN)
"""What an office may be named for; the market's own figures and the manifest are nobody's."""
MOST_FAULTS = 200
_READERS = (Role.CENTRE, Role.AUDITOR)


class SenderRow(msgspec.Struct, frozen=True):
    """A feed and the office that sends it, all None where none is named: then the centre does.

    `last_batch_at` is when the newest batch of the feed came, by whatever way.
    """

    feed: str
    organisation: str | None
    organisation_name: str | None
    organisation_name_en: str | None
    named_at: datetime | None
    last_batch_at: datetime | None


class SetAside(msgspec.Struct, frozen=True):
    """One thing wrong with one row; `message` is a msgid that `params` fill."""

    line: int
    column: str
    code: str
    message: str
    params: dict[str, str]


class PushedRow(msgspec.Struct, frozen=True):
    """A batch that came by push; `state` accepted, held or rejected."""

    batch: str
    feed: str
    state: str
    received_at: datetime
    rows: int
    matched: int
    unmatched: int


async def senders(actor: Actor) -> list[SenderRow]:
    """Every feed for the centre and auditors, for an office those that it sends."""
    rows = await fetch(
        "SELECT f.feed, o.id::text, o.name, o.name_en, s.named_at,"
        " (SELECT max(received_at) FROM feed_batch b WHERE b.feed = f.feed)"
        " FROM unnest($1::text[]) WITH ORDINALITY AS f (feed, place)"
        " LEFT JOIN feed_sender s ON s.feed = f.feed LEFT JOIN organisation o"
        " ON o.id = s.organisation WHERE $2 OR s.organisation = $3::uuid ORDER BY f.place",
        list(SENDABLE),
        actor.role in _READERS,
        actor.organisation,
    )
    return [SenderRow(*row) for row in rows]


async def may_send(actor: Actor, feed: str) -> None:
    """NotFound for an office about a feed that another one sends, and for what is no feed."""
    if feed in SENDABLE:
        if actor.role is Role.CENTRE:
            return
        if await fetchval(
            "SELECT true FROM feed_sender WHERE feed = $1 AND organisation = $2::uuid",
            feed,
            actor.organisation,
        ):
            return
    raise NotFound(
        "feed-not-yours",
        "There is no feed {feed} that your organisation sends. The centre names the office that"
        " sends a feed.",
        feed=feed,
    )


async def name_sender(actor: Actor, feed: str, organisation: str) -> None:
    """Name the department whose programs may send a feed, instead of whoever was named before."""
    if feed not in SENDABLE:
        raise NotFound("feed-unknown", "There is no feed {feed} that can be sent.", feed=feed)
    if actor.person is None:
        raise Forbidden("not-the-centre", "Only a person of the centre may do this.")
    async with tx():
        if not await fetchval(
            "SELECT true FROM organisation WHERE id = $1 AND kind = 'supervisor'",
            row_id(organisation),
        ):
            raise NotFound("supervisor-unknown", "There is no department {id}.", id=organisation)
        await execute(
            "INSERT INTO feed_sender (feed, organisation, named_by, named_at)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (feed) DO UPDATE SET"
            " organisation = $2, named_by = $3, named_at = $4",
            feed,
            organisation,
            actor.person,
            actor.at,
        )
        await record(actor, "feed.sender_named", "feed", feed, {"organisation": organisation})


async def dismiss_sender(actor: Actor, feed: str) -> None:
    """From now on the centre sends the feed; NotFound where no office is named for it."""
    async with tx():
        gone = await fetchval(
            "DELETE FROM feed_sender WHERE feed = $1 RETURNING organisation::text", feed
        )
        if gone is None:
            raise NotFound("feed-unnamed", "No office is named for a feed {feed}.", feed=feed)
        await record(actor, "feed.sender_dismissed", "feed", feed, {"organisation": gone})


async def push(actor: Actor, feed: str, file: str, source: Path, store: ObjectStore) -> Receipt:
    """Take in what an office sends; NotFound unless it is the office that sends this feed."""
    await may_send(actor, feed)
    return await take_in(
        actor, feed, file, source, store, way=Way.PUSH, origin=actor.organisation or ""
    )


async def pushed(
    actor: Actor, most: int, after: Moment | None = None, *, feed: str = ""
) -> list[PushedRow]:
    """The batches that came by push, newest first; an office sees its own."""
    rows = await fetch(
        "SELECT id::text, feed, state, received_at, rows, matched, rows - matched FROM feed_batch"
        " WHERE way = 'push' AND ($1 = '' OR feed = $1) AND ($2 OR origin = $3)"
        " AND ($4::timestamptz IS NULL OR (received_at, id) < ($4, $5::uuid))"
        " ORDER BY received_at DESC, id DESC LIMIT $6",
        feed,
        actor.role in _READERS,
        actor.organisation,
        after.at if after else None,
        after.id if after else None,
        most,
    )
    return [PushedRow(*row) for row in rows]


async def pushed_batch(actor: Actor, batch: str) -> BatchRow:
    """One of them; NotFound for another office's."""
    if not await fetchval(
        "SELECT true FROM feed_batch WHERE id = $1 AND way = 'push' AND ($2 OR origin = $3)",
        row_id(batch),
        actor.role in _READERS,
        actor.organisation,
    ):
        raise NotFound("feed-batch-unknown", "There is no batch {id}.", id=batch)
    return await batch_show(row_id(batch))


async def set_aside(batch: str) -> list[SetAside]:
    """What was wrong with the rows of a batch that could not be read, line by line; at most
    MOST_FAULTS of them."""
    rows = await fetch(
        "SELECT u.line, f ->> 'column', f ->> 'code', f ->> 'message', f -> 'params'"
        " FROM unmatched_row u, jsonb_array_elements(u.faults) f WHERE u.batch = $1"
        " ORDER BY u.line, f ->> 'column' LIMIT $2",
        batch,
        MOST_FAULTS,
    )
    return [
        SetAside(row[0], row[1], row[2], row[3], msgspec.json.decode(row[4], type=dict[str, str]))
        for row in rows
    ]
