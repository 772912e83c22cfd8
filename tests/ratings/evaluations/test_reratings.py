"""Which scores of the centre count at a moment: pure, by what was known then."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from ratings.evaluations.reratings import (
    FROM,
    ReratingState,
    ReratingStep,
    Taken,
    due,
    rerated,
    state,
)

_START = datetime(2026, 5, 6, 2, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@some.composite
def lives(draw: some.DrawFn, rerating: str = "one", start: datetime = _START) -> list[Taken]:
    """A re-rating as the acts allow it: each step from a state that it may be taken in."""
    taken = [Taken(rerating, ReratingStep.OPENED, start)]
    for n in range(1, draw(some.integers(1, 8))):
        at = start + n * _MINUTE
        now = state(taken, at)
        steps = [step for step, states in FROM.items() if now in states]
        if not steps:
            break
        step = draw(some.sampled_from(steps))
        scores = {"fee": Decimal(draw(some.integers(0, 100)))} if step is ReratingStep.GIVEN else {}
        taken.append(Taken(rerating, step, at, scores))
    return taken


@given(lives())
def test_it_counts_while_it_is_in_force_and_only_then(life: list[Taken]) -> None:
    given_scores = next((one.scores for one in life if one.step is ReratingStep.GIVEN), None)
    for one in life:
        found = rerated(life, one.at)
        in_force = state(life, one.at) is ReratingState.IN_FORCE
        assert found == (given_scores if in_force else None)
        assert in_force == (one.step in (ReratingStep.GIVEN, ReratingStep.UPHELD))


@given(lives(), some.permutations(range(8)), some.integers(0, 7))
def test_neither_later_steps_nor_their_order_change_a_moment(
    life: list[Taken], order: list[int], upto: int
) -> None:
    at = _START + upto * _MINUTE
    known = [one for one in life if one.at <= at]
    shuffled = [life[n] for n in order if n < len(life)]
    assert rerated(life, at) == rerated(known, at) == rerated(shuffled, at)
    assert rerated(life, _START - _MINUTE) is None


@given(lives(), some.data())
def test_a_later_one_takes_its_place_once_the_first_has_ended(
    first: list[Taken], data: some.DataObject
) -> None:
    """The acts open another one only where none stands."""
    end = _START + timedelta(days=1)
    if state(first, end) in (
        ReratingState.IN_FORCE,
        ReratingState.CONTESTED,
        ReratingState.WAITING,
    ):
        first = [*first, Taken("one", ReratingStep.LIFTED, end)]
    second = data.draw(lives("two", end + _MINUTE))
    for one in second:
        assert rerated([*first, *second], one.at) == rerated(second, one.at)


def test_what_is_not_given_in_time_lapses() -> None:
    """From a Wednesday five working days on, the Saturday among them that is worked instead of a
    day of the May holiday; in Shanghai."""
    opened = [Taken("one", ReratingStep.OPENED, _START)]
    end = due(_START)
    assert end == datetime(2026, 5, 12, 16, tzinfo=UTC)
    assert state(opened, end - _MINUTE) is ReratingState.WAITING
    assert state(opened, end) is ReratingState.LAPSED
    assert rerated(opened, end) is None
