"""Cases: opened by a computation, answered by the agency, decided by people.

A delisting takes two: one proposes it, another who has neither opened the case nor rated the agency
decides. Dismissing takes one of the latter.
"""

import uuid
from datetime import date
from typing import Any

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, second_person
from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Bilingual, Conflict, Forbidden, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.ledger.uscc import parse_uscc
from ratings.sanctions import misconduct
from ratings.sanctions.caps import end_cap
from ratings.sanctions.conclusions import await_finality
from ratings.sanctions.holding import decide, hold_cases, locked, needs, new_case, undecided
from ratings.sanctions.matter_queries import matter_of
from ratings.sanctions.misconduct_queries import still_counted
from ratings.sanctions.objections import Against
from ratings.sanctions.queries import impartial
from ratings.sanctions.rules import (
    BY_PERSON,
    CAPPED,
    PENDING,
    UNDECIDED,
    Kind,
    Severity,
    check_end,
    check_heard,
    check_kind,
    check_way,
)
from ratings.sanctions.tables import Delisting

LIFT = "lift_delisting"


async def open_case(actor: Actor, uscc: str, kind: Kind, reasons: list[Bilingual]) -> str | None:
    """Open a case, unless one of its kind is undecided or the agency is delisted already.

    Returns its id, or None when there was nothing to open.
    """
    async with tx():
        await hold_cases([uscc])
        if await fetchval(
            "SELECT true FROM case_file WHERE uscc = $1 AND kind = $2"
            " AND (state = ANY($3::text[]) OR (state = 'unrectified' AND final_at IS NULL))",
            uscc,
            kind.value,
            list(PENDING),
        ) or await fetchval(
            "SELECT true FROM delisting WHERE uscc = $1 AND lifted_at IS NULL", uscc
        ):
            return None
        identifier, number = await new_case(actor, uscc, kind, reasons, "open")
        await record(
            actor,
            "case.opened",
            "agency",
            uscc,
            {"case": identifier, "number": number, "kind": kind.value},
        )
    return identifier


async def open_by_person(actor: Actor, uscc: str, kind: Kind, reason: str) -> str:
    """A person asks the question, in words that the agency reads; somebody else decides it.

    Conflict where `open_case` finds nothing to open.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    needs(reason)
    if kind is Kind.REPAIR:
        raise Refused("repair-by-agency", "Only the agency itself applies for a repair.")
    if kind not in BY_PERSON:
        raise Refused("act-from-list", "Such a case is opened by reporting an act from the list.")
    opened = await open_case(actor, parse_uscc(uscc), kind, [Bilingual(zh=reason, en=reason)])
    if opened is None:
        raise Conflict(
            "case-pending", "A case of this kind is pending already, or the agency is delisted."
        )
    return opened


async def answer_case(actor: Actor, case: str, text: str) -> None:
    """The agency says its side, once, before the decision."""
    if not text.strip():
        raise Refused("answer-empty", "Write your answer to the case.")
    async with tx():
        row = await locked(case)
        uscc = actor.uscc
        if uscc is None or uscc != row["uscc"]:
            raise NotFound("case-unknown", "There is no case {id}.", id=case)
        if row["state"] not in UNDECIDED or row["answered_at"] is not None:
            raise Conflict("case-not-open", "This case can no longer be answered.")
        # A proposal that came after the window stays: whoever decides it reads the late answer.
        await execute(
            "UPDATE case_file SET state = CASE state WHEN 'open' THEN 'answered' ELSE state END,"
            " answer = $2, answered_at = $3 WHERE id = $1",
            row["id"],
            text,
            actor.at,
        )
        await record(actor, "case.answered", "agency", uscc, {"case": str(row["id"])})


async def dismiss_case(actor: Actor, case: str, reason: str, *, steps_taken: bool = False) -> None:
    """A person finds that nothing follows, and says why.

    `steps_taken`, here and below: said by the room of shells alone, of a case whose way it keeps.
    """
    needs(reason)
    async with tx():
        row = await undecided(case)
        check_way(Kind(row["kind"]), steps_taken=steps_taken)
        await impartial(actor, str(row["id"]))
        await decide(actor, row, "dismissed", reason)
        await record(
            actor,
            "case.dismissed",
            "agency",
            str(row["uscc"]),
            {"case": str(row["id"])},
            reason=reason,
        )


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delisting as one person proposes it; `until` is its last day."""

    severity: Severity
    until: date
    reason: str


async def propose_delisting(
    actor: Actor, case: str, wanted: Proposal, *, steps_taken: bool = False
) -> None:
    """Ask a second person to take the agency off the market; nothing follows before that.

    Conflict while the agency may still answer and has not.
    """
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    needs(wanted.reason)
    check_end(wanted.severity, local_date(actor.at), wanted.until)
    async with tx():
        row = await undecided(case)
        check_way(Kind(row["kind"]), steps_taken=steps_taken)
        check_kind(Kind(row["kind"]), delisting=True)
        if row["state"] == "proposed":
            raise Conflict(
                "delisting-proposed",
                "A delisting is proposed already and waits for its decision.",
            )
        if not steps_taken:
            check_heard(row["opened_at"], row["answered_at"], actor.at)
        await _check_act(row, wanted.severity)
        await execute(
            "UPDATE case_file SET state = 'proposed', proposal = $2, proposed_by = $3,"
            " proposed_at = $4 WHERE id = $1",
            row["id"],
            msgspec.json.encode(wanted).decode(),
            actor.person,
            actor.at,
        )
        await record(
            actor,
            "case.delisting_proposed",
            "agency",
            str(row["uscc"]),
            {
                "case": str(row["id"]),
                "severity": wanted.severity.value,
                "until": wanted.until.isoformat(),
            },
            reason=wanted.reason,
        )


async def refuse_delisting(
    actor: Actor, case: str, reason: str, *, steps_taken: bool = False
) -> None:
    """Who might adopt it says no, or who proposed it takes it back; the case waits on."""
    needs(reason)
    async with tx():
        row = await _proposed(case)
        check_way(Kind(row["kind"]), steps_taken=steps_taken)
        if actor.person != row["proposed_by"]:
            await impartial(actor, str(row["id"]))
        await execute(
            "UPDATE case_file SET state = CASE WHEN answered_at IS NULL THEN 'open' ELSE 'answered'"
            " END, proposal = NULL, proposed_by = NULL, proposed_at = NULL WHERE id = $1",
            row["id"],
        )
        await record(
            actor,
            "case.delisting_refused",
            "agency",
            str(row["uscc"]),
            {"case": str(row["id"])},
            reason=reason,
        )


async def delist(actor: Actor, case: str, *, steps_taken: bool = False) -> str:
    """Adopt the proposal: the agency is off the market until the end of its last day; running
    engagements stay.

    Returns the delisting's id. The timetable lifts it on the day after `until`. Forbidden to whom
    has proposed it, opened the case or rated the agency.
    """
    today = local_date(actor.at)
    async with tx():
        row = await _proposed(case)
        check_way(Kind(row["kind"]), steps_taken=steps_taken)
        second_person(actor, row["proposed_by"])
        await impartial(actor, str(row["id"]))
        wanted = msgspec.json.decode(str(row["proposal"]), type=Proposal)
        severity, until, reason = wanted.severity, wanted.until, wanted.reason
        check_end(severity, today, until)
        await _check_act(row, severity)
        uscc = str(row["uscc"])
        await hold_cases([uscc])
        identifier = str(uuid.uuid4())
        if await fetchval("SELECT true FROM delisting WHERE uscc = $1 AND lifted_at IS NULL", uscc):
            raise Conflict("already-delisted", "This agency is delisted already.")
        await decide(actor, row, "delisted", reason)
        await Delisting.insert(
            Delisting(
                id=identifier,
                case_file=row["id"],
                uscc=uscc,
                severity=severity.value,
                reason=reason,
                starts=today,
                until=until,
                decided_severity=severity.value,
                decided_until=until,
            )
        )
        await enqueue(LIFT, {"delisting": identifier}, end_of_day(until))
        if row["kind"] in CAPPED:
            matter = await matter_of(str(row["id"]), Against.DELISTING)
            await await_finality(str(row["id"]), matter)
        await record(
            actor,
            "agency.delisted",
            "agency",
            uscc,
            {"case": str(row["id"]), "severity": severity.value, "until": until.isoformat()},
            reason=reason,
        )
    return identifier


async def lift(actor: Actor, delisting: str) -> bool:
    """On the day after its last day a delisting ends; before that, while it is suspended, or twice,
    nothing happens."""
    async with tx():
        row = await fetchrow(
            "SELECT id, uscc, case_file, until, suspended_at, lifted_at FROM delisting"
            " WHERE id = $1 FOR UPDATE",
            row_id(delisting),
        )
        if row is None:
            raise NotFound("not-found", "There is nothing with the id {id}.", id=delisting)
        idle = row["lifted_at"] is not None or row["suspended_at"] is not None
        if idle or actor.at < end_of_day(row["until"]):
            return False
        await end_delisting(actor, row)
    return True


async def end_delisting(actor: Actor, row: Any) -> list[str]:
    """The agency is on the market again, and its stars are held no longer by what it was for.

    `row` has the delisting's id, uscc and case_file. Returns the document of the cap it ended, if
    there was one. Part of the transaction that holds the delisting.
    """
    number = await fetchval("SELECT number FROM case_file WHERE id = $1", row["case_file"])
    documents = await end_cap(actor, row["uscc"], number)
    await execute(
        "UPDATE delisting SET lifted_at = $2, suspended_at = NULL WHERE id = $1",
        row["id"],
        actor.at,
    )
    await execute("UPDATE case_file SET state = 'lifted' WHERE id = $1", row["case_file"])
    facts: dict[str, object] = {"case": str(row["case_file"])}
    if documents:
        facts["documents"] = documents
    await record(actor, "agency.relisted", "agency", row["uscc"], facts)
    return documents


async def _check_act(row: dict[str, Any], severity: Severity) -> None:
    """What a case about an act or about warnings needs before a delisting."""
    kind = Kind(row["kind"])
    has_evidence = await fetchval(
        "SELECT true FROM case_document WHERE case_file = $1 AND official LIMIT 1", row["id"]
    )
    misconduct.check_serious(kind, severity, has_evidence=bool(has_evidence))
    misconduct.check_still_counted(kind, *await still_counted(str(row["id"])))


async def _proposed(case: str) -> dict[str, Any]:
    row = await undecided(case)
    if row["state"] != "proposed":
        raise Conflict("nothing-proposed", "No delisting is proposed in this case.")
    return row
