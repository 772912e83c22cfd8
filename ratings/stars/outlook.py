"""What time alone will change in a standing: which day something drops out, and what is left.

Nothing is foretold. Each row is the standing of a later day by what is known today: no further
engagement, event or repair. Between the days a deduction that fades moves the score a little.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import OutsideEvent, effects, known_events
from ratings.stars.policy import Method, Policy
from ratings.stars.reference import Reference
from ratings.stars.robust import robust_standing
from ratings.stars.standing import State, standing


class ComingChange(msgspec.Struct, frozen=True):
    """The standing on `on`, the first day without the `engagements` and `documents` named."""

    on: date
    engagements: tuple[str, ...]
    documents: tuple[str, ...]
    score: Decimal | None
    stars: int | None
    state: State


def outlook(
    uscc: str,
    engagements: Iterable[RatedEngagement],
    events: Iterable[OutsideEvent],
    as_of: date,
    policy: Policy,
    reference: Reference | None = None,
    held: int | None = None,
) -> tuple[ComingChange, ...]:
    """The days after `as_of` on which something of the waterfall ends, the nearest first.

    A cap has no such day: it lasts until the matter is put right. The robust method needs its
    estimates, taken to stay what they are, and the stars held.
    """
    settled = [one for one in engagements if one.uscc == uscc and one.settled_on <= as_of]
    known = known_events(tuple(event for event in events if event.uscc == uscc), as_of)
    leaving: defaultdict[date, list[str]] = defaultdict(list)
    for one in settled:
        leaving[_first_day_without(one.settled_on, policy)].append(one.engagement)
    ending: defaultdict[date, list[str]] = defaultdict(list)
    for effect in effects(known, as_of, policy):
        ending[effect.ends_on].append(effect.event.document)
    changes = []
    for day in sorted(leaving.keys() | ending.keys()):
        if day > as_of:
            if reference is None:
                then = standing(uscc, settled, known, day, policy)
            else:
                then = robust_standing(uscc, settled, known, day, policy, reference, held)
            changes.append(
                ComingChange(
                    on=day,
                    engagements=tuple(sorted(leaving[day])),
                    documents=tuple(sorted(ending[day])),
                    score=then.score,
                    stars=then.stars,
                    state=then.state,
                )
            )
    return tuple(changes)


def _first_day_without(settled_on: date, policy: Policy) -> date:
    """The first day of the plain window is out, that of the robust one is in; the end of a short
    month may keep a day a little longer."""
    months, first = policy.window.months, settled_on
    if policy.method is Method.ROBUST:
        first += timedelta(days=1)
    day = add_months(settled_on, months)
    while add_months(day, -months) < first:
        day += timedelta(days=1)
    return day
