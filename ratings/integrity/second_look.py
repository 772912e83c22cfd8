"""What the robust method itself wants a person to look at: a score, and an owner far apart.

The published score protects agencies with few engagements and so hides bad ones; the clip takes an
owner back that may be right. Both change nothing: a person looks.
"""

from collections.abc import Iterable
from fractions import Fraction

from ratings.evaluations.indicators import Party
from ratings.integrity.flags import Flag, FlagKind, shown
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.policy import Policy
from ratings.stars.reference import Reference, centred, counted, robust_rule
from ratings.stars.review import review
from ratings.stars.rounding import published
from ratings.stars.standing import Standing


def second_look(
    uscc: str,
    engagements: Iterable[RatedEngagement],
    standing: Standing,
    policy: Policy,
    reference: Reference,
) -> list[Flag]:
    """The flags of one agency as of the day of `standing`, which is by the engagements alone."""
    if not reference.means[""]:
        # Before anything was known there is nothing to hold an answer against.
        return []
    own = [one for one in engagements if one.uscc == uscc]
    pairs = counted(own, standing.as_of, policy)
    scored = [
        centred(one, result, reference, policy) for one, result in pairs if result.score is not None
    ]
    flags = []
    found = review(uscc, own, standing, policy, reference)
    if found is not None and found.opens:
        figures = {
            "unshrunk": shown(found.mean),
            "sober": shown(found.sober),
            "likely_percent": str(published(found.probability * 100, 1)),
            "score": str(standing.score),
        }
        limits = {
            "unshrunk": str(policy.stars.three),
            "likely_percent": str(published(Fraction(robust_rule(policy).review_from) * 100, 1)),
        }
        numbers = tuple(sorted(one.engagement.engagement for one in scored))
        flags.append(Flag(FlagKind.REVIEW, uscc, numbers, figures=figures, limits=limits))
    for one in scored:
        if not one.clipped:
            continue
        limit = Fraction(robust_rule(policy).owner_clip)
        figures = {"apart": shown(abs(one.clipped) + limit), "clipped": shown(one.clipped)}
        number, owner = one.engagement.engagement, one.engagement.raters.get(Party.OWNER, "")
        raters = (owner,) if owner else ()
        limits = {"apart": str(robust_rule(policy).owner_clip)}
        flags.append(Flag(FlagKind.CLIP, uscc, (number,), raters, figures=figures, limits=limits))
    return flags
