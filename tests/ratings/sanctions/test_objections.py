"""No objection is lost, nobody answers for themselves, and a delisting lasts what was decided."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ratings.ledger.clock import add_months, add_working_days, local_date, start_of_day
from ratings.ledger.errors import Conflict, Forbidden, Refused
from ratings.sanctions import objections
from ratings.sanctions.objections import Answer, Matter, Outcome, Terms
from ratings.sanctions.rules import Severity

PEOPLE = ("opener", "proposer", "decider", "rater", "third", "fourth")
DECIDERS = frozenset(PEOPLE[:3])
RATERS = frozenset({"rater"})
DECIDED = datetime(2026, 2, 13, 2, tzinfo=UTC)
SIX_MONTHS = Terms(Severity.ORDINARY, date(2026, 2, 13), date(2026, 8, 13))
MATTER = Matter(DECIDED, DECIDERS, SIX_MONTHS)


class Contest(RuleBasedStateMachine):
    """An agency and six people do what they like when they like; time only goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.at = DECIDED
        self.matter = MATTER
        self.filed: list[datetime] = []
        self.answered: list[tuple[datetime, str]] = []
        self.rested: set[date] = set()

    @rule(hours=st.integers(1, 400))
    def time_goes_on(self, hours: int) -> None:
        before = local_date(self.at)
        self.at += timedelta(hours=hours)
        if len(self.filed) > len(self.answered):
            days = (local_date(self.at) - before).days
            self.rested |= {before + timedelta(days=n) for n in range(days)}

    @rule()
    def the_agency_files(self) -> None:
        until = objections.may_file_until(self.matter)
        try:
            self.matter = objections.file(self.matter, self.at)
        except Conflict:
            assert until is None or self.at >= until
        else:
            assert until is not None
            assert self.at < until
            self.filed.append(self.at)

    @rule(by=st.sampled_from(PEOPLE), outcome=st.sampled_from(Outcome), days=st.integers(1, 40))
    def a_person_answers(self, by: str, outcome: Outcome, days: int) -> None:
        now = objections.terms(self.matter)
        milder = Terms(now.severity, now.starts, now.until - timedelta(days=days))
        given = Answer(self.at, by, outcome, milder if outcome is Outcome.CHANGED else None)
        waits = len(self.filed) > len(self.answered)
        try:
            self.matter = objections.answer(self.matter, given, barred=RATERS)
        except Forbidden:
            assert by in DECIDERS | RATERS | {person for _, person in self.answered}
        except Conflict:
            assert not waits
        except Refused:
            assert milder.until < add_months(now.starts, 3)
        else:
            assert waits
            self.answered.append((self.at, by))

    @precondition(lambda self: len(self.filed) > len(self.answered))
    @rule()
    def somebody_can_answer_however_late(self) -> None:
        for by in ("third", "fourth"):
            if by not in {person for _, person in self.answered}:
                given = Answer(self.at, by, Outcome.UPHELD)
                answered = objections.answer(self.matter, given, barred=RATERS)
                assert objections.waiting(answered) is None

    @invariant()
    def nothing_filed_is_lost(self) -> None:
        assert [one.filed_at for one in self.matter.filed] == self.filed
        given = [one.answer for one in self.matter.filed if one.answer]
        assert [(one.at, one.by) for one in given] == self.answered
        waits = objections.waiting(self.matter)
        assert (waits is not None) == (len(self.filed) > len(self.answered))
        assert len(self.filed) <= 2

    @invariant()
    def nobody_answers_for_themselves(self) -> None:
        people = [by for _, by in self.answered]
        assert not (DECIDERS | RATERS) & set(people)
        assert len(people) == len(set(people))

    @invariant()
    def the_effect_rests_while_an_objection_waits(self) -> None:
        if objections.waiting(self.matter) or objections.annulled(self.matter):
            assert not objections.in_force(self.matter, local_date(self.at))

    @invariant()
    def what_is_served_is_what_was_decided(self) -> None:
        if objections.waiting(self.matter):
            return
        terms, last = objections.terms(self.matter), objections.last_day(self.matter)
        span = (last - terms.starts).days + 1
        served = {terms.starts + timedelta(days=n) for n in range(span)} - self.rested
        assert len(served) == (terms.until - terms.starts).days + 1


TestContest = Contest.TestCase
TestContest.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize(
    ("decided", "last"),
    [
        # Spring Festival 2026: 15 to 23 February are free, Saturday the 14th is worked.
        (date(2026, 2, 13), date(2026, 2, 27)),
        # National Day 2026: 1 to 7 October are free, Saturday the 10th is worked.
        (date(2026, 9, 30), date(2026, 10, 13)),
        (date(2026, 11, 27), date(2026, 12, 4)),
    ],
)
def test_five_working_days_to_object(decided: date, last: date) -> None:
    noon = start_of_day(decided) + timedelta(hours=12)
    terms = Terms(Severity.ORDINARY, decided, add_months(decided, 6))
    matter = Matter(noon, DECIDERS, terms)
    end = start_of_day(last + timedelta(days=1))
    assert objections.may_file_until(matter) == end
    filed = objections.file(matter, end - timedelta(microseconds=1))
    with pytest.raises(Conflict, match="ended"):
        objections.file(matter, end)
    due = start_of_day(add_working_days(last, 10) + timedelta(days=1))
    assert objections.answer_due(filed.filed[0]) == due


def test_ten_working_days_to_answer_run_over_the_holidays() -> None:
    filed = objections.file(MATTER, DECIDED)
    assert objections.answer_due(filed.filed[0]) == start_of_day(date(2026, 3, 6))


def test_a_change_is_milder_and_keeps_to_the_bounds() -> None:
    filed = objections.file(MATTER, DECIDED)

    def change(severity: Severity, starts: date, until: date) -> Matter:
        given = Answer(DECIDED, "third", Outcome.CHANGED, Terms(severity, starts, until))
        return objections.answer(filed, given)

    starts, until = SIX_MONTHS.starts, SIX_MONTHS.until
    for severity, begins, ends in (
        (Severity.ORDINARY, starts, until),
        (Severity.ORDINARY, starts + timedelta(days=1), until - timedelta(days=1)),
        (Severity.SERIOUS, starts, until - timedelta(days=1)),
    ):
        with pytest.raises(Refused, match="shorten"):
            change(severity, begins, ends)
    with pytest.raises(Refused, match="Order 36"):
        change(Severity.ORDINARY, starts, add_months(starts, 3) - timedelta(days=1))
    milder = change(Severity.ORDINARY, starts, add_months(starts, 3))
    assert objections.last_day(milder) == add_months(starts, 3)
    for outcome, terms in ((Outcome.CHANGED, None), (Outcome.UPHELD, SIX_MONTHS)):
        with pytest.raises(Refused, match="only that"):
            objections.answer(filed, Answer(DECIDED, "third", outcome, terms))


def test_a_withdrawn_delisting_and_a_reviewed_one_are_final() -> None:
    filed = objections.file(MATTER, DECIDED)
    gone = objections.answer(filed, Answer(DECIDED, "third", Outcome.ANNULLED))
    assert not objections.in_force(gone, SIX_MONTHS.starts)
    upheld = objections.answer(filed, Answer(DECIDED, "third", Outcome.UPHELD))
    assert objections.in_force(upheld, SIX_MONTHS.starts)
    reviewed = objections.file(upheld, DECIDED)
    with pytest.raises(Forbidden):
        objections.answer(reviewed, Answer(DECIDED, "third", Outcome.UPHELD))
    final = objections.answer(reviewed, Answer(DECIDED, "fourth", Outcome.UPHELD))
    for matter in (gone, final):
        assert objections.may_file_until(matter) is None
        with pytest.raises(Conflict, match="final"):
            objections.file(matter, DECIDED)


def test_the_last_change_is_what_stands() -> None:
    matter = MATTER
    for by, months in (("third", 5), ("fourth", 4)):
        until = add_months(SIX_MONTHS.starts, months)
        given = Answer(
            DECIDED, by, Outcome.CHANGED, Terms(Severity.ORDINARY, SIX_MONTHS.starts, until)
        )
        matter = objections.answer(objections.file(matter, DECIDED), given)
        assert objections.terms(matter).until == objections.last_day(matter) == until


def test_a_new_last_day_counts_the_days_of_rest() -> None:
    """After ten days of rest, a last day five months on means five months less ten days."""
    later = DECIDED + timedelta(days=10)
    filed = objections.file(MATTER, DECIDED)
    until = add_months(SIX_MONTHS.starts, 5)
    terms = objections.milder(filed, later, Severity.ORDINARY, until)
    assert terms == Terms(Severity.ORDINARY, SIX_MONTHS.starts, until - timedelta(days=10))
    answered = objections.answer(filed, Answer(later, "third", Outcome.CHANGED, terms))
    assert objections.last_day(answered) == until
    least = add_months(SIX_MONTHS.starts, 3) + timedelta(days=9)
    short = objections.milder(filed, later, Severity.ORDINARY, least)
    with pytest.raises(Refused) as caught:
        objections.answer(filed, Answer(later, "third", Outcome.CHANGED, short))
    assert caught.value.params["earliest"] == least + timedelta(days=1)
    assert caught.value.params["until"] == least
