"""How long a delisting lasts: the minima and maxima of NDRC Order 36 (信用修复管理办法)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import msgspec

from ratings.ledger.clock import add_months
from ratings.ledger.errors import Refused


class Severity(StrEnum):
    ORDINARY = "ordinary"
    SERIOUS = "serious"


class Bounds(msgspec.Struct, frozen=True):
    """Months a delisting of one severity lasts at least and at most."""

    least: int
    most: int


BOUNDS: Mapping[Severity, Bounds] = MappingProxyType(
    {Severity.ORDINARY: Bounds(3, 12), Severity.SERIOUS: Bounds(12, 36)}
)
"""In force since 2026-04-01: ordinary 3 months to 1 year, serious 1 to 3 years."""


class Kind(StrEnum):
    """What a case file asks: is one star deserved, or is the agency a shell?"""

    ONE_STAR = "one-star"
    SHELL = "shell"


def first_and_last_end(severity: Severity, starts: date) -> tuple[date, date]:
    """The earliest and the latest day a delisting may end."""
    bounds = BOUNDS[severity]
    return add_months(starts, bounds.least), add_months(starts, bounds.most)


def check_end(severity: Severity, starts: date, until: date) -> None:
    """Refused outside the bounds, with the days that would be allowed."""
    earliest, latest = first_and_last_end(severity, starts)
    if not earliest <= until <= latest:
        raise Refused(
            "end-out-of-bounds",
            "A delisting of this severity that starts on {starts} ends between {earliest} and"
            " {latest} (NDRC Order 36); {until} lies outside.",
            starts=starts,
            earliest=earliest,
            latest=latest,
            until=until,
        )
