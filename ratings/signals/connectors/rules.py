"""When a source is pulled, when it is tried again, and when its pages have moved meanwhile."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from ratings.ledger.clock import SHANGHAI
from ratings.signals.connectors.description import Schedule

RETRIED_FOR = timedelta(hours=24)
"""After that a pull has failed; the next one of the schedule begins anew."""
LEASE = timedelta(minutes=5)
"""How long a page may take before another worker may go on in its place."""
MOST_READINGS = 3
MOST_PAGES = 20_000

# The wait after each failure in a row; the last one is repeated.
_WAITS = tuple(timedelta(seconds=one) for one in (2, 10, 60, 300, 900, 3600))
_JITTER = 0.25
_LONGEST_WAIT = timedelta(hours=6)


def last_time(schedule: Schedule, at: datetime) -> datetime:
    """The latest time of the schedule that is not after `at`."""
    local = at.astimezone(SHANGHAI)
    found = local.replace(hour=schedule.hour, minute=0, second=0, microsecond=0)
    if schedule.day is None:
        return found if found <= local else found - timedelta(days=1)
    found = found.replace(day=schedule.day)
    return found if found <= local else _month_away(found, -1)


def next_time(schedule: Schedule, at: datetime) -> datetime:
    """The first time of the schedule after `at`."""
    last = last_time(schedule, at)
    return last + timedelta(days=1) if schedule.day is None else _month_away(last, 1)


def finished_months(count: int, at: datetime) -> list[str]:
    """The last `count` months that had ended in the county at `at`, YYYY-MM, the oldest first."""
    local = at.astimezone(SHANGHAI)
    newest = local.year * 12 + local.month - 2
    return [f"{one // 12:04d}-{one % 12 + 1:02d}" for one in range(newest - count + 1, newest + 1)]


def next_attempt(
    began: datetime, failures: int, at: datetime, asked: timedelta | None, chance: float
) -> datetime | None:
    """When to go on after the `failures`-th failure in a row, or None when it is enough.

    `asked` is what the source said by Retry-After: it is never called sooner. `chance` lies
    between 0 and 1 and spreads those who were turned away together.
    """
    wait = _WAITS[min(failures, len(_WAITS)) - 1] * (1 + _JITTER * chance)
    if asked is not None:
        wait = max(wait, min(asked, _LONGEST_WAIT))
    return None if at + wait > began + RETRIED_FOR else at + wait


def retry_after(text: str, at: datetime) -> timedelta | None:
    """The header of RFC 9110 section 10.2.3, in seconds or as a date; None for nothing usable."""
    if text.strip().isdecimal():
        return timedelta(seconds=min(int(text), int(RETRIED_FOR.total_seconds())))
    try:
        return max(parsedate_to_datetime(text) - at, timedelta())
    except (ValueError, TypeError):
        return None


def is_whole(received: int, distinct: int, total: int | None, same_as_before: bool) -> bool:
    """Whether the pages read are the month of the source, or rows moved while they were read.

    A row met twice means that a page has shifted, and then another row may have been passed over,
    unless a second reading meets the very same rows: then the source itself has it twice. Fewer or
    more rows than the source says are never the month.
    """
    if total is not None and received != total:
        return False
    return received == distinct or same_as_before


def _month_away(moment: datetime, months: int) -> datetime:
    number = moment.year * 12 + moment.month - 1 + months
    return moment.replace(year=number // 12, month=number % 12 + 1)
