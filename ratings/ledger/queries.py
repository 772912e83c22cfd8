"""Reading the ledger: the history of a thing, and the whole chain for verification."""

from collections.abc import AsyncIterator

import msgspec

from ratings.ledger.database import fetch, fetchval
from ratings.ledger.rules import Entry

_COLUMNS = (
    "seq, at, role, person, organisation, act, subject_kind, subject, facts, reason,"
    " previous_hash, hash, api_key"
)
_CHUNK = 5_000


async def history(subject_kind: str, subject: str) -> list[Entry]:
    """Every act on one thing, oldest first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry"
        " WHERE subject_kind = $1 AND subject = $2 ORDER BY seq",
        subject_kind,
        subject,
    )
    return [Entry(*row) for row in rows]


async def latest(limit: int, acts: tuple[str, ...] = ()) -> list[Entry]:
    """The newest entries, of all acts or of the named ones."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry"
        " WHERE $1::text[] = '{}' OR act = ANY($1) ORDER BY seq DESC LIMIT $2",
        list(acts),
        limit,
    )
    return [Entry(*row) for row in rows]


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: an empty text or tuple asks for all."""

    subject_kind: str = ""
    subject: str = ""
    acts: tuple[str, ...] = ()


async def entries(wanted: Wanted, *, before: int | None, limit: int) -> list[Entry]:
    """Those that match, the newest first, from before a sequence number on."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM ledger_entry WHERE ($1 = '' OR subject_kind = $1)"
        " AND ($2 = '' OR subject = $2) AND ($3::text[] = '{}' OR act = ANY($3))"
        " AND ($4::bigint IS NULL OR seq < $4) ORDER BY seq DESC LIMIT $5",
        wanted.subject_kind,
        wanted.subject,
        list(wanted.acts),
        before,
        limit,
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
        " AND seq > $4 ORDER BY seq LIMIT $5",
        wanted.subject_kind,
        wanted.subject,
        list(wanted.acts),
        after,
        limit,
    )
    return [Entry(*row) for row in rows]


async def newest() -> int:
    """The sequence number of the last entry, 0 in an empty ledger."""
    seq: int = await fetchval("SELECT coalesce(max(seq), 0) FROM ledger_entry")
    return seq


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
