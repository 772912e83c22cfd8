"""Cases: opened by a computation, answered by the agency, decided by a person."""

import uuid
from collections.abc import Iterable
from datetime import date

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Bilingual, Conflict, NotFound, Refused
from ratings.ledger.jobs import enqueue
from ratings.sanctions.rules import Kind, Severity, check_end
from ratings.sanctions.tables import CaseFile, Delisting

LIFT = "lift_delisting"


async def hold_cases(agencies: Iterable[str]) -> None:
    """Decide alone about the cases of these agencies until the transaction ends.

    Who opens several cases in one transaction calls this for all of them before the first entry
    of the ledger: whoever holds the end of the chain must not wait for a case.
    """
    await execute(
        "SELECT pg_advisory_xact_lock(hashtext('case ' || uscc)) FROM unnest($1::text[]) AS uscc",
        sorted(agencies),
    )


async def open_case(actor: Actor, uscc: str, kind: Kind, reasons: list[Bilingual]) -> str | None:
    """Open a case, unless one of its kind is undecided or the agency is delisted already.

    Returns its id, or None when there was nothing to open.
    """
    async with tx():
        await hold_cases([uscc])
        if await fetchval(
            "SELECT true FROM case_file WHERE uscc = $1 AND kind = $2"
            " AND state IN ('open', 'answered')",
            uscc,
            kind.value,
        ) or await fetchval(
            "SELECT true FROM delisting WHERE uscc = $1 AND lifted_at IS NULL", uscc
        ):
            return None
        identifier = str(uuid.uuid4())
        number = await fetchval("SELECT nextval('case_file_number')")
        name = f"AJ-{local_date(actor.at).year}-{number:04d}"
        await CaseFile.insert(
            CaseFile(
                id=identifier,
                number=name,
                uscc=uscc,
                kind=kind.value,
                state="open",
                opened_at=actor.at,
                reasons=msgspec.json.encode(reasons).decode(),
            )
        )
        await record(
            actor,
            "case.opened",
            "agency",
            uscc,
            {"case": identifier, "number": name, "kind": kind.value},
        )
    return identifier


async def answer_case(actor: Actor, case: str, text: str) -> None:
    """The agency says its side, once, before the decision."""
    if not text.strip():
        raise Refused("answer-empty", "Write your answer to the case.")
    async with tx():
        row = await _locked(case)
        uscc = actor.uscc
        if uscc is None or uscc != row["uscc"]:
            raise NotFound("case-unknown", "There is no case {id}.", id=case)
        if row["state"] != "open":
            raise Conflict("case-not-open", "This case can no longer be answered.")
        await execute(
            "UPDATE case_file SET state = 'answered', answer = $2, answered_at = $3 WHERE id = $1",
            row["id"],
            text,
            actor.at,
        )
        await record(actor, "case.answered", "agency", uscc, {"case": str(row["id"])})


async def dismiss_case(actor: Actor, case: str, reason: str) -> None:
    """A person finds that nothing follows, and says why."""
    _needs(reason)
    async with tx():
        row = await _undecided(case)
        await _decide(actor, row, "dismissed", reason)
        await record(
            actor,
            "case.dismissed",
            "agency",
            str(row["uscc"]),
            {"case": str(row["id"])},
            reason=reason,
        )


async def delist(actor: Actor, case: str, severity: Severity, until: date, reason: str) -> str:
    """Take the agency off the market until the end of `until`; running engagements stay.

    Returns the delisting's id. The timetable lifts it on the day after `until`.
    """
    _needs(reason)
    today = local_date(actor.at)
    check_end(severity, today, until)
    async with tx():
        row = await _undecided(case)
        uscc = str(row["uscc"])
        await hold_cases([uscc])
        identifier = str(uuid.uuid4())
        if await fetchval("SELECT true FROM delisting WHERE uscc = $1 AND lifted_at IS NULL", uscc):
            raise Conflict("already-delisted", "This agency is delisted already.")
        await _decide(actor, row, "delisted", reason)
        await Delisting.insert(
            Delisting(
                id=identifier,
                case_file=row["id"],
                uscc=uscc,
                severity=severity.value,
                reason=reason,
                starts=today,
                until=until,
            )
        )
        await enqueue(LIFT, {"delisting": identifier}, end_of_day(until))
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
    """On the day after its last day a delisting ends; before that, or twice, nothing happens."""
    async with tx():
        row = await fetchrow(
            "SELECT id, uscc, case_file, until, lifted_at FROM delisting WHERE id = $1 FOR UPDATE",
            row_id(delisting),
        )
        if row is None:
            raise NotFound("not-found", "There is nothing with the id {id}.", id=delisting)
        if row["lifted_at"] is not None or actor.at < end_of_day(row["until"]):
            return False
        await execute("UPDATE delisting SET lifted_at = $2 WHERE id = $1", row["id"], actor.at)
        await execute("UPDATE case_file SET state = 'lifted' WHERE id = $1", row["case_file"])
        await record(
            actor, "agency.relisted", "agency", row["uscc"], {"case": str(row["case_file"])}
        )
    return True


def _needs(reason: str) -> None:
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")


async def _locked(case: str) -> dict[str, object]:
    row = await fetchrow("SELECT * FROM case_file WHERE id = $1 FOR UPDATE", row_id(case))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    return dict(row)


async def _undecided(case: str) -> dict[str, object]:
    row = await _locked(case)
    if row["state"] not in ("open", "answered"):
        raise Conflict("case-decided", "This case has been decided already.")
    return row


async def _decide(actor: Actor, row: dict[str, object], state: str, reason: str) -> None:
    await execute(
        "UPDATE case_file SET state = $2, decided_at = $3, decided_by = $4, decision = $5"
        " WHERE id = $1",
        row["id"],
        state,
        actor.at,
        actor.person,
        reason,
    )
