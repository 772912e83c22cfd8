"""What follows from a decision once nothing can change it any more, and only then.

A delisting takes effect at once and is suspended by an objection. What marks an agency's stars
waits instead: until the time to object is over, or the last answer is given.
"""

from datetime import datetime

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchval, tx
from ratings.ledger.jobs import enqueue
from ratings.sanctions import objections
from ratings.sanctions.caps import impose_cap
from ratings.sanctions.holding import hold_cases, locked
from ratings.sanctions.matter_queries import contested, matter_of
from ratings.sanctions.objections import Matter
from ratings.sanctions.rules import CAPPED

CONCLUDE = "conclude_case"
ESCALATE = "count_marks"

# What has an effect that waits; of the delistings those that hold the stars at one as well.
_TO_CONCLUDE = (
    "SELECT id::text FROM case_file WHERE final_at IS NULL"
    " AND (state IN ('unrectified', 'recorded', 'warned')"
    " OR (state = 'delisted' AND kind = ANY($1::text[])))"
)
_NOTHING_WAITS = (
    " AND NOT EXISTS (SELECT 1 FROM objection o WHERE o.case_file = case_file.id"
    " AND o.answered_at IS NULL)"
)


async def await_finality(case: str, matter: Matter) -> None:
    """Have the case concluded when its decision becomes final, unless something is filed first."""
    final = objections.final_from(matter)
    if final is not None:
        await enqueue(CONCLUDE, {"case": case}, final)


async def conclude(actor: Actor, case: str) -> bool:
    """Do what follows from a final decision; before that, or twice, nothing happens."""
    async with tx():
        row = await locked(case)
        waits = await fetchval(f"{_TO_CONCLUDE} AND id = $2", list(CAPPED), row["id"])
        if not waits:
            return False
        found = await contested(str(row["id"]))
        assert found is not None, "a decided case can be contested"
        final = objections.final_from(await matter_of(found.case, found.against))
        if final is None or actor.at < final:
            return False
        await hold_cases([found.uscc])
        await execute("UPDATE case_file SET final_at = $2 WHERE id = $1", row["id"], actor.at)
        if row["state"] in ("recorded", "warned"):
            await enqueue(ESCALATE, {"uscc": found.uscc}, actor.at)
        else:
            await impose_cap(actor, found.uscc, str(row["number"]))
        await record(actor, "case.concluded", "agency", found.uscc, {"case": found.case})
    return True


async def due_to_conclude(at: datetime) -> list[str]:
    """Cases whose decision is final and has had no consequence yet, for the timetable."""
    rows = await fetch(
        f"{_TO_CONCLUDE}{_NOTHING_WAITS} ORDER BY decided_at",
        list(CAPPED),
    )
    found = []
    for (case,) in rows:
        about = await contested(case)
        assert about is not None
        final = objections.final_from(await matter_of(case, about.against))
        if final is not None and at >= final:
            found.append(case)
    return found
