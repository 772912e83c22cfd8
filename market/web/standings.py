"""A standing as rows for the waterfall: words for each step, points that sum to the score."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale

from market.web import text
from ratings.ledger.text import N_
from ratings.stars.policy_change import StarChange, Why
from ratings.stars.waterfall import STEP_TEXT, Step, StepCode

_SEVERITIES = {
    "none": N_("Reported"),
    "minor": N_("Minor"),
    "general": N_("General"),
    "serious": N_("Serious"),
    "bonus": N_("Bonus"),
}
_DAYS = {"settled_on", "on", "ends_on", "repaired_on"}
_ENGAGEMENTS = (StepCode.ENGAGEMENT, StepCode.ENGAGEMENT_UNRATED, StepCode.ENGAGEMENT_WAITS)


def step_text(locale: Locale, step: Step, numbers: dict[str, str] | None = None) -> str:
    """One step in words; `numbers` names engagements by what people call them."""
    params: dict[str, object] = {**step.params}
    for name in _DAYS & params.keys():
        params[name] = date.fromisoformat(step.params[name])
    if "severity" in params:
        params["severity"] = text.gettext(locale, _SEVERITIES.get(step.params["severity"], ""))
    reference = (numbers or {}).get(step.reference, step.reference)
    return text.gettext(locale, STEP_TEXT[step.code], reference=reference, **params)


_MOVED = {
    StepCode.START: N_("The mean of the trade"),
    StepCode.ENGAGEMENT: N_("All engagements together"),
    StepCode.DEDUCTION: N_("Deduction {reference}"),
    StepCode.WAIVED: N_("Waived event {reference}"),
    StepCode.BONUS: N_("Bonus {reference}"),
    StepCode.FEEDBACK_LIMIT: N_("Limit of all outside events"),
    StepCode.BOUNDS: N_("Bounds of a score"),
    StepCode.ROUNDING: N_("Rounding"),
}
_ONE_ENGAGEMENT = N_("Engagement {reference}")
_MOVES = N_("{step}: from {before} to {after} points")
_WHY = {
    Why.BANDS: N_("The bands move, and the score is now in another one"),
    Why.HELD: N_("A cap or a kept band holds the stars"),
}


def why_text(locale: Locale, change: StarChange, numbers: Mapping[str, str] | None = None) -> str:
    """What explains a change of stars, in one phrase; `numbers` as for `step_text`."""
    moved = change.moved
    if change.why is not Why.STEP or moved is None:
        return text.gettext(locale, _WHY.get(change.why, ""))
    msgid = _MOVED[moved.step]
    if moved.step is StepCode.ENGAGEMENT and moved.reference:
        msgid = _ONE_ENGAGEMENT
    reference = (numbers or {}).get(moved.reference, moved.reference)
    step = text.gettext(locale, msgid, reference=reference)
    before, after = (
        f"{points.normalize():f}" for points in (moved.points_before, moved.points_after)
    )
    return text.gettext(locale, _MOVES, step=step, before=before, after=after)


def waterfall_rows(
    locale: Locale,
    waterfall: Iterable[Step],
    score: Decimal | None,
) -> list[dict[str, Any]]:
    """The mean of the engagements as one row, then each further step, then the score."""
    steps = list(waterfall)
    counted = [step for step in steps if step.code is StepCode.ENGAGEMENT]
    start = [step for step in steps if step.code is StepCode.START]
    rows: list[dict[str, Any]] = [
        {"label": step_text(locale, step), "points": step.points} for step in start
    ]
    if counted:
        many = len(counted)
        if start:
            label = text.ngettext(
                locale,
                "{count} engagement against that mean",
                "{count} engagements against that mean",
                many,
            )
        else:
            label = text.ngettext(
                locale, "Mean of {count} engagement", "Mean of {count} engagements", many
            )
        points = sum((step.points for step in counted), Decimal(0))
        rows.append({"label": label, "points": points})
    rows.extend(
        {"label": step_text(locale, step), "points": step.points}
        for step in steps
        if step.code not in (*_ENGAGEMENTS, StepCode.START)
    )
    if score is not None:
        rows.append({"label": text.gettext(locale, "Score"), "points": score, "total": True})
    return rows


def engagement_rows(
    locale: Locale, waterfall: Iterable[Step], numbers: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Every engagement of the standing in words, with what it brings to the mean."""
    return [
        {"label": step_text(locale, step, numbers), "points": step.points}
        for step in waterfall
        if step.code in _ENGAGEMENTS
    ]
