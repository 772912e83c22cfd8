"""The parts of the hot reads, without a server: one question for all, memory, the two tables."""

import ast
import asyncio
import gc
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.routes import HTTPRoute

import market
import ratings
from market.accounts.limits import RouteClass
from market.accounts.permissions import roles_of
from market.api import hot_routes
from market.api.kept_bodies import Kept, Memory
from market.api.rate_limits import class_of
from market.api.together import Together
from ratings.ledger.actors import Role

NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)


class Source:
    """A truth that grows, and a question that takes its answer when it begins: the worst case."""

    def __init__(self, failing: frozenset[int] = frozenset()) -> None:
        self.truth = 0
        self.known = -1
        self.asked = 0
        self._failing = failing
        self._under_way = 0

    async def ask(self) -> None:
        self.asked += 1
        number, answer = self.asked, self.truth
        self._under_way += 1
        assert self._under_way == 1, "one question at a time"
        for _ in range(3):
            await asyncio.sleep(0)
        self._under_way -= 1
        if number in self._failing:
            raise OSError("gone")
        self.known = answer


@given(
    steps=st.lists(st.sampled_from(["write", "call", "wait", "hang up"]), max_size=60),
    failing=st.frozensets(st.integers(1, 10)),
)
def test_nobody_gets_an_answer_older_than_their_call(
    steps: list[str], failing: frozenset[int]
) -> None:
    async def run() -> None:
        source = Source(failing)
        together = Together(source.ask)

        async def caller() -> None:
            at_least, before = source.truth, source.asked
            try:
                await together.asked()
            except OSError:
                assert failing & set(range(before + 1, source.asked + 1))
            else:
                assert source.known >= at_least

        calls: list[asyncio.Task[None]] = []
        for step in steps:
            if step == "write":
                source.truth += 1
            elif step == "call":
                calls.append(asyncio.create_task(caller()))
            elif step == "wait":
                await asyncio.sleep(0)
            elif calls:
                calls[-1].cancel()
        outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)
        assert all(isinstance(one, asyncio.CancelledError | None) for one in outcomes)
        assert source.asked <= len(calls)

    _in_a_loop_of_its_own(run)


def test_a_loop_closed_under_a_question_leaves_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is stopped in the middle; the question goes when it is next cleaned up."""
    faults: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", faults.append)
    loop = asyncio.new_event_loop()
    asked: list[bool] = []

    async def ask() -> None:
        asked.append(True)
        await asyncio.Event().wait()

    waiting = loop.create_task(Together(ask).asked())
    while not asked:
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    del waiting
    gc.collect()
    assert faults == []


def test_those_who_come_meanwhile_share_the_next_question() -> None:
    async def run() -> None:
        source = Source()
        together = Together(source.ask)
        first = [asyncio.create_task(together.asked()) for _ in range(16)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert source.asked == 1
        later = [asyncio.create_task(together.asked()) for _ in range(16)]
        await asyncio.gather(*first, *later)
        assert source.asked == 2

    _in_a_loop_of_its_own(run)


def _in_a_loop_of_its_own(run) -> None:  # type: ignore[no-untyped-def]
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()


def _kept(seq: int, topics: tuple[str, ...], size: int = 10, until: datetime | None = None) -> Kept:
    return Kept([(b"etag", b'"x"'), (b"content-length", b"0")], b"x" * size, seq, topics, until)


_TOPICS = st.sampled_from(["a", "b", "c"])
_OPERATIONS = st.one_of(
    st.tuples(st.just("keep"), st.integers(0, 9), st.tuples(_TOPICS), st.integers(0, 5000)),
    st.tuples(st.just("act"), st.none() | st.tuples(_TOPICS)),
    st.tuples(st.just("find"), st.integers(0, 9)),
)


@given(operations=st.lists(_OPERATIONS, max_size=60), behind=st.integers(0, 2))
def test_what_has_changed_is_never_found_and_the_bound_holds(
    operations: list[tuple[object, ...]], behind: int
) -> None:
    """`behind`: so many acts may happen between the beginning and the end of a reading."""
    most, seq = 20_000, 0
    memory = Memory(most)
    acts: list[tuple[str, ...] | None] = [()]
    for operation in operations:
        if operation[0] == "keep":
            key, topics, size = operation[1:]
            memory.keep(f"{key}".encode(), _kept(max(0, seq - behind), topics, size))  # type: ignore[arg-type]
        elif operation[0] == "act":
            seq += 1
            acts.append(operation[1])  # type: ignore[arg-type]
            memory.changed(seq, operation[1])  # type: ignore[arg-type]
        else:
            found = memory.find(f"{operation[1]}".encode(), NOON)
            if found is not None:
                since = acts[found.seq + 1 :]
                assert all(act is not None and not set(act) & set(found.topics) for act in since)
        assert 0 <= memory.size <= most
        assert (memory.size == 0) == (len(memory) == 0)


def test_the_one_unused_for_longest_goes_first() -> None:
    memory = Memory(3 * _kept(0, ()).size)
    for key in (b"1", b"2", b"3"):
        memory.keep(key, _kept(0, ()))
    assert memory.find(b"1", NOON)
    memory.keep(b"4", _kept(0, ()))
    assert [key for key in (b"1", b"2", b"3", b"4") if memory.find(key, NOON)] == [b"1", b"3", b"4"]
    memory.keep(b"5", _kept(0, (), size=100_000))
    assert memory.find(b"5", NOON) is None
    assert len(memory) == 3


def test_time_ends_what_is_bounded_by_it() -> None:
    memory = Memory(100_000)
    memory.keep(b"1", _kept(0, (), until=NOON))
    assert memory.find(b"1", NOON - timedelta(microseconds=1))
    assert memory.find(b"1", NOON) is None
    asked = hot_routes.wanted(b"/api/v1/county-ranges", b"")
    # Four in the morning of UTC is noon in the county, whose day ends at 16:00.
    assert asked is not None
    assert asked.until(NOON) == NOON.replace(hour=16)


def test_many_topics_are_forgotten_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.api.kept_bodies._MOST_TOPICS", 5)
    memory = Memory(100_000)
    for number in range(1, 8):
        memory.keep(b"all", _kept(number - 1, ("never",)))
        memory.changed(number, (f"topic {number}",))
    assert memory.find(b"all", NOON) is None
    memory.keep(b"all", _kept(7, ("never",)))
    assert memory.find(b"all", NOON)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"/api/v1/agencies", b"text=x"),
        (b"/api/v1/agencies", b"nonsense=1"),
        (b"/api/v1/agencies", b"limit=1&&"),
        (b"/api/v1/agencies", b"limit=1&limit=2"),
        (b"/api/v1/agencies", b"limit="),
        (b"/api/v1/agencies", b"package=%31"),
        (b"/api/v1/agencies", b"package=a+b"),
        ("/api/v1/agencies/云".encode(), b""),
        (b"/api/v1/agencies", b"cursor=" + b"x" * 600),
        (b"/api/v1/agencies/%39", b""),
        (b"/api/v1/agencies/", b""),
        (b"/api/v1/agencies/1", b"limit=1"),
        (b"/api/v1/agencies/1/history", b""),
        (b"/api/v1/items/01", b""),
        (b"/api/v1/", b""),
        (b"/api/v1", b""),
        (b"/", b""),
    ],
)
def test_other_addresses_are_not_kept(path: bytes, query: bytes) -> None:
    assert hot_routes.wanted(path, query) is None


def test_every_kept_read_is_a_public_route_that_knows_these_parameters(app: Litestar) -> None:
    routes = {route.path_format: route for route in app.routes if isinstance(route, HTTPRoute)}
    for read in hot_routes.READS.values():
        (handler,) = (
            one for one in routes[read.template].route_handlers if "GET" in one.http_methods
        )
        assert Role.PUBLIC in roles_of(handler)
        assert class_of(handler) is RouteClass.READS
        assert read.names <= set(handler.parsed_fn_signature.parameters)


def test_the_table_knows_no_act_that_nobody_does_and_no_unread_topic() -> None:
    source = "".join(file.read_text() for file in _files() if file.name != "hot_routes.py")
    composed = {act[:-1] for act in acts_of_the_code() if act.endswith("*")}
    for act in hot_routes.ACTS:
        assert f'"{act}"' in source or any(act.startswith(one) for one in composed), act
    read = {topic for one in hot_routes.READS.values() for topic in one.topics}
    changed = {topic for topics in hot_routes.ACTS.values() for topic in topics}
    assert changed == read


def test_an_act_stands_in_the_table_or_changes_everything() -> None:
    acts = acts_of_the_code()
    assert len(acts) > 25
    for act in acts:
        topics = hot_routes.changed_by(act, "somebody")
        assert topics is None or len(topics) == len(hot_routes.ACTS[act])
    assert hot_routes.changed_by("agency.renamed_by_a_later_version", "somebody") is None
    assert hot_routes.changed_by("agency.delisted", "1") == ("agency 1", "directory", "sales")


def _files() -> list[Path]:
    return [file for wing in (market, ratings) for file in Path(wing.__path__[0]).rglob("*.py")]


def acts_of_the_code() -> set[str]:
    """The second argument of every call of `record`; one that is composed ends in `*`."""
    found = set()
    for file in _files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record":
                act = node.args[1]
                if isinstance(act, ast.Constant):
                    found.add(str(act.value))
                elif isinstance(act, ast.JoinedStr):
                    found.add(str(getattr(act.values[0], "value", "")) + "*")
    return found
