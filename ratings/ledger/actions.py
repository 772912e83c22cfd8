"""Appending to the ledger, always inside the transaction of the act itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ratings.ledger import rules
from ratings.ledger.actors import Actor
from ratings.ledger.database import connection, execute, fetchrow, fetchval

# Any constant will do; it only has to be the same in every process that appends.
_CHAIN_LOCK = 7_165_001


async def turn(act: str, subject_kind: str, subject: str, at: datetime) -> datetime:
    """Wait until nobody else is at this act on this thing; then `at`, or just after the last one.

    An act carries the time at which it was asked for, and may then have waited. With the moment
    returned here, the order of the times is the order in which the transactions saw each other:
    what arrives after the act never looks as if it had been known to it. Held until the
    transaction ends; comes before its first entry.
    """
    await execute(
        "SELECT pg_advisory_xact_lock(hashtext($1))", f"turn {act} {subject_kind} {subject}"
    )
    last: datetime | None = await fetchval(
        "SELECT max(at) FROM ledger_entry WHERE subject_kind = $1 AND subject = $2 AND act = $3",
        subject_kind,
        subject,
        act,
    )
    return at if last is None or at > last else last + timedelta(microseconds=1)


async def record(
    actor: Actor,
    act: str,
    subject_kind: str,
    subject: str,
    facts: Mapping[str, object] | None = None,
    reason: str = "",
) -> int:
    """Append one entry and return its sequence number.

    The chain has one end, so appends queue for a lock that is held until the transaction
    ends: call this last in an action.
    """
    connection()
    await execute("SELECT pg_advisory_xact_lock($1)", _CHAIN_LOCK)
    last = await fetchrow("SELECT seq, hash FROM ledger_entry ORDER BY seq DESC LIMIT 1")
    seq, previous_hash = (last["seq"] + 1, last["hash"]) if last else (1, rules.GENESIS)
    text = rules.canonical(facts or {})
    digest = rules.digest(
        previous_hash,
        seq=seq,
        at=actor.at,
        role=actor.role.value,
        person=actor.person,
        organisation=actor.organisation,
        act=act,
        subject_kind=subject_kind,
        subject=subject,
        facts=text,
        reason=reason,
        api_key=actor.key,
    )
    # Plain SQL: every act passes here, and building it anew each time took half of the time.
    await execute(
        "INSERT INTO ledger_entry (seq, at, role, person, organisation, act, subject_kind,"
        " subject, facts, reason, previous_hash, hash, api_key)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        seq,
        actor.at,
        actor.role.value,
        actor.person,
        actor.organisation,
        act,
        subject_kind,
        subject,
        text,
        reason,
        previous_hash,
        digest,
        actor.key,
    )
    return seq


async def unpublish(uscc: str, cases: list[str], documents: list[str]) -> None:
    """Take out of public view what the ledger tells of an agency's cases and reported events.

    Part of the transaction that repairs them, after its own entries.
    """
    await execute(
        "INSERT INTO unpublished_entry (seq) SELECT seq FROM ledger_entry"
        " WHERE subject_kind = 'agency' AND subject = $1"
        " AND (facts::jsonb ->> 'case' = ANY($2::text[]) OR (act = 'outside_event.reported'"
        " AND facts::jsonb ->> 'document' = ANY($3::text[]))) ON CONFLICT DO NOTHING",
        uscc,
        cases,
        documents,
    )
