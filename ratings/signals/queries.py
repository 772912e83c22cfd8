"""What the store of cells holds, as it is known now or was known on a day."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment
from ratings.signals.aside import AsideReason
from ratings.signals.contract import FEEDS
from ratings.signals.rules import BatchState, RowState
from ratings.signals.units import Jump


class MonthRow(msgspec.Struct, frozen=True):
    """One month of a batch; `firms` are the agencies named in it."""

    month: str
    rows: int
    firms: int
    sha256: str
    erased: bool


class Notes(msgspec.Struct, frozen=True):
    """What reading a file showed beside its rows."""

    duplicates: int
    unknown_columns: list[str]
    jumps: list[Jump]


class BatchRow(msgspec.Struct, frozen=True):
    """A batch in the manifest; `known_at` is since when the screen reads it."""

    id: str
    feed: str
    file: str
    sha256: str
    state: BatchState
    way: str
    origin: str
    hashed: bool
    received_at: datetime
    known_at: datetime | None
    rows: int
    matched: int
    open_rows: int
    notes: Notes
    decision: str
    decided_at: datetime | None


class StoredPartition(msgspec.Struct, frozen=True):
    """A readable partition; of one month the later ones overrule the earlier."""

    feed: str
    month: str
    batch: str
    key: str
    rows: int
    firms: int
    firms_known: int
    received_at: datetime


_BATCH = (
    "SELECT b.id::text, b.feed, b.file, b.sha256, b.state, b.way, b.origin, b.hashed,"
    " b.received_at, b.known_at, b.rows, b.matched,"
    " (SELECT count(*) FROM unmatched_row u WHERE u.batch = b.id AND u.state = 'open'),"
    " b.notes, b.decision, b.decided_at FROM feed_batch b"
)
_KNOWN = (
    "SELECT p.feed, p.month, p.batch::text, p.storage_key, p.rows, p.firms, p.firms_known,"
    " b.received_at FROM feed_partition p JOIN feed_batch b ON b.id = p.batch"
    " WHERE b.state = 'accepted' AND p.erased_at IS NULL"
)
_IN_ORDER = " ORDER BY p.feed, p.month, b.received_at, b.id"


def _batch(row: Any) -> BatchRow:
    notes = msgspec.json.decode(row[13], type=Notes)
    values = (*row[:4], BatchState(row[4]), *row[5:13], notes, *row[14:])
    return BatchRow(*values)


async def batch_show(identifier: str) -> BatchRow:
    row = await fetchrow(f"{_BATCH} WHERE b.id = $1", row_id(identifier))
    if row is None:
        raise NotFound("feed-batch-unknown", "There is no batch {id}.", id=identifier)
    return _batch(row)


async def batch_of(feed: str, sha256: str, hashed: bool) -> BatchRow | None:
    """The batch with this content, whatever became of it."""
    row = await fetchrow(
        f"{_BATCH} WHERE b.feed = $1 AND b.sha256 = $2 AND b.hashed = $3", feed, sha256, hashed
    )
    return None if row is None else _batch(row)


async def batches(
    most: int, after: Moment | None = None, *, feed: str = "", state: str = ""
) -> list[BatchRow]:
    """Newest first."""
    rows = await fetch(
        f"{_BATCH} WHERE ($1 = '' OR b.feed = $1) AND ($2 = '' OR b.state = $2)"
        " AND ($3::timestamptz IS NULL OR (b.received_at, b.id) < ($3, $4::uuid))"
        " ORDER BY b.received_at DESC, b.id DESC LIMIT $5",
        feed,
        state,
        after.at if after else None,
        after.id if after else None,
        most,
    )
    return [_batch(row) for row in rows]


async def months_of(identifier: str) -> list[MonthRow]:
    """The months of a batch, oldest first."""
    rows = await fetch(
        "SELECT month, rows, firms, sha256, erased_at IS NOT NULL FROM feed_partition"
        " WHERE batch = $1 ORDER BY month",
        identifier,
    )
    return [MonthRow(*row) for row in rows]


async def known_partitions(
    at: datetime, feeds: Iterable[str] = tuple(FEEDS)
) -> list[StoredPartition]:
    """What the screen could read at that time, by feed and month, the latest received last."""
    rows = await fetch(
        f"{_KNOWN} AND b.known_at <= $1 AND p.feed = ANY($2){_IN_ORDER}", at, list(feeds)
    )
    return [StoredPartition(*row) for row in rows]


async def accepted_partitions(feed: str) -> list[StoredPartition]:
    """All readable partitions of a feed."""
    rows = await fetch(f"{_KNOWN} AND p.feed = $1{_IN_ORDER}", feed)
    return [StoredPartition(*row) for row in rows]


async def known_since(at: datetime) -> datetime:
    """Since when the store has been as it is at `at`: when the newest batch became known."""
    newest: datetime | None = await fetchval(
        "SELECT max(known_at) FROM feed_batch WHERE known_at <= $1", at
    )
    return newest or at


class FaultRow(msgspec.Struct, frozen=True):
    """One thing wrong with a row; `message` is a msgid that `params` fill."""

    column: str
    value: str
    code: str
    message: str
    params: dict[str, str]


class UnmatchedRowShown(msgspec.Struct, frozen=True):
    """A row of the queue; `content` is what it said, by column."""

    id: str
    batch: str
    feed: str
    file: str
    line: int
    received_at: datetime
    state: RowState
    faults: list[FaultRow]
    content: dict[str, str]
    reason: str
    decided_at: datetime | None
    correction: str | None


class AccessRow(msgspec.Struct, frozen=True):
    """Somebody looked at the cells of an agency."""

    id: str
    person: str
    role: str
    uscc: str
    at: datetime
    reason: str


_ROW = (
    "SELECT u.id::text, b.id::text, b.feed, b.file, u.line, b.received_at, u.state, u.faults,"
    " u.content, u.reason, u.decided_at, u.correction::text"
    " FROM unmatched_row u JOIN feed_batch b ON b.id = u.batch"
)


def _row(row: Any) -> UnmatchedRowShown:
    faults = msgspec.json.decode(row[7], type=list[FaultRow])
    content = msgspec.json.decode(row[8], type=dict[str, str])
    values = (*row[:6], RowState(row[6]), faults, content, *row[9:])
    return UnmatchedRowShown(*values)


async def unmatched_row(identifier: str) -> UnmatchedRowShown:
    row = await fetchrow(f"{_ROW} WHERE u.id = $1", row_id(identifier))
    if row is None:
        raise NotFound("unmatched-row-unknown", "There is no row {id} in the queue.", id=identifier)
    return _row(row)


async def unmatched_rows(
    most: int, after: Moment | None = None, *, feed: str = "", state: str = "", batch: str = ""
) -> list[UnmatchedRowShown]:
    """Newest batch first."""
    rows = await fetch(
        f"{_ROW} WHERE ($1 = '' OR b.feed = $1) AND ($2 = '' OR u.state = $2)"
        " AND ($3 = '' OR b.id::text = $3)"
        " AND ($4::timestamptz IS NULL OR (b.received_at, u.id) < ($4, $5::uuid))"
        " ORDER BY b.received_at DESC, u.id DESC LIMIT $6",
        feed,
        state,
        batch,
        after.at if after else None,
        after.id if after else None,
        most,
    )
    return [_row(row) for row in rows]


async def aside_reasons(batch: str) -> list[AsideReason]:
    """For how many rows of a batch each reason holds, the most frequent first."""
    rows = await fetch(
        "SELECT b.feed, count(DISTINCT u.id), min(u.line),"
        " (array_agg(fault->>'message' ORDER BY u.line))[1],"
        " (array_agg(fault->'params' ORDER BY u.line))[1]"
        " FROM unmatched_row u JOIN feed_batch b ON b.id = u.batch"
        " CROSS JOIN jsonb_array_elements(u.faults) AS fault WHERE b.id = $1"
        " GROUP BY b.feed, fault->>'column', fault->>'code' ORDER BY 2 DESC, 3",
        batch,
    )
    return [
        AsideReason(feed, count, line, message, msgspec.json.decode(params))
        for feed, count, line, message, params in rows
    ]


async def open_count() -> int:
    """Rows that wait for a person."""
    count: int = await fetchval("SELECT count(*) FROM unmatched_row WHERE state = 'open'")
    return count


async def accesses(most: int, after: Moment | None = None, *, uscc: str = "") -> list[AccessRow]:
    """Who looked at cells, newest first."""
    rows = await fetch(
        "SELECT id::text, person, role, uscc, at, reason FROM cell_access"
        " WHERE ($1 = '' OR uscc = $1) AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3::uuid))"
        " ORDER BY at DESC, id DESC LIMIT $4",
        uscc,
        after.at if after else None,
        after.id if after else None,
        most,
    )
    return [AccessRow(*row) for row in rows]


async def access(identifier: str) -> AccessRow:
    row = await fetchrow(
        "SELECT id::text, person, role, uscc, at, reason FROM cell_access WHERE id = $1",
        row_id(identifier),
    )
    if row is None:
        raise NotFound("cell-access-unknown", "There is no note {id}.", id=identifier)
    return AccessRow(*row)
