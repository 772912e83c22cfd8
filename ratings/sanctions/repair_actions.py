"""Applying for a repair, and the decision that lifts all effects together."""

import uuid
from typing import Any

import msgspec

from ratings.evaluations.actions import RESTAND
from ratings.evaluations.queries import has_rated
from ratings.ledger.actions import record, turn, unpublish
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetch, fetchval, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, Refused
from ratings.ledger.jobs import enqueue
from ratings.sanctions import repair
from ratings.sanctions.actions import end_delisting
from ratings.sanctions.holding import decide, hold_cases, locked, needs, new_case
from ratings.sanctions.matter_queries import imposed_by
from ratings.sanctions.repair_queries import Effect, chosen, effects_of
from ratings.sanctions.rules import Kind
from ratings.sanctions.tables import RepairEffect


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`references` name what is to be lifted: case numbers of delistings, documents of events."""

    references: tuple[str, ...]
    text: str


async def apply_for_repair(actor: Actor, wanted: Application) -> str:
    """The agency asks to be rid of what weighs on it; its files are put into the case afterwards.

    Returns the id of the case. Refused before the least time of any of it is over.
    """
    if actor.uscc is None or actor.person is None:
        raise Forbidden("not-an-agency", "Only an agency may do this.")
    if not wanted.text.strip():
        raise Refused("text-empty", "Write what you have to say.")
    if not wanted.references:
        raise Refused("repair-of-nothing", "Choose what is to be repaired.")
    uscc, today = actor.uscc, local_date(actor.at)
    async with tx():
        await hold_cases([uscc])
        effects = chosen(await effects_of(uscc, actor.at), wanted.references)
        for one in effects:
            repair.check_day(one.first_day, today)
            if one.case is not None:
                raise Conflict(
                    "repair-pending",
                    "An application for {reference} waits for its decision.",
                    reference=one.reference,
                )
        case, _ = await new_case(
            actor, uscc, Kind.REPAIR, [Bilingual(zh=wanted.text, en=wanted.text)], "asked"
        )
        for one in effects:
            await RepairEffect.insert(
                RepairEffect(
                    id=str(uuid.uuid4()),
                    case_file=case,
                    **{_COLUMNS[one.what]: await _id_of(uscc, one)},
                )
            )
        await record(
            actor,
            "repair.applied",
            "agency",
            uscc,
            {"case": case, "references": [one.reference for one in effects]},
        )
    return case


class RepairDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    granted: bool
    reason: str


async def decide_repair(actor: Actor, case: str, decision: RepairDecision) -> None:
    """Lift everything that was applied for at once, or nothing.

    Lifted, it counts no more from this moment on and leaves public view; as of an earlier day it
    still stands. Forbidden to whom has imposed or reported any of it or rated the agency.
    """
    needs(decision.reason)
    async with tx():
        row = await locked(case)
        if row["state"] != "asked":
            raise Conflict("repair-decided", "No application waits for its decision in this case.")
        identifier, uscc = str(row["id"]), str(row["uscc"])
        rated = actor.person is not None and await has_rated(actor.person, uscc)
        repair.check_decider(actor.person, barred=await imposed_by(identifier), has_rated=rated)
        state = "repaired" if decision.granted else "refused"
        facts: dict[str, Any] = {"case": identifier}
        if decision.granted:
            facts["documents"] = await lift_everything(actor, row)
        await decide(actor, row, state, decision.reason)
        await record(
            actor,
            "repair.granted" if decision.granted else "repair.refused",
            "agency",
            uscc,
            facts,
            reason=decision.reason,
        )
        if decision.granted:
            # After the ledger, so that the end of the delisting leaves public view as well.
            await unpublish(uscc, await repaired_cases(identifier), facts["documents"])


async def lift_everything(actor: Actor, row: dict[str, Any]) -> list[str]:
    """End all that a granted application names; the documents of the events withdrawn.

    Part of the transaction that grants it; the standing follows.
    """
    uscc = str(row["uscc"])
    lifted = await fetch(
        "SELECT d.id, d.uscc, d.case_file, d.lifted_at FROM delisting d JOIN repair_effect e"
        " ON e.delisting = d.id WHERE e.case_file = $1 FOR UPDATE OF d",
        row["id"],
    )
    await hold_cases([uscc])
    known_at = await turn("standing.published", "agency", uscc, actor.at)
    documents = await fetch(
        "UPDATE outside_event o SET withdrawn_at = $2 FROM repair_effect e"
        " WHERE e.event = o.id AND e.case_file = $1 AND o.withdrawn_at IS NULL"
        " RETURNING o.document",
        row["id"],
        known_at,
    )
    await execute(
        "UPDATE case_file m SET state = 'lifted' FROM repair_effect e WHERE e.mark = m.id"
        " AND e.case_file = $1 AND m.state IN ('recorded', 'warned')",
        row["id"],
    )
    ended = [one[0] for one in documents]
    for delisting in lifted:
        if delisting["lifted_at"] is None:
            ended += await end_delisting(actor, delisting)
    await enqueue(RESTAND, {"uscc": uscc}, actor.at)
    return sorted(ended)


async def repaired_cases(case: str) -> list[str]:
    """The ids of the cases whose outcome was repaired: of delistings, records and warnings, and of
    rectifications that failed, whose cap has the number of the case as its document."""
    rows = await fetch(
        "SELECT d.case_file::text FROM repair_effect e JOIN delisting d ON d.id = e.delisting"
        " WHERE e.case_file::text = $1 UNION SELECT e.mark::text FROM repair_effect e"
        " WHERE e.case_file::text = $1 AND e.mark IS NOT NULL"
        " UNION SELECT c.id::text FROM repair_effect e"
        " JOIN outside_event o ON o.id = e.event JOIN case_file c ON c.number = o.document"
        " AND c.uscc = o.uscc WHERE e.case_file::text = $1",
        case,
    )
    return [row[0] for row in rows]


_COLUMNS = {"delisting": "delisting", "event": "event", "record": "mark", "warning": "mark"}


async def _id_of(uscc: str, one: Effect) -> Any:
    """The row that an effect is kept in."""
    if one.what == "event":
        return await fetchval(
            "SELECT id FROM outside_event WHERE uscc = $1 AND document = $2", uscc, one.reference
        )
    if one.what == "delisting":
        return await fetchval(
            "SELECT d.id FROM delisting d JOIN case_file c ON c.id = d.case_file"
            " WHERE c.number = $1",
            one.reference,
        )
    return await fetchval("SELECT id FROM case_file WHERE number = $1", one.reference)
