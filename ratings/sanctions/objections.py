"""What an agency may do against a decision: object, then ask once for a review, which is final.

No published rule that could be read names these times. Five working days to object, ten to answer,
the effect resting meanwhile, a review with the same times, and that no answer makes things worse,
are proposals of this project. A delisting can be shortened; everything else is upheld or annulled.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from ratings.ledger.clock import add_working_days, end_of_day, local_date
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.sanctions.rules import Severity, check_end

FILING_DAYS = 5
"""Working days to object, after the day of the decision, or to ask for a review, after the day of
the answer."""

ANSWER_DAYS = 10
"""Working days to answer, after the day of filing. A late answer is overdue and still owed."""


class Outcome(StrEnum):
    UPHELD = "upheld"
    CHANGED = "changed"
    ANNULLED = "annulled"


class Against(StrEnum):
    """The decisions that can be objected to, the last one of a case at a time."""

    DELISTING = "delisting"
    ORDER = "order"
    FIRST_CHECK = "check-1"
    SECOND_CHECK = "check-2"
    REPAIR = "repair"
    RECORD = "record"
    WARNING = "warning"


class Terms(msgspec.Struct, frozen=True):
    """A delisting as decided; `until` is its last day if nothing is ever suspended."""

    severity: Severity
    starts: date
    until: date


class Answer(msgspec.Struct, frozen=True):
    """What one person, given by an id, found; `terms` are the milder ones of a change."""

    at: datetime
    by: str
    outcome: Outcome
    terms: Terms | None = None


class Objection(msgspec.Struct, frozen=True):
    filed_at: datetime
    answer: Answer | None = None


class Matter(msgspec.Struct, frozen=True):
    """A decision and what was filed against it: the objection, then the review.

    `deciders` are the ids of those who had a part in it: who opened the case, proposed or decided.
    `decided` are the terms of a delisting; nothing else has any.
    """

    decided_at: datetime
    deciders: frozenset[str]
    decided: Terms | None = None
    filed: tuple[Objection, ...] = ()


def decided_terms(matter: Matter) -> Terms:
    """The terms of a delisting as they were decided; asked of nothing else."""
    assert matter.decided is not None, "only a delisting has terms"
    return matter.decided


def terms(matter: Matter) -> Terms:
    """The terms in force, after whatever the answers changed."""
    changed = [one.answer.terms for one in matter.filed if one.answer and one.answer.terms]
    return changed[-1] if changed else decided_terms(matter)


def annulled(matter: Matter) -> bool:
    return any(one.answer and one.answer.outcome is Outcome.ANNULLED for one in matter.filed)


def waiting(matter: Matter) -> Objection | None:
    """What was filed and has no answer yet, however late it is."""
    return matter.filed[-1] if matter.filed and matter.filed[-1].answer is None else None


def answer_due(objection: Objection) -> datetime:
    """The instant from which an answer is overdue: the end of its last working day in Shanghai."""
    return _after(objection.filed_at, ANSWER_DAYS)


def overdue(objection: Objection, at: datetime) -> bool:
    return objection.answer is None and at >= answer_due(objection)


def may_file_until(matter: Matter) -> datetime | None:
    """The instant the agency's time ends to go one step further; None when no step is open."""
    if len(matter.filed) == 2 or annulled(matter) or waiting(matter):
        return None
    last = matter.filed[-1].answer if matter.filed else None
    return _after(last.at if last else matter.decided_at, FILING_DAYS)


def final_from(matter: Matter) -> datetime | None:
    """The instant from which nothing can change the decision any more; None while something waits
    or once it was annulled."""
    if waiting(matter) or annulled(matter):
        return None
    last = matter.filed[-1].answer if matter.filed else None
    return last.at if last and len(matter.filed) == 2 else may_file_until(matter)


def file(matter: Matter, at: datetime) -> Matter:
    """The agency objects, or asks for the review of an answered objection."""
    if waiting(matter):
        raise Conflict("objection-open", "Your objection waits for its answer.")
    until = may_file_until(matter)
    if until is None:
        raise Conflict("decision-final", "This decision is final; nothing more can be filed.")
    if at >= until:
        raise Conflict(
            "objection-late",
            "The time to object to this decision ended on {until}.",
            until=local_date(until) - timedelta(days=1),
        )
    return msgspec.structs.replace(matter, filed=(*matter.filed, Objection(at)))


def have_decided(matter: Matter) -> frozenset[str]:
    """The ids of those who took part in the decision or an answer, and so give no further one."""
    return matter.deciders | {one.answer.by for one in matter.filed if one.answer}


def answer(matter: Matter, given: Answer, *, barred: Collection[str] = ()) -> Matter:
    """Another person answers what waits; late, too, for an objection stays owed.

    `barred` are the ids of those who may not: who evaluated the agency, beside who has decided.
    """
    open_one = waiting(matter)
    if open_one is None:
        raise Conflict("nothing-filed", "There is no objection that waits for an answer.")
    if given.by in have_decided(matter) | set(barred):
        raise Forbidden(
            "objection-own",
            "You have decided in this matter or evaluated the agency; somebody else answers.",
        )
    _check_terms(matter, given)
    answered = msgspec.structs.replace(open_one, answer=given)
    return msgspec.structs.replace(matter, filed=(*matter.filed[:-1], answered))


def in_force(matter: Matter, on: date) -> bool:
    """Whether the agency is off the market on a day, as far as is known of `matter`.

    While an objection waits, from the day of its filing, the effect rests.
    """
    if annulled(matter) or waiting(matter):
        return False
    return decided_terms(matter).starts <= on <= last_day(matter)


def last_day(matter: Matter) -> date:
    """The last day off the market, once nothing waits: what was suspended is served afterwards.

    Otherwise an objection alone would bring a delisting below the least time of Order 36.
    """
    return terms(matter).until + timedelta(days=sum(_rested(one) for one in matter.filed))


def milder(matter: Matter, at: datetime, severity: Severity, until: date) -> Terms:
    """The terms under which a delisting whose objection is answered `at` has `until` as its very
    last day, with all that was suspended served."""
    return Terms(severity, decided_terms(matter).starts, until - timedelta(days=rested(matter, at)))


def rested(matter: Matter, at: datetime) -> int:
    """Days the effect has been suspended, those of what waits still counted until `at`."""
    return sum(_rested(one, at) for one in matter.filed)


def _rested(one: Objection, now: datetime | None = None) -> int:
    ended = one.answer.at if one.answer else now or one.filed_at
    return (local_date(ended) - local_date(one.filed_at)).days


def _after(moment: datetime, working_days: int) -> datetime:
    return end_of_day(add_working_days(local_date(moment), working_days))


def _check_terms(matter: Matter, given: Answer) -> None:
    """A changed delisting has new terms, which are milder and within the bounds of Order 36."""
    if matter.decided is None and given.outcome is Outcome.CHANGED:
        raise Refused(
            "nothing-to-shorten", "Only a delisting can be shortened; this is upheld or annulled."
        )
    if (given.terms is not None) != (given.outcome is Outcome.CHANGED):
        raise Refused("terms-missing", "A changed delisting, and only that, has new terms.")
    if given.terms is None:
        return
    now, new = terms(matter), given.terms
    days = rested(matter, given.at)
    harsher = now.severity is Severity.ORDINARY and new.severity is Severity.SERIOUS
    if new.starts != now.starts or new.until >= now.until or harsher:
        raise Refused(
            "terms-harsher",
            "An answer to an objection may only shorten the delisting; it ends on {until} now.",
            until=now.until + timedelta(days=days),
        )
    check_end(new.severity, new.starts, new.until + timedelta(days=days), rested=days)
