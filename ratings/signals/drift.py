"""Drift: does a feed still say about what it said before?

A few figures of each month are kept in the manifest and compared with the median of the six months
before. A warning decides nothing; it asks a person to look whether the source counts differently.
"""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

# The figures of each feed, as expressions over one partition.
_ZERO = "avg((state = 'ZERO')::INT)"
FIGURES: Mapping[str, Mapping[str, str]] = {
    "tax_filing": {
        "zero_share": _ZERO,
        "overdue_share": "avg((state = 'OVERDUE')::INT)",
        "usual_level": "median(sales_fen) FILTER (WHERE sales_fen > 0)",
    },
    "invoices": {
        "zero_share": _ZERO,
        "usual_level": "median(out_fen) FILTER (WHERE out_fen > 0)",
    },
    "social_insurance": {
        "zero_share": _ZERO,
        "usual_level": "median(insured) FILTER (WHERE insured > 0)",
    },
    "housing_fund": {
        "zero_share": _ZERO,
        "usual_level": "median(contributors) FILTER (WHERE contributors > 0)",
    },
    "registration": {"abnormal_share": "avg((abnormal_since IS NOT NULL)::INT)"},
    "practitioners": {"people_per_firm": "count(*) / count(DISTINCT uscc)"},
    "utilities": {
        "zero_share": _ZERO,
        "usual_level": "median(kwh) FILTER (WHERE kwh > 0)",
    },
    "judicial": {"dishonest_share": "avg(dishonest::INT)"},
    "platform": {"awarded_share": "avg((awards > 0)::INT)"},
}
MONTHS_BEFORE = 6
LEAST_BEFORE = 3
# Settings of this project: a share that moves by ten points, a level that doubles or halves.
SHARE_MOVES = 0.1
LEVEL_MOVES = 2.0


class Drift(msgspec.Struct, frozen=True):
    """A figure of the newest month beside the median of those before; `moved` asks for a look."""

    figure: str
    now: float
    before: float
    moved: bool


def drift_of(months: Sequence[Mapping[str, float]]) -> list[Drift]:
    """`months` are the figures of a feed's months, the newest last; none with too few of them."""
    if not months:
        return []
    found: list[Drift] = []
    for name, now in months[-1].items():
        before = [one[name] for one in months[-1 - MONTHS_BEFORE : -1] if name in one]
        if len(before) >= LEAST_BEFORE:
            middle = median(before)
            found.append(Drift(name, now, middle, _moved(name, now, middle)))
    return found


def _moved(name: str, now: float, before: float) -> bool:
    if name.endswith("_share"):
        return abs(now - before) >= SHARE_MOVES
    return not before / LEVEL_MOVES < now < before * LEVEL_MOVES
