"""Time as the law counts it: Asia/Shanghai dates and working days."""

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar.constants import holidays

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The only place that reads the clock; rules and actions are given the time."""
    return datetime.now(UTC)


def local_date(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """The first instant of a Shanghai day."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first instant after a Shanghai day: a deadline “on that day” has not passed before."""
    return start_of_day(day + timedelta(days=1))


_PUBLISHED_YEARS = range(min(holidays).year, max(holidays).year + 1)


@cache
def is_working_day(day: date) -> bool:
    """By the State Council's holiday calendar; outside its published years plain weekdays."""
    if day.year in _PUBLISHED_YEARS:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`, which itself is never counted."""
    while count > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            count -= 1
    return day


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month.

    A record may be asked about any day that can be written, so beyond the first and the last there
    are it is these.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < MINYEAR:
        return date.min
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
