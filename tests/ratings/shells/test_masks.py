"""Masks of months: runs, and the words for them."""

import ibis
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.masks import FULL, LAST_TWELVE, longest_run, longest_run_of, months_of
from ratings.signals.cells import month_number

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


def test_the_engine_counts_runs_as_we_do() -> None:
    masks = [0, 1, FULL, LAST_TWELVE, 0b1011, 0b110111, 1 << 23, 0b111101111011111101]
    masks += [(1 << length) - 1 << 1 for length in range(1, 24)]
    masks += [step * 40503 & FULL for step in range(500)]
    connection = ibis.duckdb.connect()
    connection.con.register("masks", pa.table({"mask": masks}))
    table = connection.table("masks")
    rows = table.mutate(run=longest_run_of(table["mask"])).to_pyarrow().to_pylist()
    connection.disconnect()
    assert [row["run"] for row in rows] == [counted(row["mask"]) for row in rows]


def test_months_are_written_as_spans() -> None:
    newest = month_number("2026-02")
    assert months_of(0, newest) == ""
    assert months_of(0b111 << 21, newest) == "2025-12..2026-02"
    assert months_of(1 << 23 | 1, newest) == "2024-03, 2026-02"
    assert months_of(FULL, newest) == "2024-03..2026-02"
