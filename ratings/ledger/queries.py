"""Reading the ledger: the history of a thing, and the whole chain for verification."""

from collections.abc import AsyncIterator

import asyncpg
import msgspec

from ratings.ledger.database import fetch, fetchval
from ratings.ledger.rules import GENESIS, Entry

_COLUMNS = (
    "seq, at, role, person, organisation, act, subject_kind, subject, facts, reason,"
    " previous_hash, hash, api_key"
)
_CHUNK = 5_000

# Of a row of the ledger: the public may still read it.
ON_VIEW = "NOT EXISTS (SELECT 1 FROM unpublished_entry u WHERE u.seq = ledger_entry.seq)"


async def history(subject_kind: str, subject: str, *, on_view: bool = False) -> list[Entry]:
    """Every act on one thing, oldest first; `on_view` leaves out what was repaired."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry"
        f" WHERE subject_kind = $1 AND subject = $2 AND (NOT $3 OR {ON_VIEW}) ORDER BY seq",
        subject_kind,
        subject,
        on_view,
    )
    return [Entry(*row) for row in rows]


async def latest(limit: int, acts: tuple[str, ...] = (), *, on_view: bool = False) -> list[Entry]:
    """The newest entries, of all acts or of the named ones; `on_view` leaves out what was
    repaired."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry WHERE ($1::text[] = '{{}}' OR act = ANY($1))"
        f" AND (NOT $3 OR {ON_VIEW}) ORDER BY seq DESC LIMIT $2",
        list(acts),
        limit,
        on_view,
    )
    return [Entry(*row) for row in rows]


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: an empty text or tuple asks for all; `on_view` leaves out the repaired."""

    subject_kind: str = ""
    subject: str = ""
    acts: tuple[str, ...] = ()
    on_view: bool = False


async def entries(wanted: Wanted, *, before: int | None, limit: int) -> list[Entry]:
    """Those that match, the newest first, from before a sequence number on."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry WHERE ($1 = '' OR subject_kind = $1)"
        " AND ($2 = '' OR subject = $2) AND ($3::text[] = '{}' OR act = ANY($3))"
        f" AND ($4::bigint IS NULL OR seq < $4) AND (NOT $6 OR {ON_VIEW})"
        " ORDER BY seq DESC LIMIT $5",
        wanted.subject_kind,
        wanted.subject,
        list(wanted.acts),
        before,
        limit,
        wanted.on_view,
    )
    return [Entry(*row) for row in rows]


async def entries_after(wanted: Wanted, after: int, limit: int) -> list[Entry]:
    """Those that match, the oldest first, from after a sequence number on.

    Whoever goes on from the last one has missed none: sequence numbers are given under a lock that
    is held until the commit, so that no entry ever appears before one that has been seen.
    """
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry WHERE ($1 = '' OR subject_kind = $1)"
        " AND ($2 = '' OR subject = $2) AND ($3::text[] = '{}' OR act = ANY($3))"
        f" AND seq > $4 AND (NOT $6 OR {ON_VIEW}) ORDER BY seq LIMIT $5",
        wanted.subject_kind,
        wanted.subject,
        list(wanted.acts),
        after,
        limit,
        wanted.on_view,
    )
    return [Entry(*row) for row in rows]


async def newest() -> int:
    """The sequence number of the last entry, 0 in an empty ledger."""
    seq: int = await fetchval("SELECT coalesce(max(seq), 0) FROM ledger_entry")
    return seq


class Place(msgspec.Struct, frozen=True):
    """How far somebody who follows the ledger has read: the last entry they know."""

    seq: int = 0
    hash: str = GENESIS


class Happened(msgspec.Struct, frozen=True):
    """Of an entry what tells a follower which of the things they know it has changed."""

    seq: int
    act: str
    subject: str


async def happened_since(place: Place, most: int) -> tuple[Place, list[Happened] | None]:
    """Where the ledger ends now, and what has been added: one round trip.

    None instead of the entries when there are more than `most` of them, or when the ledger does
    not contain the place: another database stands there, for instance one restored from a backup.
    """
    rows = await fetch(
        "SELECT seq, hash, act, subject FROM ledger_entry WHERE seq >= $1 ORDER BY seq LIMIT $2",
        place.seq,
        most + 1,
    )
    known = place == _START if place.seq == 0 else bool(rows) and _place(rows[0]) == place
    if known and len(rows) <= most:
        added = rows if place.seq == 0 else rows[1:]
        end = _place(rows[-1]) if rows else place
        return end, [Happened(row["seq"], row["act"], row["subject"]) for row in added]
    return await ledger_end(), None


_START = Place()


async def ledger_end() -> Place:
    """The last entry. As long as it is the same one, nothing has been acknowledged since."""
    last = await fetch("SELECT seq, hash FROM ledger_entry ORDER BY seq DESC LIMIT 1")
    return _place(last[0]) if last else _START


def _place(row: asyncpg.Record) -> Place:
    return Place(row["seq"], row["hash"])


async def chain() -> AsyncIterator[Entry]:
    """All entries in order, in chunks, so that a long ledger needs little memory."""
    after = -1
    while True:
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM ledger_entry WHERE seq > $1 ORDER BY seq LIMIT $2",
            after,
            _CHUNK,
        )
        for row in rows:
            yield Entry(*row)
        if len(rows) < _CHUNK:
            return
        after = rows[-1]["seq"]
