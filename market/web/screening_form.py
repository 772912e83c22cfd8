"""The numbers of a screening policy as fields of a form: labels, bounds, what was typed into them.

Shares are typed in percent and money in yuan; a field is named after its place in `Numbers`, so
that a fault of the rules is told at it.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from babel import Locale

from market.web import shell_words, text
from market.web.forms import Form
from market.web.screens import CLASSES
from ratings.ledger.text import N_
from ratings.shells.policy import Policy
from ratings.shells.policy_change import (
    BOUNDS,
    EXCUSE_BOUNDS,
    FACTOR_BOUNDS,
    Difference,
    Numbers,
    OutcomeChange,
    ScreenWhy,
    numbers_of,
)

PERCENT, YUAN, ODDS, MONTHS, FIRMS, NONE = (
    "%",
    N_("yuan a month"),
    N_("log-odds"),
    N_("months"),
    N_("firms"),
    "",
)
LABELS: dict[str, tuple[str, str]] = {
    "base_rate": (N_("Base rate"), PERCENT),
    "watch_probability": (N_("Watched from"), PERCENT),
    "case_probability": (N_("Flagged from"), PERCENT),
    "class_cap": (N_("One kind of source adds at most"), ODDS),
    "independent_classes": (N_("Kinds of source that must agree"), NONE),
    "independent_evidence": (N_("Each of them with"), ODDS),
    "least_coverage": (N_("Least months known"), PERCENT),
    "least_classes": (N_("Least kinds of source"), NONE),
    "class_months": (N_("A kind of source is known from"), MONTHS),
    "bookkeeper_firms": (N_("A shared representative or phone is a bookkeeper's from"), FIRMS),
    "minimum_wage_fen": (N_("Local minimum wage"), YUAN),
}
_SHARES = ("base_rate", "watch_probability", "case_probability", "least_coverage")
_WHOLE = ("independent_classes", "least_classes", "class_months", "bookkeeper_firms")


def _plain(name: str, number: float) -> str:
    """As it stands in the field: no exponent, no trailing zeros, no error of binary fractions."""
    value = Decimal(str(number))
    if name in _SHARES:
        value *= 100
    elif name == "minimum_wage_fen":
        value /= 100
    return format(value.normalize(), "f")


def bounds_of(name: str) -> tuple[str, str]:
    least, most = BOUNDS[name]
    return _plain(name, least), _plain(name, most)


def typed_of(policy: Policy, source: Policy) -> dict[str, str]:
    """The form of a policy that was copied from `source`."""
    numbers = numbers_of(policy, source)
    typed = {"name": numbers.name, "version": numbers.version}
    typed |= {name: _plain(name, getattr(numbers, name)) for name in BOUNDS}
    for table in ("excuses", "factors"):
        own: dict[str, float] = getattr(numbers, table)
        typed |= {f"{table}-{name}": _plain("", number) for name, number in own.items()}
    return typed


def read_numbers(form: Form, source: Policy) -> Numbers:
    """What was typed; Refused where something is no number. An empty factor is 1."""
    form.required("name", "version", *(name for name in LABELS if name not in _WHOLE))
    numbers: dict[str, float] = {}
    for name in BOUNDS:
        if name in _WHOLE:
            numbers[name] = form.whole(name)
        elif name == "minimum_wage_fen":
            numbers[name] = form.fen(name)
        else:
            value = form.decimal(name) or Decimal(0)
            numbers[name] = float(value / 100 if name in _SHARES else value)
    excuses = {kind: form.decimal(f"excuses-{kind}") for kind in source.excuses}
    factors = {one.name: form.decimal(f"factors-{one.name}") for one in source.features}
    form.check()
    told = {
        "name": form.text("name"),
        "version": form.text("version"),
        "excuses": {kind: float(one) for kind, one in excuses.items() if one is not None},
        "factors": {name: float(one) for name, one in factors.items() if one is not None},
    }
    return msgspec.convert(numbers | told, Numbers)


class Changed(msgspec.Struct, frozen=True):
    """A difference between two policies as it is read; `of` is the code of an excuse or feature."""

    label: str
    of: str
    unit: str
    before: str
    after: str


_TABLES = {"excuses": N_("Excuse takes away"), "factors": N_("Weights are multiplied by")}


def changed(found: Iterable[Difference]) -> list[Changed]:
    return [
        Changed(*_told(one), _plain(one.number, one.before), _plain(one.number, one.after))
        for one in found
    ]


def _told(one: Difference) -> tuple[str, str, str]:
    if one.number in LABELS:
        label, unit = LABELS[one.number]
        return label, "", unit
    return _TABLES[one.number], one.of, ODDS if one.number == "excuses" else NONE


EXCUSES_AND_FACTORS = {"excuses": EXCUSE_BOUNDS, "factors": FACTOR_BOUNDS}


def names_of(locale: Locale, policy: Policy) -> dict[str, str]:
    """What people call the features and excuses of a policy, by their codes.

    A contradiction is called by its two parts. What has no name of its own keeps its code.
    """
    words = shell_words.FEATURES | shell_words.EXCUSES | shell_words.SEEN_EXCUSES

    def name(code: str) -> str:
        return text.gettext(locale, words[code]) if code in words else code

    features = {
        one.name: " + ".join(name(part.feature) for part in one.both) or name(one.name)
        for one in policy.features
    }
    return features | {kind: name(kind) for kind in policy.excuses}


def why_text(locale: Locale, change: OutcomeChange) -> str:
    """What explains another outcome, in one or two sentences."""
    told = []
    if change.why is ScreenWhy.LIMITS:
        told.append(text.gettext(locale, N_("The limits moved around its score.")))
    if row := change.moved:
        kind = text.gettext(locale, CLASSES.get(row.signal_class) or N_("Base rate"))
        sentence = row.sentence_zh if locale == text.ZH else row.sentence
        msgid = N_("{kind}, {before} → {after}: {sentence}")
        told.append(
            text.gettext(
                locale,
                msgid,
                kind=kind,
                before=f"{row.before:.2f}",
                after=f"{row.after:.2f}",
                sentence=sentence.format(**row.params),
            )
        )
    return " ".join(told)
