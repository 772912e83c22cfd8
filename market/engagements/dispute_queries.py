"""Reading disputes between owner and agency of an engagement, and holding them for an act."""

from datetime import datetime
from enum import StrEnum

import asyncpg
import msgspec

from market.engagements.queries import VISIBLE
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound


class Side(StrEnum):
    OWNER = "owner"
    AGENCY = "agency"


class Resolution(StrEnum):
    """By the side that had recorded it, once both agree, or by a person of the centre."""

    AGREEMENT = "agreement"
    CENTRE = "centre"


class DisputeRow(msgspec.Struct, frozen=True):
    """`side` recorded it; `resolution` and what follows are empty while it is open."""

    id: str
    side: Side
    subject: str
    text: str
    opened_at: datetime
    resolution: Resolution | None
    outcome: str
    resolved_at: datetime | None


async def disputes_of(engagement: str) -> list[DisputeRow]:
    """The oldest first. Whom they are for decides the caller by reading the engagement first."""
    rows = await fetch(
        "SELECT id::text, side, subject, text, opened_at, resolution, outcome, resolved_at"
        " FROM dispute WHERE engagement = $1 ORDER BY opened_at, id",
        row_id(engagement),
    )
    return [msgspec.convert(dict(row), DisputeRow) for row in rows]


async def engagement_of(actor: Actor, dispute: str) -> str:
    """Which engagement a dispute is about, for those who may see it."""
    found = await fetchval(
        f"SELECT e.id::text FROM dispute d JOIN engagement e ON e.id = d.engagement WHERE {VISIBLE}"
        " AND d.id = $4",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        row_id(dispute),
    )
    if found is None:
        raise _unknown(dispute)
    return str(found)


async def held_engagement(actor: Actor, engagement: str) -> asyncpg.Record:
    """`id`, `owner` and `agency` of one that the actor may see, until the transaction ends."""
    row = await fetchrow(
        f"SELECT e.id, e.owner::text, e.agency FROM engagement e WHERE {VISIBLE} AND e.id = $4"
        " FOR UPDATE",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        row_id(engagement),
    )
    if row is None:
        raise NotFound("engagement-unknown", "There is no engagement {id}.", id=engagement)
    return row


async def held_dispute(actor: Actor, dispute: str) -> asyncpg.Record:
    """One that the actor may see, with its engagement, until the transaction ends."""
    row = await fetchrow(
        "SELECT d.id, d.side, d.resolved_at, e.id AS engagement, e.owner::text, e.agency"
        f" FROM dispute d JOIN engagement e ON e.id = d.engagement WHERE {VISIBLE} AND d.id = $4"
        " FOR UPDATE OF d",
        actor.role.value,
        actor.organisation,
        actor.uscc,
        row_id(dispute),
    )
    if row is None:
        raise _unknown(dispute)
    return row


async def first_disputes(until: datetime) -> dict[str, datetime]:
    """When the first dispute about each engagement was recorded, of those that had one by then."""
    rows = await fetch(
        "SELECT engagement::text, min(opened_at) FROM dispute WHERE opened_at <= $1"
        " GROUP BY engagement",
        until,
    )
    return {row[0]: row[1] for row in rows}


def _unknown(dispute: str) -> NotFound:
    return NotFound("dispute-unknown", "There is no dispute {id}.", id=dispute)


def side_of(actor: Actor, row: asyncpg.Record) -> Side | None:
    """Which side of an engagement somebody stands on, by its `owner` and `agency`."""
    if actor.role is Role.ENTERPRISE and actor.organisation == row["owner"]:
        return Side.OWNER
    return Side.AGENCY if actor.role is Role.AGENCY and actor.uscc == row["agency"] else None
