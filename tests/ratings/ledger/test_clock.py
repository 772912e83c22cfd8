"""Days as the law counts them."""

from calendar import monthrange
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratings.ledger.clock import add_months, add_working_days, is_working_day

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@given(days, st.integers(-600, 600))
def test_months_keep_the_day_or_end_with_a_shorter_month(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == min(day.day, monthrange(found.year, found.month)[1])


@given(st.dates(), st.integers(-(10**6), 10**6))
def test_months_beyond_the_calendar_end_with_it(day: date, months: int) -> None:
    index = day.year * 12 + day.month - 1 + months
    found = add_months(day, months)
    if index < 12:
        assert found == date.min
    elif index >= 12 * 10_000:
        assert found == date.max
    else:
        assert found.year * 12 + found.month - 1 == index


def test_the_spring_festival_of_2025() -> None:
    """Off from 28 January to 4 February; the Sunday before and the Saturday after were worked."""
    assert is_working_day(date(2025, 1, 26))
    assert not any(is_working_day(date(2025, 1, 28) + timedelta(days=n)) for n in range(8))
    assert is_working_day(date(2025, 2, 8))
    assert add_working_days(date(2025, 1, 27), 1) == date(2025, 2, 5)


@given(st.dates(date(2100, 1, 1), date(2200, 1, 1)) | st.dates(max_value=date(1999, 1, 1)))
def test_outside_the_published_years_weekdays_are_worked(day: date) -> None:
    assert is_working_day(day) == (day.weekday() < 5)
