"""The centre rates an engagement again because of a question about it; the first answer stays.

What was opened is never altered. A re-rating stands beside it as steps that are only ever added
to; while it is in force its scores take the place of the centre's first ones.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.rules import WINDOWS
from ratings.ledger.clock import add_working_days, end_of_day, local_date


class ReratingStep(StrEnum):
    """`opened` for somebody to rate, `given`; the agency has `objected`, and somebody else has
    `upheld` or `annulled` it; the centre itself has `lifted` it, given or not."""

    OPENED = "opened"
    GIVEN = "given"
    OBJECTED = "objected"
    UPHELD = "upheld"
    ANNULLED = "annulled"
    LIFTED = "lifted"


ACTS = {
    ReratingStep.OPENED: "docket.rerating_opened",
    ReratingStep.GIVEN: "docket.rerated",
    ReratingStep.OBJECTED: "docket.rerating_objected",
    ReratingStep.UPHELD: "docket.rerating_upheld",
    ReratingStep.ANNULLED: "docket.rerating_annulled",
    ReratingStep.LIFTED: "docket.rerating_lifted",
}
"""Which step → the act in the ledger."""


class ReratingState(StrEnum):
    """`waiting` to be given, or `lapsed` without it; `in-force`; `contested`: an objection waits,
    and the first answer counts meanwhile; `ended` by the centre or upon an objection."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    IN_FORCE = "in-force"
    CONTESTED = "contested"
    ENDED = "ended"


_AFTER = {
    ReratingStep.OPENED: ReratingState.WAITING,
    ReratingStep.GIVEN: ReratingState.IN_FORCE,
    ReratingStep.OBJECTED: ReratingState.CONTESTED,
    ReratingStep.UPHELD: ReratingState.IN_FORCE,
    ReratingStep.ANNULLED: ReratingState.ENDED,
    ReratingStep.LIFTED: ReratingState.ENDED,
}

FROM = {
    ReratingStep.GIVEN: (ReratingState.WAITING,),
    ReratingStep.OBJECTED: (ReratingState.IN_FORCE,),
    ReratingStep.UPHELD: (ReratingState.CONTESTED,),
    ReratingStep.ANNULLED: (ReratingState.CONTESTED,),
    ReratingStep.LIFTED: (ReratingState.WAITING, ReratingState.IN_FORCE),
}
"""In which states a step may be taken. An objection is answered, not evaded by lifting."""

STANDING = (ReratingState.WAITING, ReratingState.IN_FORCE, ReratingState.CONTESTED)
"""While one re-rating of an engagement is in such a state, no other is opened."""


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """One step of a re-rating; `scores` by indicator are those of `given`, else empty."""

    rerating: str
    step: ReratingStep
    at: datetime
    scores: dict[str, Decimal] = {}


def due(opened_at: datetime) -> datetime:
    """When the time to give a re-rating ends: the centre has as long as for its first answer."""
    return end_of_day(add_working_days(local_date(opened_at), WINDOWS[Party.CENTRE]))


def state(steps: Sequence[Taken], at: datetime) -> ReratingState:
    """How one re-rating stands at a moment, by the steps known then, of which there is one."""
    known = sorted((one for one in steps if one.at <= at), key=lambda one: one.at)
    found = _AFTER[known[-1].step]
    if found is ReratingState.WAITING and at >= due(known[-1].at):
        return ReratingState.LAPSED
    return found


def rerated(steps: Iterable[Taken], as_of: datetime) -> dict[str, Decimal] | None:
    """The scores that take the place of the centre's first ones at a moment, by what was known
    then; None while the first ones count. `steps` are those of one engagement.

    Later steps change nothing about an earlier moment: that is what keeps a published score
    computable.
    """
    own: dict[str, list[Taken]] = {}
    for one in steps:
        if one.at <= as_of:
            own.setdefault(one.rerating, []).append(one)
    found = None
    for taken in sorted(own.values(), key=lambda taken: min(one.at for one in taken)):
        if state(taken, as_of) is ReratingState.IN_FORCE:
            found = next(one.scores for one in taken if one.step is ReratingStep.GIVEN)
    return found


def rerating_digest(scores: Mapping[str, Decimal], reasons: Mapping[str, str]) -> str:
    """SHA-256 of what was given, in hexadecimal, for the ledger."""
    whole = [{code: f"{score:.2f}" for code, score in scores.items()}, dict(reasons)]
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()
