"""The way of a shell case: from a flag to a decision by two people, and what follows from it.

A case is its opening and the steps that were taken since. Everything else (where it stands, until
when something is due, whether anybody may go on) is computed from them, so that no step and no
objection can be lost. An objection that is granted sets aside the step it is against and whatever
the centre did after it; the steps stay on record.

The order of the steps is the published practice described in this project's method. The days are
proposals of this project: no published rule that could be read names them.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from ratings.ledger.clock import add_working_days, end_of_day, local_date


class Did(StrEnum):
    """What a step is."""

    ASSIGNED = "assigned"
    DESK_CHECKED = "desk-checked"
    NOTICED = "noticed"
    EXPLAINED = "explained"
    VISITED = "visited"
    PROPOSED = "proposed"
    NOT_ADOPTED = "not-adopted"
    DECIDED = "decided"
    REFERRED = "referred"
    CONCLUDED = "concluded"
    OBJECTED = "objected"
    ANSWERED = "answered"
    REMINDED = "reminded"


class Desk(StrEnum):
    NO_GROUND = "no-ground"
    GO_ON = "go-on"


class Seen(StrEnum):
    """What a site visit came to."""

    AT_WORK = "at-work"
    NO_BUSINESS = "no-business"
    NOT_FOUND = "not-found"
    REFUSED = "refused"


class ShellFinding(StrEnum):
    """What two people decide."""

    NO_ISSUE = "no-issue"
    EXCUSE = "excuse"
    RECTIFY = "rectify"
    SHELL = "shell"


class Fate(StrEnum):
    """What the registrar did."""

    PENDING = "pending"
    DEREGISTERED = "deregistered"
    RESUMED = "resumed"


class Reply(StrEnum):
    """What came of an objection."""

    UPHELD = "upheld"
    GRANTED = "granted"


class Stage(StrEnum):
    """What the case waits for."""

    DESK = "desk"
    NOTICE = "notice"
    VISIT = "visit"
    DECISION = "decision"
    SECOND = "second"
    REFERRAL = "referral"
    OUTCOME = "outcome"
    CLOSED = "closed"


class Step(msgspec.Struct, frozen=True):
    """`by` is the id of a person of the centre, empty for the agency; `result` a value of the
    enumeration that belongs to the step. `against` is the number of the step that an objection or
    its answer is about: 0 is the opening, 1 the first step."""

    did: Did
    at: datetime
    by: str = ""
    result: str = ""
    against: int = 0


class Way(msgspec.Struct, frozen=True):
    """A case so far. `annulled` and `contested` come from the room of sanctions: its decision was
    annulled upon an objection, or an objection to it waits for its answer. `dismissed` likewise: it
    ended before this way began."""

    opened_at: datetime
    opened_by: str = ""
    steps: tuple[Step, ...] = ()
    annulled: bool = False
    contested: bool = False
    dismissed: bool = False


REMIND_DAYS = 5
"""Working days after which an overdue step is reminded of again."""

EXPLAIN_DAYS = 10
"""Working days, after the day of the notice, that the agency has to explain."""

OBJECT_DAYS = 5
"""Working days, after the day of a decision, to object to it; before it there is no last day."""

ANSWER_DAYS = 10
"""Working days, after the day of an objection, to answer it; a late answer stays owed."""

DUE_DAYS = {
    Stage.DESK: 5,
    Stage.NOTICE: 5,
    Stage.VISIT: 20,
    Stage.DECISION: 10,
    Stage.SECOND: 5,
    Stage.REFERRAL: 10,
    Stage.OUTCOME: 60,
}
"""Working days for each stage, after the day it began."""

_OF_THE_CENTRE = frozenset(
    {
        Did.DESK_CHECKED,
        Did.NOTICED,
        Did.VISITED,
        Did.PROPOSED,
        Did.NOT_ADOPTED,
        Did.DECIDED,
        Did.REFERRED,
        Did.CONCLUDED,
    }
)
_CONTESTABLE = frozenset({Did.DESK_CHECKED, Did.NOTICED, Did.VISITED, Did.DECIDED})


def standing(way: Way) -> dict[int, Step]:
    """The steps that hold, by number: without those that a granted objection has set aside."""
    kept: dict[int, Step] = {}
    for number, step in enumerate(way.steps, 1):
        kept[number] = step
        if step.did is Did.ANSWERED and step.result == Reply.GRANTED:
            for other in [one for one in kept if one >= step.against]:
                if kept[other].did in _OF_THE_CENTRE:
                    del kept[other]
    return kept


def last(way: Way, did: Did) -> Step | None:
    """The latest step of a kind that holds."""
    return next((one for one in reversed(standing(way).values()) if one.did is did), None)


def stage(way: Way) -> Stage:
    if way.annulled or way.dismissed or _ended_by_objection(way):
        return Stage.CLOSED
    decided = last(way, Did.DECIDED)
    if decided is not None:
        return _after_decision(way, decided)
    waiting = waiting_proposal(way)
    desk = last(way, Did.DESK_CHECKED)
    if waiting is not None:
        return Stage.SECOND
    if last(way, Did.VISITED):
        return Stage.DECISION
    if last(way, Did.NOTICED):
        return Stage.VISIT
    if desk is not None:
        return Stage.NOTICE if desk.result == Desk.GO_ON else Stage.CLOSED
    return Stage.DESK


def _ended_by_objection(way: Way) -> bool:
    """An objection to the opening or to the decision itself was granted."""
    return any(
        step.did is Did.ANSWERED
        and step.result == Reply.GRANTED
        and (step.against == 0 or way.steps[step.against - 1].did is Did.DECIDED)
        for step in way.steps
    )


def _after_decision(way: Way, decided: Step) -> Stage:
    if decided.result != ShellFinding.SHELL:
        return Stage.CLOSED
    if last(way, Did.REFERRED) is None:
        return Stage.REFERRAL
    concluded = last(way, Did.CONCLUDED)
    over = concluded is not None and concluded.result != Fate.PENDING
    return Stage.CLOSED if over else Stage.OUTCOME


def visited_since(way: Way, number: int) -> bool:
    """Whether a visit was reported after the step of that number."""
    return any(one.did is Did.VISITED for one in way.steps[number:])


def waiting_proposal(way: Way) -> Step | None:
    """The proposal that waits for a second person."""
    found = [
        one
        for one in standing(way).values()
        if one.did in (Did.PROPOSED, Did.NOT_ADOPTED, Did.DECIDED)
    ]
    return found[-1] if found and found[-1].did is Did.PROPOSED else None


def owner(way: Way) -> str:
    """The id of whom the case is given to; empty while nobody has it."""
    given = last(way, Did.ASSIGNED)
    return given.result if given else ""


def entered(way: Way) -> datetime:
    """When the present stage began."""
    now, at = stage(way), way.opened_at
    before = msgspec.structs.replace(way, steps=())
    for number, step in enumerate(way.steps, 1):
        after = msgspec.structs.replace(way, steps=way.steps[:number])
        if stage(after) is not stage(before):
            at = step.at
        before = after
    assert stage(before) is now
    return at


def due(way: Way) -> datetime | None:
    """The instant from which what the case waits for is overdue; None when it is closed."""
    days = DUE_DAYS.get(stage(way))
    return None if days is None else _after(entered(way), days)


def reminder_due(way: Way, at: datetime) -> bool:
    """Whether something is overdue, and nobody was reminded of it in the last days."""
    dues = [answer_due(one) for one in open_objections(way).values()]
    own = due(way)
    late = [one for one in [*dues, *([own] if own else [])] if at >= one]
    told = last(way, Did.REMINDED)
    return bool(late) and (
        told is None or told.at < min(late) or at >= _after(told.at, REMIND_DAYS)
    )


def explain_until(way: Way) -> datetime | None:
    """The instant the agency's time to explain ends; None without a notice that holds."""
    noticed = last(way, Did.NOTICED)
    return _after(noticed.at, EXPLAIN_DAYS) if noticed else None


def open_objections(way: Way) -> dict[int, Step]:
    """The objections without an answer, by the number of the step they are against."""
    waiting: dict[int, Step] = {}
    for step in way.steps:
        if step.did is Did.OBJECTED:
            waiting[step.against] = step
        elif step.did is Did.ANSWERED:
            waiting.pop(step.against)
    return waiting


def answer_due(objection: Step) -> datetime:
    return _after(objection.at, ANSWER_DAYS)


def contestable(way: Way, at: datetime) -> list[int]:
    """The numbers of the steps the agency may object to now; 0 is the opening.

    A shell or an order to rectify is none of them: it is objected to in the room of sanctions,
    which suspends its effect.
    """
    objected = {one.against for one in way.steps if one.did is Did.OBJECTED}
    if stage(way) is Stage.CLOSED:
        decided = {n: one for n, one in standing(way).items() if one.did is Did.DECIDED}
        found = [
            number
            for number, one in decided.items()
            if one.result == ShellFinding.EXCUSE and at < _after(one.at, OBJECT_DAYS)
        ]
    elif last(way, Did.DECIDED):
        found = []
    else:
        found = [0] + [
            number
            for number, one in standing(way).items()
            if one.did in _CONTESTABLE and one.did is not Did.DECIDED
        ]
    return [number for number in found if number not in objected]


def _after(moment: datetime, working_days: int) -> datetime:
    return end_of_day(add_working_days(local_date(moment), working_days))
