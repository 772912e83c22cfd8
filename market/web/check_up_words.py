"""The words and figures of a check-up, the same on its page and on paper."""

from typing import Any

from babel import Locale

from market.web import formats, text
from ratings.ledger.text import N_
from ratings.shells.check_up import (
    INDICATORS,
    CheckUp,
    Dimension,
    Figure,
    Indicator,
    Place,
    check_up_policy,
)

DIMENSIONS = {
    Dimension.OPERATION: N_("Operation"),
    Dimension.PEOPLE: N_("Staff and insurance"),
    Dimension.DELIVERY: N_("Delivery"),
    Dimension.CREDIT: N_("Debts and penalties"),
    Dimension.COMPLIANCE: N_("Filing duties"),
}
LABELS = {
    "sales": N_("Declared sales, monthly average"),
    "invoiced": N_("Invoiced, monthly average"),
    "power": N_("Electricity, monthly average"),
    "insured": N_("Persons insured, monthly average"),
    "fund": N_("Persons in the housing fund, monthly average"),
    "awards": N_("Awards on the platform"),
    "late_orders": N_("Share of orders overdue"),
    "arrears": N_("Tax in arrears"),
    "enforcement": N_("Open enforcement"),
    "penalties": N_("Penalties"),
    "late_returns": N_("Months with a tax return overdue"),
    "late_insurance": N_("Months with insurance overdue"),
}
# By place, and by whether that is the better side: the word and the tone of its badge.
_PLACES = {
    (Place.WITHIN, None): (N_("within the usual"), ""),
    (Place.UNKNOWN, None): (N_("not known"), ""),
    (Place.ALONE, None): (N_("no comparison"), ""),
    (Place.BELOW, None): (N_("below the usual"), ""),
    (Place.ABOVE, None): (N_("above the usual"), ""),
    (Place.BELOW, True): (N_("below the usual"), "ok"),
    (Place.ABOVE, True): (N_("above the usual"), "ok"),
    (Place.BELOW, False): (N_("below the usual"), "warn"),
    (Place.ABOVE, False): (N_("above the usual"), "warn"),
}


_NOTES = (
    N_(
        "A figure needs {months} known months of twelve. What is not known is no zero and speaks"
        " neither for nor against the agency."
    ),
    N_(
        "Half of the firms of the trade lie in its middle half. A trade in which fewer than {firms}"
        " firms have a figure has no usual range."
    ),
    N_(
        "The report judges nothing and is not public. The agency reads it at once, the centre"
        " {days} working days later."
    ),
)


_FALLEN = N_("{what}: {value}, a year before {before}. Warned from a fall of {limit} on.")
_RISEN = N_(
    "{what}: {value}, a year before {before}. Warned where it has risen to {limit} or more."
)


def parts(locale: Locale, report: CheckUp) -> list[dict[str, Any]]:
    """One part for each dimension: its heading, and rows of texts in the order of INDICATORS."""
    indicators = {one.name: one for one in INDICATORS}
    found: dict[Dimension, list[dict[str, Any]]] = {one: [] for one in Dimension}
    for figure in report.figures:
        indicator = indicators[figure.indicator]
        found[indicator.dimension].append(_row(locale, indicator, figure))
    return [
        {"heading": text.gettext(locale, DIMENSIONS[one]), "rows": rows}
        for one, rows in found.items()
    ]


def _row(locale: Locale, indicator: Indicator, figure: Figure) -> dict[str, Any]:
    word, tone = _PLACES[figure.place, figure.good]
    usual = figure.usual
    return {
        "label": text.gettext(locale, LABELS[indicator.name]),
        "value": amount(locale, indicator, figure.value),
        "before": amount(locale, indicator, figure.before),
        "usual": _between(locale, indicator, usual.low, usual.high) if usual else "–",
        "middle": amount(locale, indicator, usual.middle) if usual else "–",
        "firms": figure.firms,
        "word": text.gettext(locale, word),
        "tone": tone,
    }


def _between(locale: Locale, indicator: Indicator, low: float, high: float) -> str:
    ends = amount(locale, indicator, low), amount(locale, indicator, high)
    return ends[0] if ends[0] == ends[1] else " – ".join(ends)


def amount(locale: Locale, indicator: Indicator, value: float | None) -> str:
    """The figure with its unit; a dash where it is not known."""
    if value is None:
        return "–"
    match indicator.unit:
        case "fen":
            return formats.yuan(locale, round(value))
        case "share":
            return formats.percent(locale, value)
        case "kwh":
            return f"{formats.number(locale, value, 0)} kWh"
    return formats.number(locale, value, 1).removesuffix(".0")


def warnings(locale: Locale, report: CheckUp) -> list[str]:
    """What has grown worse, each with both figures and the limit it is warned from."""
    indicators = {one.name: one for one in INDICATORS}
    found = []
    for one in report.warnings:
        indicator = indicators[one.indicator]
        figures = {
            "what": text.gettext(locale, LABELS[one.indicator]),
            "value": amount(locale, indicator, one.value),
            "before": amount(locale, indicator, one.before),
        }
        if one.falls_by:
            limit = formats.percent(locale, one.falls_by)
            told = text.gettext(locale, _FALLEN, limit=limit, **figures)
        else:
            limit = amount(locale, indicator, one.reaches)
            told = text.gettext(locale, _RISEN, limit=limit, **figures)
        found.append(told)
    return found


def trade_words(locale: Locale, report: CheckUp) -> str:
    """With whom the agency is compared."""
    if report.trade:
        return text.gettext(
            locale,
            N_("Compared with the firms of trade {trade}, {count} in all"),
            trade=report.trade,
            count=report.trade_firms,
        )
    return text.gettext(
        locale,
        N_("The register names no trade; compared with all firms it has, {count} in all"),
        count=report.trade_firms,
    )


def notes(locale: Locale) -> list[str]:
    """What a reader must know of the report, with the figures of its policy."""
    policy = check_up_policy()
    return [
        text.gettext(
            locale,
            one,
            months=policy.least_months,
            firms=policy.least_firms,
            days=policy.lead_working_days,
        )
        for one in _NOTES
    ]
