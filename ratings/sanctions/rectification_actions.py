"""Ordering an agency to rectify, its plan and evidence, and the check by a person."""

import uuid
from datetime import date
from typing import Any

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.sanctions import rectification, tables
from ratings.sanctions.conclusions import await_finality
from ratings.sanctions.holding import decide, locked, needs, undecided
from ratings.sanctions.matter_queries import matter_of, waits
from ratings.sanctions.objections import Against
from ratings.sanctions.queries import impartial
from ratings.sanctions.rectification import Check, Outcome, Rectification
from ratings.sanctions.rectification_queries import rectification_of
from ratings.sanctions.rules import Kind, check_heard, check_kind, check_way


async def order_rectification(
    actor: Actor, case: str, instructions: str, *, steps_taken: bool = False
) -> date:
    """A person who has neither opened the case nor rated the agency says what is to be mended.

    Returns the last day for the evidence. Conflict while the agency may still answer and has not.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    needs(instructions)
    async with tx():
        row = await undecided(case)
        check_way(Kind(row["kind"]), steps_taken=steps_taken)
        check_kind(Kind(row["kind"]), delisting=False)
        if not steps_taken:
            check_heard(row["opened_at"], row["answered_at"], actor.at)
        await impartial(actor, str(row["id"]))
        await decide(actor, row, "ordered", instructions)
        identifier, (first,) = str(uuid.uuid4()), rectification.ordered(actor.at).tries
        await tables.Rectification.insert(
            tables.Rectification(
                id=identifier,
                case_file=row["id"],
                instructions=instructions,
                ordered_at=actor.at,
            )
        )
        await _add_try(identifier, 1, first.due)
        await record(
            actor,
            "rectification.ordered",
            "agency",
            str(row["uscc"]),
            {"case": str(row["id"]), "due": first.due.isoformat()},
            reason=instructions,
        )
    return first.due


async def file_plan(actor: Actor, case: str, text: str) -> None:
    """The agency says how it will mend what was found."""
    _written(text)
    async with tx():
        row, found = await _own(actor, case)
        rectification.plan(found, actor.at)
        await execute(
            "UPDATE rectification SET plan = $2, planned_at = $3 WHERE case_file = $1",
            row["id"],
            text,
            actor.at,
        )
        await record(
            actor, "rectification.planned", "agency", str(row["uscc"]), {"case": str(row["id"])}
        )


async def file_evidence(actor: Actor, case: str, text: str) -> None:
    """The agency says what it has mended; its files lie in the case."""
    _written(text)
    async with tx():
        row, found = await _own(actor, case)
        rectification.show(found, actor.at)
        await execute(
            "UPDATE rectification_try SET evidence = $3, evidence_at = $4 FROM rectification r"
            " WHERE rectification = r.id AND r.case_file = $1 AND number = $2",
            row["id"],
            len(found.tries),
            text,
            actor.at,
        )
        await record(
            actor,
            "rectification.evidence_filed",
            "agency",
            str(row["uscc"]),
            {"case": str(row["id"]), "try": len(found.tries)},
        )


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the check came to; the reason is published."""

    passed: bool
    reason: str


async def check_rectification(actor: Actor, case: str, finding: Finding) -> Outcome | None:
    """A person who has neither opened the case nor rated the agency checks.

    Returns how the rectification ended, None when the agency has a second time. A second failure,
    once it is final, holds the stars at one until it is repaired, and by that opens the question of
    a delisting. Conflict while an objection waits for its answer.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    needs(finding.reason)
    async with tx():
        row = await locked(case)
        found = await _found(row)
        if await waits(str(row["id"])):
            raise Conflict(
                "objection-waits",
                "The agency has objected; nothing is checked before that is answered.",
            )
        await impartial(actor, str(row["id"]))
        checked = rectification.check(found, Check(actor.at, actor.person, finding.passed))
        await execute(
            "UPDATE rectification_try SET checked_at = $3, checked_by = $4, passed = $5,"
            " reason = $6 FROM rectification r WHERE rectification = r.id AND r.case_file = $1"
            " AND number = $2",
            row["id"],
            len(found.tries),
            actor.at,
            actor.person,
            finding.passed,
            finding.reason,
        )
        ended = rectification.outcome(checked)
        facts: dict[str, Any] = {
            "case": str(row["id"]),
            "try": len(found.tries),
            "passed": finding.passed,
        }
        if ended is None:
            due = checked.tries[-1].due
            await _add_try(await _identifier(row), len(checked.tries), due)
            facts["due"] = due.isoformat()
        else:
            await execute("UPDATE case_file SET state = $2 WHERE id = $1", row["id"], ended.value)
            facts["outcome"] = ended.value
        if ended is Outcome.FAILED:
            matter = await matter_of(str(row["id"]), Against.SECOND_CHECK)
            await await_finality(str(row["id"]), matter)
        await record(
            actor,
            "rectification.checked",
            "agency",
            str(row["uscc"]),
            facts,
            reason=finding.reason,
        )
    return ended


def _written(text: str) -> None:
    if not text.strip():
        raise Refused("text-empty", "Write what you have to say.")


async def _own(actor: Actor, case: str) -> tuple[dict[str, Any], Rectification]:
    row = await locked(case)
    if actor.uscc is None or actor.uscc != row["uscc"]:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    return row, await _found(row)


async def _found(row: dict[str, Any]) -> Rectification:
    found = await rectification_of(str(row["id"]))
    if found is None:
        raise Conflict("not-ordered", "Nothing has been ordered to be rectified in this case.")
    if row["state"] != "ordered":
        raise Conflict("rectification-over", "This rectification has ended.")
    return found


async def _identifier(row: dict[str, Any]) -> str:
    held = await fetchrow("SELECT id FROM rectification WHERE case_file = $1", row["id"])
    assert held is not None
    return str(held[0])


async def _add_try(identifier: str, number: int, due: date) -> None:
    await tables.RectificationTry.insert(
        tables.RectificationTry(
            id=str(uuid.uuid4()), rectification=row_id(identifier), number=number, due=due
        )
    )
