"""What follows from two stars: an order to rectify, a plan, evidence, and a person who checks.

The thirty days and that a second failure leads to one star are those of the rating rules of this
project. The second thirty days, and that two failures take two people, are proposals too: no
published rule that could be read names them.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.errors import Conflict, Forbidden

DAYS = 30
"""Days to show what was mended, after the day of the order or of the first failed check."""

TRIES = 2
"""So many checks may fail before one star follows."""


class Outcome(StrEnum):
    RECTIFIED = "rectified"
    FAILED = "unrectified"


class Check(msgspec.Struct, frozen=True):
    """What a person, given by an id, found."""

    at: datetime
    by: str
    passed: bool


class Try(msgspec.Struct, frozen=True):
    """`due` is the last day for the evidence; later evidence counts until the check."""

    due: date
    evidence_at: datetime | None = None
    check: Check | None = None


class Rectification(msgspec.Struct, frozen=True):
    planned_at: datetime | None
    tries: tuple[Try, ...]


def ordered(at: datetime) -> Rectification:
    return Rectification(None, (Try(local_date(at) + timedelta(days=DAYS)),))


def outcome(found: Rectification) -> Outcome | None:
    """None while the agency is at it."""
    last = found.tries[-1].check
    if last is not None and last.passed:
        return Outcome.RECTIFIED
    return Outcome.FAILED if last is not None and len(found.tries) == TRIES else None


def overdue(found: Rectification, at: datetime) -> bool:
    """Whether evidence is owed and its last day is over."""
    now = found.tries[-1]
    return outcome(found) is None and now.evidence_at is None and at >= end_of_day(now.due)


def plan(found: Rectification, at: datetime) -> Rectification:
    """The agency says once how it will mend what was found; late, too."""
    _going_on(found)
    if found.planned_at is not None:
        raise Conflict("plan-filed", "The plan has been handed in already.")
    return msgspec.structs.replace(found, planned_at=at)


def show(found: Rectification, at: datetime) -> Rectification:
    """The agency shows what it has mended; late, too, as long as nobody has checked."""
    now = _going_on(found)
    if found.planned_at is None:
        raise Conflict("plan-missing", "Hand in the plan first, then what shows that it is done.")
    if now.evidence_at is not None:
        raise Conflict("evidence-filed", "The evidence waits for its check.")
    return _with(found, msgspec.structs.replace(now, evidence_at=at))


def check(found: Rectification, made: Check) -> Rectification:
    """A person finds that it is mended, or not; the first failure gives a second time.

    Conflict before there is evidence, unless its time is over; then it can only have failed.
    Forbidden to whom has failed the first one: two failures take two people.
    """
    now = _going_on(found)
    if now.evidence_at is None and (made.passed or not overdue(found, made.at)):
        raise Conflict(
            "evidence-missing",
            "There is no evidence to check yet; the agency has until the end of {due}.",
            due=now.due,
        )
    if any(one.check is not None and one.check.by == made.by for one in found.tries):
        raise Forbidden(
            "second-check-own", "You have made the first check; somebody else makes the second."
        )
    checked = _with(found, msgspec.structs.replace(now, check=made))
    if outcome(checked) is not None:
        return checked
    again = Try(local_date(made.at) + timedelta(days=DAYS))
    return msgspec.structs.replace(checked, tries=(*checked.tries, again))


def _going_on(found: Rectification) -> Try:
    if outcome(found) is not None:
        raise Conflict("rectification-over", "This rectification has ended.")
    return found.tries[-1]


def _with(found: Rectification, now: Try) -> Rectification:
    return msgspec.structs.replace(found, tries=(*found.tries[:-1], now))
