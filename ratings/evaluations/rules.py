"""When each party must answer and may still change its answer, and when the answers are opened."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

import msgspec

from ratings.evaluations.indicators import INDICATORS, LEAST_SHARE, Party, party_score
from ratings.ledger.clock import add_working_days, end_of_day, local_date
from ratings.ledger.errors import Bilingual, Fault, Refused

WINDOWS: Mapping[Party, int] = MappingProxyType(
    {Party.OWNER: 15, Party.SUPERVISOR: 15, Party.CENTRE: 5}
)
"""Working days to answer, counted from the day after settlement.

The owner's fifteen are those of Wujiang's rule 吴政规字〔2022〕4号; the others are a proposal.
"""

REVISION_DAYS = 3
"""Working days, counted from the day after one's answer, in which it may be changed: the same rule
of Wujiang, which gives them to the owner; that all parties have them is a proposal."""

REMINDERS: Mapping[Party, tuple[int, ...]] = MappingProxyType(
    {Party.OWNER: (5, 2), Party.SUPERVISOR: (5, 2), Party.CENTRE: (3, 1)}
)
"""With how many working days left, the day of the reminder included, a party is reminded.

Once more it is told when the time has passed (`OVERDUE`). A proposal.
"""
OVERDUE = 0

NEEDS_REASON_BELOW = Decimal(60)
LONGEST_REASON = 1000
MOST_ATTACHMENTS = 10
"""Files beside one party's answer; a proposal."""


class DocketView(msgspec.Struct, frozen=True):
    """What the rules need to know of a docket."""

    owner: str
    supervisor: str
    due: Mapping[Party, datetime]
    answered: Collection[Party]
    revisable: Mapping[Party, datetime]
    """Until when an answer may still be changed; a party that is not in it has a final one."""


def due_times(settled_on: date) -> dict[Party, datetime]:
    """The instant each party's window closes: the end of its last working day, Shanghai time."""
    return {party: end_of_day(add_working_days(settled_on, n)) for party, n in WINDOWS.items()}


def parties_asked(owner: str, supervisor: str) -> tuple[Party, ...]:
    """A supervisor that is also the owner scores once, as owner."""
    if owner == supervisor:
        return (Party.OWNER, Party.CENTRE)
    return (Party.SUPERVISOR, Party.OWNER, Party.CENTRE)


def revisable_until(answered_at: datetime, due: Mapping[Party, datetime]) -> datetime:
    """When the time to change an answer that was given at `answered_at` ends.

    It ends early with the docket's last deadline: on that day the agency has its result, whoever
    answered last, and nobody could change an answer once the others can be read.
    """
    last = end_of_day(add_working_days(local_date(answered_at), REVISION_DAYS))
    return min(last, max(due.values()))


def opens_at(docket: DocketView) -> datetime | None:
    """When the answers are opened if nobody acts until then; None when nothing is waited for.

    Every party that is asked has either answered finally, or it has the time to answer, or it has
    the time to change its answer: the docket waits for the longest of these.
    """
    asked = parties_asked(docket.owner, docket.supervisor)
    waits = [
        docket.revisable.get(party) if party in docket.answered else docket.due[party]
        for party in asked
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def may_unseal(docket: DocketView, at: datetime) -> bool:
    """Nobody may answer or change an answer any more."""
    opens = opens_at(docket)
    return opens is None or at >= opens


def reminder(party: Party, settled_on: date, day: date) -> int | None:
    """The last reminder whose day has come by `day`, as working days left; None before the first.

    Points that were missed, because the timetable stood still, are not made up for.
    """
    window = WINDOWS[party]
    if day > add_working_days(settled_on, window):
        return OVERDUE
    come = [
        left for left in REMINDERS[party] if day >= add_working_days(settled_on, window - left + 1)
    ]
    return min(come, default=None)


def check_enough(party: Party, scores: Mapping[str, Decimal]) -> None:
    """An answer is given once, so one that would count as missing is not taken."""
    if party_score(party, scores) is None:
        raise Refused(
            "answer-too-little",
            "Score indicators of at least {least} % of the weight; with fewer the answer would"
            " count as missing.",
            least=int(LEAST_SHARE * 100),
        )


def check_reasons(scores: Mapping[str, Decimal], reasons: Mapping[str, str]) -> None:
    """A score below 60 can cost a firm its living, so it must say why, at its own indicator."""
    faults = [
        Fault(
            f"/reasons/{code}",
            "reason-without-score",
            "A reason belongs to a score; give one here, or take the reason out.",
        )
        for code in reasons
        if code not in scores
    ]
    faults += [
        Fault(f"/reasons/{code}", "reason-too-long", "A reason has at most 1,000 characters.")
        for code, reason in reasons.items()
        if len(reason) > LONGEST_REASON
    ]
    if faults:
        raise Refused(
            "answer-invalid",
            "The evaluation was not taken: {count} of its reasons cannot stand.",
            faults=tuple(faults),
            count=len(faults),
        )
    bare = [
        one
        for one in INDICATORS
        if scores.get(one.code, NEEDS_REASON_BELOW) < NEEDS_REASON_BELOW
        and not reasons.get(one.code, "").strip()
    ]
    if bare:
        raise Refused(
            "score-reason-missing",
            "A score below {limit} needs its reason; it is missing for: {indicators}.",
            faults=tuple(
                Fault(
                    f"/reasons/{one.code}",
                    "score-reason-missing",
                    "A score below 60 needs a reason: say what was wrong, so that the agency can"
                    " answer it.",
                )
                for one in bare
            ),
            limit=NEEDS_REASON_BELOW,
            indicators=Bilingual(
                zh="、".join(one.name_zh for one in bare), en=", ".join(one.name_en for one in bare)
            ),
        )


class AttachmentRow(msgspec.Struct, frozen=True):
    """A file beside an answer; `size` in bytes, `sha256` in hexadecimal."""

    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    uploaded_at: datetime


class AnswerRow(msgspec.Struct, frozen=True):
    """One party's answer, without who gave it; `reasons` by indicator code."""

    party: Party
    scores: dict[str, Decimal]
    reasons: dict[str, str]
    comment: str
    answered_at: datetime
    edition: int = 1
    attachments: tuple[AttachmentRow, ...] = ()


def answer_digest(answer: AnswerRow) -> str:
    """SHA-256 of an answer in hexadecimal, for the ledger at the moment of unsealing.

    Before that moment it stays out of the ledger: marks are few enough to be guessed from it.
    What there was not always (editions, and without any of them reasons and attachments) is left
    out, so that earlier digests stay true.
    """
    scores = {code: f"{score:.2f}" for code, score in answer.scores.items()}
    at = answer.answered_at.astimezone(UTC).isoformat(timespec="microseconds")
    whole: list[object] = [answer.party.value, scores, answer.comment, at]
    if answer.reasons or answer.attachments:
        whole += [answer.reasons, sorted(file.sha256 for file in answer.attachments)]
    return hashlib.sha256(msgspec.json.encode(whole, order="sorted")).hexdigest()
