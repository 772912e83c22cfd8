"""Disputes between owner and agency: one side records them and settles them, or the centre decides.

The market settles none by itself. It keeps that there was one and since when, because an owner
that answers after it, far below the others, may be paying back.
"""

import uuid

import msgspec

from market.engagements.dispute_queries import (
    Resolution,
    held_dispute,
    held_engagement,
    side_of,
)
from market.engagements.tables import Dispute
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import execute, fetchrow, tx
from ratings.ledger.errors import Conflict, Forbidden, Refused

LONGEST_SUBJECT = 120
LONGEST_TEXT = 2000


class NewDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subject: str
    text: str


async def open_dispute(actor: Actor, engagement: str, wanted: NewDispute) -> str:
    """Owner or agency records what is in dispute; each has one open at a time."""
    subject = _text(wanted.subject, LONGEST_SUBJECT)
    text = _text(wanted.text, LONGEST_TEXT)
    async with tx():
        row = await held_engagement(actor, engagement)
        side = side_of(actor, row)
        if side is None:
            raise Forbidden("no-side", "Only owner and agency of an engagement have a dispute.")
        known = await fetchrow(
            "SELECT true FROM dispute WHERE engagement = $1 AND side = $2 AND resolved_at IS NULL",
            row["id"],
            side.value,
        )
        if known is not None:
            raise Conflict(
                "dispute-open", "You have a dispute open about this engagement. Settle it first."
            )
        identifier = str(uuid.uuid4())
        await Dispute.insert(
            Dispute(
                id=identifier,
                engagement=row["id"],
                side=side.value,
                person=actor.person or "",
                subject=subject,
                text=text,
                opened_at=actor.at,
            )
        )
        facts = {"dispute": identifier, "side": side.value}
        await record(actor, "engagement.disputed", "engagement", str(row["id"]), facts)
    return identifier


async def resolve_dispute(actor: Actor, dispute: str, outcome: str) -> None:
    """The side that recorded it says what was agreed, or a person of the centre decides."""
    checked = _text(outcome, LONGEST_TEXT)
    async with tx():
        row = await held_dispute(actor, dispute)
        by_centre = actor.role is Role.CENTRE and actor.person is not None
        if not by_centre and side_of(actor, row) != row["side"]:
            raise Refused(
                "dispute-of-another",
                "The side that has recorded a dispute says that it is settled by agreement;"
                " otherwise the centre decides.",
            )
        if row["resolved_at"] is not None:
            raise Conflict("dispute-resolved", "This dispute has been settled already.")
        how = Resolution.CENTRE if by_centre else Resolution.AGREEMENT
        await execute(
            "UPDATE dispute SET resolution = $2, outcome = $3, resolved_at = $4, resolved_by = $5"
            " WHERE id = $1",
            row["id"],
            how.value,
            checked,
            actor.at,
            actor.person,
        )
        await record(
            actor,
            "engagement.dispute_resolved",
            "engagement",
            str(row["engagement"]),
            {"dispute": str(row["id"]), "resolution": how.value},
        )


def _text(text: str, longest: int) -> str:
    if not text.strip():
        raise Refused("dispute-text-missing", "Say what is in dispute, or how it was settled.")
    if len(text) > longest:
        raise Refused("dispute-text-long", "At most {most} characters, please.", most=longest)
    return text.strip()
