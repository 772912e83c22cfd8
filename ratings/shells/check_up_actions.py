"""Making the check-ups of a month, once its screen has been run."""

import asyncio
import uuid

import msgspec
from obstore.store import ObjectStore

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, tx
from ratings.shells.check_up import CheckUp, centre_reads_from, check_up, check_up_policy
from ratings.shells.check_up_figures import measured
from ratings.shells.check_up_queries import agencies_with_check_up
from ratings.shells.queries import FindingRow, findings, kept_screen
from ratings.shells.scorecard import Outcome
from ratings.signals.lawful import EXCUSED_FEEDS
from ratings.signals.queries import known_since
from ratings.signals.relations import stored_feeds

CHECK_UP = "check_ups"


async def make_check_ups(
    actor: Actor, screen: str, agencies: frozenset[str], store: ObjectStore
) -> list[str]:
    """A report for each of `agencies` that the register knows and that has none of the month yet;
    the USCCs for which one was made. It reads the store as the screen did, and once all are made
    the screen owes none any more."""
    run = await kept_screen(screen)
    policy = check_up_policy()
    waiting = agencies - await agencies_with_check_up(run.as_of_month)
    feeds = await stored_feeds(store, await known_since(run.ran_at))
    county = await asyncio.to_thread(measured, feeds, run.as_of_month, waiting, policy.least_months)
    found = {one.uscc: one for one in await findings(screen)}
    made = []
    for firm in county.firms:
        own = found.get(firm.uscc)
        report = check_up(
            firm,
            run.as_of_month,
            county.trades[firm.trade],
            policy,
            flagged=own is not None and own.outcome == Outcome.CASE,
            excused=_excused(own),
        )
        if await _keep(actor, screen, report):
            made.append(firm.uscc)
    await execute(
        "UPDATE screen_run SET checked_up_at = $2 WHERE id = $1 AND checked_up_at IS NULL",
        screen,
        actor.at,
    )
    return made


def _excused(found: FindingRow | None) -> set[str]:
    """The feeds that an excuse on record, at any time of the window, makes no sign of."""
    if found is None:
        return set()
    told = {row.feature for row in found.reasons if row.signal_class == "excuse"}
    return {feed for kind, feeds in EXCUSED_FEEDS.items() if kind in told for feed in feeds}


async def _keep(actor: Actor, screen: str, report: CheckUp) -> bool:
    """False where another run was quicker."""
    identifier = str(uuid.uuid4())
    async with tx():
        kept = await execute(
            "INSERT INTO check_up_report (id, uscc, month, run, made_at, centre_from, body)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (uscc, month) DO NOTHING",
            identifier,
            report.uscc,
            report.month,
            screen,
            actor.at,
            centre_reads_from(actor.at, check_up_policy()),
            msgspec.json.encode(report).decode(),
        )
        if not kept.endswith(" 1"):
            return False
        # The centre reads the ledger too, and the report only later: no figure of it stands here.
        facts = {"check_up": identifier, "month": report.month, "policy": report.policy_version}
        await record(actor, "check_up.made", "agency", report.uscc, facts)
    return True
