"""Answers of owners that look like revenge, like a campaign, or like no answer at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import sqrt

import msgspec

from ratings.evaluations.indicators import Party
from ratings.integrity.flags import Flag, FlagKind, Marked, shown

BELOW_OTHERS = 15
BOMB_BELOW = 60
BOMBS = 3
BOMB_DAYS = 7
STRANGER_JOBS = 1
LEAST_RATINGS = 10
LEAST_SPREAD = 1


def retaliation(engagements: Iterable[Marked]) -> list[Flag]:
    """An owner that answered after a dispute, more than 15 points below the other two."""
    flags = []
    for one in sorted(engagements, key=lambda one: one.engagement):
        gap = one.gap
        late = one.disputed_on is not None and one.disputed_on <= one.answered_on
        if late and gap is not None and gap < -BELOW_OTHERS:
            flags.append(
                Flag(
                    FlagKind.RETALIATION,
                    one.uscc,
                    (one.engagement,),
                    (one.owner,),
                    figures={"below_others": shown(-gap)},
                    limits={"below_others": str(BELOW_OTHERS)},
                )
            )
    return flags


def bombing(engagements: Iterable[Marked]) -> list[Flag]:
    """Three marks below 60 or more within seven days, about one agency, from owners that have
    rated at most once. One flag for each run of such days."""
    rows = sorted(engagements, key=lambda one: (one.answered_on, one.engagement))
    given = Counter(one.owner for one in rows if Party.OWNER in one.marks)
    own: defaultdict[str, list[Marked]] = defaultdict(list)
    for one in rows:
        low = Party.OWNER in one.marks and one.marks[Party.OWNER] < BOMB_BELOW
        if low and one.owner and given[one.owner] <= STRANGER_JOBS:
            own[one.uscc].append(one)
    flags = []
    for uscc, bombs in sorted(own.items()):
        for run in _runs(bombs):
            numbers = tuple(sorted(one.engagement for one in run))
            raters = tuple(sorted(one.owner for one in run))
            days = (run[-1].answered_on - run[0].answered_on).days + 1
            figures = {"marks": str(len(run)), "days": str(days)}
            limits = {"marks": str(BOMBS)}
            flags.append(
                Flag(FlagKind.BOMBING, uscc, numbers, raters, figures=figures, limits=limits)
            )
    return flags


def _runs(bombs: list[Marked]) -> list[list[Marked]]:
    """Windows of seven days that hold enough; those that overlap are one run."""
    runs: list[list[Marked]] = []
    for start, first in enumerate(bombs):
        end = first.answered_on + timedelta(days=BOMB_DAYS)
        window = [one for one in bombs[start:] if one.answered_on < end]
        if len(window) < BOMBS:
            continue
        if runs and runs[-1][-1].answered_on >= first.answered_on:
            runs[-1] += [one for one in window if one not in runs[-1]]
        else:
            runs.append(window)
    return runs


class Given(msgspec.Struct, frozen=True):
    """One answer of a rater, an organisation: its score for one engagement, 0–100."""

    rater: str
    engagement: str
    score: Fraction | Decimal


def careless(answers: Iterable[Given]) -> list[Flag]:
    """A rater whose ten answers or more spread by less than a point (standard deviation, n − 1).

    Good work deserves good marks; the same mark for every work tells nothing about any.
    """
    own: defaultdict[str, list[Given]] = defaultdict(list)
    for one in sorted(answers, key=lambda one: one.engagement):
        if one.rater:
            own[one.rater].append(one)
    flags = []
    for rater, rows in sorted(own.items()):
        if len(rows) < LEAST_RATINGS:
            continue
        values = [Fraction(one.score) for one in rows]
        mean = sum(values, Fraction(0)) / len(values)
        variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
        if variance < LEAST_SPREAD**2:
            figures = {
                "ratings": str(len(rows)),
                "spread": shown(Fraction(sqrt(variance))),
                "mean": shown(mean),
            }
            limits = {"ratings": str(LEAST_RATINGS), "spread": str(LEAST_SPREAD)}
            numbers = tuple(one.engagement for one in rows)
            flags.append(
                Flag(FlagKind.CARELESS, rater, numbers, (rater,), figures=figures, limits=limits)
            )
    return flags
