"""What the letters of a case are made of, and what several of them say."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec
from babel import Locale

from market.agencies.queries import AgencyRecord
from market.web import case_words, formats
from ratings.ledger.text import N_
from ratings.sanctions import objections
from ratings.sanctions.objections import Against, Matter
from ratings.sanctions.queries import CaseRow, DelistingRow
from ratings.sanctions.rectification_queries import TryRow


class CaseFacts(msgspec.Struct, frozen=True):
    """All that the letters of one case are made of: `matters` are the decisions that could be or
    were objected to, `answers` the reasons of the answers given, `references` what an application
    for a repair names."""

    case: CaseRow
    agency: AgencyRecord
    delisting: DelistingRow | None = None
    matters: Mapping[Against, Matter] = MappingProxyType({})
    answers: Mapping[tuple[Against, int], str] = MappingProxyType({})
    tries: tuple[TryRow, ...] = ()
    references: tuple[str, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    """One letter: a key of `case_words.LETTERS`. `place` is the number of the check or the instance
    of the answer it is about, `against` what that answer is about."""

    kind: str
    at: datetime
    place: int = 0
    against: Against | None = None


class Body(msgspec.Struct, frozen=True):
    paragraphs: list[str]
    points: list[str] = []
    closing: list[str] = []
    rights: list[str] = []


Said = Callable[..., str]

LAW = N_("What the law offers you besides is not touched by this.")


def because(said: Said, reason: str | None) -> str:
    return said(N_("The reason: {reason}"), reason=reason or "")


def may_object(facts: CaseFacts, against: Against, locale: Locale, said: Said) -> str:
    """The right to object to what the letter tells, as it was when it was told."""
    before = msgspec.structs.replace(facts.matters[against], filed=())
    return said(
        N_(
            "You may object at your desk until the end of {due}. Somebody who has had no part in"
            " it answers within ten working days; until then {held}."
        ),
        due=may_file_until(locale, before),
        held=said(case_words.HELD[against.value]),
    )


def may_file_until(locale: Locale, matter: Matter) -> str:
    until = objections.may_file_until(matter)
    assert until is not None, "asked only where a step is open"
    return formats.last_day(locale, until)
