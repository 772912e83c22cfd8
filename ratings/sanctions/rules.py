"""When a case may be decided, by whom, and how long a delisting lasts.

The minima and maxima of a delisting are those of NDRC Order 36 (信用修复管理办法).
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.clock import add_months, add_working_days, end_of_day, local_date
from ratings.ledger.errors import Conflict, Forbidden, Refused


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


UNDECIDED = ("open", "answered", "proposed")
"""The states of a case that waits for a decision."""

PENDING = (*UNDECIDED, "ordered", "asked")
"""As UNDECIDED, and those whose agency is at mending what was found or has applied for a repair: it
may put files into them."""

ANSWER_DAYS = 5
"""Working days, after the one the case was opened on, that the agency has to answer before a
delisting may be proposed. A proposal of this project: no published rule names a number."""


def answer_due(opened_at: datetime) -> datetime:
    """The instant the window closes: the end of its last working day, Shanghai time."""
    return end_of_day(_last_day_to_answer(opened_at))


def _last_day_to_answer(opened_at: datetime) -> date:
    return add_working_days(local_date(opened_at), ANSWER_DAYS)


def check_heard(opened_at: datetime, answered_at: datetime | None, at: datetime) -> None:
    """Nothing is taken from an agency that has had no time to say its side."""
    if answered_at is None and at < answer_due(opened_at):
        raise Conflict(
            "not-heard-yet",
            "The agency may answer until the end of {due}. Nothing can be proposed or decided"
            " against it before it has answered, or that time is over.",
            due=_last_day_to_answer(opened_at),
        )


def check_impartial(actor: Actor, opened_by: str | None, *, has_rated: bool) -> None:
    """Who decides a case has neither opened it nor rated the agency."""
    if actor.person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    if actor.person == opened_by:
        raise Forbidden("opener-decides", "You have opened this case; somebody else decides it.")
    if has_rated:
        raise Forbidden(
            "rater-decides",
            "You have evaluated an engagement of this agency; somebody else decides its case.",
        )


class Kind(StrEnum):
    """What a case file asks: is one star deserved, must the agency with two stars mend something,
    is it a shell, or is it to be rid of what it was burdened with? Is a lesser act to be recorded,
    a graver one to be warned of, has it done something serious, do two warnings make one star?"""

    ONE_STAR = "one-star"
    TWO_STAR = "two-star"
    REPAIR = "repair"
    SHELL = "shell"
    RECORD = "record"
    WARNING = "warning"
    SERIOUS_ACT = "serious-act"
    ESCALATION = "escalation"


BY_PERSON = (Kind.ONE_STAR, Kind.TWO_STAR, Kind.SHELL)
"""The kinds that a person opens with a reason alone. A repair is applied for, an act is reported
from the list, and two warnings are counted."""

CAPPED = (Kind.SERIOUS_ACT, Kind.ESCALATION)
"""The kinds that end in one star whatever the score: it holds as long as the delisting."""


def check_way(kind: Kind, *, steps_taken: bool) -> None:
    """A suspected shell goes a way of its own; only whoever has checked its steps may end it.

    `steps_taken` says that the steps before (notice, visit, and so on) hold.
    """
    if (kind is Kind.SHELL) is not steps_taken:
        raise Conflict(
            "shell-own-way",
            "A suspected shell is dealt with step by step: desk check, notice, visit, and a"
            " decision by two people on the page of its case.",
        )


def check_kind(kind: Kind, *, delisting: bool) -> None:
    """Two stars are followed by an order to rectify, an act by a record or a warning, a suspected
    shell by an order or a delisting, everything else by a delisting."""
    if kind is Kind.SHELL:
        return
    if delisting and kind is Kind.TWO_STAR:
        raise Conflict("rectified-instead", "This case can end in an order to rectify only.")
    if delisting and kind in (Kind.RECORD, Kind.WARNING):
        raise Conflict("marked-instead", "This case can end in a record or a warning only.")
    if not delisting and kind is not Kind.TWO_STAR:
        raise Conflict("delisted-instead", "Only a two-star case can end in an order to rectify.")


def first_and_last_end(severity: Severity, starts: date) -> tuple[date, date]:
    """The earliest and the latest day a delisting may end."""
    bounds = BOUNDS[severity]
    return add_months(starts, bounds.least), add_months(starts, bounds.most)


def check_end(severity: Severity, starts: date, until: date, *, rested: int = 0) -> None:
    """Refused outside the bounds, with the days that would be allowed.

    `rested` are days on which the delisting was suspended: they are served after the others.
    """
    earliest, latest = (
        day + timedelta(days=rested) for day in first_and_last_end(severity, starts)
    )
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
