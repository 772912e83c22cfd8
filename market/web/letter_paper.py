"""The letters of a case, on paper: what was told to the agency, as it was told then.

A letter is made of what stands in the record, so it can be printed at any time and always reads
the same, whatever has happened since.
"""

from datetime import datetime

import msgspec
from babel import Locale
from litestar import Response

from market.settings import Settings
from market.web import case_words, formats, pdf, text
from market.web.letter_bodies import WRITTEN
from market.web.letter_facts import CaseFacts, Sent
from ratings.ledger.errors import NotFound
from ratings.ledger.text import N_
from ratings.sanctions.objections import Against
from ratings.sanctions.rules import Kind


class Letter(msgspec.Struct, frozen=True):
    """For the layout `letter.typ`. `rights` is what the agency may do, and until when."""

    issuer: str
    number: str
    title: str
    addressee: str
    paragraphs: list[str]
    points: list[str]
    closing: list[str]
    rights_heading: str
    rights: list[str]
    day: str
    remark: str
    foot: str


_ANSWERS = ("objection-answer", "review-answer")


def letters(facts: CaseFacts) -> list[Sent]:
    """Those that have been sent so far, in that order: the place of each is its number for good.

    Of an application there is no notice: that is the agency's own.
    """
    case, found = facts.case, list[Sent]()
    if case.kind is not Kind.REPAIR:
        found.append(Sent("notice", case.opened_at))
    if case.decided_at is not None:
        found.append(Sent(_decision(facts), case.decided_at))
    found += [Sent("check", one.checked_at, one.number) for one in facts.tries if one.checked_at]
    for against, matter in facts.matters.items():
        found += [
            Sent(_ANSWERS[place], one.answer.at, place + 1, against)
            for place, one in enumerate(matter.filed)
            if one.answer
        ]
    if case.final_at is not None:
        found.append(Sent("conclusion", case.final_at))
    if case.state == "lifted" and facts.delisting and facts.delisting.lifted_at:
        found.append(Sent("relisting", facts.delisting.lifted_at))
    return sorted(found, key=lambda one: one.at)


def _decision(facts: CaseFacts) -> str:
    """What the case was decided to be; what came after is in letters of its own."""
    if facts.case.state == "dismissed":
        return "dismissal"
    if facts.case.kind is Kind.REPAIR:
        return "repair"
    if facts.case.kind in (Kind.RECORD, Kind.WARNING):
        return facts.case.kind.value
    return "delisting" if Against.DELISTING in facts.matters else "order"


async def letter_pdf(
    facts: CaseFacts, number: int, locale: Locale, settings: Settings
) -> Response[bytes]:
    """The letter of that number, from 1 on; NotFound where none has been sent."""
    if not 1 <= number <= len(letters(facts)):
        raise NotFound(
            "letter-unknown",
            "The case {case} has no letter {number}.",
            case=facts.case.number,
            number=number,
        )
    sent_at, data = letter(facts, number, locale, settings)
    return await pdf.paper("letter", locale, data, sent_at, f"{data.title} {data.number}.pdf")


def letter(
    facts: CaseFacts, number: int, locale: Locale, settings: Settings
) -> tuple[datetime, Letter]:
    """The letter of that number in a language, and when it was sent."""

    def said(msgid: str, /, **params: object) -> str:
        return text.gettext(locale, msgid, **params)

    chinese = locale == text.ZH
    who = facts.agency
    issuer = settings.site_owner if chinese else settings.site_owner_en
    sent = letters(facts)[number - 1]
    body = WRITTEN[sent.kind](facts, sent, locale, said)
    return sent.at, Letter(
        issuer=issuer,
        number=f"{facts.case.number}-{number}",
        title=said(case_words.LETTERS[sent.kind]),
        addressee=said(
            N_("{name} ({uscc}):"),
            name=who.name if chinese else who.name_en or who.name,
            uscc=who.uscc,
        ),
        paragraphs=body.paragraphs,
        points=body.points,
        closing=body.closing,
        rights_heading=said(N_("What your agency may do")),
        rights=body.rights,
        day=formats.day(locale, sent.at),
        remark=said(N_("Invented for the demonstration")) if who.demonstration else "",
        foot=f"{issuer} · {facts.case.number}-{number}",
    )
