"""Two stars: no one-star cap without two failed checks by two people, each after its time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ratings.ledger.clock import end_of_day, local_date
from ratings.ledger.errors import Conflict, Forbidden
from ratings.sanctions import rectification
from ratings.sanctions.rectification import Check, Outcome

ORDERED = datetime(2026, 3, 2, 2, tzinfo=UTC)
PEOPLE = ("first", "second", "third")


class Rectifying(RuleBasedStateMachine):
    """An agency and three people act when they like; what happened is kept beside."""

    def __init__(self) -> None:
        super().__init__()
        self.at = ORDERED
        self.found = rectification.ordered(ORDERED)
        self.planned = False
        self.shown = 0
        self.failed: list[str] = []
        self.passed = False
        self.round_began = ORDERED

    @property
    def over(self) -> bool:
        return self.passed or len(self.failed) == 2

    @property
    def waits(self) -> bool:
        """Whether evidence lies there unchecked."""
        return self.shown > len(self.failed)

    @rule(hours=st.integers(1, 600))
    def time_goes_on(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def the_agency_plans(self) -> None:
        try:
            self.found = rectification.plan(self.found, self.at)
        except Conflict:
            assert self.planned or self.over
        else:
            assert not self.planned
            self.planned = True

    @rule()
    def the_agency_shows(self) -> None:
        try:
            self.found = rectification.show(self.found, self.at)
        except Conflict:
            assert self.over or not self.planned or self.waits
        else:
            assert self.planned
            assert not self.waits
            self.shown = len(self.failed) + 1

    @rule(by=st.sampled_from(PEOPLE), passed=st.booleans())
    def a_person_checks(self, by: str, passed: bool) -> None:
        last = local_date(self.round_began) + timedelta(days=30)
        in_time = self.at < end_of_day(last)
        try:
            self.found = rectification.check(self.found, Check(self.at, by, passed))
        except Forbidden:
            assert by in self.failed
        except Conflict:
            assert self.over or (not self.waits and (passed or in_time))
        else:
            assert not self.over
            assert self.waits or (not passed and not in_time)
            assert by not in self.failed
            if passed:
                self.passed = True
            else:
                self.failed.append(by)
                self.round_began = self.at
            if not self.waits:
                self.shown = len(self.failed)

    @invariant()
    def it_ends_as_it_was_checked(self) -> None:
        expected = {True: Outcome.RECTIFIED}.get(self.passed)
        if len(self.failed) == 2:
            expected = Outcome.FAILED
            assert len(set(self.failed)) == 2
        assert rectification.outcome(self.found) is expected

    @invariant()
    def late_is_shown_and_nothing_else_follows_of_it(self) -> None:
        last = local_date(self.round_began) + timedelta(days=30)
        late = not self.over and not self.waits and self.at >= end_of_day(last)
        assert rectification.overdue(self.found, self.at) == late


TestRectifying = Rectifying.TestCase
TestRectifying.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_thirty_days_and_thirty_more() -> None:
    found = rectification.ordered(ORDERED)
    assert found.tries[0].due == date(2026, 4, 1)
    found = rectification.show(rectification.plan(found, ORDERED), ORDERED)
    later = ORDERED + timedelta(days=3)
    found = rectification.check(found, Check(later, "first", passed=False))
    assert found.tries[1].due == date(2026, 4, 4)
    with pytest.raises(Conflict, match="no evidence"):
        rectification.check(found, Check(later, "second", passed=False))
