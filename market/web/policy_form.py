"""The numbers of a policy as fields of a form: their names, their labels, what was typed into them.

A field is named after its place in the document, `/window/months` being `window-months`, so that a
fault of the rules is told at it without any table between.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from market.web.forms import Form
from ratings.evaluations.indicators import INDICATORS, WEIGHTS, Party
from ratings.ledger.errors import Bilingual
from ratings.ledger.text import N_
from ratings.stars.policy import Policy

PARTIES = {
    "supervisor": N_("Supervising department"),
    "owner": N_("Project owner"),
    "centre": N_("Agency service centre"),
}
METHODS = {
    "plain": N_("plain mean"),
    "robust": N_("made fair for small samples"),
}
POINTS, MONTHS, NONE = N_("points"), N_("months"), ""
# Field → its label and its unit, section by section.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    N_("What counts"): {
        "window-months": (N_("Engagements settled within"), MONTHS),
        "window-rated_from": (N_("Rated from"), NONE),
        "missing-least_indicator_share": (N_("An answer counts from"), NONE),
        "missing-least_party_share": (N_("An engagement counts from"), NONE),
    },
    N_("Stars"): {
        "stars-five": (N_("Five stars from"), POINTS),
        "stars-four": (N_("Four stars from"), POINTS),
        "stars-three": (N_("Three stars from"), POINTS),
        "stars-two": (N_("Two stars from"), POINTS),
    },
    N_("What tax and market regulation report"): {
        "feedback-minor": (N_("Minor event"), POINTS),
        "feedback-general": (N_("General event"), POINTS),
        "feedback-serious": (N_("Serious event"), POINTS),
        "feedback-bonus": (N_("Bonus"), POINTS),
        "feedback-limit": (N_("Together at most"), POINTS),
        "feedback-minor_waived": (N_("Minor events waived"), NONE),
        "feedback-fade_months": (N_("A repaired event fades within"), MONTHS),
        "feedback-bonus_months": (N_("A bonus holds"), MONTHS),
        "feedback-lapse_months-minor": (N_("A minor event ends after"), MONTHS),
        "feedback-lapse_months-general": (N_("A general event ends after"), MONTHS),
        "feedback-lapse_months-serious": (N_("A serious event ends after"), MONTHS),
    },
}
ROBUST: dict[str, dict[str, tuple[str, str]]] = {
    N_("Small samples"): {
        "robust-means-months": (N_("Means of the parties over"), MONTHS),
        "robust-means-trade_from": (N_("A trade has its own mean from"), NONE),
        "robust-owner_clip": (N_("An owner is pulled in beyond"), POINTS),
        "robust-half_life_months": (N_("Half of its weight is lost in"), MONTHS),
        "robust-confidence": (N_("Standard errors to the lower bound"), NONE),
        "robust-hysteresis": (N_("A band is left beyond"), POINTS),
        "robust-review_from": (N_("A person looks from a probability of"), NONE),
    },
    N_("Habits of raters"): {
        "robust-leniency-limit": (N_("A habit counts at most"), POINTS),
        "robust-leniency-rounds": (N_("Rounds of the estimate"), NONE),
        "robust-leniency-shrinkage-supervisor": (N_("Scores against a department's habit"), NONE),
        "robust-leniency-shrinkage-owner": (N_("Scores against an owner's habit"), NONE),
        "robust-leniency-shrinkage-centre": (N_("Scores against the centre's habit"), NONE),
        "robust-leniency-least_agencies-supervisor": (N_("Agencies a department must meet"), NONE),
        "robust-leniency-least_agencies-owner": (N_("Agencies an owner must meet"), NONE),
        "robust-leniency-least_agencies-centre": (N_("Agencies the centre must meet"), NONE),
    },
    N_("Weight of the trade's mean"): {
        "robust-prior-start": (N_("At the start"), NONE),
        "robust-prior-least": (N_("At least"), NONE),
        "robust-prior-most": (N_("At most"), NONE),
        "robust-prior-variance": (N_("Variance of one engagement at the start"), NONE),
        "robust-prior-estimated_from": (N_("Estimated from so many engagements"), NONE),
    },
}
_LABELS = {name: told for part in (SECTIONS | ROBUST).values() for name, told in part.items()}


class Changed(msgspec.Struct, frozen=True):
    """A number that differs between two policies; an empty text where one has none."""

    label: str | Bilingual
    party: str
    unit: str
    before: str
    after: str


def sections_of(policy: Policy) -> dict[str, dict[str, tuple[str, str]]]:
    return SECTIONS if policy.robust is None else SECTIONS | ROBUST


def typed_of(policy: Policy) -> dict[str, str]:
    """The form of a policy."""
    named = {"name": policy.name, "version": policy.version}
    return named | dict(_numbers(_body(policy), ""))


def _body(policy: Policy) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(policy, builtin_types=(Decimal,))
    return {key: value for key, value in body.items() if isinstance(value, dict)}


def _numbers(body: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for key, value in body.items():
        name = f"{place}{key}"
        if isinstance(value, dict):
            yield from _numbers(value, f"{name}-")
        else:
            yield name, plain(value)


def plain(value: Decimal | int) -> str:
    """Without trailing zeros or an exponent."""
    return format(Decimal(value).normalize(), "f")


def read_policy(form: Form, base: Policy) -> Policy:
    """What was typed in place of the numbers of `base`; Refused where something is no number.

    An indicator that is left empty is not asked of that party.
    """
    form.required("name", "version")
    body = _read(form, _body(base) | {"indicators": {}}, "")
    body["indicators"] = {
        party: {
            code: form.whole(name)
            for code in WEIGHTS[party]
            if form.text(name := f"indicators-{party}-{code}")
        }
        for party in Party
    }
    form.check()
    named = {"name": form.text("name"), "version": form.text("version"), "method": base.method}
    return msgspec.convert(body | named, Policy)


def _read(form: Form, body: dict[str, Any], place: str) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in body.items():
        name = f"{place}{key}"
        if isinstance(value, dict):
            read[key] = _read(form, value, f"{name}-")
        elif isinstance(value, Decimal):
            form.required(name)
            read[key] = form.decimal(name) or Decimal(0)
        else:
            read[key] = form.whole(name)
    return read


def changed(before: Policy, after: Policy) -> list[Changed]:
    """Every number that differs, in the order of the form."""
    old, new = typed_of(before), typed_of(after)
    names = [name for name in {**new, **old} if name not in ("name", "version")]
    return [
        Changed(*_told(name), old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _told(name: str) -> tuple[str | Bilingual, str, str]:
    """Label, party and unit of a field."""
    if name in _LABELS:
        label, unit = _LABELS[name]
        return label, "", unit
    table, party, *code = name.split("-", 2)
    if table == "parties":
        return N_("Share of the engagement's score"), PARTIES[party], ""
    indicator = next(one for one in INDICATORS if one.code == code[0])
    return Bilingual(indicator.name_zh, indicator.name_en), PARTIES[party], ""
