"""Reading what an agency has filed in a case, what was answered, and what it may still file."""

from collections.abc import Set
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, row_id
from ratings.sanctions import objections
from ratings.sanctions.matter_queries import barred, contested, matter_of
from ratings.sanctions.objections import Against, Matter, Outcome
from ratings.sanctions.queries import visible_case_file
from ratings.sanctions.rules import Severity, first_and_last_end


class FiledObjection(msgspec.Struct, frozen=True):
    """`instance` 1 is the objection, 2 the review of its answer. `severity` and `until`, the very
    last day, are null unless the answer changed a delisting."""

    id: str
    against: Against
    instance: int
    filed_at: datetime
    text: str
    answer_due: datetime
    overdue: bool
    answered_at: datetime | None
    outcome: Outcome | None
    reason: str | None
    severity: Severity | None
    until: date | None


class Contest(msgspec.Struct, frozen=True):
    """What can be done against the last decision of a case, and what was against any; `against` is
    null before there is one.

    Of a delisting, `until` is its last day as things stand, while it is suspended if it were
    answered now, and `earliest` the first that an answer given now can set. `may_file_until` is
    null when no step is open; `who_may_answer` counts the people who can answer what waits, null
    when nothing does.
    """

    case: str
    against: Against | None
    delisting: str | None
    suspended: bool
    severity: Severity | None
    starts: date | None
    until: date | None
    earliest: date | None
    may_file_until: datetime | None
    who_may_answer: int | None
    filed: list[FiledObjection]


async def contest(actor: Actor, case: str, people: Set[str]) -> Contest:
    """For officials and the agency itself; `people` are the ids of all who might answer."""
    row = await visible_case_file(actor, case)
    found = await contested(row.id)
    if found is None:
        return Contest(row.id, None, None, False, None, None, None, None, None, None, [])
    matter = await matter_of(row.id, found.against)
    waits = objections.waiting(matter) is not None
    until = None if found.over else _open_until(matter, actor.at)
    may_answer = len(people - await barred(matter, found.uscc)) if waits else None
    filed = await _all_filed(actor.at, row.id)
    if found.delisting is None:
        return Contest(
            row.id, found.against, None, False, None, None, None, None, until, may_answer, filed
        )
    terms, rest = objections.terms(matter), timedelta(days=objections.rested(matter, actor.at))
    return Contest(
        row.id,
        found.against,
        found.delisting,
        waits and not found.over,
        terms.severity,
        terms.starts,
        terms.until + rest,
        first_and_last_end(Severity.ORDINARY, terms.starts)[0] + rest if waits else None,
        until,
        may_answer,
        filed,
    )


def _open_until(matter: Matter, at: datetime) -> datetime | None:
    until = objections.may_file_until(matter)
    return until if until is not None and at < until else None


async def _all_filed(at: datetime, case: str) -> list[FiledObjection]:
    rows = await fetch(
        "SELECT id::text, against, instance, text, reason FROM objection WHERE case_file = $1"
        " ORDER BY filed_at, instance",
        row_id(case),
    )
    matters = {one: await matter_of(case, one) for one in {Against(row[1]) for row in rows}}
    return [_filed(at, matters[Against(row[1])], tuple(row)) for row in rows]


def _filed(at: datetime, matter: Matter, row: tuple[Any, ...]) -> FiledObjection:
    identifier, against, instance, text, reason = row
    one = matter.filed[instance - 1]
    given = one.answer
    terms = given.terms if given else None
    so_far = msgspec.structs.replace(matter, filed=matter.filed[:instance])
    return FiledObjection(
        identifier,
        Against(against),
        instance,
        one.filed_at,
        text,
        objections.answer_due(one),
        objections.overdue(one, at),
        given.at if given else None,
        given.outcome if given else None,
        reason,
        terms.severity if terms else None,
        objections.last_day(so_far) if terms else None,
    )
