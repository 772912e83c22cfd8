"""Flags come in from the detectors; a person dismisses each or takes it up. No score is touched."""

import uuid
from collections.abc import Iterable

import msgspec

from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.queries import second_look_at
from ratings.integrity.tables import IntegrityFlag
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.stars.actions import estimates_ready

OPEN = "open"
DISMISSED = "dismissed"
TAKEN_UP = "taken-up"
HABITS = (FlagKind.COLLUSION, FlagKind.CARELESS)
WHOLE = (FlagKind.REVIEW,)
"""About all that an agency's score rests on: one of them is open at a time, the newest."""
RENEWED_BY = 3
"""What a person has decided about a habit, or in a review, is asked again from so many further
engagements on: a proposal, like the limits. A flag of another kind is about other engagements."""


async def raise_flags(actor: Actor, found: Iterable[Flag]) -> int:
    """Keep what was not flagged before; returns how many are new.

    The same evidence is flagged once for ever. More evidence is another flag, which takes the
    place of those still open that rest on a part of it; after a decision about a habit it takes
    three engagements more.
    """
    new = 0
    async with tx():
        # Two runs at once must not both find a flag new.
        await execute("SELECT pg_advisory_xact_lock(hashtext('integrity flags'))")
        known = {row[0] for row in await fetch("SELECT key FROM integrity_flag")}
        for flag in found:
            if flag.key in known or await _asked_lately(flag):
                continue
            known.add(flag.key)
            await _replace_parts(flag)
            await IntegrityFlag.insert(
                IntegrityFlag(
                    id=str(uuid.uuid4()),
                    key=flag.key,
                    kind=flag.kind.value,
                    subject=flag.subject,
                    flag=msgspec.json.encode(flag).decode(),
                    state=OPEN,
                    found_at=actor.at,
                    reason="",
                )
            )
            new += 1
    return new


async def look_again(actor: Actor, uscc: str) -> int:
    """Have a person look where the policy in force wants it; returns how many flags are new."""
    await estimates_ready(actor)
    found = await second_look_at(uscc, actor.at)
    return await raise_flags(actor, found) if found else 0


async def _asked_lately(flag: Flag) -> bool:
    """Whether a person has the question already, or decided it on nearly the same engagements."""
    if flag.kind not in HABITS and flag.kind not in WHOLE:
        return False
    rows = await fetch(
        "SELECT state, flag->'engagements' FROM integrity_flag WHERE kind = $1"
        " AND subject = $2 AND flag->'raters' = $3::jsonb",
        flag.kind.value,
        flag.subject,
        msgspec.json.encode(flag.raters).decode(),
    )
    for state, text in rows:
        added = len(set(flag.engagements) - msgspec.json.decode(text, type=set[str]))
        # An engagement that has grown too old to count is no new reason to ask.
        if added < RENEWED_BY if state != OPEN else flag.kind in WHOLE and not added:
            return True
    return False


async def _replace_parts(flag: Flag) -> None:
    """Remove open flags of the same kind, subject and raters whose engagements are all here, and
    any older one about the whole of an agency."""
    await execute(
        "DELETE FROM integrity_flag WHERE state = 'open' AND kind = $1 AND subject = $2"
        " AND ($6 OR flag->'engagements' <@ $3::jsonb) AND flag->'raters' <@ $4::jsonb"
        " AND flag->'others' <@ $5::jsonb",
        flag.kind.value,
        flag.subject,
        msgspec.json.encode(flag.engagements).decode(),
        msgspec.json.encode(flag.raters).decode(),
        msgspec.json.encode(flag.others).decode(),
        flag.kind in WHOLE,
    )


async def dismiss_flag(actor: Actor, flag: str, reason: str) -> None:
    """A person finds that nothing follows, and says why."""
    await _decide(actor, flag, DISMISSED, reason)


async def take_up_flag(actor: Actor, flag: str, reason: str) -> None:
    """A person looks into it, and says what they do: it is done by the acts that exist for it."""
    await _decide(actor, flag, TAKEN_UP, reason)


async def _decide(actor: Actor, flag: str, state: str, reason: str) -> None:
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides about a flag.")
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        row = await fetchrow(
            "SELECT id, kind, state FROM integrity_flag WHERE id = $1 FOR UPDATE", row_id(flag)
        )
        if row is None:
            raise NotFound("flag-unknown", "There is no flag {id}.", id=flag)
        if row["state"] != OPEN:
            raise Conflict("flag-decided", "This flag has been decided already.")
        await execute(
            "UPDATE integrity_flag SET state = $2, decided_at = $3, decided_by = $4, reason = $5"
            " WHERE id = $1",
            row["id"],
            state,
            actor.at,
            actor.person,
            reason.strip(),
        )
        await record(
            actor,
            "integrity_flag.dismissed" if state == DISMISSED else "integrity_flag.taken_up",
            "integrity_flag",
            str(row["id"]),
            {"kind": row["kind"]},
            reason=reason.strip(),
        )
