"""Taking in a delivery of feeds, screening it, and opening a case for each flag."""

import asyncio
import uuid
from datetime import datetime
from pathlib import Path

import msgspec
import obstore
from obstore.store import ObjectStore

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import hold_cases, open_case
from ratings.sanctions.queries import last_decision
from ratings.sanctions.rules import Kind
from ratings.shells.scorecard import Outcome, Reason, Score
from ratings.shells.screen import Screening, screen_directory
from ratings.shells.tables import Finding, ScreenRun
from ratings.signals.files import FeedBatch
from ratings.signals.tables import FeedBatch as FeedBatchTable

# How many of the rows that speak against a firm are quoted when its case is opened.
_QUOTED = 6


class Delivery(msgspec.Struct, frozen=True):
    """What one delivery brought: `cases` are the USCCs for which a case was opened."""

    screen: str
    as_of_month: str
    counts: dict[str, int]
    batches: dict[str, int]
    unmatched: int
    unknown_files: list[str]
    cases: list[str]


async def take_in_and_screen(
    actor: Actor,
    directory: Path,
    as_of_month: str,
    agencies: frozenset[str],
    store: ObjectStore,
) -> Delivery:
    """Keep the feed files, screen the 24 months to `as_of_month` (YYYY-MM), flag agencies.

    A flag opens a case only for firms among `agencies`: feeds may name others. Once a person has
    decided about a firm, only a file that came later asks again. All of it is one transaction;
    the files are stored first, under names of their content, so that a file sent twice is kept
    once.
    """
    screening = await asyncio.to_thread(screen_directory, directory, as_of_month)
    for batch in screening.batches:
        content = await asyncio.to_thread((directory / batch.file).read_bytes)
        await obstore.put_async(store, _storage_key(batch), content)
    flagged = [
        score
        for score in screening.scores
        if score.outcome is Outcome.CASE and score.uscc in agencies
    ]
    async with tx():
        await hold_cases(score.uscc for score in flagged)
        for batch in screening.batches:
            await _keep_batch(actor, batch)
        screen = await _keep_screen(actor, screening)
        received = await _received(screening.batches)
        cases = [
            score.uscc
            for score in flagged
            if not await _decided_since(score.uscc, received)
            and await open_case(actor, score.uscc, Kind.SHELL, _reasons(score))
        ]
        counts = {outcome.value: number for outcome, number in screening.counts.items()}
        await record(
            actor,
            "screen.ran",
            "screen",
            screen,
            {
                "as_of_month": as_of_month,
                "policy": screening.policy.name,
                "policy_version": screening.policy.version,
                "policy_digest": screening.policy.digest,
                "counts": counts,
                "batches": {batch.feed: batch.sha256 for batch in screening.batches},
                "cases": cases,
            },
        )
    return Delivery(
        screen=screen,
        as_of_month=as_of_month,
        counts=counts,
        batches={batch.feed: batch.rows for batch in screening.batches},
        unmatched=len(screening.unmatched),
        unknown_files=list(screening.unknown_files),
        cases=cases,
    )


def _storage_key(batch: FeedBatch) -> str:
    return f"feeds/{batch.feed}/{batch.sha256}{Path(batch.file).suffix}"


async def _keep_batch(actor: Actor, batch: FeedBatch) -> None:
    known = await fetchval("SELECT true FROM feed_batch WHERE sha256 = $1", batch.sha256)
    if known:
        return
    identifier = str(uuid.uuid4())
    await FeedBatchTable.insert(
        FeedBatchTable(
            id=identifier,
            feed=batch.feed,
            sha256=batch.sha256,
            received_at=actor.at,
            rows=batch.rows,
            matched=batch.rows - batch.rejected,
            storage_key=_storage_key(batch),
            notes=msgspec.json.encode(
                {"duplicates": batch.duplicates, "unknown_columns": batch.unknown_columns}
            ).decode(),
        )
    )
    await execute(
        'INSERT INTO unmatched_row (id, batch, line, "column", value, reason)'
        " SELECT gen_random_uuid(), $1, *"
        " FROM unnest($2::int[], $3::text[], $4::text[], $5::text[])",
        identifier,
        [row.line for row in batch.unmatched],
        [row.column for row in batch.unmatched],
        [row.value for row in batch.unmatched],
        [row.sentence() for row in batch.unmatched],
    )


async def _received(batches: tuple[FeedBatch, ...]) -> datetime:
    """When the newest of the files first came."""
    newest: datetime = await fetchval(
        "SELECT max(received_at) FROM feed_batch WHERE sha256 = ANY($1)",
        [batch.sha256 for batch in batches],
    )
    return newest


async def _decided_since(uscc: str, received: datetime) -> bool:
    decided = await last_decision(uscc, Kind.SHELL)
    return decided is not None and decided >= received


async def _keep_screen(actor: Actor, screening: Screening) -> str:
    screen = str(uuid.uuid4())
    await ScreenRun.insert(
        ScreenRun(
            id=screen,
            as_of_month=screening.as_of,
            ran_at=actor.at,
            policy=screening.policy.name,
            policy_version=screening.policy.version,
            policy_digest=screening.policy.digest,
            counts=msgspec.json.encode(screening.counts).decode(),
        )
    )
    for first in range(0, len(screening.scores), 1000):
        await Finding.insert(
            *(
                Finding(
                    run=screen,
                    uscc=score.uscc,
                    log_odds=score.log_odds,
                    probability=score.probability,
                    points=score.points,
                    coverage=score.coverage,
                    classes=score.classes,
                    outcome=score.outcome.value,
                    reasons=msgspec.json.encode(score.reasons).decode(),
                )
                for score in screening.scores[first : first + 1000]
            )
        )
    return screen


def _reasons(score: Score) -> list[Bilingual]:
    """The rows that weigh most against the firm, as sentences it can answer."""
    against = sorted(
        (row for row in score.reasons if row.contribution > 0),
        key=lambda row: -row.contribution,
    )
    return [_sentence(row) for row in against[:_QUOTED]]


def _sentence(row: Reason) -> Bilingual:
    return Bilingual(zh=row.sentence_zh.format(**row.params), en=row.sentence.format(**row.params))
