"""The steps that lead to a score, in published decimals that add up to it exactly.

Inside, every step is an exact fraction: a mean over three engagements or a fade over 365 days
has no finite decimal. What is published is each step rounded half-up to four places, and what
those roundings and the rounding of the score itself to two places leave over stands in a row of
its own, `rounding`. So anybody can add the column up and arrive at the score exactly, and
can see how little was rounded: at most 0.005, and 0.00005 per step.
"""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from ratings.evaluations.indicators import INDICATORS, OVERALL, Party
from ratings.stars.engagement_score import EngagementScore, PartyPart, RatedEngagement
from ratings.stars.policy import Policy
from ratings.stars.rounding import published

SCORE_PLACES = 2
STEP_PLACES = 4


class StepCode(StrEnum):
    START = "start"
    ENGAGEMENT = "engagement"
    ENGAGEMENT_UNRATED = "engagement-unrated"
    ENGAGEMENT_WAITS = "engagement-waits"
    DEDUCTION = "deduction"
    WAIVED = "waived"
    BONUS = "bonus"
    FEEDBACK_LIMIT = "feedback-limit"
    BOUNDS = "bounds"
    ROUNDING = "rounding"
    CAP = "cap"
    HYSTERESIS = "hysteresis"


STEP_TEXT = {
    StepCode.START: "Start from the mean of the trade, which weighs like {prior} engagements.",
    StepCode.ENGAGEMENT: "Engagement {reference}, settled on {settled_on}: scored {score},"
    " one of {count} in the mean.",
    StepCode.ENGAGEMENT_UNRATED: "Engagement {reference}, settled on {settled_on}: too few"
    " answers, it does not count.",
    StepCode.ENGAGEMENT_WAITS: "Engagement {reference}, settled on {settled_on}: it counts from the"
    " next quarter, when there is something to compare it with.",
    StepCode.DEDUCTION: "{severity} event of {on} ({source}, {reference}): {share_percent} % of"
    " {full} points, ends on {ends_on}.",
    StepCode.WAIVED: "First minor event of {on} ({source}, {reference}): waived, no points lost.",
    StepCode.BONUS: "Bonus of {on} ({source}, {reference}), ends on {ends_on}.",
    StepCode.FEEDBACK_LIMIT: "Outside events together count for at most {limit} points.",
    StepCode.BOUNDS: "A score stays between 0 and 100.",
    StepCode.ROUNDING: "Rounding to two decimals.",
    StepCode.CAP: "Stars are held at {stars} at most by {reference} ({source}) of {on}, until"
    " cured. The score is not changed.",
    StepCode.HYSTERESIS: "{stars} stars are kept: the score is less than {beyond} points beyond the"
    " cut of the band.",
}
"""English msgids; the placeholders are `reference` and the keys of the step's `params`."""

MISSING_TEXT = {
    "absent": "Did not answer; the others' shares were raised to make up the whole.",
    "left-out": "Answered, but the centre has left the answer out of the score; the others' shares"
    " were raised to make up the whole.",
    "incomplete": "Answered {weight_scored} of 100 points of weight, too little to count.",
}


class IndicatorDetail(msgspec.Struct, frozen=True):
    """One indicator as its party scored it; `score` is None when it was not applicable."""

    code: str
    weight: int
    score: Decimal | None


class PartyDetail(msgspec.Struct, frozen=True):
    """One party's answer: `stated_share` by the policy, `share` after missing parties left.

    `missing` is empty, or a key of MISSING_TEXT. `lowered_to` is what the answer weighs of its
    share by an order of the centre, None without one; `rated_again` says that its scores took the
    place of earlier ones after the opening. Under the robust method
    `mean` is that of the party (μ), `leniency` the habit of its rater that was taken off, and
    `clipped` the points an owner far from the other two was pulled by; None under the plain one.
    """

    party: Party
    score: Decimal | None
    stated_share: Decimal
    share: Decimal
    missing: str
    weight_scored: int
    indicators: tuple[IndicatorDetail, ...]
    mean: Decimal | None = None
    leniency: Decimal | None = None
    clipped: Decimal | None = None
    lowered_to: Decimal | None = None
    rated_again: bool = False


class Step(msgspec.Struct, frozen=True):
    """One row: `points` in published decimals, `params` for the words of STEP_TEXT.

    Dates in `params` are ISO texts and numbers plain decimal texts, so that a step survives JSON.
    `provisional` and `parties` belong to engagements.
    """

    code: StepCode
    reference: str
    points: Decimal
    params: dict[str, str]
    provisional: bool = False
    parties: tuple[PartyDetail, ...] = ()


def percent(share: Fraction) -> str:
    """A share of 1 as a percentage with one decimal."""
    return str(published(share * 100, 1))


def rounding_step(steps: list[Step], score: Decimal) -> Step | None:
    """The row that closes the gap between the published steps and the score; None if none."""
    gap = score - sum((step.points for step in steps), Decimal(0))
    return Step(StepCode.ROUNDING, "", gap, {}) if gap else None


def party_details(
    engagement: RatedEngagement, result: EngagementScore, policy: Policy
) -> tuple[PartyDetail, ...]:
    """What each party said and what was missing, in the order of the policy."""
    return tuple(
        PartyDetail(
            party=part.party,
            score=None if part.score is None else published(part.score, STEP_PLACES),
            stated_share=part.stated_share,
            share=published(part.share, STEP_PLACES),
            missing=_missing(engagement, part),
            weight_scored=part.weight_scored,
            indicators=_indicator_details(
                engagement.parties.get(part.party, {}), policy.indicators[part.party]
            ),
            lowered_to=engagement.weights.get(part.party),
            rated_again=part.party in engagement.rated_again,
        )
        for part in result.parts
    )


def _missing(engagement: RatedEngagement, part: PartyPart) -> str:
    if part.score is not None:
        return ""
    if part.party in engagement.left_out:
        return "left-out"
    return "incomplete" if part.answered else "absent"


def _indicator_details(
    answer: dict[str, Decimal], weights: dict[str, int]
) -> tuple[IndicatorDetail, ...]:
    """In the order of the table; a single overall score stands alone with the whole weight."""
    if OVERALL in answer:
        return (IndicatorDetail(OVERALL, sum(weights.values()), answer[OVERALL]),)
    return tuple(
        IndicatorDetail(indicator.code, weights[indicator.code], answer.get(indicator.code))
        for indicator in INDICATORS
        if indicator.code in weights
    )
