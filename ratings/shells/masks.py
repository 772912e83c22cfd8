"""Months of the last 24 as bits of an integer: bit 0 is the oldest month, bit 23 the newest."""

import functools
import operator
from collections.abc import Iterable

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from ratings.signals.cells import FULL, WINDOW, month_text

LAST_TWELVE = FULL ^ ((1 << (WINDOW - 12)) - 1)


# Both engines have these two under their own names, where the method of ibis has no
# translation for Spark.
@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_count(mask: int) -> int:  # type: ignore[empty-body]
    """How many months are set."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(mask: int) -> int:  # type: ignore[empty-body]
    """The months set in any row; the order of rows and repeated rows make no difference."""


@ibis.udf.agg.builtin(name="sum", signature=((dt.int64,), dt.Decimal(38, 0)))  # type: ignore[untyped-decorator]
def wide_sum(value: int) -> int:  # type: ignore[empty-body]
    """The sum in the 128 bits in which DuckDB adds integers up. ibis believes them to be 64, so
    that it leaves out a cast, and what is written to a file comes back as a floating number."""


def bits(mask: ir.IntegerValue) -> ir.IntegerValue:
    """`bit_count` as a 64-bit integer, whatever width the engine answers with."""
    return bit_count(mask).cast("int64")


def newest(mask: ir.IntegerValue) -> ir.IntegerValue:
    """The newest month of a mask as a mask of its own; no month of none."""
    for step in (1, 2, 4, 8, 16):
        mask = mask | (mask >> step)
    return mask ^ (mask >> 1)


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
    names, parts, place = _names(newest), [], 0
    while mask >> place:
        first = place + ((mask >> place) & -(mask >> place)).bit_length() - 1
        run = mask >> first
        # Adding one to a run carries to the first month after it.
        place = first + (run ^ (run + 1)).bit_length() - 1
        last = place - 1
        parts.append(names[first] if first == last else f"{names[first]}..{names[last]}")
    return ", ".join(parts)


@functools.lru_cache(maxsize=8)
def _names(newest: int) -> tuple[str, ...]:
    return tuple(month_text(newest - WINDOW + 1 + place) for place in range(WINDOW))
