"""Two switches at an opened answer: what it says in words, and whether it counts.

They are independent of each other, and turned by facts that are only ever added to.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from ratings.evaluations.indicators import Party


class Switch(StrEnum):
    """`comment`: comment, reasons and files are displayed; `score`: the scores count."""

    COMMENT = "comment"
    SCORE = "score"


ACTS = {
    (Switch.COMMENT, True): "docket.comment_hidden",
    (Switch.COMMENT, False): "docket.comment_shown",
    (Switch.SCORE, True): "docket.answer_left_out",
    (Switch.SCORE, False): "docket.answer_taken_in",
}
"""Which switch, and whether it is turned off → the act in the ledger."""


class Turned(msgspec.Struct, frozen=True, array_like=True):
    """One party's switch was turned `off`, or on again."""

    party: Party
    at: datetime
    off: bool


def turned_off(turns: Iterable[Turned], as_of: datetime) -> frozenset[Party]:
    """Whose switch was off at a moment, by what was known then; all of one kind of switch.

    Later facts change nothing about an earlier moment: that is what keeps a published score
    computable.
    """
    known = sorted((one for one in turns if one.at <= as_of), key=lambda one: one.at)
    return frozenset(party for party, off in {one.party: one.off for one in known}.items() if off)
