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
from ratings.stars.engagement_score import EngagementScore, RatedEngagement
from ratings.stars.policy import Policy

SCORE_PLACES = 2
STEP_PLACES = 4


class StepCode(StrEnum):
    ENGAGEMENT = "engagement"
    ENGAGEMENT_UNRATED = "engagement-unrated"
    DEDUCTION = "deduction"
    WAIVED = "waived"
    BONUS = "bonus"
    FEEDBACK_LIMIT = "feedback-limit"
    BOUNDS = "bounds"
    ROUNDING = "rounding"
    CAP = "cap"


STEP_TEXT = {
    StepCode.ENGAGEMENT: "Engagement {reference}, settled on {settled_on}: scored {score},"
    " one of {count} in the mean.",
    StepCode.ENGAGEMENT_UNRATED: "Engagement {reference}, settled on {settled_on}: too few"
    " answers, it does not count.",
    StepCode.DEDUCTION: "{severity} event of {on} ({source}, {reference}): {share_percent} % of"
    " {full} points, ends on {ends_on}.",
    StepCode.WAIVED: "First minor event of {on} ({source}, {reference}): waived, no points lost.",
    StepCode.BONUS: "Bonus of {on} ({source}, {reference}), ends on {ends_on}.",
    StepCode.FEEDBACK_LIMIT: "Outside events together count for at most {limit} points.",
    StepCode.BOUNDS: "A score stays between 0 and 100.",
    StepCode.ROUNDING: "Rounding to two decimals.",
    StepCode.CAP: "Stars are held at {stars} at most by {reference} ({source}) of {on}, until"
    " cured. The score is not changed.",
}
"""English msgids; the placeholders are `reference` and the keys of the step's `params`."""

MISSING_TEXT = {
    "absent": "Did not answer; the others' shares were raised to make up the whole.",
    "incomplete": "Answered {weight_scored} of 100 points of weight, too little to count.",
}


class IndicatorDetail(msgspec.Struct, frozen=True):
    """One indicator as its party scored it; `score` is None when it was not applicable."""

    code: str
    weight: int
    score: Decimal | None


class PartyDetail(msgspec.Struct, frozen=True):
    """One party's answer: `stated_share` by the policy, `share` after missing parties left.

    `missing` is empty, `absent` or `incomplete` (a key of MISSING_TEXT).
    """

    party: Party
    score: Decimal | None
    stated_share: Decimal
    share: Decimal
    missing: str
    weight_scored: int
    indicators: tuple[IndicatorDetail, ...]


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


def published(value: Fraction, places: int) -> Decimal:
    """An exact value half-up (away from zero) to so many places: the only rounding there is."""
    scaled = abs(value) * 10**places + Fraction(1, 2)
    digits = scaled.numerator // scaled.denominator
    return Decimal(-digits if value < 0 else digits).scaleb(-places)


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
            missing="" if part.score is not None else "incomplete" if part.answered else "absent",
            weight_scored=part.weight_scored,
            indicators=_indicator_details(
                engagement.parties.get(part.party, {}), policy.indicators[part.party]
            ),
        )
        for part in result.parts
    )


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
