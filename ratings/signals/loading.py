"""What `steelyard feeds load` shows while it works, and when a file is done."""

from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from ratings.signals.actions import Receipt
from ratings.signals.rules import BatchState

_EVERY = 1.0
"""Seconds between two lines of progress."""


class Progress:
    """Rows read so far, on one line that is written over; where it can be known, of how many."""

    def __init__(self, path: Path, out: TextIO) -> None:
        self._name, self._out = path.name, out
        self._rows, self._shown = 0, 0.0
        self._total = _rows_of(path)

    def __enter__(self) -> "Progress":
        self._began = monotonic()
        return self

    def step(self, rows: int) -> None:
        self._rows += rows
        if monotonic() - self._shown >= _EVERY:
            self._shown = monotonic()
            self._show()

    def _show(self) -> None:
        speed = self._rows / max(monotonic() - self._began, 0.001)
        share = f" of {self._total:,} ({self._rows / self._total:.0%})" if self._total else ""
        left = f", {(self._total - self._rows) / speed:,.0f} s left" if self._total else ""
        self._out.write(
            f"\r{self._name}: {self._rows:,}{share} rows, {speed:,.0f} a second{left}\x1b[K"
        )
        self._out.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.write("\r\x1b[K")
        self._out.flush()


def _rows_of(path: Path) -> int:
    """The rows a Parquet file says it has; a CSV says nothing."""
    if path.suffix != ".parquet":
        return 0
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return 0


def _factor(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def describe(receipt: Receipt) -> str:
    """One line about a batch for the operator."""
    if receipt.repeated:
        return f"{receipt.file}: came before ({receipt.state}), nothing changed"
    months = [one.month for one in receipt.months if one.month]
    span = f", {months[0]} to {months[-1]}" if months else ""
    line = (
        f"{receipt.file}: {receipt.rows:,} rows{span}, {receipt.duplicates:,} repeated,"
        f" {receipt.unmatched:,} set aside; {receipt.state}"
    )
    if receipt.state is BatchState.HELD:
        jumps = ", ".join(
            f"{jump.column} of {jump.month} is {_factor(jump.factor)} times that of {jump.against}"
            f" for {jump.jumped:,} of {jump.compared:,} firms"
            for jump in receipt.held_because
        )
        line += f": {jumps}. A person has to release or reject it"
    return line
