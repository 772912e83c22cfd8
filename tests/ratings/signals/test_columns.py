"""A column read at once means what its values mean one by one."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ratings.signals.columns import TYPES, Read, plain_codes, read_column
from ratings.signals.contract import FEEDS, Column
from ratings.signals.identifiers import keyed_hash
from ratings.signals.values import Unreadable, Value, read_value
from tests.conftest import make_uscc

KINDS: dict[str, Column] = {
    column.kind: column for feed in FEEDS.values() for column in feed.columns
}
KEY = b"a key of the county"
CODE = make_uscc(7)
TEXTS = st.one_of(
    st.text(max_size=24),
    st.text("0123456789.+-eE ", max_size=20),
    st.sampled_from(
        [
            CODE,
            CODE.lower(),
            f" {CODE} ",
            CODE[:-1] + "0",
            CODE[:17] + "I",
            "2026-03",
            "2026-13",
            "2026-03-01",
            "2026-02-30",
            "2026-03-01 00:00:00",
            "2026-03-01T02:03:04Z",
            "2026-03-01T02:03:04+08:00",
            "true",
            "False",
            "1",
            "0",
            "1.0",
            "0.30000000000000004",
            "999999999999999999",
            "1000000000000000000",
            "13805741234",
            "+8613805741234",
            "33028119800101001x",
            "张三",
            "a" * 64,
            "POS",
            "normal",
            "nan",
            "１２",
        ]
    ),
)


def one_by_one(column: Column, text: str) -> tuple[Value | None, str | None]:
    """What the contract makes of a text: its value, or the code of what is wrong."""
    plain = text.strip()
    if plain in ("", "nan", "NaN", "NaT"):
        return None, "empty" if column.key else None
    try:
        return read_value(column, plain), None
    except Unreadable as problem:
        return None, problem.code


def shown(column: Column, read: Read) -> list[tuple[Value | None, str | None]]:
    if column.kind == "instant":
        values = [
            None if one is None else dt.datetime.fromtimestamp(one / 1e6, dt.UTC)
            for one in read.values.cast(pa.int64()).to_pylist()
        ]
    else:
        values = read.values.to_pylist()
    return [
        (value, read.problems[place].code if place in read.problems else None)
        for place, value in enumerate(values)
    ]


@given(kind=st.sampled_from(sorted(KINDS)), texts=st.lists(TEXTS, max_size=8))
@settings(max_examples=200)
@example(kind="uscc", texts=[CODE, CODE.lower(), CODE[:-1], ""])
def test_texts_read_at_once_mean_what_each_means_alone(kind: str, texts: list[str]) -> None:
    column = KINDS[kind]
    read = read_column(column, pa.array(texts, pa.string()))
    assert shown(column, read) == [one_by_one(column, text) for text in texts]
    assert read.values.type == TYPES[column.kind]
    assert read.wrong.to_pylist() == [place in read.problems for place in range(len(texts))]


NUMBERS = st.one_of(
    st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1), st.sampled_from([10**18 - 1, 10**18])
)


@given(
    kind=st.sampled_from(["count", "fen", "amount", "share", "flag"]),
    numbers=st.lists(NUMBERS | st.none(), max_size=8),
)
def test_numbers_of_a_parquet_file_mean_what_they_would_as_text(
    kind: str, numbers: list[int | None]
) -> None:
    column = KINDS[kind]
    read = read_column(column, pa.array(numbers, pa.int64()))
    assert shown(column, read) == [
        one_by_one(column, "" if number is None else str(number)) for number in numbers
    ]


@given(st.lists(st.floats(allow_subnormal=False) | st.integers(0, 2**53).map(float), max_size=8))
def test_floating_numbers_that_are_whole_are_taken_as_such(numbers: list[float]) -> None:
    read = read_column(KINDS["fen"], pa.array(numbers, pa.float64()))
    for place, number in enumerate(numbers):
        value = read.values[place].as_py()
        if number != number:
            assert (value, place in read.problems) == (None, False), "not a number is a gap"
        elif 0 <= number < 2**53 and number == int(number):
            assert value == int(number)
        else:
            assert place in read.problems


@pytest.mark.parametrize(
    ("kind", "raw", "values"),
    [
        pytest.param("date", pa.array([dt.date(2026, 3, 1), None]), [dt.date(2026, 3, 1), None]),
        pytest.param(
            "date",
            pa.array(["2026-03-01", "2026-03-01 05:00:00"]).cast(pa.timestamp("ns")),
            [dt.date(2026, 3, 1), "bad-date"],
        ),
        pytest.param("flag", pa.array([True, False, None]), [True, False, None]),
        pytest.param("flag", pa.array([1.0, 0.0, 2.0]), [True, False, "bad-flag"]),
        pytest.param("fen", pa.array([Decimal("12.00"), Decimal("12.50")]), [12, "not-whole"]),
        pytest.param("count", pa.array([3, 4], pa.uint8()), [3, 4]),
        pytest.param("fen", pa.array([2**64 - 1, 4], pa.uint64()), ["not-whole", 4]),
        pytest.param("fen", pa.array([True]), ["not-whole"]),
        pytest.param("uscc", pa.array([CODE, CODE]).dictionary_encode(), [CODE, CODE]),
        pytest.param("uscc", pa.array([None, CODE], pa.large_string()), ["empty", CODE]),
        pytest.param("fen", pa.nulls(2), [None, None]),
    ],
    ids=lambda value: value if isinstance(value, str) else str(getattr(value, "type", "")),
)
def test_types_of_parquet(kind: str, raw: pa.Array, values: list[object]) -> None:
    column = KINDS[kind]
    read = shown(column, read_column(column, raw))
    assert [value if code is None else code for value, code in read] == values


@given(st.lists(st.text("0123456789ABCDEFGHJKLMNPQRTUWXYioszv", min_size=17, max_size=19)))
def test_check_characters_of_many_codes_at_once(texts: list[str]) -> None:
    column = KINDS["uscc"]
    found = plain_codes(pa.array([CODE, *texts], pa.string())).to_pylist()
    assert found == [True, *(one_by_one(column, text)[1] is None for text in texts)]


def test_identifiers_are_hashed_on_entry_only_where_that_was_asked() -> None:
    column = KINDS["hash"]
    raw = pa.array(["13805741234", "b" * 64, "张三"])
    refused = read_column(column, raw)
    assert [code for _, code in shown(column, refused)] == ["in-the-clear", None, "in-the-clear"]
    hashed = read_column(column, raw, KEY)
    assert hashed.values.to_pylist() == [
        keyed_hash(KEY, "13805741234"),
        "b" * 64,
        keyed_hash(KEY, "张三"),
    ]
