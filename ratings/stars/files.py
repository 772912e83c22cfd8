"""The bureau on files: the evaluations and events that `grade` reads.

Anybody who holds the published record can check a published score with these, without a server.
A row that breaks the contract is refused with its line (the header is line 1) and a reason; the
row that came first stays.
"""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import msgspec

from ratings.evaluations.indicators import CODES, OVERALL, Party, check_score
from ratings.evaluations.weights import WHOLE
from ratings.ledger.errors import SteelyardError
from ratings.ledger.uscc import Uscc, parse_uscc
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.policy import Policy
from ratings.stars.rows import BadRow, BrokenRow, read_rows

EVALUATION_COLUMNS = (
    "engagement",
    "uscc",
    "trade",
    "settled_on",
    "party",
    "rater",
    "indicator",
    "score",
)
WEIGHT_COLUMN = "weight"
"""What an answer weighs of its party's share by an order of the centre: above 0 and at most 1, four
decimals; empty or absent is the whole."""
EVENT_COLUMNS = ("uscc", "on", "source", "document", "severity", "repaired_on", "cap")
_DAY = re.compile(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_WEIGHT = re.compile(r"0\.[0-9]{1,4}|1(\.0{1,4})?", re.ASCII)
_Choice = TypeVar("_Choice", bound=StrEnum)


class Source(StrEnum):
    TAX = "tax"
    MARKET_REGULATION = "market-regulation"


class Evaluations(msgspec.Struct, frozen=True):
    """Every agency of the file, also those without a score, and the engagements that stand."""

    agencies: tuple[Uscc, ...]
    engagements: tuple[RatedEngagement, ...]
    refused: tuple[BadRow, ...]


class Events(msgspec.Struct, frozen=True):
    events: tuple[OutsideEvent, ...]
    refused: tuple[BadRow, ...]


def parse_day(text: str) -> date:
    """A day written YYYY-MM-DD; ValueError otherwise, and outside 1900–2999."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def read_evaluations(data: bytes, policy: Policy) -> Evaluations:
    """The engagements of an evaluations file; Malformed when it is no such table at all."""
    collected = _Collected(policy)
    refused = read_rows(data, EVALUATION_COLUMNS, collected.take)
    return Evaluations(
        agencies=tuple(sorted(collected.agencies)),
        engagements=tuple(collected.engagements.values()),
        refused=refused,
    )


def read_events(data: bytes) -> Events:
    """The outside events of a file; Malformed when it is no such table at all."""
    # A dict keeps the order of the file and tells a repeated row apart.
    events: dict[OutsideEvent, None] = {}

    def take(row: dict[str, str]) -> None:
        event = _event(row)
        if event in events:
            raise BrokenRow("this event is already in the file")
        events[event] = None

    refused = read_rows(data, EVENT_COLUMNS, take)
    return Events(events=tuple(events), refused=refused)


def _event(row: dict[str, str]) -> OutsideEvent:
    event = OutsideEvent(
        uscc=_uscc(row["uscc"]),
        on=_day("on", row["on"]),
        source=_choice(Source, "source", row["source"]),
        document=row["document"],
        severity=_choice(Severity, "severity", row["severity"]),
        repaired_on=_day("repaired_on", row["repaired_on"]) if row["repaired_on"] else None,
        cap=_choice(Cap, "cap", row["cap"]),
    )
    if event.repaired_on is not None and event.repaired_on < event.on:
        raise BrokenRow(f"repaired on {event.repaired_on}, before it happened on {event.on}")
    return event


class _Collected:
    """Engagements as they grow row by row, with what the contract asks of rows together."""

    def __init__(self, policy: Policy) -> None:
        self.weighed = policy.indicators
        self.agencies: set[Uscc] = set()
        self.engagements: dict[str, RatedEngagement] = {}
        self.raters: dict[tuple[str, Party], str] = {}

    def take(self, row: dict[str, str]) -> None:
        """Add one row, or raise BrokenRow and leave everything as it was."""
        name, indicator = row["engagement"], row["indicator"]
        if not name:
            raise BrokenRow("the engagement is missing")
        uscc = _uscc(row["uscc"])
        settled_on = _day("settled_on", row["settled_on"])
        party = _choice(Party, "party", row["party"])
        if indicator not in CODES and indicator != OVERALL:
            raise BrokenRow(f"there is no indicator “{indicator}”")
        if not row["score"]:
            # Not applicable is the same as no row: it answers nothing and contradicts nothing.
            self.agencies.add(uscc)
            return
        score = _score(row["score"])
        if indicator != OVERALL and indicator not in self.weighed[party]:
            raise BrokenRow(f"the {party} does not weigh the indicator “{indicator}”")
        fresh = RatedEngagement(name, uscc, row["trade"], settled_on, {})
        engagement = self.engagements.get(name, fresh)
        _same_engagement(engagement, fresh)
        if self.raters.get((name, party), row["rater"]) != row["rater"]:
            raise BrokenRow(f"the {party} of engagement “{name}” already has another rater")
        answer = engagement.parties.get(party, {})
        weight = _weight(row.get(WEIGHT_COLUMN, ""))
        if answer and weight != engagement.weights.get(party, WHOLE):
            raise BrokenRow(f"the {party} of engagement “{name}” already has another weight")
        if indicator in answer:
            raise BrokenRow(
                f"a second answer of the {party} for engagement “{name}”, indicator “{indicator}”"
            )
        if answer and (indicator == OVERALL or OVERALL in answer):
            raise BrokenRow(
                f"an overall score beside indicators of the {party} for engagement “{name}”"
            )
        self.agencies.add(uscc)
        self.engagements[name] = engagement
        self.raters[(name, party)] = engagement.raters[party] = row["rater"]
        engagement.parties.setdefault(party, {})[indicator] = score
        if weight != WHOLE:
            engagement.weights[party] = weight


def _same_engagement(known: RatedEngagement, row: RatedEngagement) -> None:
    """One engagement has one agency, one trade and one day of settlement."""
    for what, first, second in (
        ("agency", known.uscc, row.uscc),
        ("trade", known.trade, row.trade),
        ("settlement date", known.settled_on, row.settled_on),
    ):
        if first != second:
            raise BrokenRow(f"engagement “{row.engagement}” already has the {what} {first}")


def _uscc(text: str) -> Uscc:
    try:
        return parse_uscc(text)
    except SteelyardError as error:
        raise BrokenRow(str(error)) from error


def _day(column: str, text: str) -> date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise BrokenRow(f"{column} is a day written YYYY-MM-DD, not “{text}”") from error


def _choice(kind: type[_Choice], column: str, text: str) -> _Choice:
    try:
        return kind(text)
    except ValueError as error:
        raise BrokenRow(f"{column} is one of {', '.join(kind)}, not “{text}”") from error


def _weight(text: str) -> Decimal:
    if not text:
        return WHOLE
    if not _WEIGHT.fullmatch(text) or not Decimal(text):
        raise BrokenRow(f"weight is a share above 0 and at most 1, not “{text}”")
    return Decimal(text)


def _score(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise BrokenRow(f"score is a number from 0 to 100, not “{text}”")
    score = Decimal(text)
    wrong = check_score(score)
    if wrong is not None:
        raise BrokenRow(f"{wrong[1]} This one is {text}.")
    return score
