"""Taking one more step of a shell case: who may, and when it is its turn."""

import msgspec

from ratings.ledger.clock import local_date
from ratings.ledger.errors import Conflict, Forbidden
from ratings.shells.case_way import (
    Desk,
    Did,
    Seen,
    ShellFinding,
    Stage,
    Step,
    Way,
    contestable,
    explain_until,
    last,
    open_objections,
    owner,
    reminder_due,
    stage,
    waiting_proposal,
)


def take(way: Way, step: Step) -> Way:
    """The way with one more step; Conflict out of turn, Forbidden to the wrong person."""
    _CHECKS[step.did](way, step)
    return msgspec.structs.replace(way, steps=(*way.steps, step))


def _in_stage(way: Way, *stages: Stage) -> None:
    if stage(way) not in stages:
        raise Conflict("shell-step-order", "This case does not wait for that step now.")


def _not_the_opener(way: Way, step: Step) -> None:
    if step.by == way.opened_by:
        raise Forbidden("opener-decides", "You have opened this case; somebody else decides it.")


def _assigned(way: Way, step: Step) -> None:
    if stage(way) is Stage.CLOSED:
        raise Conflict("case-decided", "This case has been decided already.")


def _desk_checked(way: Way, step: Step) -> None:
    _in_stage(way, Stage.DESK)
    _not_the_opener(way, step)
    if step.by != owner(way):
        raise Forbidden(
            "shell-not-owner", "The desk check is made by the person the case is given to."
        )
    if step.result == Desk.NO_GROUND:
        _nothing_waits(way)


def _noticed(way: Way, step: Step) -> None:
    _in_stage(way, Stage.NOTICE)


def _explained(way: Way, step: Step) -> None:
    _in_stage(way, Stage.VISIT, Stage.DECISION, Stage.SECOND)


def _visited(way: Way, step: Step) -> None:
    _in_stage(way, Stage.VISIT, Stage.DECISION)


def _proposed(way: Way, step: Step) -> None:
    _in_stage(way, Stage.DECISION)
    _nothing_waits(way)
    until, noticed = explain_until(way), last(way, Did.NOTICED)
    assert until is not None
    assert noticed is not None
    explained = last(way, Did.EXPLAINED)
    heard = explained is not None and explained.at >= noticed.at
    if not heard and step.at < until:
        raise Conflict(
            "shell-not-heard",
            "The agency may explain itself until {due}; before that, or before it has done so,"
            " nothing is decided.",
            due=local_date(until),
        )
    visited = last(way, Did.VISITED)
    assert visited is not None
    if step.result == ShellFinding.SHELL and visited.result == Seen.AT_WORK:
        raise Conflict(
            "shell-at-work",
            "The last site visit found the agency at work. A shell is decided only upon a visit"
            " that did not, or that was refused.",
        )


def _nothing_waits(way: Way) -> None:
    if open_objections(way):
        raise Conflict(
            "shell-objection-waits", "An objection waits for its answer; nothing is decided before."
        )


def _not_adopted(way: Way, step: Step) -> None:
    _in_stage(way, Stage.SECOND)


def _decided(way: Way, step: Step) -> None:
    _in_stage(way, Stage.SECOND)
    _nothing_waits(way)
    _not_the_opener(way, step)
    proposal = waiting_proposal(way)
    assert proposal is not None
    if step.by == proposal.by or not step.by:
        raise Forbidden(
            "second-person-needed",
            "Somebody else has to decide: nobody decides what they proposed themselves.",
        )
    if step.result != proposal.result:
        raise Conflict("shell-step-order", "This case does not wait for that step now.")


def _referred(way: Way, step: Step) -> None:
    _in_stage(way, Stage.REFERRAL)
    if way.contested:
        raise Conflict(
            "shell-objection-waits", "An objection waits for its answer; nothing is decided before."
        )


def _concluded(way: Way, step: Step) -> None:
    _in_stage(way, Stage.OUTCOME)


def _objected(way: Way, step: Step) -> None:
    if step.against not in contestable(way, step.at):
        raise Conflict(
            "shell-not-contestable",
            "There is nothing to object to at this step, it was objected to already, or its time is"
            " over.",
        )


def _answered(way: Way, step: Step) -> None:
    if step.against not in open_objections(way):
        raise Conflict("nothing-filed", "There is no objection that waits for an answer.")
    _not_the_opener(way, step)
    if step.by in _takers(way, step.against):
        raise Forbidden(
            "objection-own",
            "You have decided in this matter or evaluated the agency; somebody else answers.",
        )


def _takers(way: Way, number: int) -> frozenset[str]:
    """The ids of those who took a step; of a decision, also of who proposed it."""
    if number == 0:
        return frozenset()
    step = way.steps[number - 1]
    proposers = {
        one.by
        for one in way.steps[: number - 1]
        if step.did is Did.DECIDED and one.did is Did.PROPOSED
    }
    return frozenset({step.by} | proposers)


def _reminded(way: Way, step: Step) -> None:
    if not reminder_due(way, step.at):
        raise Conflict("shell-no-reminder", "Nothing is overdue here, or it was said lately.")


_CHECKS = {
    Did.ASSIGNED: _assigned,
    Did.DESK_CHECKED: _desk_checked,
    Did.NOTICED: _noticed,
    Did.EXPLAINED: _explained,
    Did.VISITED: _visited,
    Did.PROPOSED: _proposed,
    Did.NOT_ADOPTED: _not_adopted,
    Did.DECIDED: _decided,
    Did.REFERRED: _referred,
    Did.CONCLUDED: _concluded,
    Did.OBJECTED: _objected,
    Did.ANSWERED: _answered,
    Did.REMINDED: _reminded,
}
