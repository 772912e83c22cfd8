"""When an agency deserves a second look that its published score would not give it."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

import msgspec

from ratings.evaluations.indicators import Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.policy import Policy
from ratings.stars.reference import Centred, Reference, centred, counted, decay, robust_rule
from ratings.stars.rounding import published
from ratings.stars.standing import Standing

PLACES = 6


class Review(msgspec.Struct, frozen=True):
    """What the decision rests on: the clipped mean without the trade's pull, the mean without the
    owners' praise that nobody shares, and P(true < three stars) by it in six decimals."""

    opens: bool
    mean: Fraction
    sober: Fraction
    probability: Fraction


def review(
    uscc: str,
    engagements: Iterable[RatedEngagement],
    standing: Standing,
    policy: Policy,
    reference: Reference,
) -> Review | None:
    """By the engagements alone, as of the day of `standing`; None when the agency is unrated.

    Shrinkage protects small samples and hides bad agencies, and so do owners who give everybody
    full marks. Here neither counts: a person looks where the clipped mean lies below three stars,
    or where the truth well may, taking it as normal about the sober mean with the variance of so
    many engagements and no prior.
    """
    as_of: date = standing.as_of
    rule = robust_rule(policy)
    own = counted((one for one in engagements if one.uscc == uscc), as_of, policy)
    total = sober = effective = Fraction(0)
    for engagement, result in own:
        if result.score is None:
            continue
        one = centred(engagement, result, reference, policy)
        weight = one.weight * decay(engagement.settled_on, as_of, rule.half_life_months)
        total, effective = total + weight * one.score, effective + weight
        sober += weight * msgspec.structs.replace(one, deviations=_sober(one)).score
    if standing.score is None or not effective:
        return None
    mean, usual, cut = total / effective, sober / effective, float(policy.stars.three)
    spread = sqrt(float(reference.variance) / float(effective))
    likely = float(usual < cut) if not spread else NormalDist(float(usual), spread).cdf(cut)
    probability = Fraction(published(Fraction(likely), PLACES))
    opens = mean < policy.stars.three or probability >= Fraction(rule.review_from)
    return Review(opens, mean, usual, probability)


def _sober(one: Centred) -> dict[Party, Fraction]:
    """An owner above the mean of the other two counts as that mean; one below it as it was
    clipped. With one of the other two alone nobody can say who is wrong."""
    if set(one.deviations) != set(Party):
        return one.deviations
    owner = one.deviations[Party.OWNER]
    others = [points for party, points in one.deviations.items() if party is not Party.OWNER]
    return {**one.deviations, Party.OWNER: min(owner, sum(others, Fraction(0)) / len(others))}
