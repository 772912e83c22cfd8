"""Months of the last 24 as bits of an integer: bit 0 is the oldest month, bit 23 the newest."""

import ibis.expr.types as ir

from ratings.signals.cells import WINDOW, month_text

FULL = (1 << WINDOW) - 1
LAST_TWELVE = FULL ^ ((1 << (WINDOW - 12)) - 1)


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
    spans: list[list[int]] = []
    for place in range(WINDOW):
        if not mask >> place & 1:
            continue
        month = newest - WINDOW + 1 + place
        if spans and spans[-1][1] == month - 1:
            spans[-1][1] = month
        else:
            spans.append([month, month])
    return ", ".join(
        month_text(first) if first == last else f"{month_text(first)}..{month_text(last)}"
        for first, last in spans
    )
