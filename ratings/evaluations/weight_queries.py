"""Which opened answers weigh less by an order of the centre, since when and why."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import Party
from ratings.ledger.database import fetch


class Lowered(msgspec.Struct, frozen=True):
    """Since when an answer weighs only so much of its share, and why."""

    at: datetime
    reason: str
    weight: Decimal


async def lowered_of(uscc: str) -> dict[str, dict[Party, Lowered]]:
    """The answers about an agency that weigh less at present, by engagement; of several orders
    about one the lowest. For everybody: a score says what weighs less in it."""
    rows = await fetch(
        f"SELECT d.engagement, {_LAST_ORDER} d.uscc = $1 AND w.weight < 1 ORDER BY w.weight DESC",
        uscc,
    )
    found: dict[str, dict[Party, Lowered]] = {}
    for engagement, _, party, *lowered in rows:
        found.setdefault(engagement, {})[Party(party)] = Lowered(*lowered)
    return found


async def lowered_by(cause: str) -> set[tuple[str, Party]]:
    """The answers, as docket and party, that weigh less at present because of one question."""
    rows = await fetch(f"SELECT d.engagement, {_LAST_ORDER} w.cause = $1 AND w.weight < 1", cause)
    return {(row[1], Party(row[2])) for row in rows}


_LAST_ORDER = (
    "d.id::text, w.party, w.ordered_at, w.reason, w.weight FROM (SELECT DISTINCT ON (docket, party,"
    " cause) * FROM answer_weight ORDER BY docket, party, cause, ordered_at DESC) w"
    " JOIN docket d ON d.id = w.docket WHERE"
)
