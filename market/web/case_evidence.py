"""What a shell case shows beside its steps: what each source said, what would lift the flag, and
who is tied to whom."""

from typing import Any

from market.accounts.identity import Asking
from market.agencies.queries import agency_names
from market.web import asked, shell_words, text, ties_drawing
from market.web.heat_strip import heat_strip
from market.web.render import locale_of
from ratings.ledger.text import N_
from ratings.shells.change_queries import change_of_finding
from ratings.shells.queries import FindingRow, firm_ties

KINDS = {
    "address_id": N_("Registered address"),
    "phone_id": N_("Telephone number"),
    "legal_rep_id": N_("Legal representative"),
    "finance_officer_id": N_("Finance officer"),
    "network_id": N_("Network address"),
    "device_id": N_("Device"),
}
_ZOOMS = (50, 75, 100, 150, 200, 300)


async def change_of(request: Asking, found: FindingRow | None) -> dict[str, Any] | None:
    """`levers` with what each would do alone, and `ways`, each a list of places in `levers`, by
    the policy that the screen went by; None where its text is not kept."""
    known = None if found is None else await change_of_finding(found)
    if found is None or known is None:
        return None
    change, policy = known
    locale = locale_of(request)
    told = {
        row.feature: (row.sentence_zh if locale == text.ZH else row.sentence).format(**row.params)
        for row in found.reasons
        if row.signal_class != "excuse"
    }
    return {
        "levers": [
            {
                "label": text.gettext(locale, shell_words.EXCUSES[one.excuse])
                if one.excuse in shell_words.EXCUSES
                else text.gettext(locale, N_("Files by the quarter"))
                if one.excuse
                else told[one.feature],
                "excuse": bool(one.excuse),
                "also": len(one.falls) - 1,
                "contribution": one.contribution,
                "probability": one.probability,
                "outcome": one.outcome,
            }
            for one in change.levers
        ],
        "ways": change.ways,
        "at": policy.case_probability,
        "now": found.probability,
        "kinds": policy.independent_classes,
    }


async def strip_of(request: Asking, found: FindingRow | None) -> dict[str, Any] | None:
    """The heat strip over the 24 months of the finding; None without one."""
    if found is None:
        return None
    return await heat_strip(request, locale_of(request), found.uscc, found.as_of_month)


async def ties_of_case(request: Asking, uscc: str, *, own: bool) -> dict[str, Any]:
    """The drawing and the table that says the same; with `own`, only what the agency itself shares
    with others. Without ties the drawing is None."""
    found = await firm_ties(uscc)
    if found is None:
        return {"drawing": None}
    if own:
        found = found.own
    locale = locale_of(request)
    names = {
        code: one.zh if locale == text.ZH else one.en
        for code, one in (await agency_names(found.shown)).items()
    }
    zoom = int(asked.one_of(request, "zoom", tuple(map(str, _ZOOMS))) or 100)
    at = _ZOOMS.index(zoom)
    return {
        "drawing": ties_drawing.drawn(found, names),
        "box": (ties_drawing.FIRM_WIDTH, ties_drawing.FIRM_HEIGHT),
        "firms": found.firms,
        "left_out": 0 if own else found.firms - len(found.shown),
        "rows": [
            {
                "kinds": [text.gettext(locale, KINDS[kind]) for kind in tie.kinds],
                "firms": [(code, names.get(code, "")) for code in tie.firms],
                "left_out": tie.of - len(tie.firms),
            }
            for tie in found.ties
        ],
        "uscc": uscc,
        "zoom": zoom,
        "smaller": _ZOOMS[at - 1] if at else None,
        "larger": _ZOOMS[at + 1] if at + 1 < len(_ZOOMS) else None,
    }
