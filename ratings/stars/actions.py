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
from ratings.stars.feedback import Cap, Severity
from ratings.stars.queries import current, recompute
from ratings.stars.standing import Standing, State
from ratings.stars.tables import OutsideEvent
from ratings.stars.tables import Standing as StandingTable
from ratings.stars.waterfall import StepCode

CONSIDER_CASE = "consider_case"


async def restand(actor: Actor, uscc: str) -> Standing:
    """Compute the standing as of the act and publish it where it differs from the one in force.

    One star after enough engagements, or by a cap, is followed by a case; people decide it.
    """
    async with tx():
        # Two answers unsealed at once must not publish the older computation last.
        as_of = await turn("standing.published", "agency", uscc, actor.at)
        actor = msgspec.structs.replace(actor, at=as_of)
        before = await current(uscc)
        computed = await recompute(uscc, as_of)
        waterfall = list(computed.waterfall)
        unchanged = before is not None and (
            (before.score, before.stars, before.state, before.engagements, before.waterfall)
            == (computed.score, computed.stars, computed.state, computed.engagements, waterfall)
        )
        if unchanged:
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
            )
        )
        if opens_case(computed):
            await enqueue(CONSIDER_CASE, {"uscc": uscc}, actor.at)
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


def opens_case(computed: Standing) -> bool:
    """One or two engagements are too little to question a firm's living; a cap is a verdict."""
    verdict = any(
        step.code is StepCode.CAP and step.params["stars"] == "1" for step in computed.waterfall
    )
    return computed.stars == 1 and (computed.state is State.RATED or verdict)


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
