"""The timetable, and the table of what follows what.

An act in a lower room never calls up: it enqueues a job in its own transaction, and this table
says which action the job becomes. Every action here may run twice without harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import msgspec
from pgqueuer import PgQueuer
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job, Schedule

from market.accounts.allowances import forget_ended_windows
from market.accounts.idempotency import forget_old_keys
from market.accounts.invitations import forget_old_invitations
from market.accounts.throttle import forget_old_counts
from market.agencies.queries import admitted
from market.catalogue import edition_actions, package_actions
from market.catalogue.edition_queries import due_editions
from market.catalogue.package_queries import due_versions
from market.files.store import open_store
from market.notices.courier import deliver
from market.notices.deliveries import forget_old_deliveries
from market.oversight.feed_events import propose_from_feeds
from market.oversight.feeding import deliver_conduct, desk_of, erase_beyond_retention
from market.oversight.manipulation import look_for_manipulation
from market.purchasing.actions import CLOSE, close_group_buy
from market.purchasing.queries import overdue as overdue_group_buys
from market.settings import Settings, installation_key
from ratings.evaluations.actions import RESTAND, UNSEAL, remind, unseal
from ratings.evaluations.queries import overdue as overdue_dockets
from ratings.evaluations.queries import to_remind
from ratings.integrity.actions import look_again
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import LIFT, lift, open_case
from ratings.sanctions.conclusions import CONCLUDE, ESCALATE, conclude, due_to_conclude
from ratings.sanctions.misconduct_actions import escalate
from ratings.sanctions.misconduct_queries import agencies_to_count
from ratings.sanctions.queries import due_to_lift, last_decision
from ratings.sanctions.rules import Kind
from ratings.shells.actions import keep_for_next_month, screen_what_is_new
from ratings.shells.audit_actions import remind_overdue
from ratings.shells.check_up_actions import CHECK_UP, make_check_ups
from ratings.shells.check_up_queries import owed_check_ups
from ratings.signals.connectors.actions import PULL, begin_due, pull
from ratings.signals.connectors.folder import read_folder
from ratings.stars.actions import CONSIDER_CASE, LOOK_AGAIN, opens_case, restand
from ratings.stars.estimate_actions import ESTIMATE, freeze_all
from ratings.stars.queries import agencies_with_answers, evidence_since, recompute

log = logging.getLogger(__name__)

# How long a deferred job may wait beyond its time before the queue is looked at again.
POLL = timedelta(seconds=1)
RECONNECT = timedelta(seconds=3)


async def consider_case(at: datetime, uscc: str) -> str | None:
    """Open a case if the standing still has two stars or one; a person will decide it.

    Once a person has decided the question, either way, only new evidence asks it again.
    """
    standing = await recompute(uscc, at)
    if not opens_case(standing):
        return None
    kind = Kind.ONE_STAR if standing.stars == 1 else Kind.TWO_STAR
    decided = await last_decision(uscc, kind)
    if decided is not None and not await evidence_since(uscc, decided):
        return None
    score = "–" if standing.score is None else str(standing.score)
    zh, en = ("一星", "one star") if kind is Kind.ONE_STAR else ("二星", "two stars")
    reason = Bilingual(
        zh=f"{standing.as_of}计算的信用状况为{zh}：{standing.engagements}个委托项目的综合得分为"
        f"{score}分（评价规则 {standing.policy_name} {standing.policy_version}）。",
        en=f"The standing computed on {standing.as_of} is {en}: {score} points from"
        f" {standing.engagements} engagements under the policy {standing.policy_name}"
        f" {standing.policy_version}.",
    )
    return await open_case(system(at), uscc, kind, [reason])


async def check_ups(at: datetime, screen: str, settings: Settings) -> list[str]:
    """The check-ups of a screen's month, of all agencies that are in the market now."""
    return await make_check_ups(system(at), screen, await admitted(), open_store(settings.files))


async def catch_up_check_ups(at: datetime, settings: Settings) -> None:
    """Those that a screen owes because its job was lost, or has failed too often."""
    await _each(await owed_check_ups(at), lambda one: check_ups(at, one, settings))


async def screen_by_night(at: datetime, settings: Settings) -> None:
    """Look for shells in what offices and connectors have sent since the last screen."""
    store = open_store(settings.files)
    await screen_what_is_new(system(at), await admitted(), store)
    await keep_for_next_month(at, store)


FOLLOWS: dict[str, Callable[[datetime, dict[str, str]], Awaitable[object]]] = {
    package_actions.TAKE_EFFECT: lambda at, job: package_actions.take_effect(
        system(at), job["package"]
    ),
    CLOSE: lambda at, job: close_group_buy(system(at), job["group_buy"]),
    UNSEAL: lambda at, job: unseal(system(at), job["docket"]),
    RESTAND: lambda at, job: restand(system(at), job["uscc"]),
    CONSIDER_CASE: lambda at, job: consider_case(at, job["uscc"]),
    LOOK_AGAIN: lambda at, job: look_again(system(at), job["uscc"]),
    ESTIMATE: lambda at, job: freeze_all(system(at), at),
    LIFT: lambda at, job: lift(system(at), job["delisting"]),
    CONCLUDE: lambda at, job: conclude(system(at), job["case"]),
    ESCALATE: lambda at, job: escalate(system(at), job["uscc"]),
    edition_actions.TAKE_EFFECT: lambda at, job: edition_actions.take_effect(
        system(at), job["edition"]
    ),
}
"""Which job becomes which action."""


async def nightly(at: datetime) -> None:
    """Reminders, what time alone changes in a standing, the cases and reviews that follow, flags
    of manipulation, and what may be forgotten."""
    await _each(await to_remind(at), lambda one: remind(system(at), one))
    await freeze_all(system(at), at)
    known = await agencies_with_answers()
    await _each(known, lambda one: restand(system(at), one, by_time=True))
    await _each(known, lambda one: consider_case(at, one))
    await _each(await agencies_to_count(), lambda one: escalate(system(at), one))
    await _each(known, lambda one: look_again(system(at), one))
    await forget_old_keys(at)
    await forget_old_deliveries(at)
    await forget_old_counts(at)
    await forget_old_invitations(at)
    await look_for_manipulation(system(at))
    await remind_overdue(system(at))


async def sweep(at: datetime) -> None:
    """What is due and undone, should a job have been lost or run by a clock that was ahead."""
    await _each(await due_versions(at), lambda one: package_actions.take_effect(system(at), one))
    await _each(await overdue_group_buys(at), lambda one: close_group_buy(system(at), one))
    await _each(await overdue_dockets(at), lambda one: unseal(system(at), one))
    await _each(await due_to_lift(at), lambda one: lift(system(at), one))
    await _each(await due_to_conclude(at), lambda one: conclude(system(at), one))
    await _each(
        await due_editions(local_date(at)), lambda one: edition_actions.take_effect(system(at), one)
    )
    await forget_ended_windows()


async def _each(subjects: list[str], action: Callable[[str], Awaitable[object]]) -> None:
    """One that fails is logged and comes again next time; the others do not wait for it."""
    for subject in subjects:
        try:
            await action(subject)
        except (OSError, asyncpg.InterfaceError):
            raise
        except Exception:
            log.exception("the timetable could not do what is due for %s", subject)


def build(connection: asyncpg.Connection, settings: Settings) -> PgQueuer:
    """The queue with every job of FOLLOWS, the pulls, and the nightly timetable registered."""
    queue = PgQueuer.from_asyncpg_connection(connection)
    for name, action in FOLLOWS.items():
        _register(queue, name, action)
    _register(queue, CHECK_UP, lambda at, job: check_ups(at, job["screen"], settings))
    _register(queue, PULL, lambda at, job: pull(job["pull"], desk_of(settings)))

    # 16:10 UTC is ten past midnight in the county.
    @queue.schedule("nightly", "10 16 * * *")
    async def run_nightly(schedule: Schedule) -> None:
        await nightly(now())

    # Half an hour later a finished month of the market's own feed is counted.
    @queue.schedule("conduct", "40 16 * * *")
    async def run_conduct(schedule: Schedule) -> None:
        await deliver_conduct(system(now()), installation_key(settings), open_store(settings.files))

    @queue.schedule("retention", "50 16 * * *")
    async def run_retention(schedule: Schedule) -> None:
        await erase_beyond_retention(system(now()), settings)

    @queue.schedule("events", "0 17 * * *")
    async def run_events(schedule: Schedule) -> None:
        await propose_from_feeds(system(now()), settings)

    @queue.schedule("screen", "5 17 * * *")
    async def run_screen(schedule: Schedule) -> None:
        await screen_by_night(now(), settings)

    @queue.schedule("check_ups", "10 17 * * *")
    async def run_check_ups(schedule: Schedule) -> None:
        await catch_up_check_ups(now(), settings)

    @queue.schedule("connectors", "* * * * *")
    async def run_connectors(schedule: Schedule) -> None:
        await begin_due(read_folder(settings.connectors).connectors, now())

    @queue.schedule("sweep", "* * * * *")
    async def run_sweep(schedule: Schedule) -> None:
        await sweep(now())

    return queue


def _register(
    queue: PgQueuer, name: str, action: Callable[[datetime, dict[str, str]], Awaitable[object]]
) -> None:
    @queue.entrypoint(name, executor_factory=DatabaseRetryEntrypointExecutor)
    async def run(job: Job) -> None:
        try:
            await action(now(), msgspec.json.decode(job.payload or b"{}", type=dict[str, str]))
        except Exception:
            log.exception("job %s %s failed, attempt %s", name, job.id, job.attempts + 1)
            raise


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop` is set; a lost database is waited for, not died of."""
    key, networks = installation_key(settings), settings.networks
    async with asyncio.TaskGroup() as both:
        both.create_task(_going_on(stop, lambda: _run_connected(settings, stop)))
        both.create_task(_going_on(stop, lambda: deliver(stop, key=key, networks=networks)))


async def _going_on(stop: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    while not stop.is_set():
        try:
            await work()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            log.exception("the timetable lost its database and tries again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT.total_seconds())


async def _run_connected(settings: Settings, stop: asyncio.Event) -> None:
    """On a connection of its own: LISTEN needs one."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        queue = build(connection, settings)
        running = asyncio.create_task(queue.run(dequeue_timeout=POLL, batch_size=10))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        queue.shutdown.set()
        stopping.cancel()
        await running
    finally:
        await connection.close()
