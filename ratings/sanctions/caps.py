"""The one-star cap that a case ends in: it stands in the waterfall beside those reported."""

from ratings.evaluations.actions import RESTAND
from ratings.ledger.actions import turn
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch
from ratings.ledger.jobs import enqueue
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Cap, Severity

SOURCE = "中介管理服务中心"
"""Who such a cap comes from; its document is the number of the case."""


async def impose_cap(actor: Actor, uscc: str, number: str) -> None:
    """Part of the transaction that concludes the case."""
    await report_event(
        actor,
        ReportedEvent(
            uscc=uscc,
            on=local_date(actor.at),
            source=SOURCE,
            document=number,
            severity=Severity.NONE,
            cap=Cap.ONE_STAR,
        ),
    )


async def end_cap(actor: Actor, uscc: str, number: str) -> list[str]:
    """Withdraw it, if there is one, with the delisting it came with; its document, for the ledger.

    Part of the transaction that ends the delisting, before its first entry.
    """
    known_at = await turn("standing.published", "agency", uscc, actor.at)
    rows = await fetch(
        "UPDATE outside_event SET withdrawn_at = $4 WHERE uscc = $1 AND document = $2"
        " AND source = $3 AND withdrawn_at IS NULL RETURNING document",
        uscc,
        number,
        SOURCE,
        known_at,
    )
    if rows:
        await enqueue(RESTAND, {"uscc": uscc}, actor.at)
    return [row[0] for row in rows]
