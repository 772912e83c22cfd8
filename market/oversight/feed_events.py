"""The feeds of tax, registration and courts before the person who takes in outside events."""

import asyncio
from typing import Any

from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch
from ratings.signals.relations import StoredFeeds, opened, stored_feeds
from ratings.stars.event_proposals import Said, Sign
from ratings.stars.proposal_actions import propose_events

_SIGNS = {
    "tax_filing": (
        (Sign.GRADE_A, "credit_grade = 'A'", "NULL"),
        (Sign.GRADE_D, "credit_grade = 'D'", "NULL"),
        (Sign.ABNORMAL_TAXPAYER, "taxpayer_state = 'abnormal'", "NULL"),
    ),
    "registration": ((Sign.ABNORMAL_OPERATION, "abnormal_since IS NOT NULL", "abnormal_since"),),
    "judicial": (
        (Sign.DISHONEST, "dishonest", "NULL"),
        (Sign.PENALTY_MINOR, "penalties > 0 AND penalty_severity = 'minor'", "NULL"),
        (Sign.PENALTY_GENERAL, "penalties > 0 AND penalty_severity = 'general'", "NULL"),
        (Sign.PENALTY_SERIOUS, "penalties > 0 AND penalty_severity = 'serious'", "NULL"),
    ),
}
"""Feed → sign, its condition, and where the day stands."""


async def propose_from_feeds(actor: Actor, settings: Settings) -> int:
    """Look at the cells of every admitted agency as they are known at the act; returns how many
    proposals are new."""
    rows = await fetch("SELECT uscc FROM agency WHERE state = 'admitted'")
    feeds = await stored_feeds(open_store(settings.files), actor.at)
    said = await asyncio.to_thread(_said, feeds, [row[0] for row in rows])
    return await propose_events(actor, said)


def _said(feeds: StoredFeeds, agencies: list[str]) -> list[Said]:
    found: list[Said] = []
    with opened(feeds) as connection:
        for feed, signs in _SIGNS.items():
            if feed not in feeds.present:
                continue
            for sign, condition, since in signs:
                # Composed of constants of this file; the agencies are a parameter.
                query = (
                    f"SELECT DISTINCT uscc, month, {since} FROM feed_{feed}"
                    f" WHERE {condition} AND list_contains($agencies, uscc)"
                )
                rows: list[Any] = connection.execute(query, {"agencies": agencies}).fetchall()
                found += [Said(uscc, sign, month, day) for uscc, month, day in rows]
    return found
