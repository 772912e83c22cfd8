"""Lines of workings: what a person needs to check a reference fee with a pocket calculator.

Numbers are carried as `Fraction`, which is exact where interpolation divides; a `Decimal`
cut at any length could turn an exact half fen the wrong way. They become `Decimal` only to
be shown, and fen (half up) only at the very end.
"""

from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

MoneyUnit = Literal["wan", "yuan"]
RateUnit = Literal["percent", "permille", "each"]

# Wide enough for every figure the rules admit; the default of 28 digits is not.
_WIDE = Context(prec=60)

FEN_PER: dict[str, int] = {"wan": 1_000_000, "yuan": 100}
UNIT_ZH: dict[str, str] = {"wan": "万元", "yuan": "元"}
UNIT_EN: dict[str, str] = {"wan": "×10,000 yuan", "yuan": "yuan"}
RATE_PER: dict[str, int] = {"percent": 100, "permille": 1000, "each": 1}
RATE_SIGN: dict[str, str] = {"percent": "%", "permille": "‰", "each": ""}

LineKind = Literal[
    "question",
    "assumption",
    "bracket",
    "lump",
    "subtotal",
    "interval",
    "rate",
    "flat",
    "open",
    "range",
    "ceiling",
    "price",
    "price-range",
    "factor",
    "uplift",
    "extra",
    "cut-add",
    "cap",
    "float",
    "discount",
    "result",
]


class Line(msgspec.Struct, frozen=True):
    """One step. `figures` holds its exact inputs, `value` what the step gives.

    `value` is exact where the decimal ends, else cut to ten places (the text then says ≈);
    the exact value always follows from the figures. `unit` says whether it is 万元 or 元;
    a factor and an assumption have neither value nor unit.
    """

    kind: LineKind
    zh: str
    en: str
    figures: dict[str, Decimal] = {}
    value: Decimal | None = None
    unit: MoneyUnit | None = None


class Span(NamedTuple):
    """Low, base and high while they are worked out; a negotiation range has no base."""

    low: Fraction
    base: Fraction | None
    high: Fraction

    def times(self, factor: Fraction) -> "Span":
        base = None if self.base is None else self.base * factor
        return Span(self.low * factor, base, self.high * factor)

    def capped(self, cap: Fraction) -> "Span":
        base = None if self.base is None else min(self.base, cap)
        return Span(min(self.low, cap), base, min(self.high, cap))


def point(value: Fraction) -> Span:
    """A span of a single figure, where the standard gives one."""
    return Span(value, value, value)


def decimal(value: Fraction, places: int = 10) -> Decimal:
    """The number as a `Decimal`, cut half up at `places`, without trailing zeros."""
    numerator, denominator = value.numerator, value.denominator
    if denominator == 1:
        return Decimal(numerator)
    scale = 10**places
    scaled = (2 * numerator * scale + denominator) // (2 * denominator)
    if scaled % scale == 0:
        return Decimal(scaled // scale)
    return _WIDE.normalize(_WIDE.scaleb(Decimal(scaled), -places))


def show(value: Fraction | Decimal | int) -> str:
    """The number for a person: thousands separated, at most six places."""
    if type(value) is Fraction:
        return f"{decimal(value, 6):,f}"
    return _shown(value)


# The numbers of the tables come again with every estimate; turning them is half of its work.
@lru_cache(maxsize=8192)
def _shown(value: Decimal | int) -> str:
    return f"{decimal(Fraction(value), 6):,f}"


@lru_cache(maxsize=8192)
def fraction(value: Decimal) -> Fraction:
    """The exact number."""
    return Fraction(value)


@lru_cache(maxsize=8192)
def plain(value: Decimal | int) -> Decimal:
    """The number as `decimal` gives it."""
    return decimal(Fraction(value))


def equals(value: Fraction) -> str:
    """`= 2.8`, or `≈ 14.285714` where six places do not hold it."""
    sign = "=" if 10**6 % value.denominator == 0 else "≈"
    return f"{sign} {show(value)}"


def fen(value: Fraction, unit: MoneyUnit) -> int:
    """The amount in fen, rounded half up: the only rounding there is."""
    return (value * FEN_PER[unit] + Fraction(1, 2)).__floor__()
