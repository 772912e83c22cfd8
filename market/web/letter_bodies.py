"""What each letter of a case says: the texts, in the reader's language."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
from babel import Locale

from market.web import case_words, formats, text, words
from market.web.letter_answers import answer
from market.web.letter_facts import (
    LAW,
    Body,
    CaseFacts,
    Said,
    Sent,
    because,
    may_file_until,
    may_object,
)
from ratings.ledger.clock import local_date
from ratings.ledger.text import N_
from ratings.sanctions import misconduct, objections, rectification
from ratings.sanctions.objections import Against
from ratings.sanctions.rules import CAPPED, Kind


def _notice(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    case, chinese = facts.case, locale == text.ZH
    return Body(
        [
            said(
                N_(
                    "On {day} the case {number} was opened about your agency. It asks {question}."
                    " It rests on the following:"
                ),
                day=formats.day(locale, case.opened_at),
                number=case.number,
                question=said(case_words.QUESTIONS[case.kind.value]),
            )
        ],
        points=[one.zh if chinese else one.en for one in case.reasons],
        closing=[said(N_("A case decides nothing. People decide, after your agency was heard."))],
        rights=[
            said(
                _SAY_BEFORE[case.kind],
                due=formats.last_day(locale, case.answer_due),
            ),
            said(
                N_("Nobody who has opened the case or evaluated your agency decides it.")
                if case.kind in _BY_ONE
                else N_(
                    "Nobody who has opened the case or evaluated your agency decides it, and a"
                    " delisting needs two people."
                )
            ),
            said(N_("At your desk you read what the case rests on, with every figure.")),
        ],
    )


def _dismissal(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    case = facts.case
    assert case.decided_at is not None, "a dismissed case was decided"
    told = said(
        N_("On {day} the case {number} was closed. Nothing follows from it for your agency."),
        day=formats.day(locale, case.decided_at),
        number=case.number,
    )
    return Body([told, because(said, case.decision)])


def _delisting(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    matter = facts.matters[Against.DELISTING]
    decided = objections.decided_terms(matter)
    before = msgspec.structs.replace(matter, filed=())
    return Body(
        [
            said(
                N_(
                    "On {day} it was decided in the case {number} that your agency is delisted,"
                    " from {starts} to {until}, both days included ({severity})."
                ),
                day=formats.day(locale, matter.decided_at),
                number=facts.case.number,
                starts=formats.day(locale, decided.starts),
                until=formats.day(locale, decided.until),
                severity=said(words.KINDS[decided.severity.value]),
            ),
            because(said, facts.case.decision),
            said(
                N_(
                    "Your listings leave the public catalogue; running engagements go on. The"
                    " delisting ends by itself on the day after its last day."
                )
            ),
            said(
                N_(
                    "The least and the most that a delisting lasts are those of the measures for"
                    " credit repair, NDRC Order 36."
                )
            ),
        ],
        rights=[
            said(
                N_(
                    "You may object at your desk until the end of {due}. The delisting is then"
                    " suspended until somebody who has had no part in it has answered, within ten"
                    " working days. The answer never makes it longer."
                ),
                due=may_file_until(locale, before),
            ),
            said(N_("After the answer you may ask once for a review, within five working days.")),
            said(LAW),
        ],
    )


def _order(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    case = facts.case
    assert case.decided_at is not None, "an order was decided"
    due = rectification.ordered(case.decided_at).tries[0].due
    return Body(
        [
            said(
                N_(
                    "On {day} your agency was ordered in the case {number} to rectify the"
                    " following until the end of {due}:"
                ),
                day=formats.day(locale, case.decided_at),
                number=case.number,
                due=formats.day(locale, due),
            ),
            case.decision or "",
        ],
        rights=[
            said(
                N_(
                    "Hand in your plan first, then the evidence, with files, at your desk; a person"
                    " who has neither opened the case nor evaluated your agency checks it."
                )
            ),
            said(
                N_(
                    "If it is not rectified, you have thirty days once more. After a second"
                    " failure, found by another person, your stars are held at one until it is"
                    " repaired."
                )
            ),
            may_object(facts, Against.ORDER, locale, said),
            said(LAW),
        ],
    )


def _check(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    found = facts.tries[sent.place - 1]
    told = [
        said(
            N_("On {day} it was checked in the case {number} what you have rectified: {finding}."),
            day=formats.day(locale, sent.at),
            number=facts.case.number,
            finding=said(words.STATES["rectified" if found.passed else "unrectified"][0]),
        ),
        because(said, found.reason),
    ]
    if found.passed:
        return Body([*told, said(N_("The case is closed by this."))])
    if sent.place < rectification.TRIES:
        due = local_date(sent.at) + timedelta(days=rectification.DAYS)
        told.append(
            said(
                N_("You have until the end of {due} to hand in evidence once more."),
                due=formats.day(locale, due),
            )
        )
    else:
        told.append(
            said(
                N_(
                    "Once this is final your stars are held at one until it is repaired, and the"
                    " question of a delisting is opened."
                )
            )
        )
    against = (Against.FIRST_CHECK, Against.SECOND_CHECK)[sent.place - 1]
    return Body(told, rights=[may_object(facts, against, locale, said), said(LAW)])


def _repair(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    # A refusal that was annulled later was a refusal when it was told.
    refused = facts.case.state == "refused" or bool(facts.matters[Against.REPAIR].filed)
    told = said(
        N_("On {day} your application {number} for the repair of the following was refused:")
        if refused
        else N_("On {day} your application {number} for the repair of the following was granted:"),
        day=formats.day(locale, sent.at),
        number=facts.case.number,
    )
    closing, rights = [because(said, facts.case.decision)], [said(LAW)]
    if refused:
        rights = [
            may_object(facts, Against.REPAIR, locale, said),
            said(N_("You may apply again.")),
            *rights,
        ]
    else:
        closing.append(said(_LIFTED))
    return Body([told], points=list(facts.references), closing=closing, rights=rights)


def _mark(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    """A record or a warning."""
    is_record = facts.case.kind is Kind.RECORD
    told = said(
        N_("On {day} it was decided in the case {number} that the following is recorded:")
        if is_record
        else N_("On {day} it was decided in the case {number} that your agency is warned."),
        day=formats.day(locale, sent.at),
        number=facts.case.number,
    )
    until = misconduct.counts_until(sent.at)
    counts = said(
        N_("Once it is final it counts until {until}, and no longer than it is repaired."),
        until=formats.day(locale, until),
    )
    follows = said(
        N_("{many} records that count are followed by the question of a warning.")
        if is_record
        else N_("{many} warnings that count are followed by the question of one star."),
        many=misconduct.RECORDS if is_record else misconduct.WARNINGS,
    )
    against = Against(facts.case.kind.value)
    return Body(
        [told, because(said, facts.case.decision), counts, follows],
        rights=[may_object(facts, against, locale, said), said(LAW)],
    )


def _conclusion(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    case = facts.case
    msgid = _FINAL_CAP
    if case.kind in (Kind.RECORD, Kind.WARNING):
        msgid = _FINAL_MARK
    elif case.kind in CAPPED:
        msgid = _FINAL_DELISTING
    assert case.decided_at is not None, "only what was decided is final"
    until = misconduct.counts_until(case.decided_at)
    day = formats.day(locale, sent.at)
    params = {"until": formats.day(locale, until)} if msgid is _FINAL_MARK else {}
    told = said(msgid, number=case.number, day=day, **params)
    repair = (
        N_("You may apply for its repair at your desk once its least time is over.")
        if case.kind in CAPPED
        else N_("You may apply for its repair at your desk as soon as it is put right.")
    )
    return Body([told], rights=[said(repair), said(LAW)])


def _relisting(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    ended = facts.delisting.lifted_at if facts.delisting else None
    assert ended is not None, "letters() names it only then"
    told = said(
        N_(
            "The delisting of the case {number} ended on {day}. Your agency is on the market again,"
            " and its listings are shown."
        ),
        day=formats.day(locale, ended),
        number=facts.case.number,
    )
    return Body([told])


WRITTEN: dict[str, Callable[[CaseFacts, Sent, Locale, Said], Body]] = {
    "notice": _notice,
    "dismissal": _dismissal,
    "delisting": _delisting,
    "order": _order,
    "check": _check,
    "record": _mark,
    "warning": _mark,
    "repair": _repair,
    "objection-answer": answer,
    "review-answer": answer,
    "conclusion": _conclusion,
    "relisting": _relisting,
}
_FINAL_CAP = N_(
    "The decision in the case {number} has been final since {day}: your stars are held at one until"
    " it is repaired."
)
_FINAL_MARK = N_(
    "The decision in the case {number} has been final since {day}: it counts until {until}, unless"
    " it is repaired before."
)
_FINAL_DELISTING = N_(
    "The delisting in the case {number} has been final since {day}: your stars are held at one as"
    " long as it lasts."
)
_LIFTED = N_("All of it has ended and has left public view.")
_SAY_BEFORE_DELISTING = N_(
    "You may say your side, once, until the end of {due}, at your desk on this platform. Before you"
    " have answered, or that time is over, no delisting can be proposed."
)
_SAY_BEFORE_ORDER = N_(
    "You may say your side, once, until the end of {due}, at your desk on this platform. Before you"
    " have answered, or that time is over, nothing can be ordered."
)
_SAY_BEFORE_DECISION = N_(
    "You may say your side, once, until the end of {due}, at your desk on this platform. Before you"
    " have answered, or that time is over, nothing can be decided against you."
)
_BY_ONE = (Kind.TWO_STAR, Kind.RECORD, Kind.WARNING)
_SAY_BEFORE = {
    Kind.ONE_STAR: _SAY_BEFORE_DELISTING,
    Kind.SHELL: _SAY_BEFORE_DELISTING,
    Kind.SERIOUS_ACT: _SAY_BEFORE_DELISTING,
    Kind.ESCALATION: _SAY_BEFORE_DELISTING,
    Kind.TWO_STAR: _SAY_BEFORE_ORDER,
    Kind.RECORD: _SAY_BEFORE_DECISION,
    Kind.WARNING: _SAY_BEFORE_DECISION,
}
