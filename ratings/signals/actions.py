"""The one way in for cells: a file, a push and a connector all end here."""

import asyncio
import contextlib
import tempfile
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from obstore.store import ObjectStore

from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, tx
from ratings.ledger.errors import Malformed
from ratings.signals.contract import FEEDS
from ratings.signals.files import sha256_of
from ratings.signals.partitions import CutFile, Progress, cut, engine
from ratings.signals.queries import (
    BatchRow,
    MonthRow,
    Notes,
    StoredPartition,
    accepted_partitions,
    batch_of,
    months_of,
)
from ratings.signals.rules import BatchState, Way
from ratings.signals.store import local_paths, partition_key, put
from ratings.signals.tables import FeedBatch, FeedPartition
from ratings.signals.units import Jump, find_jumps

TAKEN_IN = "feed.taken_in"
_BATCHES = uuid.UUID("6f6b1d0e-6d1c-5b0a-9c52-2f1d3c0b7a11")


class Sent(msgspec.Struct, frozen=True):
    """A table of the contract as it was sent.

    `file` is its name, whose ending says the format (.csv, .parquet, .xlsx); `origin` names the
    connector or program. With `key` (the county's) personal identifiers that come in the clear
    are hashed here: an explicit choice of whoever sends. `has_none`: the office was asked and has
    none, as its manifest says; otherwise a table without rows is refused.
    """

    feed: str
    file: str
    source: Path | bytes
    way: Way = Way.FILE
    origin: str = ""
    key: bytes | None = None
    has_none: bool = False


class Receipt(msgspec.Struct, frozen=True):
    """What became of a batch. `unmatched` are rows set aside, `matched` those that were taken,
    repeated ones included; `repeated` says that it had come before and nothing was changed.

    `held_because` lists the jumps for which a person has to release or reject it.
    """

    batch: str
    feed: str
    file: str
    sha256: str
    state: BatchState
    repeated: bool
    received_at: datetime
    rows: int
    matched: int
    duplicates: int
    unmatched: int
    unknown_columns: list[str]
    months: list[MonthRow]
    held_because: list[Jump]


class _Prepared(msgspec.Struct, frozen=True):
    """A batch that was read and whose partitions lie in the store, of which nobody knows yet."""

    batch: str
    sent: Sent
    sha256: str
    file: CutFile
    jumps: list[Jump]


async def take_in(
    actor: Actor,
    feed: str,
    file: str,
    source: Path | bytes,
    store: ObjectStore,
    *,
    way: Way = Way.FILE,
    origin: str = "",
    key: bytes | None = None,
    has_none: bool = False,
    progress: Progress = lambda rows: None,
) -> Receipt:
    """Take in one table of the contract; see `Sent` and `Receipt`.

    Refused, and nothing kept, when it cannot be this feed. The partitions are stored first, under
    names that follow from the content: a process that dies leaves nothing that anybody reads, and
    the same file sent anew overwrites it. What makes them known is one transaction.
    """
    sent = Sent(feed, file, source, way, origin, key, has_none)
    (receipt,) = await take_in_all(actor, [sent], store, progress)
    return receipt


async def take_in_all(
    actor: Actor,
    delivery: Sequence[Sent],
    store: ObjectStore,
    progress: Progress = lambda rows: None,
) -> list[Receipt]:
    """The same for several tables, of which all are taken in or none."""
    prepared = [await _prepare(actor, sent, store, progress) for sent in delivery]
    async with tx():
        return [await _keep(actor, one, store) for one in prepared]


async def _prepare(
    actor: Actor, sent: Sent, store: ObjectStore, progress: Progress
) -> _Prepared | BatchRow:
    """Read the file and store its partitions, or find the batch that it has been before."""
    if sent.feed not in FEEDS:
        raise Malformed(
            "feed-unknown",
            "There is no feed “{feed}”. The contract has: {feeds}.",
            feed=sent.feed,
            feeds=", ".join(FEEDS),
        )
    sha256 = await asyncio.to_thread(sha256_of, sent.source)
    known = await batch_of(sent.feed, sha256, sent.key is not None)
    if known is not None:
        return known
    batch = str(uuid.uuid5(_BATCHES, f"{sent.feed} {sha256} {sent.key is not None}"))
    with tempfile.TemporaryDirectory(prefix="steelyard-cells-") as folder:
        work = Path(folder)
        read = await asyncio.to_thread(
            cut,
            sent.feed,
            sent.file,
            sent.source,
            work,
            newest=f"{local_date(actor.at):%Y-%m}",
            key=sent.key,
            has_none=sent.has_none,
            progress=progress,
        )
        jumps = await _jumps(sent.feed, read, store, work)
        for partition in read.partitions:
            key = partition_key(sent.feed, partition.month, batch)
            await put(store, key, partition.path)
    return _Prepared(batch, sent, sha256, read, jumps)


async def _jumps(feed: str, read: CutFile, store: ObjectStore, work: Path) -> list[Jump]:
    accepted = await accepted_partitions(feed)
    paths = await local_paths(store, (one.key for one in accepted))
    earlier: dict[str, list[Path]] = {}
    for one in accepted:
        earlier.setdefault(one.month, []).append(paths[one.key])

    def compare() -> list[Jump]:
        with engine(work) as connection:
            return find_jumps(
                connection, feed, {one.month: one.path for one in read.partitions}, earlier
            )

    return await asyncio.to_thread(compare)


async def _keep(actor: Actor, prepared: _Prepared | BatchRow, store: ObjectStore) -> Receipt:
    """Make a batch known; one that another request has made known meanwhile changes nothing."""
    if isinstance(prepared, BatchRow):
        return await _receipt(prepared, repeated=True)
    sent, read = prepared.sent, prepared.file
    at = await turn(TAKEN_IN, "feed", sent.feed, actor.at)
    known = await batch_of(sent.feed, prepared.sha256, sent.key is not None)
    if known is not None:
        return await _receipt(known, repeated=True)
    state = BatchState.HELD if prepared.jumps else BatchState.ACCEPTED
    before = await accepted_partitions(sent.feed)
    await FeedBatch.insert(
        FeedBatch(
            id=prepared.batch,
            feed=sent.feed,
            sha256=prepared.sha256,
            hashed=sent.key is not None,
            state=state.value,
            way=sent.way.value,
            origin=sent.origin,
            file=sent.file,
            person=actor.person,
            received_at=at,
            known_at=at if state is BatchState.ACCEPTED else None,
            rows=read.rows,
            matched=read.rows - read.set_aside,
            notes=msgspec.json.encode(
                Notes(read.duplicates, list(read.unknown_columns), prepared.jumps)
            ).decode(),
        )
    )
    for part in read.partitions:
        await FeedPartition.insert(
            FeedPartition(
                id=str(uuid.uuid4()),
                batch=prepared.batch,
                feed=sent.feed,
                month=part.month,
                rows=part.rows,
                firms=part.firms,
                storage_key=partition_key(sent.feed, part.month, prepared.batch),
                sha256=part.sha256,
                size=part.size,
                figures=msgspec.json.encode(part.figures).decode(),
            )
        )
    if state is BatchState.ACCEPTED:
        await count_firms(sent.feed, prepared.batch, before, store)
    await _keep_unmatched(prepared.batch, read)
    months = [part.month for part in read.partitions if part.month]
    await record(
        msgspec.structs.replace(actor, at=at),
        TAKEN_IN,
        "feed",
        sent.feed,
        {
            "batch": prepared.batch,
            "sha256": prepared.sha256,
            "way": sent.way.value,
            "state": state.value,
            "rows": read.rows,
            "unmatched": read.set_aside,
            "months": len(months),
            "from": min(months, default=""),
            "to": max(months, default=""),
            "identifiers_hashed_here": sent.key is not None,
        },
    )
    kept = await batch_of(sent.feed, prepared.sha256, sent.key is not None)
    assert kept is not None, "it was just written"
    return await _receipt(kept, repeated=False)


async def count_firms(
    feed: str, batch: str, before: Sequence[StoredPartition], store: ObjectStore
) -> None:
    """State for each month of a batch how many agencies are known with it; `before` without it."""
    await execute("UPDATE feed_partition SET firms_known = firms WHERE batch = $1", batch)
    months = {row.month for row in await months_of(batch)}
    corrected = sorted({one.month for one in before if one.month in months})
    if not corrected or "uscc" not in FEEDS[feed].key:
        return
    keys = {
        month: [one.key for one in before if one.month == month]
        + [partition_key(feed, month, batch)]
        for month in corrected
    }
    paths = await local_paths(store, (key for several in keys.values() for key in several))

    def count() -> list[int]:
        with contextlib.ExitStack() as stack:
            work = stack.enter_context(tempfile.TemporaryDirectory(prefix="steelyard-cells-"))
            connection = stack.enter_context(engine(Path(work)))
            return [
                connection.execute(
                    "SELECT count(DISTINCT uscc) FROM read_parquet(?)",
                    [[str(paths[key]) for key in keys[month]]],
                ).fetchall()[0][0]
                for month in corrected
            ]

    counted = await asyncio.to_thread(count)
    await execute(
        "UPDATE feed_partition p SET firms_known = c.firms"
        " FROM unnest($2::text[], $3::int[]) AS c (month, firms)"
        " WHERE p.batch = $1 AND p.month = c.month",
        batch,
        corrected,
        counted,
    )


async def _keep_unmatched(batch: str, read: CutFile) -> None:
    lines: dict[int, list[dict[str, object]]] = {}
    contents: dict[int, dict[str, str]] = {}
    for entry in read.unmatched:
        lines.setdefault(entry.line, []).append(
            {
                "column": entry.column,
                "value": entry.value,
                "code": entry.code,
                "message": entry.message,
                "params": entry.params,
            }
        )
        contents[entry.line] = entry.row
    await execute(
        "INSERT INTO unmatched_row (id, batch, line, faults, content, state, reason)"
        " SELECT gen_random_uuid(), $1, l, f::jsonb, c::jsonb, 'open', ''"
        " FROM unnest($2::int[], $3::text[], $4::text[]) AS row (l, f, c)",
        batch,
        list(lines),
        [msgspec.json.encode(faults).decode() for faults in lines.values()],
        [msgspec.json.encode(content).decode() for content in contents.values()],
    )


async def _receipt(batch: BatchRow, *, repeated: bool) -> Receipt:
    return Receipt(
        batch=batch.id,
        feed=batch.feed,
        file=batch.file,
        sha256=batch.sha256,
        state=batch.state,
        repeated=repeated,
        received_at=batch.received_at,
        rows=batch.rows,
        matched=batch.matched,
        duplicates=batch.notes.duplicates,
        unmatched=batch.rows - batch.matched,
        unknown_columns=batch.notes.unknown_columns,
        months=await months_of(batch.id),
        held_because=batch.notes.jumps,
    )
