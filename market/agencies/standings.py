"""What an agency is worth, as far as it may be seen on the market."""

from datetime import date

from market.agencies.queries import sees_all_of, visible_agency
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetchrow
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimate_queries import pseudonymous
from ratings.stars.feedback import OutsideEvent
from ratings.stars.outlook import ComingChange
from ratings.stars.policy_queries import known_policy, policy_in_force
from ratings.stars.queries import (
    StandingRow,
    coming_changes,
    evidence,
    last_moment,
    recompute,
    standing_row,
    stars_held,
)

# In the order of the fields of StandingRow.
_STANDING = """
    SELECT s.uscc, s.as_of, s.score, s.stars, s.state, s.engagements, s.waterfall, s.policy,
           s.policy_version, s.policy_digest, s.lower_bound, s.confirmed
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


async def visible_outlook(actor: Actor, uscc: str) -> tuple[ComingChange, ...]:
    """What time alone will change in the standing; NotFound as `visible_agency` has it."""
    found = await visible_agency(actor, uscc)
    return await coming_changes(found.uscc, actor.at)


async def visible_standing_on(
    actor: Actor, uscc: str, day: date | None, key: str = ""
) -> StandingRow:
    """The standing at the end of a day, today's by default, recomputed from what was known then:
    under the policy in force on that day, or under the one with this key.

    NotFound as `visible_agency` has it; Refused for a day that lies in the future.
    """
    found = await visible_agency(actor, uscc)
    moment = last_moment(day, actor.at)
    policy = await known_policy(key) if key else None
    then = await recompute(found.uscc, moment, policy)
    return StandingRow(
        uscc=then.uscc,
        as_of=moment,
        score=then.score,
        stars=then.stars,
        state=then.state.value,
        engagements=then.engagements,
        waterfall=list(then.waterfall),
        policy=then.policy_name,
        policy_version=then.policy_version,
        policy_digest=then.policy_digest,
        lower_bound=then.lower_bound,
        confirmed=then.confirmed,
    )


async def visible_record(
    actor: Actor, uscc: str, day: date | None, key: str = ""
) -> tuple[list[RatedEngagement], list[OutsideEvent]]:
    """What the standing of a day follows from, under the same policy as there; errors as above.

    Who rated whom is nobody's business but the parties': raters bear a pseudonym, or nothing.
    """
    found = await visible_agency(actor, uscc)
    moment = last_moment(day, actor.at)
    on = local_date(moment)
    policy = await known_policy(key) if key else await policy_in_force(on)
    engagements, events = await evidence(found.uscc, moment)
    return await pseudonymous(engagements, policy, on), events


async def visible_stars_before(actor: Actor, uscc: str, day: date | None) -> int | None:
    """The stars of the last standing published by the end of a day, without its caps."""
    found = await visible_agency(actor, uscc)
    return await stars_held(found.uscc, last_moment(day, actor.at))
