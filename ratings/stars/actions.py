"""Publishing standings and taking in what the authorities report."""

from datetime import date

import msgspec

from ratings.evaluations.actions import RESTAND
from ratings.ledger.actions import record, turn
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.errors import Conflict, Refused
from ratings.ledger.jobs import enqueue
from ratings.ledger.uscc import parse_uscc
from ratings.stars.estimate_actions import freeze
from ratings.stars.feedback import Cap, Severity
from ratings.stars.policy import Method
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import StandingRow, current, recompute
from ratings.stars.reference import quarter_of
from ratings.stars.standing import Standing, State
from ratings.stars.tables import OutsideEvent
from ratings.stars.tables import Standing as StandingTable
from ratings.stars.waterfall import StepCode

CONSIDER_CASE = "consider_case"
LOOK_AGAIN = "look_again"


async def restand(actor: Actor, uscc: str, *, by_time: bool = False) -> Standing:
    """Compute the standing as of the act and publish it where it differs from the one in force.

    `by_time` says that nothing has happened but the passing of a day. By the robust method every
    engagement then weighs a little less: such a drift is published with the first of each month,
    and at once where stars, state or confirmation change or a step comes or goes.
    Two stars or one after enough engagements, or by a cap, are followed by a case; people decide.
    """
    await estimates_ready(actor)
    async with tx():
        # Two answers unsealed at once must not publish the older computation last.
        as_of = await turn("standing.published", "agency", uscc, actor.at)
        actor = msgspec.structs.replace(actor, at=as_of)
        before = await current(uscc)
        computed = await recompute(uscc, as_of)
        waterfall = list(computed.waterfall)
        if before is not None and (
            _same(before, computed) or (by_time and _drifted(before, computed))
        ):
            return computed
        await execute("UPDATE standing SET current = false WHERE uscc = $1 AND current", uscc)
        await StandingTable.insert(
            StandingTable(
                uscc=uscc,
                as_of=as_of,
                current=True,
                score=computed.score,
                stars=computed.stars,
                state=computed.state.value,
                engagements=computed.engagements,
                waterfall=msgspec.json.encode(waterfall).decode(),
                policy=computed.policy_name,
                policy_version=computed.policy_version,
                policy_digest=computed.policy_digest,
                lower_bound=computed.lower_bound,
                confirmed=computed.confirmed,
            )
        )
        if opens_case(computed):
            await enqueue(CONSIDER_CASE, {"uscc": uscc}, actor.at)
        if computed.lower_bound is not None:
            # Only the robust method knows a bound, and what its shrinkage may hide.
            await enqueue(LOOK_AGAIN, {"uscc": uscc}, actor.at)
        await record(
            actor,
            "standing.published",
            "agency",
            uscc,
            {
                "score": None if computed.score is None else str(computed.score),
                "stars": computed.stars,
                "stars_before": before.stars if before else None,
                "state": computed.state.value,
                "engagements": computed.engagements,
                "policy": computed.policy_name,
                "policy_version": computed.policy_version,
                "policy_digest": computed.policy_digest,
            },
        )
    return computed


async def estimates_ready(actor: Actor) -> None:
    """Whoever first needs the estimates of a quarter has them made."""
    on = local_date(actor.at)
    policy = await policy_in_force(on)
    if policy.method is Method.ROBUST:
        await freeze(actor, policy, quarter_of(on))


def _same(before: StandingRow, computed: Standing) -> bool:
    """Whether there is nothing new to publish: everything is the same, under the same policy."""
    return before.policy_digest == computed.policy_digest and (
        (before.score, before.stars, before.state, before.engagements, before.waterfall)
        == (
            computed.score,
            computed.stars,
            computed.state.value,
            computed.engagements,
            list(computed.waterfall),
        )
    )


def _drifted(before: StandingRow, computed: Standing) -> bool:
    """Whether the same steps have only come to weigh a little more or less within a month."""
    on, last = computed.as_of, local_date(before.as_of)
    return (
        computed.lower_bound is not None
        and (on.year, on.month) == (last.year, last.month)
        and before.policy_digest == computed.policy_digest
        and (before.stars, before.state, before.confirmed)
        == (computed.stars, computed.state.value, computed.confirmed)
        and {(one.code, one.reference) for one in before.waterfall if one.reference}
        == {(one.code, one.reference) for one in computed.waterfall if one.reference}
    )


def opens_case(computed: Standing) -> bool:
    """Two stars are to be rectified, one asks for a delisting. One or two engagements are too
    little to question a firm's living; a cap is a verdict."""
    verdict = any(
        step.code is StepCode.CAP and step.params["stars"] == str(computed.stars)
        for step in computed.waterfall
    )
    low = computed.stars is not None and computed.stars <= 2
    return low and (computed.state is State.RATED or verdict)


class ReportedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tax or market regulation reported, with the document it rests on."""

    uscc: str
    on: date
    source: str
    document: str
    severity: Severity
    cap: Cap = Cap.NONE


async def report_event(actor: Actor, event: ReportedEvent) -> None:
    """Take in one outside event; the standing follows. The same document counts once."""
    uscc = parse_uscc(event.uscc)
    if event.on > local_date(actor.at):
        raise Refused("event-later", "The day of the event lies in the future.")
    if not event.document.strip():
        raise Refused("document-missing", "Feedback needs the number of its document.")
    async with tx():
        known_at = await turn("standing.published", "agency", uscc, actor.at)
        known = await fetchval(
            "SELECT true FROM outside_event WHERE uscc = $1 AND document = $2",
            uscc,
            event.document,
        )
        if known:
            raise Conflict("event-known", "{document} has been taken in.", document=event.document)
        await OutsideEvent.insert(
            OutsideEvent(
                uscc=uscc,
                on=event.on,
                source=event.source,
                document=event.document,
                severity=event.severity.value,
                repaired_on=None,
                cap=event.cap.value,
                recorded_at=known_at,
            )
        )
        await enqueue(RESTAND, {"uscc": uscc}, actor.at)
        await record(
            actor,
            "outside_event.reported",
            "agency",
            uscc,
            {
                "on": event.on.isoformat(),
                "source": event.source,
                "document": event.document,
                "severity": event.severity.value,
                "cap": event.cap.value,
            },
        )
