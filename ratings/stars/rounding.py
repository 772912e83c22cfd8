"""The only rounding there is: half-up (away from zero), from exact values."""

from decimal import Decimal
from fractions import Fraction


def published(value: Fraction, places: int) -> Decimal:
    """An exact value half-up to so many decimals, as text would print it."""
    numerator, denominator = abs(value.numerator) * 10**places, value.denominator
    digits = (2 * numerator + denominator) // (2 * denominator)
    return Decimal(-digits if value < 0 else digits).scaleb(-places)
