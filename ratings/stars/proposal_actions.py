"""Feeds propose outside events; a person who has the document confirms one, or dismisses it."""

import uuid
from collections.abc import Iterable
from datetime import date

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.event_proposals import SIGNS, Said, Sign, beginnings
from ratings.stars.proposal_queries import CONFIRMED, DISMISSED, OPEN
from ratings.stars.tables import EventProposal


async def propose_events(actor: Actor, said: Iterable[Said]) -> int:
    """Keep what was not proposed before; returns how many are new. The same saying of a feed is
    proposed once for ever, whatever was decided about it."""
    found = {_key(one): one for one in beginnings(list(said))}
    new = 0
    async with tx():
        # Two runs at once must not both find a saying new.
        await execute("SELECT pg_advisory_xact_lock(hashtext('event proposals'))")
        rows = await fetch(
            "SELECT key FROM event_proposal WHERE key = ANY($1::text[])", list(found)
        )
        for key in sorted(found.keys() - {row[0] for row in rows}):
            one = found[key]
            await EventProposal.insert(
                EventProposal(
                    id=str(uuid.uuid4()),
                    key=key,
                    uscc=one.uscc,
                    sign=one.sign.value,
                    month=one.month,
                    since=one.since,
                    found_at=actor.at,
                    state=OPEN,
                    document="",
                    reason="",
                )
            )
            new += 1
    return new


def _key(one: Said) -> str:
    return f"{one.uscc} {one.sign} {one.since or one.month}"


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person adds to a saying of a feed: whose document it rests on, its number and day."""

    source: str
    document: str
    on: date
    reason: str


async def confirm_proposal(actor: Actor, proposal: str, given: Confirmation) -> None:
    """Take it in as an outside event, as if entered by hand; the standing follows.

    Conflict where it is decided already, or the document counts already.
    """
    _check(actor, given.reason)
    if not given.source.strip():
        raise Refused("source-missing", "Say which authority the document is from.")
    async with tx():
        uscc, sign = await _open(proposal)
        _, severity, cap = SIGNS[sign]
        document = given.document.strip()
        event = ReportedEvent(uscc, given.on, given.source.strip(), document, severity, cap)
        await report_event(actor, event)
        await _decide(actor, proposal, CONFIRMED, document, given.reason)
        facts = {"uscc": uscc, "sign": sign.value, "document": document}
        act = "event_proposal.confirmed"
        await record(actor, act, "event_proposal", proposal, facts, given.reason.strip())


async def dismiss_proposal(actor: Actor, proposal: str, reason: str) -> None:
    """A person finds that no event follows from it, and says why."""
    _check(actor, reason)
    async with tx():
        uscc, sign = await _open(proposal)
        await _decide(actor, proposal, DISMISSED, "", reason)
        facts = {"uscc": uscc, "sign": sign.value}
        act = "event_proposal.dismissed"
        await record(actor, act, "event_proposal", proposal, facts, reason.strip())


def _check(actor: Actor, reason: str) -> None:
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides about an outside event.")
    if not reason.strip():
        raise Refused("reason-missing", "A decision needs its reason.")


async def _open(proposal: str) -> tuple[str, Sign]:
    row = await fetchrow(
        "SELECT uscc, sign, state FROM event_proposal WHERE id = $1 FOR UPDATE", row_id(proposal)
    )
    if row is None:
        raise NotFound("event-proposal-unknown", "There is no proposal {id}.", id=proposal)
    if row["state"] != OPEN:
        raise Conflict("event-proposal-decided", "This proposal has been decided already.")
    return row["uscc"], Sign(row["sign"])


async def _decide(actor: Actor, proposal: str, state: str, document: str, reason: str) -> None:
    await execute(
        "UPDATE event_proposal SET state = $2, document = $3, reason = $4, decided_by = $5,"
        " decided_at = $6 WHERE id = $1",
        row_id(proposal),
        state,
        document,
        reason.strip(),
        actor.person,
        actor.at,
    )
