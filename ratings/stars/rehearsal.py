"""A policy tried out on the real record before anybody adopts it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime

from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimate_queries import known_before
from ratings.stars.feedback import OutsideEvent
from ratings.stars.policy import Method, Policy
from ratings.stars.policy_change import Impact, impact
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import whole_record
from ratings.stars.reference import estimate, quarter_of
from ratings.stars.robust import robust_standing
from ratings.stars.standing import Standing, standing

_Compute = Callable[[str, list[RatedEngagement], list[OutsideEvent]], Standing]


async def rehearse(policy: Policy, at: datetime) -> Impact:
    """What every agency would be worth today under `policy`, beside the policy in force.

    It reads the whole record and takes time that grows with it; the loop stays free meanwhile.
    """
    engagements, events = await whole_record(at)
    rows = await fetch("SELECT uscc, stars FROM standing WHERE current AND stars IS NOT NULL")
    held = {row[0]: row[1] for row in rows}
    on = local_date(at)
    # What the robust method would have frozen for this quarter.
    earlier, _ = await whole_record(known_before(quarter_of(on)))
    in_force = await policy_in_force(on)
    policies = in_force, policy
    return await asyncio.to_thread(_compared, engagements, events, earlier, held, on, policies)


def _compared(
    engagements: list[RatedEngagement],
    events: list[OutsideEvent],
    earlier: list[RatedEngagement],
    held: dict[str, int],
    on: date,
    policies: tuple[Policy, Policy],
) -> Impact:
    answered: defaultdict[str, list[RatedEngagement]] = defaultdict(list)
    reported: defaultdict[str, list[OutsideEvent]] = defaultdict(list)
    for engagement in engagements:
        answered[engagement.uscc].append(engagement)
    for event in events:
        reported[event.uscc].append(event)
    in_force, policy = policies
    before, after = (_under(one, earlier, held, on) for one in policies)
    pairs = (
        (before(uscc, answered[uscc], reported[uscc]), after(uscc, answered[uscc], reported[uscc]))
        for uscc in sorted(answered.keys() | reported.keys())
    )
    return impact(pairs, in_force.stars, policy.stars)


def _under(
    policy: Policy, earlier: list[RatedEngagement], held: dict[str, int], on: date
) -> _Compute:
    """The robust method leaves with reluctance the stars that an agency holds now."""
    if policy.method is Method.PLAIN:
        return lambda uscc, own, events: standing(uscc, own, events, on, policy)
    reference = estimate(earlier, quarter_of(on), policy)
    return lambda uscc, own, events: robust_standing(
        uscc, own, events, on, policy, reference, held.get(uscc)
    )
