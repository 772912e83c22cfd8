"""A standing as rows for the waterfall: words for each step, points that sum to the score."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale

from market.web import text
from ratings.ledger.text import N_
from ratings.stars.waterfall import STEP_TEXT, Step, StepCode

_SEVERITIES = {
    "none": N_("Reported"),
    "minor": N_("Minor"),
    "general": N_("General"),
    "serious": N_("Serious"),
    "bonus": N_("Bonus"),
}
_DAYS = {"settled_on", "on", "ends_on", "repaired_on"}
_ENGAGEMENTS = (StepCode.ENGAGEMENT, StepCode.ENGAGEMENT_UNRATED)


def step_text(locale: Locale, step: Step, numbers: dict[str, str] | None = None) -> str:
    """One step in words; `numbers` names engagements by what people call them."""
    params: dict[str, object] = {**step.params}
    for name in _DAYS & params.keys():
        params[name] = date.fromisoformat(step.params[name])
    if "severity" in params:
        params["severity"] = text.gettext(locale, _SEVERITIES.get(step.params["severity"], ""))
    reference = (numbers or {}).get(step.reference, step.reference)
    return text.gettext(locale, STEP_TEXT[step.code], reference=reference, **params)


def waterfall_rows(
    locale: Locale,
    waterfall: Iterable[Step],
    score: Decimal | None,
) -> list[dict[str, Any]]:
    """The mean of the engagements as one row, then each further step, then the score."""
    steps = list(waterfall)
    counted = [step for step in steps if step.code is StepCode.ENGAGEMENT]
    rows: list[dict[str, Any]] = []
    if counted:
        rows.append(
            {
                "label": text.ngettext(
                    locale,
                    "Mean of {count} engagement",
                    "Mean of {count} engagements",
                    len(counted),
                ),
                "points": sum((step.points for step in counted), Decimal(0)),
            }
        )
    rows.extend(
        {"label": step_text(locale, step), "points": step.points}
        for step in steps
        if step.code not in _ENGAGEMENTS
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
