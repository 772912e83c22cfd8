"""What an agency is worth, as far as it may be seen on the market."""

from market.agencies.queries import sees_all_of, visible_agency
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetchrow
from ratings.stars.queries import StandingRow, standing_row

# In the order of the fields of StandingRow.
_STANDING = """
    SELECT s.uscc, s.as_of, s.score, s.stars, s.state, s.engagements, s.waterfall, s.policy,
           s.policy_version, s.policy_digest
    FROM agency a LEFT JOIN standing s ON s.uscc = a.uscc AND s.current
    WHERE a.uscc = $1 AND (a.state = 'admitted' OR $2)
"""


async def visible_standing(actor: Actor, uscc: str) -> StandingRow | None:
    """The standing in force, or None before anything was ever published: one round trip.

    NotFound for an agency that `visible_agency` does not show to the actor.
    """
    row = await fetchrow(_STANDING, uscc, sees_all_of(actor, uscc))
    if row is None:
        await visible_agency(actor, uscc)
    return None if row is None or row["uscc"] is None else standing_row(tuple(row))
