"""The row of a case as acts take hold of it, write it and decide it."""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import execute, fetchrow, fetchval, row_id
from ratings.ledger.errors import Bilingual, Conflict, NotFound, Refused
from ratings.sanctions.rules import UNDECIDED, Kind
from ratings.sanctions.tables import CaseFile


async def hold_cases(agencies: Iterable[str]) -> None:
    """Decide alone about the cases of these agencies until the transaction ends.

    Who opens several cases in one transaction calls this for all of them before the first entry
    of the ledger: whoever holds the end of the chain must not wait for a case.
    """
    await execute(
        "SELECT pg_advisory_xact_lock(hashtext('case ' || uscc)) FROM unnest($1::text[]) AS uscc",
        sorted(agencies),
    )


async def new_case(
    actor: Actor, uscc: str, kind: Kind, reasons: list[Bilingual], state: str
) -> tuple[str, str]:
    """The row of a new case: its id and its number. Part of a transaction that holds the cases."""
    identifier = str(uuid.uuid4())
    number = await fetchval("SELECT nextval('case_file_number')")
    name = f"AJ-{local_date(actor.at).year}-{number:04d}"
    await CaseFile.insert(
        CaseFile(
            id=identifier,
            number=name,
            uscc=uscc,
            kind=kind.value,
            state=state,
            opened_at=actor.at,
            opened_by=actor.person,
            reasons=msgspec.json.encode(reasons).decode(),
        )
    )
    return identifier, name


def needs(reason: str) -> None:
    """Refused without a reason."""
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")


async def locked(case: str) -> dict[str, Any]:
    """The case, which nobody else decides about until the transaction ends."""
    row = await fetchrow("SELECT * FROM case_file WHERE id = $1 FOR UPDATE", row_id(case))
    if row is None:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    return dict(row)


async def undecided(case: str) -> dict[str, Any]:
    """As `locked`; Conflict once it is decided."""
    row = await locked(case)
    if row["state"] not in UNDECIDED:
        raise Conflict("case-decided", "This case has been decided already.")
    return row


async def decide(actor: Actor, row: dict[str, Any], state: str, reason: str) -> None:
    """Write into the case what it came to."""
    await execute(
        "UPDATE case_file SET state = $2, decided_at = $3, decided_by = $4, decision = $5"
        " WHERE id = $1",
        row["id"],
        state,
        actor.at,
        actor.person,
        reason,
    )
