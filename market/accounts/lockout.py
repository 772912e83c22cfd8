"""How long somebody who has failed to sign in must wait: pure, and the figures are ours.

Two counts are kept of every attempt. The narrow one is for one sign-in name *and* one place (a
device that has signed in with this name before, or else the address): its wait doubles with each
failure. The wide one is for the sign-in name alone, is slow, and never concerns a place from which
this person has signed in before. So somebody who guesses from everywhere gets a few tries an hour,
and cannot keep the person herself out.
"""

from datetime import datetime, timedelta

import msgspec


class Limit(msgspec.Struct, frozen=True):
    """`free` failures cost nothing; the next one waits `first`, each later one twice as long."""

    free: int
    first: timedelta
    longest: timedelta


class Count(msgspec.Struct, frozen=True):
    """What is known of a place or a name: failures in a row, the last one, the last success."""

    failures: int = 0
    failed_at: datetime | None = None
    succeeded_at: datetime | None = None


class Step(msgspec.Struct, frozen=True):
    """The limits of one thing that can be guessed; `name` keeps its counts apart."""

    name: str
    narrow: Limit
    wide: Limit


_NARROW = Limit(free=5, first=timedelta(seconds=30), longest=timedelta(hours=1))
PASSWORD = Step(
    "password", _NARROW, Limit(free=50, first=timedelta(minutes=1), longest=timedelta(minutes=15))
)
# Six digits are guessed sooner than a password, and only who knows the password gets this far.
CODE = Step("code", _NARROW, Limit(free=15, first=timedelta(minutes=5), longest=timedelta(hours=4)))
FORGOTTEN_AFTER = timedelta(hours=24)
"""Failures older than this count no more."""
KNOWN_FOR = timedelta(days=90)
"""How long an address counts as known after somebody has signed in from it."""
# Every longest wait is reached before; a wait may be computed for any number of failures.
_MOST_DOUBLINGS = 20


def wait(limit: Limit, count: Count, at: datetime) -> timedelta:
    """How long to wait before the next attempt; zero when it may be made now."""
    current = _current(count, at)
    if current.failed_at is None or current.failures < limit.free:
        return timedelta(0)
    doublings = min(current.failures - limit.free, _MOST_DOUBLINGS)
    due = current.failed_at + min(limit.first * (1 << doublings), limit.longest)
    return max(due - at, timedelta(0))


def attempted(count: Count, at: datetime) -> Count:
    """Every attempt is counted as a failure before it is looked at, so that many at once cannot
    all pass; `succeeded` and `withdrawn` take it back."""
    current = _current(count, at)
    return msgspec.structs.replace(current, failures=current.failures + 1, failed_at=at)


def succeeded(count: Count, at: datetime) -> Count:
    """Right after all: the failures before it are forgiven here."""
    return Count(succeeded_at=at)


def withdrawn(count: Count) -> Count:
    """One attempt less: somebody else's failures are not forgiven for it."""
    return msgspec.structs.replace(count, failures=max(count.failures - 1, 0))


def known(count: Count, at: datetime) -> bool:
    """Whether this person has lately signed in from here."""
    return count.succeeded_at is not None and at - count.succeeded_at < KNOWN_FOR


def _current(count: Count, at: datetime) -> Count:
    if count.failed_at is not None and at - count.failed_at >= FORGOTTEN_AFTER:
        return msgspec.structs.replace(count, failures=0, failed_at=None)
    return count
