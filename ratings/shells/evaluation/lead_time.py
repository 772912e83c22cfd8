"""How much earlier the screen flags a shell than the clean-up rule in use does.

The rule: two years without a tax return and without an annual report. Only what had been
received by a month is looked at in that month.
"""

import datetime as dt

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratings.signals.cells import WINDOW, month_end, month_number, month_text
from ratings.signals.files import FeedDirectory

EVERY = 6
FILED = ("POS", "ZERO", "NOT_DUE", "EXEMPT")


class Lead(msgspec.Struct, frozen=True):
    """Of shells that turned in the county's time: months from turning to the first flag, and to
    the rule. Infinite where neither came before the end. `watched` is how long each was looked
    at after it turned."""

    flagged: np.ndarray
    ruled: np.ndarray
    watched: np.ndarray

    @property
    def lead(self) -> np.ndarray:
        """Months won, at the least: a rule that never came is taken to come at the end."""
        found = np.isfinite(self.flagged)
        ruled = np.minimum(self.ruled, self.watched)
        return np.where(found, ruled - self.flagged, np.nan)


def as_known(directory: FeedDirectory, as_of: str) -> FeedDirectory:
    """What had been received by the end of the month `as_of`."""
    end = dt.datetime.combine(month_end(month_number(as_of)), dt.time(23, 59), dt.UTC)
    batches = {}
    for name, batch in directory.batches.items():
        table = batch.table
        if name != "excuses":
            table = table.filter(pc.less_equal(table["received_at"], pa.scalar(end)))
        batches[name] = msgspec.structs.replace(batch, table=table)
    return FeedDirectory(batches, directory.unknown_files)


def months_screened(first: int, newest: int) -> list[str]:
    """Every sixth month from the first that has a whole window behind it."""
    return [month_text(month) for month in range(newest, first + WINDOW - 2, -EVERY)][::-1]


def rule_month(directory: FeedDirectory, uscc: np.ndarray, first: int, newest: int) -> np.ndarray:
    """The month number in which the rule first fires for each firm; infinite if it never does."""
    months = newest - first + 1
    filed = _grid(directory, "tax_filing", "state", FILED, uscc, first, months)
    overdue = _grid(directory, "tax_filing", "state", ("OVERDUE",), uscc, first, months)
    reported = _grid(directory, "registration", "annual_report_filed", (True,), uscc, first, months)
    known = _grid(directory, "registration", "annual_report_filed", (False,), uscc, first, months)
    fires = np.full(len(uscc), np.inf)
    for last in range(WINDOW - 1, months):
        span = slice(last - WINDOW + 1, last + 1)
        silent = ~filed[:, span].any(axis=1) & (overdue[:, span].sum(axis=1) >= WINDOW // 2)
        missing = ~reported[:, span].any(axis=1) & known[:, span].any(axis=1)
        now = silent & missing & ~np.isfinite(fires)
        fires[now] = first + last
    return fires


def _grid(
    directory: FeedDirectory,
    feed: str,
    column: str,
    wanted: tuple[object, ...],
    uscc: np.ndarray,
    first: int,
    months: int,
) -> np.ndarray:
    """Firms × months: whether the row says one of `wanted`."""
    table = directory.batches[feed].table
    table = table.filter(pc.is_in(table[column], pa.array(wanted)))
    firm = pc.fill_null(pc.index_in(table["uscc"].combine_chunks(), pa.array(uscc)), -1).to_numpy()
    names = pa.array([month_text(first + place) for place in range(months)])
    place = pc.fill_null(pc.index_in(table["month"].combine_chunks(), names), -1).to_numpy()
    sound = (firm >= 0) & (place >= 0)
    grid = np.zeros((len(uscc), months), bool)
    grid[firm[sound], place[sound]] = True
    return grid
