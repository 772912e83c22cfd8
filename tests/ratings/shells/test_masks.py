"""Masks of months: runs, and the words for them."""

import ibis
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.masks import (
    LAST_TWELVE,
    bits,
    longest_run,
    longest_run_of,
    mask_of,
    months_of,
    newest,
    span,
)
from ratings.shells.plain import plain
from ratings.signals.cells import FULL, WINDOW, month_number

MASKS = st.integers(0, FULL)


def counted(mask: int) -> int:
    """The run length the slow way."""
    return max(len(run) for run in f"{mask:b}".split("0"))


@given(MASKS)
def test_a_run_is_what_a_person_would_count(mask: int) -> None:
    assert longest_run(mask) == counted(mask)


@given(MASKS, MASKS)
def test_a_month_taken_away_never_lengthens_a_run(mask: int, covered: int) -> None:
    assert longest_run(mask & covered) <= longest_run(mask)


@given(st.lists(MASKS, min_size=1, max_size=6))
def test_partial_masks_merge_in_any_order(parts: list[int]) -> None:
    forward = backward = 0
    for part in parts:
        forward |= part
    for part in reversed(parts):
        backward |= part
    assert longest_run(forward) == longest_run(backward) >= max(map(longest_run, parts))


NEWEST = month_number("2026-06")
TABLE = ibis.table({"mask": "int64", "start": "int64", "end": "int64"}, name="masks")
OURS = TABLE.mutate(
    run=longest_run_of(TABLE["mask"]),
    bits=bits(TABLE["mask"]),
    span=span(TABLE["start"], TABLE["end"]),
    newest=newest(TABLE["mask"]),
)


@given(MASKS, st.integers(-30, 40), st.integers(-30, 40))
def test_expressions_in_plain_python_say_the_same(mask: int, start: int, end: int) -> None:
    found = PLAIN({"mask": mask, "start": start, "end": end})
    inside = range(max(start, 0), min(end, WINDOW - 1) + 1)
    assert found == {
        "run": counted(mask),
        "bits": mask.bit_count(),
        "span": mask_of(inside),
        "newest": 1 << (mask.bit_length() - 1) if mask else 0,
    }


NAMES = ("run", "bits", "span", "newest")
PLAIN = plain(OURS, NAMES)


def test_the_engine_says_the_same() -> None:
    masks = [0, 1, FULL, LAST_TWELVE, 0b1011, 0b110111, 1 << 23, 0b111101111011111101]
    masks += [(1 << length) - 1 << 1 for length in range(1, 24)]
    masks += [step * 40503 & FULL for step in range(500)]
    columns = {
        "mask": masks,
        "start": [m % 53 - 15 for m in masks],
        "end": [m % 61 - 20 for m in masks],
    }
    connection = ibis.duckdb.connect()
    connection.con.register("masks", pa.table(columns))
    query = ibis.to_sql(OURS.select("mask", "start", "end", *NAMES))
    found = connection.con.sql(str(query)).to_arrow_table().to_pylist()
    connection.disconnect()
    assert len(found) == len(masks)
    for row in found:
        assert PLAIN(row) == {name: row[name] for name in NAMES}


@given(MASKS)
def test_the_months_written_are_those_of_the_mask(mask: int) -> None:
    newest = month_number("2026-02")
    written = set()
    for part in months_of(mask, newest).split(", ") if mask else ():
        first, _, last = part.partition("..")
        written |= set(range(month_number(first), month_number(last or first) + 1))
    assert written == {newest - WINDOW + 1 + place for place in range(WINDOW) if mask >> place & 1}


def test_months_are_written_as_spans() -> None:
    newest = month_number("2026-02")
    assert months_of(0, newest) == ""
    assert months_of(0b111 << 21, newest) == "2025-12..2026-02"
    assert months_of(1 << 23 | 1, newest) == "2024-03, 2026-02"
    assert months_of(FULL, newest) == "2024-03..2026-02"
