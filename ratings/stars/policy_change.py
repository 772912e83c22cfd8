"""What another policy would change: which agencies change stars, and what moves them most."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from ratings.stars.policy import StarBands
from ratings.stars.standing import Standing
from ratings.stars.waterfall import Step, StepCode

NONE = "none"
"""Key of a distribution for the agencies without stars."""
_WHOLE = {
    StepCode.START,
    StepCode.ENGAGEMENT,
    StepCode.ENGAGEMENT_UNRATED,
    StepCode.ENGAGEMENT_WAITS,
}


class Why(StrEnum):
    """What explains a change of stars: a step that carried the score into another band, bands that
    moved around it, or a cap or kept band that holds the stars elsewhere."""

    STEP = "step"
    BANDS = "bands"
    HELD = "held"


class ScoreAndStars(msgspec.Struct, frozen=True):
    """`score` is 0–100 with two decimals; no score and no stars for an unrated agency."""

    score: Decimal | None
    stars: int | None
    state: str


class Moved(msgspec.Struct, frozen=True):
    """The step of the waterfall that moves most, with its points under either policy.

    Where the two methods differ, an engagement's own points cannot be compared: then all of them
    and what they start from stand together as one step, without a reference.
    """

    step: StepCode
    reference: str
    points_before: Decimal
    points_after: Decimal


class StarChange(msgspec.Struct, frozen=True):
    """One agency; `moved` is the step that moves most, whatever explains the change."""

    uscc: str
    before: ScoreAndStars
    after: ScoreAndStars
    why: Why
    moved: Moved | None


class Impact(msgspec.Struct, frozen=True):
    """All agencies of the record under the policy in force and under another one.

    `stars_before` and `stars_after` count agencies by stars ("1" to "5", "none" without any).
    """

    agencies: int
    scores_moved: int
    stars_before: dict[str, int]
    stars_after: dict[str, int]
    changes: list[StarChange]


def impact(
    pairs: Iterable[tuple[Standing, Standing]], bands_before: StarBands, bands_after: StarBands
) -> Impact:
    """From the standings of one day under either policy; those who lose most stars come first."""
    before, after = _nobody(), _nobody()
    changes, agencies, moved = [], 0, 0
    for old, new in pairs:
        agencies += 1
        before[_key(old)] += 1
        after[_key(new)] += 1
        moved += old.score != new.score
        if old.stars != new.stars:
            changes.append(_change(old, new, bands_before, bands_after))
    changes.sort(key=lambda one: ((one.after.stars or 0) - (one.before.stars or 0), one.uscc))
    return Impact(agencies, moved, before, after, changes)


def _nobody() -> dict[str, int]:
    return {**{str(stars): 0 for stars in range(5, 0, -1)}, NONE: 0}


def _key(one: Standing) -> str:
    return NONE if one.stars is None else str(one.stars)


def _change(old: Standing, new: Standing, before: StarBands, after: StarBands) -> StarChange:
    why = Why.STEP
    if old.score is not None and new.score is not None:
        moved_within = before.stars(new.score)
        if moved_within == before.stars(old.score):
            why = Why.HELD if moved_within == after.stars(new.score) else Why.BANDS
    return StarChange(old.uscc, _outcome(old), _outcome(new), why, _most_moved(old, new))


def _outcome(one: Standing) -> ScoreAndStars:
    return ScoreAndStars(one.score, one.stars, one.state.value)


def _most_moved(old: Standing, new: Standing) -> Moved | None:
    """None when every step has the same points under both."""
    start = (StepCode.START in _codes(old)) != (StepCode.START in _codes(new))
    before, after = _points(old.waterfall, start), _points(new.waterfall, start)
    places = sorted(before.keys() | after.keys())
    best = max(places, key=lambda at: abs(after[at] - before[at]), default=None)
    if best is None or before[best] == after[best]:
        return None
    return Moved(*best, before[best], after[best])


def _codes(one: Standing) -> set[StepCode]:
    return {step.code for step in one.waterfall}


def _points(steps: tuple[Step, ...], together: bool) -> defaultdict[tuple[StepCode, str], Decimal]:
    found: defaultdict[tuple[StepCode, str], Decimal] = defaultdict(lambda: Decimal("0.0000"))
    for step in steps:
        whole = together and step.code in _WHOLE
        code = StepCode.ENGAGEMENT if step.code in _WHOLE - {StepCode.START} else step.code
        at = (StepCode.ENGAGEMENT, "") if whole else (code, step.reference)
        found[at] += step.points
    return found
