"""The rule of the back-off, without a database: its laws, on any history of attempts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from market.accounts.lockout import (
    CODE,
    FORGOTTEN_AFTER,
    KNOWN_FOR,
    PASSWORD,
    Count,
    Limit,
    attempted,
    known,
    succeeded,
    wait,
    withdrawn,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ZERO = timedelta(0)
limits = st.sampled_from([PASSWORD.narrow, PASSWORD.wide, CODE.narrow, CODE.wide])
pauses = st.timedeltas(ZERO, timedelta(minutes=30))


def after(failures: int, every: timedelta = timedelta(seconds=1)) -> tuple[Count, datetime]:
    """Failures at equal distances, and the moment of the last one."""
    count, at = Count(), START
    for number in range(failures):
        at = START + number * every
        count = attempted(count, at)
    return count, at


@given(limits)
def test_the_free_failures_cost_nothing_and_the_next_one_does(limit: Limit) -> None:
    count, at = after(limit.free - 1)
    assert wait(limit, count, at) == ZERO
    count, at = after(limit.free)
    assert wait(limit, count, at) == limit.first


@given(limits, st.integers(0, 10_000))
def test_each_failure_doubles_the_wait_up_to_the_longest(limit: Limit, more: int) -> None:
    shorter = wait(limit, Count(limit.free + more, START), START)
    longer = wait(limit, Count(limit.free + more + 1, START), START)
    assert longer == min(2 * shorter, limit.longest)


@given(limits, st.integers(0, 500), pauses)
def test_waiting_as_long_as_told_is_enough_and_a_moment_less_is_not(
    limit: Limit, failures: int, pause: timedelta
) -> None:
    count = Count(failures, START)
    told = wait(limit, count, START + pause)
    assert wait(limit, count, START + pause + told) == ZERO
    if told > ZERO:
        assert wait(limit, count, START + pause + told - timedelta(microseconds=1)) > ZERO


@given(limits, st.lists(pauses, max_size=300))
def test_nobody_guesses_faster_than_the_limit(limit: Limit, tries: list[timedelta]) -> None:
    """Whoever tries whenever they like gets, beyond the free ones, one try for each wait."""
    count, at, made = Count(), START, 0
    for pause in tries:
        at += pause
        if wait(limit, count, at) == ZERO:
            count = attempted(count, at)
            made += 1
    days = (at - START) // FORGOTTEN_AFTER + 1
    assert made <= days * (limit.free + 1) + (at - START) / limit.first
    if made > days * (limit.free + 12):
        assert made <= days * (limit.free + 12) + (at - START) / limit.longest


@given(limits, st.integers(1, 500))
def test_a_success_forgives_and_a_day_forgets(limit: Limit, failures: int) -> None:
    count = Count(failures, START)
    assert wait(limit, succeeded(count, START), START) == ZERO
    assert wait(limit, count, START + FORGOTTEN_AFTER) == ZERO
    assert attempted(count, START + FORGOTTEN_AFTER).failures == 1


@given(st.integers(0, 500))
def test_an_attempt_that_is_withdrawn_leaves_the_others(failures: int) -> None:
    count = Count(failures, START)
    assert withdrawn(attempted(count, START)).failures == failures
    assert withdrawn(Count()).failures == 0


def test_a_place_is_known_for_a_time_after_a_success() -> None:
    assert not known(Count(), START)
    assert not known(attempted(Count(), START), START)
    here = succeeded(Count(), START)
    assert known(attempted(here, START), START + KNOWN_FOR - timedelta(seconds=1))
    assert not known(here, START + KNOWN_FOR)
