"""What a detector hands to a person, and what it needs to know of an engagement.

A flag says what was seen, where, and from what limit on it is seen; it changes no score and opens
nothing. A person decides.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from statistics import quantiles
from types import MappingProxyType

import msgspec

from ratings.evaluations.indicators import Party
from ratings.stars.engagement_score import RatedEngagement, engagement_score
from ratings.stars.policy import Policy
from ratings.stars.rounding import published

PLACES = 2


class FlagKind(StrEnum):
    COLLUSION = "collusion"
    RETALIATION = "retaliation"
    BOMBING = "bombing"
    INVENTED = "invented"
    RETURNED = "returned"
    CARELESS = "careless"
    REVIEW = "review"
    CLIP = "clip"


BASIS: Mapping[FlagKind, str] = MappingProxyType(dict.fromkeys(FlagKind, "proposal"))
"""No published rule known to us states such a limit: all of them are this project's proposals."""


class Flag(msgspec.Struct, frozen=True):
    """`subject` is the agency's USCC, or the rater where the kind is careless.

    `figures` hold what was measured and `limits` from where on it is flagged, under the same
    names, as decimal text. Nothing here names a person: raters are organisations.
    """

    kind: FlagKind
    subject: str
    engagements: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    figures: dict[str, str] = {}
    limits: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The same evidence has the same key, so that what was dismissed does not come back."""
        body = [self.kind, self.subject, self.engagements, self.raters, self.others]
        return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


class Marked(msgspec.Struct, frozen=True):
    """One engagement as the detectors see it. `marks` are the parties' scores, 0–100, of those
    present; `owner` is the organisation that rated; `disputed_on` the first day of a dispute."""

    engagement: str
    uscc: str
    trade: str
    owner: str
    marks: dict[Party, Fraction]
    answered_on: date
    disputed_on: date | None = None

    @property
    def others(self) -> Fraction | None:
        """The plain mean of supervisor and centre; None unless both are present."""
        found = [points for party, points in self.marks.items() if party is not Party.OWNER]
        return sum(found, Fraction(0)) / 2 if len(found) == 2 else None

    @property
    def gap(self) -> Fraction | None:
        """How far the owner lies above the other two."""
        if Party.OWNER not in self.marks or self.others is None:
            return None
        return self.marks[Party.OWNER] - self.others


def marked(
    engagement: RatedEngagement,
    policy: Policy,
    answered_on: date | None = None,
    disputed_on: date | None = None,
) -> Marked:
    """The parties' scores as the policy computes them. A day of answering that is not known is
    taken to be that of the settlement."""
    parts = engagement_score(engagement, policy).parts
    return Marked(
        engagement=engagement.engagement,
        uscc=engagement.uscc,
        trade=engagement.trade,
        owner=engagement.raters.get(Party.OWNER, ""),
        marks={part.party: part.score for part in parts if part.score is not None},
        answered_on=answered_on or engagement.settled_on,
        disputed_on=disputed_on,
    )


def shown(value: Fraction | int) -> str:
    return str(published(Fraction(value), PLACES))


def upper_fence(values: list[float]) -> float:
    """Tukey's: the third quartile and 1.5 times the distance between the quartiles."""
    first, _, third = quantiles(values, n=4, method="inclusive")
    return third + 1.5 * (third - first)
