"""Factors by which a standard adjusts its table: industry, complexity, sensitivity, altitude.

A fact that is not given takes the factor 1.0 and leaves no line.
"""

import unicodedata
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal

import msgspec

from ratings.ledger.errors import Refused

TextFact = Literal["industry", "complexity", "sensitivity", "scope", "stage", "ground"]


class FactorTable(msgspec.Struct, frozen=True, tag_field="by", forbid_unknown_fields=True):
    """Root of the factor tables. `kinds` empty means every kind of the standard."""

    name_zh: str
    name_en: str
    kinds: tuple[str, ...] = ()


class ByChoice(FactorTable, frozen=True, tag="choice", kw_only=True):
    """A factor for each named choice: rows of (code, zh, en, factor).

    `partial` tables name only the choices they change (534 lowers EIA fees for some
    industries); `up_to_wan` ends them at an amount, which is included.
    """

    fact: TextFact
    rows: tuple[tuple[str, str, str, Decimal], ...]
    partial: bool = False
    up_to_wan: Decimal | None = None


class ByNumber(FactorTable, frozen=True, tag="number", kw_only=True):
    """The parties choose the factor itself, within two limits."""

    fact: TextFact
    low: Decimal
    high: Decimal


class ByUplift(FactorTable, frozen=True, tag="uplift", kw_only=True):
    """Choices for which the fee may rise by up to a percentage: only the upper end moves.

    Rows of (code, zh, en, percent).
    """

    fact: TextFact
    rows: tuple[tuple[str, str, str, Decimal], ...]


class ByStep(FactorTable, frozen=True, tag="step", kw_only=True):
    """Altitude in metres: rows of (up to, factor)."""

    fact: Literal["altitude_m"]
    rows: tuple[tuple[Decimal, Decimal], ...]


Factor = ByChoice | ByNumber | ByUplift | ByStep


class Applied(msgspec.Struct, frozen=True):
    """A factor that acts on this fee, with the words for its line.

    `high` is another factor for the upper end, where a document lets the fee rise.
    """

    factor: Decimal
    zh: str
    en: str
    high: Decimal | None = None


def find(table: Factor, value: str | Decimal, amount_wan: Decimal | None) -> Applied | None:
    """The factor `table` gives for the fact; None where a partial table says nothing."""
    match table:
        case ByChoice():
            return _choice(table, str(value), amount_wan)
        case ByNumber():
            return _number(table, str(value))
        case ByUplift():
            return _uplift(table, str(value))
        case ByStep():
            return _step(table, Decimal(value))


def accepted(table: Factor) -> str:
    """What the fact may be, for the message of a refusal."""
    match table:
        case ByChoice() | ByUplift():
            return ", ".join(row[0] for row in table.rows)
        case ByNumber():
            return f"{table.low}–{table.high}"
        case ByStep():
            return f"≤ {table.rows[-1][0]}"


def _unknown(table: Factor, fact: str, value: object) -> Refused:
    return Refused(
        f"unknown-{fact.removesuffix('_m')}",
        "Unknown {fact} {value}; accepted: {accepted}.",
        fact=fact,
        value=value,
        accepted=accepted(table),
    )


def _number_of(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _choice(table: ByChoice, value: str, amount_wan: Decimal | None) -> Applied | None:
    number = None if table.fact == "industry" else _number_of(value)
    for code, zh, en, factor in table.rows:
        # People quote a grade of complexity by its factor as often as by its name.
        if _plain(value) in _names(code, zh, en) or number == factor:
            if table.up_to_wan is not None and (amount_wan is None or amount_wan > table.up_to_wan):
                return None
            return Applied(factor, f"{table.name_zh}（{zh}）", f"{table.name_en} ({en})")
    if table.partial:
        return None
    raise _unknown(table, table.fact, value)


def _uplift(table: ByUplift, value: str) -> Applied:
    for code, zh, en, percent in table.rows:
        if _plain(value) in _names(code, zh, en):
            words_zh, words_en = f"{table.name_zh}（{zh}）", f"{table.name_en} ({en})"
            return Applied(Decimal(1), words_zh, words_en, 1 + percent / 100)
    raise _unknown(table, table.fact, value)


def _plain(text: str) -> str:
    """A name as people write it: Ⅱ or II, chemical-fibre or chemical fibre."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("-", " ").replace("_", " ").split())


@cache
def _names(code: str, zh: str, en: str) -> frozenset[str]:
    """What a choice may be called: its code, its names, and those without their brackets."""
    names = {_plain(one) for one in (code, zh, en)}
    return frozenset(names | {name.partition("(")[0].strip() for name in names})


def _number(table: ByNumber, value: str) -> Applied:
    number = _number_of(value)
    if number is None or not table.low <= number <= table.high:
        raise _unknown(table, table.fact, value)
    return Applied(number, table.name_zh, table.name_en)


def _step(table: ByStep, value: Decimal) -> Applied:
    for up_to, factor in table.rows:
        if value <= up_to:
            return Applied(factor, f"{table.name_zh}（≤{up_to}）", f"{table.name_en} (≤{up_to})")
    raise _unknown(table, table.fact, value)
