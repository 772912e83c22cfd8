"""What people decide about batches and rows, what is erased by age, and who looked at cells."""

import csv
import io
import uuid
from datetime import datetime

import duckdb
import msgspec
from obstore.store import ObjectStore

from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetch, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, NotFound, Refused
from ratings.ledger.uscc import parse_uscc
from ratings.signals.actions import TAKEN_IN, Receipt, count_firms, take_in
from ratings.signals.contract import FEEDS
from ratings.signals.queries import accepted_partitions
from ratings.signals.rules import BatchState, Retention, RowState, Way, stated
from ratings.signals.store import discard, local_paths
from ratings.signals.tables import CellAccess


async def decide_held(
    actor: Actor, batch: str, *, release: bool, reason: str, store: ObjectStore
) -> None:
    """Release a held batch to the screen, or reject it for good; the reason is kept.

    Conflict unless it is held. A released batch is known from now on; what came after it for the
    same cells still holds.
    """
    said, identifier = stated(reason), row_id(batch)
    async with tx():
        row = await fetchrow(
            "SELECT feed, state FROM feed_batch WHERE id = $1 FOR UPDATE", identifier
        )
        if row is None:
            raise NotFound("feed-batch-unknown", "There is no batch {id}.", id=batch)
        if row["state"] != BatchState.HELD:
            raise Conflict("feed-not-held", "This batch is not held any more.")
        # In turn with batches that arrive, so that “as known on” has one order.
        at = await turn(TAKEN_IN, "feed", row["feed"], actor.at)
        before = await accepted_partitions(row["feed"])
        state = BatchState.ACCEPTED if release else BatchState.REJECTED
        await execute(
            "UPDATE feed_batch SET state = $2, known_at = $3, decided_by = $4, decided_at = $5,"
            " decision = $6 WHERE id = $1",
            identifier,
            state.value,
            at if release else None,
            actor.person,
            at,
            said,
        )
        if release:
            await count_firms(row["feed"], identifier, before, store)
        await record(
            msgspec.structs.replace(actor, at=at),
            "feed.released" if release else "feed.rejected",
            "feed",
            row["feed"],
            {"batch": identifier},
            said,
        )


class _Row(msgspec.Struct, frozen=True):
    id: str
    feed: str
    batch: str
    received_at: datetime
    line: int
    content: dict[str, str]


async def _open_row(row: str) -> _Row:
    """The row, locked; Conflict once somebody has decided about it."""
    found = await fetchrow(
        "SELECT u.id::text, b.feed, b.id::text AS batch, b.received_at, u.line, u.content, u.state"
        " FROM unmatched_row u JOIN feed_batch b ON b.id = u.batch WHERE u.id = $1 FOR UPDATE OF u",
        row_id(row),
    )
    if found is None:
        raise NotFound("unmatched-row-unknown", "There is no row {id} in the queue.", id=row)
    if found["state"] != RowState.OPEN:
        raise Conflict("unmatched-row-decided", "Somebody has decided about this row already.")
    content = msgspec.json.decode(found["content"], type=dict[str, str])
    values = (*tuple(found)[:5], content)
    return _Row(*values)


async def resolve_row(
    actor: Actor, row: str, values: dict[str, str], reason: str, store: ObjectStore
) -> Receipt:
    """Mend a row that could not be read and take it in as a correction of its own.

    `values` replace columns of the row, an empty one takes a column away. Refused when it still
    cannot be read, and when the cell has been told again since.
    """
    said = stated(reason)
    async with tx():
        found = await _open_row(row)
        feed = FEEDS[found.feed]
        named = {column.name for column in feed.columns}
        for name in values:
            if name not in named:
                raise Refused(
                    "unmatched-row-column",
                    "{feed} has no column “{column}”.",
                    feed=feed.name,
                    column=name,
                )
        mended = {
            name: text
            for name, text in (found.content | values).items()
            if text.strip() and name in named
        }
        if "uscc" in mended:
            mended["uscc"] = parse_uscc(mended["uscc"])
        await _not_told_again(found, mended, store)
        required = [column.name for column in feed.columns if column.required]
        content = _one_line(dict.fromkeys(required, "") | mended)
        receipt = await take_in(
            actor, feed.name, f"{found.id}.csv", content, store, way=Way.CORRECTION, origin=found.id
        )
        if receipt.unmatched:
            problem = await fetchrow(
                "SELECT faults FROM unmatched_row WHERE batch = $1", receipt.batch
            )
            assert problem is not None, "a row that was set aside is in the queue"
            first = msgspec.json.decode(problem["faults"])[0]
            raise Refused(first["code"], first["message"], **first["params"])
        await _close(actor, found, RowState.RESOLVED, said, receipt.batch)
    return receipt


async def dismiss_row(actor: Actor, row: str, reason: str) -> None:
    """Leave a row out for good, with the reason."""
    said = stated(reason)
    async with tx():
        await _close(actor, await _open_row(row), RowState.DISMISSED, said, None)


async def _close(
    actor: Actor, row: _Row, state: RowState, reason: str, correction: str | None
) -> None:
    await execute(
        "UPDATE unmatched_row SET state = $2, decided_by = $3, decided_at = $4, reason = $5,"
        " correction = $6 WHERE id = $1",
        row.id,
        state.value,
        actor.person,
        actor.at,
        reason,
        correction,
    )
    await record(
        actor,
        "feed.row_resolved" if state is RowState.RESOLVED else "feed.row_dismissed",
        "feed",
        row.feed,
        {"batch": row.batch, "line": row.line, "correction": correction or ""},
        reason,
    )


def _one_line(values: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(values)
    writer.writerow(values.values())
    return out.getvalue().encode()


async def _not_told_again(row: _Row, mended: dict[str, str], store: ObjectStore) -> None:
    """A correction would overrule what the office itself has said since: Conflict then."""
    keys = FEEDS[row.feed].key
    if any(name not in mended for name in keys):
        return
    later = [
        one
        for one in await accepted_partitions(row.feed)
        if one.received_at > row.received_at and one.month in ("", mended.get("month", ""))
    ]
    if not later:
        return
    paths = await local_paths(store, (one.key for one in later))
    same = " AND ".join(f'"{name}" = ?' for name in keys)
    with duckdb.connect() as connection:
        told = connection.execute(
            f"SELECT count(*) FROM read_parquet(?) WHERE {same}",  # noqa: S608
            [[str(path) for path in paths.values()], *(mended[name] for name in keys)],
        ).fetchall()
    if told[0][0]:
        raise Conflict(
            "unmatched-row-overtaken",
            "A later batch has already said what holds for this cell. Dismiss the row instead.",
        )


async def erase_old_cells(actor: Actor, retention: Retention, store: ObjectStore) -> int:
    """Erase the partitions of months beyond their feed's time, and say so in the ledger.

    Returns how many. The manifest keeps its rows. Files of an earlier run that was cut short are
    deleted too.
    """
    this_month = f"{local_date(actor.at):%Y-%m}"
    erased = 0
    for feed in FEEDS:
        oldest = retention.oldest(feed, this_month)
        if oldest is None:
            continue
        async with tx():
            rows = await fetch(
                "UPDATE feed_partition SET erased_at = $3 WHERE feed = $1 AND month < $2"
                " AND month <> '' AND erased_at IS NULL RETURNING month",
                feed,
                oldest,
                actor.at,
            )
            if rows:
                erased += len(rows)
                months = sorted({row["month"] for row in rows})
                await record(
                    actor,
                    "feed.erased",
                    "feed",
                    feed,
                    {"from": months[0], "to": months[-1], "partitions": len(rows)},
                )
            await _forget_rows(feed, oldest)
    gone = await fetch(
        "SELECT storage_key FROM feed_partition WHERE erased_at IS NOT NULL AND NOT gone"
    )
    keys = [row["storage_key"] for row in gone]
    await discard(store, keys)
    await execute("UPDATE feed_partition SET gone = true WHERE storage_key = ANY($1)", keys)
    return erased


async def _forget_rows(feed: str, oldest: str) -> None:
    """What rows of those months said goes with the cells; that there were rows stays."""
    await execute(
        "UPDATE unmatched_row u SET content = '{}', faults = '[]' FROM feed_batch b"
        " WHERE b.id = u.batch AND b.feed = $1 AND u.content ->> 'month' < $2",
        feed,
        oldest,
    )


async def look_at(actor: Actor, uscc: str, reason: str) -> str:
    """Note that somebody looks at the cells of an agency, and why; returns the note's id."""
    said, code, identifier = stated(reason), parse_uscc(uscc), str(uuid.uuid4())
    async with tx():
        await CellAccess.insert(
            CellAccess(
                id=identifier,
                person=actor.person or "",
                role=actor.role.value,
                uscc=code,
                at=actor.at,
                reason=said,
            )
        )
        await record(actor, "cells.looked_at", "agency", code, {"access": identifier}, said)
    return identifier
