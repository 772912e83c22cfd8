"""Lines of workings: what a person needs to check a reference fee with a pocket calculator.

Numbers are carried as `Fraction`, which is exact where interpolation divides; a `Decimal`
cut at any length could turn an exact half fen the wrong way. They become `Decimal` only to
be shown, and fen (half up) only at the very end.
"""

from decimal import Context, Decimal
from fractions import Fraction
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
    if value.denominator == 1:
        return Decimal(value.numerator)
    scale = 10**places
    scaled = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    if scaled % scale == 0:
        return Decimal(scaled // scale)
    return _WIDE.normalize(_WIDE.scaleb(Decimal(scaled), -places))


def show(value: Fraction | Decimal | int) -> str:
    """The number for a person: thousands separated, at most six places."""
    return f"{decimal(Fraction(value), 6):,f}"


def equals(value: Fraction) -> str:
    """`= 2.8`, or `≈ 14.285714` where six places do not hold it."""
    sign = "=" if 10**6 % value.denominator == 0 else "≈"
    return f"{sign} {show(value)}"


def fen(value: Fraction, unit: MoneyUnit) -> int:
    """The amount in fen, rounded half up: the only rounding there is."""
    return (value * FEN_PER[unit] + Fraction(1, 2)).__floor__()
