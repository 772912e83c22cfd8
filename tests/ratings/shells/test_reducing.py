"""Facts that share a word: none overlaps another, none is null, each comes out as it went in."""

import functools
import operator
from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.facts import EXCUSES, FIRST_INVOICES, LATEST_BITS, MONTHLY, Fact, coded
from ratings.shells.reducing import WORD_BITS, reduced, words_of
from ratings.signals.cells import WINDOW, feed_table
from ratings.signals.contract import FEEDS
from ratings.signals.reading import empty_table

ALL = {**MONTHLY, "first": FIRST_INVOICES, "excuses": EXCUSES}
FIRMS = tuple("AB")
_PLACED = ("place", "bit", "oldest")


def told(name: str) -> Callable[[ir.Table], ir.Value]:
    return lambda rows: rows[name]


@pytest.mark.parametrize("facts", ALL.values(), ids=ALL)
def test_every_fact_has_its_own_bits_of_one_word(facts: tuple[Fact, ...]) -> None:
    words = words_of(facts)
    assert sorted(fact.name for word in words for fact in word.facts) == sorted(
        fact.name for fact in facts
    )
    for word in words:
        masks = [((1 << fact.bits) - 1) << begins for fact, begins in word.placed()]
        assert sum(masks) == functools.reduce(operator.or_, masks)
        if len(word.facts) > 1:
            room = LATEST_BITS if word.reduce == "latest" else WORD_BITS
            assert sum(masks) < 1 << room
            assert {fact.reduce for fact in word.facts} == {word.reduce}


def test_the_widest_feeds_share() -> None:
    assert len(words_of(MONTHLY["registration"])) <= len(MONTHLY["registration"]) - 4
    assert len(words_of(MONTHLY["judicial"])) < len(MONTHLY["judicial"])


@pytest.mark.parametrize("feed", MONTHLY)
def test_what_shares_a_word_is_never_null(feed: str) -> None:
    """A null would take away what its neighbours say: here of rows that say nothing at all."""
    table = coded(_rows(feed), feed)
    narrow = [fact for fact in MONTHLY[feed] if fact.bits]
    columns = {fact.name: fact.of(table) for fact in narrow}
    schema = pa.schema([*empty_table(FEEDS[feed]).schema, *((n, pa.int64()) for n in _PLACED)])
    row = dict.fromkeys(schema.names) | {"uscc": "A", "place": 3, "bit": 8, "oldest": 24000}
    connection = ibis.duckdb.connect()
    connection.con.register("rows", pa.Table.from_pylist([row], schema))
    (found,) = connection.to_pyarrow(table.select(**columns)).to_pylist()
    connection.disconnect()
    for fact in narrow:
        assert found[fact.name] is not None, fact.name
        assert 0 <= found[fact.name] < 1 << fact.bits, fact.name


def _rows(feed: str) -> ir.Table:
    columns = dict(feed_table(FEEDS[feed]).schema().items()) | dict.fromkeys(_PLACED, "int64")
    return ibis.table(columns, name="rows")


@given(
    st.lists(
        st.tuples(st.sampled_from(FIRMS), st.integers(0, WINDOW - 1), st.integers(0, 7)),
        min_size=1,
        unique_by=lambda row: row[:2],
    )
)
def test_a_word_comes_apart_as_it_was(rows: list[tuple[str, int, int]]) -> None:
    facts = (
        Fact("low", "latest", told("low"), 1),
        Fact("months", "or", told("months"), WINDOW),
        Fact("most", "max", told("value")),
        Fact("high", "latest", told("high"), 2),
        Fact("odd", "or", told("odd"), WINDOW),
    )
    assert [len(word.facts) for word in words_of(facts)] == [2, 2, 1]
    table = pa.table(
        {
            "uscc": [firm for firm, _, _ in rows],
            "place": pa.array([place for _, place, _ in rows], pa.int64()),
            "value": pa.array([value for *_, value in rows], pa.int64()),
            "low": pa.array([value & 1 for *_, value in rows], pa.int64()),
            "high": pa.array([value >> 1 for *_, value in rows], pa.int64()),
            "months": pa.array([1 << place for _, place, _ in rows], pa.int64()),
            "odd": pa.array([(value & 1) << place for _, place, value in rows], pa.int64()),
        }
    )
    asked = reduced(ibis.table(table.schema, name="rows"), facts, "x_")
    connection = ibis.duckdb.connect()
    connection.con.register("rows", table)
    found = {row["uscc"]: row for row in connection.to_pyarrow(asked).to_pylist()}
    connection.disconnect()
    for firm in {row[0] for row in rows}:
        own = sorted((place, value) for one, place, value in rows if one == firm)
        newest = own[-1][1]
        assert found[firm] == {
            "uscc": firm,
            "x_low": newest & 1,
            "x_months": sum(1 << place for place, _ in own),
            "x_most": max(value for _, value in own),
            "x_high": newest >> 1,
            "x_odd": sum((value & 1) << place for place, value in own),
        }
