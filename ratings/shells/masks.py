"""Months of the last 24 as bits of an integer: bit 0 is the oldest month, bit 23 the newest."""

import functools
import operator
from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ratings.signals.cells import FULL, WINDOW, month_text

LAST_TWELVE = FULL ^ ((1 << (WINDOW - 12)) - 1)
HALF = WINDOW // 2


# Both engines have these two under their own names, where the method of ibis has no
# translation for Spark.
@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_count(mask: int) -> int:  # type: ignore[empty-body]
    """How many months are set."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(mask: int) -> int:  # type: ignore[empty-body]
    """The months set in any row; the order of rows and repeated rows make no difference."""


def bits(mask: ir.IntegerValue) -> ir.IntegerValue:
    """`bit_count` as a 64-bit integer, whatever width the engine answers with."""
    return bit_count(mask).cast("int64")


def mask_of(places: Iterable[int]) -> int:
    """The mask with these places set."""
    return functools.reduce(operator.or_, (1 << place for place in places), 0)


def span(start: ir.IntegerValue, end: ir.IntegerValue) -> ir.IntegerValue:
    """The months from place `start` to place `end`, both included; either may lie outside.

    No months when either is not known.
    """
    first, after = _inside(start), _inside(end + 1)
    one = ibis.literal(1, "int64")
    return (after > first).ifelse((one << after) - (one << first), 0).cast("int64")


def _inside(place: ir.IntegerValue) -> ir.IntegerValue:
    """Cut to the window. Not least() and greatest(): they would make a bound of a null."""
    low = (place < 0).ifelse(0, place)
    return (low > WINDOW).ifelse(WINDOW, low).cast("int64")


def longest_run(mask: int) -> int:
    """The most set bits in a row. A month that is not covered has no bit and breaks a run."""
    run = 0
    while mask:
        mask &= mask >> 1
        run += 1
    return run


def longest_run_of(mask: ir.IntegerColumn) -> ir.IntegerValue:
    """`longest_run` for a column: the number of lengths at which some run still stands.

    A run of n months is two overlapping runs of the power of two below n; built that way the
    expression stays small, where shifting month by month would double it 24 times.
    """
    runs: dict[int, ir.IntegerValue] = {1: mask}
    for length in range(2, WINDOW + 1):
        power = 1 << ((length - 1).bit_length() - 1)
        half = runs[power]
        runs[length] = half & (half >> (length - power))
    total: ir.IntegerValue = (runs[1] != 0).cast("int64")
    for length in range(2, WINDOW + 1):
        total = total + (runs[length] != 0).cast("int64")
    return total


def months_of(mask: int, newest: int) -> str:
    """The months of a mask as text a person can check: “2025-01..2025-06, 2025-09”."""
    return ", ".join(
        month_text(first) if first == last else f"{month_text(first)}..{month_text(last)}"
        for first, last in _spans(mask, newest - WINDOW + 1)
    )


def _spans(mask: int, oldest: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for place in range(WINDOW):
        if not mask >> place & 1:
            continue
        month = oldest + place
        if spans and spans[-1][1] == month - 1:
            spans[-1] = (spans[-1][0], month)
        else:
            spans.append((month, month))
    return spans


HALF_TEXTS = pa.schema(
    {"half": pa.int64()}
    | dict.fromkeys(("early", "late", "early_open", "late_rest", "late_end"), pa.string())
)


@functools.lru_cache(maxsize=8)
def half_texts(newest: int) -> pa.Table:
    """`months_of` cut at the middle of the window, as a small table that an engine can join.

    For each of the 4,096 masks of twelve months: `early` and `late` are the text of the mask in
    the older and in the newer half; where a run touches the middle, `early_open` stops before
    that run's end and `late_rest` begins after it, so that the four pieces join without a seam.
    """
    table: dict[str, list[object]] = {name: [] for name in HALF_TEXTS.names}
    middle = newest - HALF
    for half in range(1 << HALF):
        early, late = months_of(half, newest), months_of(half << HALF, newest)
        before, after = _spans(half, newest - WINDOW + 1), _spans(half << HALF, newest - WINDOW + 1)
        table["half"].append(half)
        table["early"].append(early)
        table["late"].append(late)
        last = before[-1] if before else (0, 0)
        opened = [*before[:-1]] if last[1] == middle else before
        head = "".join(f"{_text(one)}, " for one in opened)
        table["early_open"].append(f"{head}{month_text(last[0])}" if last[1] == middle else head)
        first = after[0] if after else (0, 0)
        touching = first[0] == middle + 1
        table["late_end"].append(month_text(first[1]) if touching else "")
        table["late_rest"].append(
            "".join(f", {_text(one)}" for one in (after[1:] if touching else after))
        )
    return pa.table(table, HALF_TEXTS)


def _text(one: tuple[int, int]) -> str:
    first, last = one
    return month_text(first) if first == last else f"{month_text(first)}..{month_text(last)}"


def months_text(
    early: Mapping[str, ir.Value], late: Mapping[str, ir.Value], mask: ir.IntegerColumn
) -> ir.StringValue:
    """The text of `mask`, given the columns of `half_texts` for its older and its newer half."""
    seam = ((mask >> (HALF - 1)) & 3) == 3
    joined = early["early_open"] + ".." + late["late_end"] + late["late_rest"]
    both = (early["half"] != 0) & (late["half"] != 0)
    return ibis.cases(
        (seam, joined),
        (both, early["early"] + ", " + late["late"]),
        else_=early["early"] + late["late"],
    )
