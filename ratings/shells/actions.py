"""Taking in a delivery of feeds, screening it, and opening a case for each flag."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa
from obstore.store import ObjectStore

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import local_date
from ratings.ledger.database import tx
from ratings.ledger.errors import Bilingual, Refused
from ratings.ledger.jobs import enqueue
from ratings.ledger.queries import newest
from ratings.sanctions.actions import open_case
from ratings.sanctions.holding import hold_cases
from ratings.sanctions.queries import last_decision
from ratings.sanctions.rules import Kind
from ratings.shells.case_queries import registered_excuses
from ratings.shells.check_up_actions import CHECK_UP
from ratings.shells.facts import SHORT
from ratings.shells.policy import Policy
from ratings.shells.policy_queries import keep_screen_policy, screen_policy_in_force
from ratings.shells.queries import latest_screen, screen_due
from ratings.shells.registered import with_registered
from ratings.shells.rescoring import county_of
from ratings.shells.scorecard import Outcome, Reason, Score
from ratings.shells.screen import Screening, keep_facts, no_feed, running
from ratings.shells.shelf import Shelf
from ratings.shells.tables import Finding, FirmTies, ScreenRun
from ratings.shells.ties import Ties, ties_of
from ratings.signals.actions import Sent, take_in_all
from ratings.signals.cells import month_number
from ratings.signals.files import find_files, said_to_have_none
from ratings.signals.queries import known_partitions, known_since
from ratings.signals.relations import Feeds, stored_feeds
from ratings.signals.store import own_folder


class Screened(msgspec.Struct, frozen=True):
    """A run over the store: `cases` are the USCCs for which a case was opened."""

    screen: str
    counts: dict[str, int]
    cases: list[str]


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
    key: bytes | None = None,
) -> Delivery:
    """Take in the feed files of a directory, then screen what the store knows.

    All files are taken in or none; with `key`, identifiers that come in the clear are hashed.
    """
    await _may_screen(as_of_month, actor.at)
    found, unknown = await asyncio.to_thread(find_files, directory)
    if not set(SHORT) & ({*found} | {one.feed for one in await known_partitions(actor.at)}):
        raise no_feed()
    none = await asyncio.to_thread(said_to_have_none, found)
    delivery = [
        Sent(feed, path.name, path, key=key, has_none=feed in none) for feed, path in found.items()
    ]
    receipts = await take_in_all(actor, delivery, store)
    # A batch that had to wait for another one is known a moment after it was sent.
    at = max(actor.at, *(receipt.received_at for receipt in receipts))
    later = msgspec.structs.replace(actor, at=at)
    screened = await screen_store(later, as_of_month, agencies, store)
    return Delivery(
        screen=screened.screen,
        as_of_month=as_of_month,
        counts=screened.counts,
        batches={receipt.feed: receipt.rows for receipt in receipts},
        unmatched=sum(receipt.unmatched for receipt in receipts),
        unknown_files=list(unknown),
        cases=screened.cases,
    )


async def screen_store(
    actor: Actor, as_of_month: str, agencies: frozenset[str], store: ObjectStore
) -> Screened:
    """Screen the 24 months to `as_of_month` (YYYY-MM) as the store knows them, flag agencies.

    A flag opens a case only for firms among `agencies`: feeds may name others. Once a person has
    decided about a firm, only a batch that came later asks again. The long part runs before the
    transaction, over partitions that never change. It goes by the policy in force on its day.
    """
    await _may_screen(as_of_month, actor.at)
    policy = await screen_policy_in_force(local_date(actor.at))
    # Before the reading: what is appended from here on may be missing in it.
    read_to = await newest()
    at = await known_since(actor.at)
    stored = await stored_feeds(store, at)
    feeds = with_registered(stored, await registered_excuses())
    shelf = Shelf(own_folder("facts"), stored)
    screening, county = await asyncio.to_thread(
        _screened, feeds, as_of_month, policy, agencies, shelf
    )
    ties = await asyncio.to_thread(ties_of, feeds, as_of_month, screening.policy, agencies)
    flagged = [
        score
        for score in screening.scores
        if score.outcome is Outcome.CASE and score.uscc in agencies
    ]
    async with tx():
        await hold_cases(score.uscc for score in flagged)
        screen = await _keep_screen(actor, screening, county)
        await _keep_ties(screen, ties.values())
        cases = [
            score.uscc
            for score in flagged
            if not await _decided_since(score.uscc, at)
            and await open_case(system(actor.at), score.uscc, Kind.SHELL, _reasons(score))
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
                "known_at": at.isoformat(),
                "read_to": read_to,
                "cases": cases,
            },
        )
        await enqueue(CHECK_UP, {"screen": screen}, actor.at)
    return Screened(screen, counts, cases)


async def _may_screen(as_of_month: str, at: datetime) -> None:
    """Refused where the result could not stand for the county as it is: it would take the place of
    the latest screen on every page."""
    month_number(as_of_month)
    newest = local_date(at).strftime("%Y-%m")
    if as_of_month > newest:
        raise Refused(
            "screen-future-month",
            "{month} has not begun yet; screen a month up to {newest}.",
            month=as_of_month,
            newest=newest,
        )
    latest = await latest_screen()
    if latest is not None and as_of_month < latest.as_of_month:
        raise Refused(
            "screen-past-month",
            "{latest} has been screened already; screen that month or a later one. An earlier"
            " screen can be run again by its own policy.",
            latest=latest.as_of_month,
        )


async def screen_what_is_new(
    actor: Actor, agencies: frozenset[str], store: ObjectStore
) -> Screened | None:
    """Screen the last month that has ended, if something came since it was screened."""
    month = await screen_due(actor.at)
    if month is None:
        return None
    return await screen_store(actor, month, agencies, store)


async def keep_for_next_month(at: datetime, store: ObjectStore) -> None:
    """Keep what the large feeds say so far of the month we are in, so that its screen need not
    read them again."""
    stored = await stored_feeds(store, await known_since(at))
    shelf = Shelf(own_folder("facts"), stored)
    await asyncio.to_thread(keep_facts, shelf, local_date(at).strftime("%Y-%m"))


def _screened(
    feeds: Feeds, as_of_month: str, policy: Policy, agencies: frozenset[str], shelf: Shelf
) -> tuple[Screening, dict[str, str]]:
    """The scores of the agencies and of all flagged firms, and what the county says of each."""
    with running(feeds, as_of_month, policy, shelf=shelf) as run:
        scores = run.some(agencies, flagged=True)
        run.tables.register("wanted", pa.table({"code": [score.uscc for score in scores]}))
        county = county_of(run.tables, run.firms)
        return Screening(as_of_month, policy, scores, run.counts(), run.shown), county


async def _decided_since(uscc: str, received: datetime) -> bool:
    decided = await last_decision(uscc, Kind.SHELL)
    return decided is not None and decided >= received


async def _keep_screen(actor: Actor, screening: Screening, county: Mapping[str, str]) -> str:
    screen = str(uuid.uuid4())
    await keep_screen_policy(screening.policy, actor.at)
    await ScreenRun.insert(
        ScreenRun(
            id=screen,
            as_of_month=screening.as_of,
            ran_at=actor.at,
            policy=screening.policy.name,
            policy_version=screening.policy.version,
            policy_digest=screening.policy.digest,
            counts=msgspec.json.encode(screening.counts).decode(),
            shown=msgspec.json.encode(screening.shown).decode(),
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
                    county=county.get(score.uscc),
                )
                for score in screening.scores[first : first + 1000]
            )
        )
    return screen


async def _keep_ties(screen: str, ties: Iterable[Ties]) -> None:
    rows = [
        FirmTies(
            id=str(uuid.uuid4()),
            run=screen,
            uscc=one.uscc,
            firms=one.firms,
            ties=msgspec.json.encode(one.ties).decode(),
        )
        for one in ties
    ]
    for first in range(0, len(rows), 1000):
        await FirmTies.insert(*rows[first : first + 1000])


def _reasons(score: Score) -> list[Bilingual]:
    """The rows that weigh most against the firm, as sentences it can answer."""
    against = sorted(
        (row for row in score.reasons if row.contribution > 0),
        key=lambda row: -row.contribution,
    )
    return [_sentence(row) for row in against[:_QUOTED]]


def _sentence(row: Reason) -> Bilingual:
    return Bilingual(zh=row.sentence_zh.format(**row.params), en=row.sentence.format(**row.params))
