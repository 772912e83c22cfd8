"""When a failed delivery is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.notices.rules import (
    DISABLED_AFTER,
    RETRIED_FOR,
    NewWebhook,
    check_webhook,
    has_failed_too_long,
    next_attempt,
)
from ratings.ledger.errors import Malformed, Refused

BEGAN = datetime(2026, 11, 26, 4, tzinfo=UTC)
chances = st.floats(0, 1, exclude_max=True)


@given(
    failures=st.integers(1, 50),
    late=st.timedeltas(timedelta(), RETRIED_FOR * 2),
    chance=chances,
)
def test_the_next_attempt_is_later_and_within_the_day(
    failures: int, late: timedelta, chance: float
) -> None:
    at = BEGAN + late
    again = next_attempt(BEGAN, failures, at, chance)
    assert (again is None) == (late >= RETRIED_FOR)
    if again is not None:
        assert at < again <= BEGAN + RETRIED_FOR


@given(failures=st.integers(1, 50), chance=chances)
def test_the_waits_grow(failures: int, chance: float) -> None:
    first = next_attempt(BEGAN, failures, BEGAN, 0)
    then = next_attempt(BEGAN, failures + 1, BEGAN, 0)
    assert first is not None
    assert then is not None
    assert first <= then
    spread = next_attempt(BEGAN, failures, BEGAN, chance)
    assert spread is not None
    assert first <= spread <= first + (first - BEGAN) / 4


@given(st.lists(chances, min_size=40, max_size=40))
def test_a_receiver_that_never_answers_is_tried_for_exactly_a_day(chance: list[float]) -> None:
    at, failures = BEGAN, 0
    while (again := next_attempt(BEGAN, failures + 1, at, chance[failures])) is not None:
        at, failures = again, failures + 1
    assert at == BEGAN + RETRIED_FOR
    assert 11 <= failures <= 14


@given(st.timedeltas(timedelta(), DISABLED_AFTER * 2))
def test_five_days_of_failures(lasted: timedelta) -> None:
    assert has_failed_too_long(BEGAN, BEGAN + lasted) == (lasted >= DISABLED_AFTER)


def test_what_may_be_subscribed_to() -> None:
    wanted = NewWebhook(" https://a.example/ ", ("group_buy.*", " group_buy.* ", "*"), " 项目库 ")
    assert check_webhook(wanted) == NewWebhook("https://a.example/", ("*", "group_buy.*"), "项目库")
    with pytest.raises(Refused):
        check_webhook(NewWebhook("https://a.example/", ()))
    with pytest.raises(Malformed):
        check_webhook(NewWebhook("https://a.example/", ("session.opened",)))
    with pytest.raises(Refused):
        check_webhook(NewWebhook("https://a.example/", ("*",), "长" * 201))
