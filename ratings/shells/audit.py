"""The random audit arm: who is drawn by lot, and what the cases then say about the screen.

Only cases that were looked at without being flagged can tell how many shells the screen misses.
One review in ten therefore goes to an agency that was not flagged. The draw follows from a seed in
the ledger and can be repeated by anybody who has the findings of the screen.
"""

import hashlib
import math
from collections.abc import Collection, Sequence
from datetime import datetime
from statistics import median

import msgspec

from ratings.ledger.errors import Refused

AUDIT_SHARE = 10
"""One review in so many is drawn by lot."""

MOST_REVIEWS = 1000

Z = 1.96
"""Of a 95 % interval."""


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval; `of` is how many it rests on. All None where that is none."""

    value: float | None
    low: float | None
    high: float | None
    of: int


class Ended(msgspec.Struct, frozen=True):
    """A decided case: how it came about, whether a shell was found, and whether that was taken back
    upon an objection."""

    arm: str
    shell: bool
    reversed: bool
    opened_at: datetime
    decided_at: datetime


class Measures(msgspec.Struct, frozen=True):
    """`precision` is the share of shells among decided flags, `missed` that among those drawn by
    lot, `recall` the share of all shells that were flagged, as these two let expect it. Days are
    calendar days, their median."""

    decided: int
    precision: Share
    missed: Share
    recall: Share
    reversed: Share
    days_to_decision: float | None


def check_budget(budget: int) -> None:
    if not 1 <= budget <= MOST_REVIEWS:
        raise Refused(
            "review-budget", "A month has between 1 and {most} reviews.", most=MOST_REVIEWS
        )


def lots(budget: int) -> int:
    """How many reviews of a month are drawn by lot: a tenth, and one at least."""
    return max(1, round(budget / AUDIT_SHARE))


def draw(seed: str, pool: Collection[str], count: int) -> tuple[str, ...]:
    """The first `count` of the pool in the order of the SHA-256 of the seed and each code."""
    order = sorted(set(pool), key=lambda uscc: hashlib.sha256(f"{seed}:{uscc}".encode()).digest())
    return tuple(order[:count])


def wilson(hits: int, of: int) -> Share:
    """A share with Wilson's interval, which holds for small numbers too."""
    if of == 0:
        return Share(None, None, None, 0)
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z / (1 + Z * Z / of) * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half), of)


def measures(ended: Sequence[Ended], flagged: int, unflagged: int) -> Measures:
    """What decided cases say; `flagged` and `unflagged` count the agencies of the last screen.

    A case that was taken back counts as no shell: that is what is known in the end.
    """
    true = [one for one in ended if one.shell and not one.reversed]
    flags = [one for one in ended if one.arm == "flag"]
    drawn = [one for one in ended if one.arm == "lot"]
    precision = wilson(sum(one in true for one in flags), len(flags))
    missed = wilson(sum(one in true for one in drawn), len(drawn))
    days = [(one.decided_at - one.opened_at).total_seconds() / 86_400 for one in ended]
    return Measures(
        decided=len(ended),
        precision=precision,
        missed=missed,
        recall=_recall(precision, missed, flagged, unflagged),
        reversed=wilson(sum(one.reversed for one in ended), len(ended)),
        days_to_decision=median(days) if days else None,
    )


def _recall(precision: Share, missed: Share, flagged: int, unflagged: int) -> Share:
    """Shells that were flagged among all there are, by the shares of both arms. The interval pairs
    the bad end of one arm with the bad end of the other, so it is wide rather than too narrow."""
    of = missed.of if precision.of else 0
    if precision.value is None or missed.value is None:
        return Share(None, None, None, of)
    ends = (
        (precision.value, missed.value),
        (precision.low or 0.0, missed.high or 0.0),
        (precision.high or 0.0, missed.low or 0.0),
    )
    found = []
    for right, wrong in ends:
        caught, escaped = right * flagged, wrong * unflagged
        found.append(caught / (caught + escaped) if caught + escaped else None)
    return Share(found[0], found[1], found[2], of)
