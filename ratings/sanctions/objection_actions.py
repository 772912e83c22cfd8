"""Objecting to a decision, and answering: what is filed holds up the effect, and stays owed."""

import uuid
from datetime import date
from typing import Any

import msgspec

from ratings.ledger.actions import record, unpublish
from ratings.ledger.actors import Actor
from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.database import execute, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.sanctions import objections, tables
from ratings.sanctions.actions import LIFT
from ratings.sanctions.conclusions import await_finality
from ratings.sanctions.holding import hold_cases, locked
from ratings.sanctions.matter_queries import Contested, barred, contested, matter_of
from ratings.sanctions.objections import Against, Answer, Matter, Outcome
from ratings.sanctions.repair_actions import lift_everything, repaired_cases
from ratings.sanctions.rules import Severity


async def file_objection(actor: Actor, case: str, text: str) -> str:
    """The agency objects to the last decision of its case, or asks for a review of the answer.

    A delisting is suspended until that is answered, and so is the time to rectify; a cap of the
    stars waits for it. Returns the id of what was filed. Conflict out of time or when no step is
    open.
    """
    if not text.strip():
        raise Refused("objection-empty", "Write what you object to, and why.")
    async with tx():
        row, found = await _held(case)
        if actor.uscc is None or actor.uscc != row["uscc"]:
            raise NotFound("case-unknown", "There is no case {id}.", id=case)
        if found is None:
            raise Conflict(
                "nothing-decided",
                "Nothing has been decided in this case that could be objected to.",
            )
        if found.over:
            raise Conflict(
                "decision-over", "This decision has no effect any more that could be objected to."
            )
        matter = objections.file(await matter_of(found.case, found.against), actor.at)
        await hold_cases([actor.uscc])
        identifier = str(uuid.uuid4())
        await tables.Objection.insert(
            tables.Objection(
                id=identifier,
                case_file=row["id"],
                against=found.against.value,
                instance=len(matter.filed),
                filed_at=actor.at,
                text=text,
            )
        )
        facts: dict[str, Any] = {"case": found.case, "instance": len(matter.filed)}
        if found.delisting is None:
            facts["against"] = found.against.value
            await record(actor, "case.objected", "agency", actor.uscc, facts)
        else:
            await execute(
                "UPDATE delisting SET suspended_at = $2 WHERE id = $1",
                row_id(found.delisting),
                actor.at,
            )
            await record(actor, "delisting.objected", "agency", actor.uscc, facts)
    return identifier


class GivenAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person finds; `severity` and `until`, the new last day, only for a changed delisting.

    The reason is published where the decision was.
    """

    outcome: Outcome
    reason: str
    severity: Severity | None = None
    until: date | None = None


async def answer_objection(actor: Actor, case: str, given: GivenAnswer) -> None:
    """Uphold or annul the decision, or shorten a delisting; late, too, for an objection stays owed.

    Forbidden to whom has had a part in the decision or an answer, or has rated the agency.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    if not given.reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        row, found = await _held(case)
        if found is None:
            raise Conflict("nothing-filed", "There is no objection that waits for an answer.")
        matter = await matter_of(found.case, found.against)
        terms = None
        if matter.decided and given.severity is not None and given.until is not None:
            terms = objections.milder(matter, actor.at, given.severity, given.until)
        answer = Answer(actor.at, actor.person, given.outcome, terms)
        matter = objections.answer(matter, answer, barred=await barred(matter, found.uscc))
        await hold_cases([found.uscc])
        await execute(
            "UPDATE objection SET answered_at = $2, answered_by = $3, outcome = $4, reason = $5,"
            " severity = $6, until = $7 WHERE case_file = $1 AND answered_at IS NULL",
            row["id"],
            actor.at,
            actor.person,
            given.outcome.value,
            given.reason,
            terms and terms.severity.value,
            terms and terms.until,
        )
        facts: dict[str, Any] = {
            "case": found.case,
            "instance": len(matter.filed),
            "outcome": given.outcome.value,
        }
        if found.delisting is not None:
            facts |= await _of_a_delisting(actor, found, matter)
            act = "delisting.objection_answered"
        elif found.against is Against.REPAIR and objections.annulled(matter):
            await _grant(actor, row, facts | {"against": found.against.value}, given.reason)
            return
        else:
            facts |= {"against": found.against.value} | await _of_another(row, found, matter)
            act = "case.objection_answered"
        await record(actor, act, "agency", found.uscc, facts, reason=given.reason)


async def _held(case: str) -> tuple[dict[str, Any], Contested | None]:
    """The case, and its delisting before it, as the timetable takes them: nobody else decides
    about either meanwhile."""
    await fetchval("SELECT id FROM delisting WHERE case_file = $1 FOR UPDATE", row_id(case))
    row = await locked(case)
    return row, await contested(str(row["id"]))


async def _of_a_delisting(actor: Actor, found: Contested, matter: Matter) -> dict[str, object]:
    now, until = objections.terms(matter), objections.last_day(matter)
    annulled = objections.annulled(matter)
    assert found.delisting is not None
    await execute(
        "UPDATE delisting SET suspended_at = NULL, severity = $2, until = $3,"
        " lifted_at = CASE WHEN $4 THEN coalesce(lifted_at, $5) ELSE lifted_at END"
        " WHERE id = $1",
        row_id(found.delisting),
        now.severity.value,
        until,
        annulled,
        actor.at,
    )
    if annulled:
        await execute("UPDATE case_file SET state = 'annulled' WHERE id = $1", row_id(found.case))
        return {}
    await enqueue(LIFT, {"delisting": found.delisting}, end_of_day(until))
    return {"severity": now.severity.value, "until": until.isoformat()}


async def _of_another(row: dict[str, Any], found: Contested, matter: Matter) -> dict[str, object]:
    """What an answer does to anything but a delisting or a granted repair; facts for the ledger."""
    if objections.annulled(matter):
        checked = found.against in (Against.FIRST_CHECK, Against.SECOND_CHECK)
        state = "rectified" if checked else "annulled"
        await execute("UPDATE case_file SET state = $2 WHERE id = $1", row["id"], state)
        return {}
    await await_finality(found.case, matter)
    if found.against not in (Against.ORDER, Against.FIRST_CHECK):
        return {}
    last = matter.filed[-1]
    assert last.answer is not None
    days = (local_date(last.answer.at) - local_date(last.filed_at)).days
    due = await fetchval(
        "UPDATE rectification_try t SET due = t.due + $2::int FROM rectification r"
        " WHERE r.id = t.rectification AND r.case_file = $1 AND t.checked_at IS NULL"
        " RETURNING t.due",
        row["id"],
        days,
    )
    return {"due": due.isoformat()}


async def _grant(actor: Actor, row: dict[str, Any], facts: dict[str, Any], reason: str) -> None:
    """The refusal of a repair is annulled: the repair is granted by whoever answers."""
    uscc, case = str(row["uscc"]), str(row["id"])
    documents = await lift_everything(actor, row)
    await execute("UPDATE case_file SET state = 'repaired' WHERE id = $1", row["id"])
    await record(actor, "case.objection_answered", "agency", uscc, facts, reason=reason)
    await record(
        actor, "repair.granted", "agency", uscc, {"case": case, "documents": documents}, reason
    )
    await unpublish(uscc, await repaired_cases(case), documents)
