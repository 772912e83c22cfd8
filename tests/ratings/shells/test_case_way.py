"""The rules of a shell case, tried with every order of steps that chance comes up with."""

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.ledger.errors import Conflict, Forbidden, SteelyardError
from ratings.shells import case_way
from ratings.shells.case_steps import take
from ratings.shells.case_way import Desk, Did, Fate, Reply, Seen, ShellFinding, Stage, Step, Way

START = datetime(2026, 9, 1, 2, tzinfo=UTC)
OPENER, FIRST, SECOND, THIRD = "opener", "first", "second", "third"
RESULTS = {
    Did.ASSIGNED: (OPENER, FIRST, SECOND),
    Did.DESK_CHECKED: tuple(Desk),
    Did.VISITED: tuple(Seen),
    Did.PROPOSED: tuple(ShellFinding),
    Did.NOT_ADOPTED: tuple(ShellFinding),
    Did.DECIDED: tuple(ShellFinding),
    Did.CONCLUDED: tuple(Fate),
    Did.ANSWERED: tuple(Reply),
}


@st.composite
def moves(draw: st.DrawFn) -> tuple[Did, str, str, int, int]:
    """A step, who takes it, its result, the step it is against, and the days since the last."""
    did = draw(st.sampled_from(Did))
    agency = did in (Did.EXPLAINED, Did.OBJECTED)
    by = "" if agency else draw(st.sampled_from((OPENER, FIRST, SECOND, THIRD)))
    result = str(draw(st.sampled_from(RESULTS.get(did, ("",)))))
    return did, by, result, draw(st.integers(0, 8)), draw(st.sampled_from((0, 1, 20)))


# The way that leads on, so that chance often reaches its end; between its steps anything may come.
ONWARD = (
    (Did.ASSIGNED, OPENER, FIRST, 0, 0),
    (Did.DESK_CHECKED, FIRST, "go-on", 0, 1),
    (Did.NOTICED, FIRST, "", 0, 1),
    (Did.EXPLAINED, "", "", 0, 1),
    (Did.VISITED, FIRST, "not-found", 0, 1),
    (Did.PROPOSED, FIRST, "shell", 0, 1),
    (Did.DECIDED, SECOND, "shell", 0, 1),
    (Did.REFERRED, FIRST, "", 0, 1),
    (Did.CONCLUDED, FIRST, "deregistered", 0, 1),
)


def walked(taken: list[tuple[Did, str, str, int, int]]) -> list[Way]:
    """Every state that was reached; what the rules refuse changes nothing."""
    way, at = Way(START, OPENER), START
    seen = [way]
    for did, by, result, against, days in taken:
        at += timedelta(days=days)
        try:
            way = take(way, Step(did, at, by, result, against))
        except SteelyardError:
            continue
        seen.append(way)
    return seen


@given(st.lists(st.lists(moves(), max_size=3), min_size=len(ONWARD), max_size=len(ONWARD)))
@settings(max_examples=300, deadline=None)
def test_no_shell_without_notice_visit_and_two_people_and_no_objection_is_lost(
    between: list[list[tuple[Did, str, str, int, int]]],
) -> None:
    taken = [move for chance, on in zip(between, ONWARD, strict=True) for move in [*chance, on]]
    seen = walked(taken)
    for before, way in itertools.pairwise(seen):
        step = way.steps[-1]
        filed = [one.against for one in way.steps if one.did is Did.OBJECTED]
        answered = [one.against for one in way.steps if one.did is Did.ANSWERED]
        assert len(set(filed)) == len(filed)
        assert set(filed) == set(answered) | set(case_way.open_objections(way))
        assert len(answered) == len(set(answered))
        if step.did is Did.DECIDED:
            holding = list(case_way.standing(before).values())
            kinds = [one.did for one in holding]
            assert Did.NOTICED in kinds
            assert not case_way.open_objections(before)
            proposal = [one for one in holding if one.did is Did.PROPOSED][-1]
            assert len({OPENER, proposal.by, step.by} - {""}) >= 2
            assert step.by not in (proposal.by, OPENER)
            assert step.result == proposal.result
            noticed = next(one for one in reversed(holding) if one.did is Did.NOTICED)
            until = case_way.explain_until(before)
            assert until is not None
            heard = [one for one in holding if one.did is Did.EXPLAINED and one.at >= noticed.at]
            assert heard or proposal.at >= until
            if step.result == ShellFinding.SHELL:
                visits = [one for one in holding if one.did is Did.VISITED]
                assert visits
                assert visits[-1].result != Seen.AT_WORK or visits[-1].at > proposal.at
        if step.did is Did.ANSWERED:
            assert step.by != OPENER
            if step.against:
                assert step.by != way.steps[step.against - 1].by
        # Whatever waits has a day; whatever is closed waits for nothing but objections.
        assert (case_way.due(way) is None) is (case_way.stage(way) is Stage.CLOSED)


def on(*steps: Step) -> Way:
    way = Way(START, OPENER)
    for step in steps:
        way = take(way, step)
    return way


def step(did: Did, by: str = FIRST, result: str = "", against: int = 0, day: int = 1) -> Step:
    return Step(did, START + timedelta(days=day), by, result, against)


TO_VISIT = (
    step(Did.ASSIGNED, result=FIRST),
    step(Did.DESK_CHECKED, result=Desk.GO_ON),
    step(Did.NOTICED),
    step(Did.EXPLAINED, by=""),
    step(Did.VISITED, result=Seen.NOT_FOUND),
)


def test_a_granted_objection_sets_aside_the_step_and_what_came_after() -> None:
    way = on(*TO_VISIT, step(Did.OBJECTED, "", against=3))
    with pytest.raises(Conflict, match="objection"):
        take(way, step(Did.PROPOSED, result=ShellFinding.NO_ISSUE))
    with pytest.raises(Forbidden):
        take(way, step(Did.ANSWERED, FIRST, Reply.GRANTED, 3))
    way = take(way, step(Did.ANSWERED, SECOND, Reply.GRANTED, 3))
    assert case_way.stage(way) is Stage.NOTICE
    assert [one.did for one in case_way.standing(way).values()][:2] == [
        Did.ASSIGNED,
        Did.DESK_CHECKED,
    ]
    assert len(way.steps) == 7


def test_an_objection_to_the_opening_ends_the_case() -> None:
    way = on(step(Did.OBJECTED, "", against=0), step(Did.ANSWERED, FIRST, Reply.GRANTED))
    assert case_way.stage(way) is Stage.CLOSED


def test_nobody_at_work_is_called_a_shell_until_a_visit_found_otherwise() -> None:
    seen_at_work = (*TO_VISIT[:4], step(Did.VISITED, result=Seen.AT_WORK))
    with pytest.raises(Conflict, match="at work"):
        on(*seen_at_work, step(Did.PROPOSED, result=ShellFinding.SHELL))
    again = on(*seen_at_work, step(Did.VISITED, result=Seen.REFUSED))
    way = take(again, step(Did.PROPOSED, result=ShellFinding.SHELL))
    assert case_way.stage(way) is Stage.SECOND


def test_without_an_explanation_its_time_is_waited_for() -> None:
    silent = on(*TO_VISIT[:3], TO_VISIT[4])
    until = case_way.explain_until(silent)
    assert until is not None
    early = msgspec.structs.replace(
        step(Did.PROPOSED, result=ShellFinding.SHELL), at=until - timedelta(seconds=1)
    )
    with pytest.raises(Conflict, match="explain"):
        take(silent, early)
    take(silent, msgspec.structs.replace(early, at=until))


def test_what_is_contested_or_annulled_is_not_referred() -> None:
    decided = on(
        *TO_VISIT,
        step(Did.PROPOSED, result=ShellFinding.SHELL),
        step(Did.DECIDED, SECOND, ShellFinding.SHELL),
    )
    contested = msgspec.structs.replace(decided, contested=True)
    with pytest.raises(Conflict):
        take(contested, step(Did.REFERRED))
    assert case_way.stage(msgspec.structs.replace(decided, annulled=True)) is Stage.CLOSED
    way = take(decided, step(Did.REFERRED))
    way = take(way, step(Did.CONCLUDED, result=Fate.PENDING))
    assert case_way.stage(way) is Stage.OUTCOME
    way = take(way, step(Did.CONCLUDED, result=Fate.RESUMED))
    assert case_way.stage(way) is Stage.CLOSED


def test_each_stage_has_its_day_and_a_reminder_cannot_move_it() -> None:
    way = Way(START, OPENER)
    first = case_way.due(way)
    given = take(way, step(Did.ASSIGNED, result=FIRST, day=3))
    assert case_way.due(given) == first
    checked = take(given, step(Did.DESK_CHECKED, result=Desk.GO_ON, day=3))
    later = case_way.due(checked)
    assert first is not None
    assert later is not None
    assert later > first
