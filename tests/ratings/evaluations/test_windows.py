"""The pure rules of time: when an answer may be changed, when all are opened, who is reminded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.evaluations.indicators import Party
from ratings.evaluations.rules import (
    OVERDUE,
    REMINDERS,
    WINDOWS,
    DocketView,
    due_times,
    may_unseal,
    opens_at,
    parties_asked,
    reminder,
    revisable_until,
)
from ratings.ledger.clock import add_working_days, is_working_day, local_date

SETTLED = st.dates(date(2024, 1, 1), date(2028, 12, 31))
DAYS = st.integers(0, 40)


@st.composite
def dockets(draw: st.DrawFn) -> tuple[DocketView, datetime]:
    """A docket in which some have answered, some of these finally, and its last deadline."""
    settled = draw(SETTLED)
    due = due_times(settled)
    start = datetime(settled.year, settled.month, settled.day, tzinfo=UTC)
    supervisor = draw(st.sampled_from(["owner", "department"]))
    answered, revisable = [], {}
    for party in parties_asked("owner", supervisor):
        at = start + timedelta(hours=draw(st.integers(0, 24 * 30)))
        if at >= due[party] or draw(st.booleans()):
            continue
        answered.append(party)
        if draw(st.booleans()):
            revisable[party] = revisable_until(at, due)
    return DocketView("owner", supervisor, due, tuple(answered), revisable), max(due.values())


@given(dockets())
def test_the_last_deadline_opens_whatever_was_answered(drawn: tuple[DocketView, datetime]) -> None:
    view, last = drawn
    assert may_unseal(view, last)
    opens = opens_at(view)
    assert opens is None or opens <= last


@given(dockets())
def test_opened_from_one_moment_on_and_not_before(drawn: tuple[DocketView, datetime]) -> None:
    """While a party may answer or change its answer, nothing is opened; then it stays open."""
    view, last = drawn
    opens = opens_at(view)
    if opens is None:
        assert set(view.answered) == set(parties_asked(view.owner, view.supervisor))
        assert not view.revisable
        return
    before = opens - timedelta(microseconds=1)
    assert not may_unseal(view, before)
    assert may_unseal(view, opens)
    missing = set(parties_asked(view.owner, view.supervisor)) - set(view.answered)
    assert any(before < view.due[party] for party in missing) or any(
        before < until for until in view.revisable.values()
    )
    assert opens <= last


@given(SETTLED, st.integers(0, 15 * 24))
def test_three_working_days_or_the_last_deadline(settled: date, hours: int) -> None:
    due = due_times(settled)
    last = max(due.values())
    at = datetime(settled.year, settled.month, settled.day, tzinfo=UTC) + timedelta(hours=hours)
    until = revisable_until(at, due)
    assert until <= last
    if until < last:
        day, end = local_date(at), local_date(until - timedelta(microseconds=1))
        working = [
            day + timedelta(days=n)
            for n in range(1, (end - day).days + 1)
            if is_working_day(day + timedelta(days=n))
        ]
        assert len(working) == 3
        assert is_working_day(end)


@pytest.mark.parametrize(
    ("answered", "ends"),
    [
        # Beijing time. Thursday; the National Day of 2025 closes everything from 1 to 8 October.
        (datetime(2025, 9, 25, 10, tzinfo=UTC), date(2025, 9, 29)),  # 28 September is worked
        (datetime(2025, 9, 29, 10, tzinfo=UTC), date(2025, 10, 10)),
        (datetime(2025, 9, 30, 15, 59, tzinfo=UTC), date(2025, 10, 11)),  # a worked Saturday
        (datetime(2025, 9, 30, 16, 0, tzinfo=UTC), date(2025, 10, 11)),  # 1 October in Shanghai
        (datetime(2025, 10, 11, 10, tzinfo=UTC), date(2025, 10, 15)),
    ],
)
def test_over_the_holidays(answered: datetime, ends: date) -> None:
    until = revisable_until(answered, due_times(date(2025, 9, 24)))
    assert local_date(until - timedelta(microseconds=1)) == ends


def test_who_answers_on_the_last_day_has_what_is_left_of_it() -> None:
    due = due_times(date(2025, 9, 24))
    last = max(due.values())
    assert revisable_until(last - timedelta(hours=1), due) == last


@given(SETTLED, st.sampled_from(list(Party)), DAYS)
def test_reminders_only_count_down(settled: date, party: Party, ahead: int) -> None:
    order = [99 if left is None else left for left in _days(party, settled, ahead)]
    assert order == sorted(order, reverse=True)
    assert set(order) <= {99, OVERDUE, *REMINDERS[party]}


def _days(party: Party, settled: date, ahead: int) -> list[int | None]:
    return [reminder(party, settled, settled + timedelta(days=n)) for n in range(ahead)]


@given(SETTLED, st.sampled_from(list(Party)))
def test_the_days_left_are_the_working_days_left(settled: date, party: Party) -> None:
    last = add_working_days(settled, WINDOWS[party])
    assert reminder(party, settled, last + timedelta(days=1)) == OVERDUE
    for left in REMINDERS[party]:
        day = add_working_days(settled, WINDOWS[party] - left + 1)
        assert reminder(party, settled, day) == left
        assert reminder(party, settled, day - timedelta(days=1)) != left
        working = [
            day + timedelta(days=n)
            for n in range((last - day).days + 1)
            if is_working_day(day + timedelta(days=n))
        ]
        assert len(working) == left
