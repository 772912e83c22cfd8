"""When each party must answer, who counts as which party, and when the answers are opened."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

import msgspec

from ratings.evaluations.indicators import LEAST_SHARE, Party, party_score
from ratings.ledger.clock import add_working_days, end_of_day
from ratings.ledger.errors import Refused

WINDOWS: Mapping[Party, int] = MappingProxyType(
    {Party.OWNER: 15, Party.SUPERVISOR: 15, Party.CENTRE: 5}
)
"""Working days to answer, counted from the day after settlement.

The owner's fifteen are those of Wujiang's rule 吴政规字〔2022〕4号; the others are a proposal.
"""

NEEDS_REASON_BELOW = Decimal(60)


class DocketView(msgspec.Struct, frozen=True):
    """What the rules need to know of a docket."""

    owner: str
    supervisor: str
    due: Mapping[Party, datetime]
    answered: Collection[Party]


def due_times(settled_on: date) -> dict[Party, datetime]:
    """The instant each party's window closes: the end of its last working day, Shanghai time."""
    return {party: end_of_day(add_working_days(settled_on, n)) for party, n in WINDOWS.items()}


def parties_asked(owner: str, supervisor: str) -> tuple[Party, ...]:
    """A supervisor that is also the owner scores once, as owner."""
    if owner == supervisor:
        return (Party.OWNER, Party.CENTRE)
    return (Party.SUPERVISOR, Party.OWNER, Party.CENTRE)


def may_unseal(docket: DocketView, at: datetime) -> bool:
    """All who are asked have answered, or every window has closed."""
    asked = parties_asked(docket.owner, docket.supervisor)
    return all(party in docket.answered or at >= docket.due[party] for party in asked)


def check_enough(party: Party, scores: Mapping[str, Decimal]) -> None:
    """An answer is given once, so one that would count as missing is not taken."""
    if party_score(party, scores) is None:
        raise Refused(
            "answer-too-little",
            "Score indicators of at least {least} % of the weight; with fewer the answer would"
            " count as missing.",
            least=int(LEAST_SHARE * 100),
        )


def check_reason(scores: Mapping[str, Decimal], comment: str) -> None:
    """A score below 60 can cost a firm its living, so it must say why."""
    low = [code for code, score in scores.items() if score < NEEDS_REASON_BELOW]
    if low and not comment.strip():
        raise Refused(
            "reason-missing",
            "A score below {limit} needs a reason; please write one for: {indicators}.",
            limit=NEEDS_REASON_BELOW,
            indicators=", ".join(low),
        )


class AnswerRow(msgspec.Struct, frozen=True):
    """One party's answer, without who gave it."""

    party: Party
    scores: dict[str, Decimal]
    comment: str
    answered_at: datetime


def answer_digest(answer: AnswerRow) -> str:
    """SHA-256 of an answer in hexadecimal, for the ledger at the moment of unsealing.

    Before that moment it stays out of the ledger: marks are few enough to be guessed from it.
    """
    scores = {code: f"{score:.2f}" for code, score in answer.scores.items()}
    at = answer.answered_at.astimezone(UTC).isoformat(timespec="microseconds")
    whole = msgspec.json.encode([answer.party.value, scores, answer.comment, at], order="sorted")
    return hashlib.sha256(whole).hexdigest()
