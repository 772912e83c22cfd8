"""Pulling a source page by page: each page is kept as it comes, and a month lands whole or not."""

import asyncio
import hashlib
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import msgspec
from obstore.store import ObjectStore

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, system
from ratings.ledger.addresses import Network
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import NotFound, Refused, SteelyardError
from ratings.ledger.jobs import enqueue
from ratings.ledger.text import N_
from ratings.signals.actions import take_in
from ratings.signals.connectors.client import Again, Source
from ratings.signals.connectors.description import Connector
from ratings.signals.connectors.mapping import Mapped, map_rows
from ratings.signals.connectors.pages import Month, page_content, put_together
from ratings.signals.connectors.paging import PageRead, read_page, request_for
from ratings.signals.connectors.rules import (
    LEASE,
    MOST_PAGES,
    MOST_READINGS,
    finished_months,
    is_whole,
    last_time,
    next_attempt,
)
from ratings.signals.rules import Way

PULL = "connector.pull"
"""The job that goes on with one pull."""

MOVED = N_("Rows moved while they were read, {times} times. The next pull begins anew.")


class Desk(msgspec.Struct, frozen=True):
    """What pulling needs beside the database: the connectors by name, the networks they may reach
    beside the public internet, the key for personal identifiers, the store of cells, a clock."""

    connectors: Mapping[str, Connector]
    networks: tuple[Network, ...]
    key: bytes
    store: ObjectStore
    clock: Callable[[], datetime]


class _Pull(msgspec.Struct, frozen=True):
    id: UUID
    connector: str
    month: str
    began_at: datetime
    reading: int
    pages: int
    place: str | None
    digest: str
    failures: int


def _pull(row: Mapping[str, Any]) -> _Pull:
    return _Pull(**{name: row[name] for name in _Pull.__struct_fields__})


async def begin_due(connectors: Mapping[str, Connector], at: datetime) -> None:
    """Begin what the schedules ask for, and wake what waits longer than it should."""
    for connector in connectors.values():
        due = last_time(connector.schedule, at)
        async with tx():
            await _begin(connector, finished_months(connector.schedule.months, due), at, due=due)
    async with tx():
        # A job may have been lost with its worker; one that comes twice finds the lease taken.
        for row in await fetch(
            "SELECT id::text FROM connector_pull WHERE state = 'reading' AND next_attempt_at <= $1"
            " AND (under_way_until IS NULL OR under_way_until <= $2)",
            at - LEASE,
            at,
        ):
            await enqueue(PULL, {"pull": row[0]}, at)


async def pull_now(actor: Actor, connectors: Mapping[str, Connector], name: str) -> list[str]:
    """Pull the months of the schedule now, those that are waiting too; returns the months."""
    connector = connectors.get(name)
    if connector is None:
        raise NotFound("connector-unknown", "There is no connector {name}.", name=name)
    months = finished_months(connector.schedule.months, actor.at)
    async with tx():
        await _begin(connector, months, actor.at, asked_by=actor.person)
        for row in await fetch(
            "UPDATE connector_pull SET next_attempt_at = $2 WHERE connector = $1"
            " AND state = 'reading' AND next_attempt_at > $2 RETURNING id::text",
            name,
            actor.at,
        ):
            await enqueue(PULL, {"pull": row[0]}, actor.at)
        await record(
            actor,
            "connector.pull_asked",
            "connector",
            name,
            {"feed": connector.feed, "months": months},
        )
    return months


async def _begin(
    connector: Connector,
    months: list[str],
    at: datetime,
    *,
    due: datetime | None = None,
    asked_by: str | None = None,
) -> None:
    """A pull for each month that is not being read already, nor was for this time."""
    for month in months:
        identifier = str(uuid.uuid4())
        begun = await fetchval(
            "INSERT INTO connector_pull (id, connector, feed, month, due_at, asked_by, began_at,"
            " state, reading, pages, rows, place, digest, failures, next_attempt_at, problem,"
            " params, unknown_fields, missing_fields)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'reading', 1, 0, 0, '', '', 0, $7, '', '{}',"
            " '{}', '{}') ON CONFLICT DO NOTHING RETURNING true",
            identifier,
            connector.name,
            connector.feed,
            month,
            due,
            asked_by,
            at,
        )
        if begun:
            await enqueue(PULL, {"pull": identifier}, at)


async def pull(identifier: str, desk: Desk) -> None:
    """Read on from the page the pull has come to, until the month has landed or has to wait.

    Does nothing for a pull that has ended, that is not due, or that another worker is at.
    """
    claimed = await _claim(identifier, desk.clock())
    if claimed is None:
        return
    try:
        connector = desk.connectors.get(claimed.connector)
        if connector is None:
            raise NotFound(
                "connector-unknown", "There is no connector {name}.", name=claimed.connector
            )
        source = Source(connector, desk.networks)
        reading: _Pull | None = claimed
        while reading is not None and reading.place is not None:
            reading = await _next_page(reading, connector, source, desk)
            if reading is not None and reading.place is None:
                reading = await _finish(reading, connector, desk)
    except Again as problem:
        await _wait(identifier, problem, desk.clock())
    except SteelyardError as refusal:
        await _fail(identifier, refusal.message, refusal.params, desk.clock())


async def _claim(identifier: str, at: datetime) -> _Pull | None:
    async with tx():
        row = await fetchrow(
            "UPDATE connector_pull SET under_way_until = $3 WHERE id = $1 AND state = 'reading'"
            " AND next_attempt_at <= $2 AND (under_way_until IS NULL OR under_way_until <= $2)"
            " RETURNING *",
            row_id(identifier),
            at,
            at + LEASE,
        )
    return None if row is None else _pull(row)


async def _next_page(pull: _Pull, connector: Connector, source: Source, desk: Desk) -> _Pull | None:
    """The pull with one page more; None when another worker has read it meanwhile."""
    began = monotonic()
    place = pull.place or ""
    reply = await source.page(request_for(connector, pull.month, place), desk.clock())
    page = read_page(connector, place, reply.content, reply.headers)
    mapped = map_rows(connector, pull.month, page.rows, desk.key)
    if pull.pages + 1 >= MOST_PAGES or (page.following is not None and page.following == place):
        raise Refused(
            "connector-endless",
            "The pages of the source of {name} do not end. Check how the connector pages.",
            name=connector.name,
        )
    kept = await _keep(pull, page, mapped, page_content(connector, mapped), desk.clock())
    if kept is not None and kept.place is not None:
        gap = 1 / connector.request.requests_per_second
        await asyncio.sleep(max(0.0, gap - (monotonic() - began)))
    return kept


async def _keep(
    pull: _Pull, page: PageRead, mapped: Mapped, content: bytes, at: datetime
) -> _Pull | None:
    """Page and place change together, so that a pull never goes on anywhere but behind its last
    page. A page met before in the same reading means that the pages have moved: read anew."""
    digest = hashlib.sha256(content).hexdigest()
    async with tx():
        row = await fetchrow(
            "UPDATE connector_pull SET pages = pages + 1, rows = rows + $5, place = $6, total = $7,"
            " failures = 0, problem = '', params = '{}', under_way_until = $8,"
            " unknown_fields = (SELECT coalesce(array_agg(DISTINCT one ORDER BY one), '{}')"
            "  FROM unnest(unknown_fields || $9::varchar[]) one),"
            " missing_fields = $10::varchar[] WHERE id = $1 AND state = 'reading' AND reading = $2"
            " AND pages = $3 AND place = $4 RETURNING *",
            pull.id,
            pull.reading,
            pull.pages,
            pull.place,
            len(page.rows),
            page.following,
            page.total,
            at + LEASE,
            sorted(mapped.unknown),
            sorted(mapped.missing),
        )
        if row is None:
            return None
        if page.rows and await fetchval(
            "SELECT true FROM connector_page WHERE pull = $1 AND sha256 = $2", pull.id, digest
        ):
            return await _anew(pull, "")
        await execute(
            "INSERT INTO connector_page (id, pull, number, sha256, content)"
            " VALUES ($1, $2, $3, $4, $5)",
            str(uuid.uuid4()),
            pull.id,
            pull.pages + 1,
            digest,
            content,
        )
    return _pull(row)


async def _anew(pull: _Pull, digest: str) -> _Pull:
    """Begin a further reading; Refused when there were enough. `digest` is of the one that ends."""
    if pull.reading >= MOST_READINGS:
        raise Refused("connector-moved", MOVED, times=MOST_READINGS)
    await execute("DELETE FROM connector_page WHERE pull = $1", pull.id)
    row = await fetchrow(
        "UPDATE connector_pull SET reading = reading + 1, pages = 0, rows = 0, place = '',"
        " total = NULL, digest = $2 WHERE id = $1 RETURNING *",
        pull.id,
        digest,
    )
    assert row is not None, "its row is held"
    return _pull(row)


async def _finish(pull: _Pull, connector: Connector, desk: Desk) -> _Pull | None:
    """Land the month that was read whole; the pull begun anew where rows have moved."""
    pages = await fetch(
        "SELECT content FROM connector_page WHERE pull = $1 ORDER BY number", pull.id
    )
    month = await asyncio.to_thread(put_together, connector, [row[0] for row in pages])
    async with tx():
        held = await fetchrow(
            "SELECT total, pages, unknown_fields FROM connector_pull WHERE id = $1"
            " AND state = 'reading' AND reading = $2 AND place IS NULL FOR UPDATE",
            pull.id,
            pull.reading,
        )
        if held is None:
            return None
        if not is_whole(month.rows, month.distinct, held["total"], month.digest == pull.digest):
            return await _anew(pull, month.digest)
        if not month.rows:
            raise Refused(
                "connector-empty",
                "The source of {name} has no row for {month}. An empty month is not taken in: it"
                " would say that nobody has anything.",
                name=connector.name,
                month=pull.month,
            )
        await _land(pull, connector, month, desk, held["pages"], held["unknown_fields"])
    return None


async def _land(
    pull: _Pull, connector: Connector, month: Month, desk: Desk, pages: int, unknown: list[str]
) -> None:
    """The batch, the end of the pull and the ledger: all or nothing."""
    actor = system(desk.clock())
    landed = await take_in(
        actor,
        connector.feed,
        f"{connector.name}-{pull.month}.parquet",
        month.content,
        desk.store,
        way=Way.CONNECTOR,
        origin=connector.name,
    )
    await execute(
        "UPDATE connector_pull SET state = 'landed', ended_at = $2, under_way_until = NULL,"
        " batch = $3, rows = $4 WHERE id = $1",
        pull.id,
        actor.at,
        landed.batch,
        month.rows,
    )
    await execute("DELETE FROM connector_page WHERE pull = $1", pull.id)
    await record(
        actor,
        "connector.pulled",
        "connector",
        connector.name,
        {
            "feed": connector.feed,
            "month": pull.month,
            "pages": pages,
            "rows": month.rows,
            "readings": pull.reading,
            "unknown_fields": unknown,
            "batch": landed.batch,
            "batch_state": landed.state.value,
        },
    )


async def _wait(identifier: str, problem: Again, at: datetime) -> None:
    """Note why, and when to go on; failed when that would be too late."""
    async with tx():
        row = await fetchrow(
            "UPDATE connector_pull SET failures = failures + 1, problem = $2, params = $3::jsonb"
            " WHERE id = $1 AND state = 'reading' RETURNING began_at, failures",
            identifier,
            problem.message,
            _encoded(problem.params),
        )
        if row is None:
            return
        again = next_attempt(row["began_at"], row["failures"], at, problem.wait, random.random())
        if again is None:
            await _fail(identifier, problem.message, problem.params, at)
            return
        await execute(
            "UPDATE connector_pull SET next_attempt_at = $2, under_way_until = NULL WHERE id = $1",
            identifier,
            again,
        )
        await enqueue(PULL, {"pull": identifier}, again)


async def _fail(identifier: str, message: str, params: Mapping[str, object], at: datetime) -> None:
    """The pull is over, and nothing of it lands; what it had read is forgotten."""
    async with tx():
        row = await fetchrow(
            "UPDATE connector_pull SET state = 'failed', ended_at = $2, under_way_until = NULL,"
            " problem = $3, params = $4::jsonb WHERE id = $1 AND state = 'reading'"
            " RETURNING connector, feed, month, pages",
            identifier,
            at,
            message,
            _encoded(params),
        )
        if row is None:
            return
        await execute("DELETE FROM connector_page WHERE pull = $1", identifier)
        facts: dict[str, Any] = {"feed": row["feed"], "month": row["month"], "pages": row["pages"]}
        reason = message.format(**params)
        await record(
            system(at), "connector.pull_failed", "connector", row["connector"], facts, reason
        )


def _encoded(params: Mapping[str, object]) -> str:
    return msgspec.json.encode({name: str(one) for name, one in params.items()}).decode()
