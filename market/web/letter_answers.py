"""What the answer to an objection says: the texts, in the reader's language."""

from datetime import timedelta

import msgspec
from babel import Locale

from market.web import case_words, formats, words
from market.web.letter_facts import LAW, Body, CaseFacts, Said, Sent, because, may_file_until
from ratings.ledger.clock import local_date
from ratings.ledger.text import N_
from ratings.sanctions import objections, rectification
from ratings.sanctions.objections import Against, Matter, Outcome


def answer(facts: CaseFacts, sent: Sent, locale: Locale, said: Said) -> Body:
    """The answer to what was filed first, or to the review."""
    assert sent.against is not None, "an answer is about something"
    matter = facts.matters[sent.against]
    so_far = msgspec.structs.replace(matter, filed=matter.filed[: sent.place])
    filed = so_far.filed[-1]
    given = filed.answer
    assert given is not None, "letters() names it only then"
    told = [
        said(
            (_OBJECTED, _REVIEW_ASKED)[sent.place - 1],
            day=formats.day(locale, filed.filed_at),
            number=facts.case.number,
            what=said(case_words.AGAINST[sent.against.value]),
        ),
        said(
            N_("The answer of {day}: {outcome}."),
            day=formats.day(locale, given.at),
            outcome=said(case_words.outcomes(sent.against.value)[given.outcome.value][0]),
        ),
        because(said, facts.answers[sent.against, sent.place]),
    ]
    annulled = given.outcome is Outcome.ANNULLED
    told.append(
        said(_ANNULLED[sent.against])
        if annulled
        else _stands(facts, sent.against, so_far, locale, said)
    )
    rights = []
    if objections.may_file_until(so_far) is not None:
        rights.append(
            said(
                N_(
                    "You may ask once for a review, at your desk, until the end of {due}. The"
                    " delisting is suspended until another person has answered."
                )
                if sent.against is Against.DELISTING
                else N_(
                    "You may ask once for a review, at your desk, until the end of {due}. Another"
                    " person answers."
                ),
                due=may_file_until(locale, so_far),
            )
        )
    elif not annulled:
        rights.append(said(N_("On this platform this answer is final.")))
    return Body(told, rights=[*rights, said(LAW)])


def _stands(facts: CaseFacts, against: Against, so_far: Matter, locale: Locale, said: Said) -> str:
    """What an answer that does not annul leaves."""
    if against is Against.DELISTING:
        return said(
            N_(
                "The delisting ({severity}) ends on {until}; the days on which it was"
                " suspended are served in this."
            ),
            severity=said(words.KINDS[objections.terms(so_far).severity.value]),
            until=formats.day(locale, objections.last_day(so_far)),
        )
    if against in (Against.ORDER, Against.FIRST_CHECK):
        rested = objections.rested(so_far, so_far.decided_at)
        due = local_date(so_far.decided_at) + timedelta(days=rectification.DAYS + rested)
        return said(
            N_(
                "The time to rectify stood still until this answer; it ends with {due}, the last"
                " day for the evidence."
            ),
            due=formats.day(locale, due),
        )
    if against is Against.REPAIR:
        return said(N_("What was to be repaired goes on; you may apply again."))
    return said(N_("The decision takes effect once nothing more can be filed against it."))


_OBJECTED = N_("In the case {number} you objected to {what} on {day}.")
_REVIEW_ASKED = N_(
    "In the case {number} you asked on {day} for a review of the answer about {what}."
)
_ANNULLED = {
    Against.DELISTING: N_("Your agency is on the market. Nothing remains of the delisting."),
    Against.ORDER: N_("Nothing remains of the order; the case is closed."),
    Against.FIRST_CHECK: N_("It counts as rectified; the case is closed."),
    Against.SECOND_CHECK: N_("It counts as rectified; the case is closed."),
    Against.RECORD: N_("Nothing remains of the record."),
    Against.WARNING: N_("Nothing remains of the warning."),
    Against.REPAIR: N_("The repair is granted: all that you named has ended."),
}
