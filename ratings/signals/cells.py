"""The state of every cell (agency, feed, month) of the last 24 months, as ibis expressions.

Absence is never a zero. A cell without a row is late, missing for everybody, outside the
county or unmatched, and all four are neutral. A zero that the law allows is EXEMPT or NOT_DUE
and carries the excuse that made it so.

Months are counted as year x 12 + month - 1; `place` 0 is the oldest month of the window and
23 the newest, so a month's bit in a mask is 1 << place.
"""

import calendar
import datetime as dt
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ratings.ledger.errors import Refused
from ratings.signals.contract import FEEDS, Excuse, Feed, State
from ratings.signals.files import FeedDirectory, empty_table
from ratings.signals.values import Unreadable, read_value

WINDOW = 24
COVERAGE_MEDIAN_MONTHS = 6
LEAST_COVERAGE_OF_MEDIAN = 0.95
COVERED = (State.POS, State.ZERO, State.OVERDUE, State.NOT_DUE, State.EXEMPT)


def month_number(month: str) -> int:
    """Months since year 0 of a YYYY-MM; Refused when it is no month."""
    try:
        read_value(FEEDS["excuses"].columns[2], month)
    except Unreadable as problem:
        raise Refused(
            "as-of-month",
            "“{month}” is not a month; write it as YYYY-MM, for example 2026-03.",
            month=month,
        ) from problem
    return int(month[:4]) * 12 + int(month[5:]) - 1


def month_text(number: int) -> str:
    """The YYYY-MM of a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_end(number: int) -> dt.date:
    year, month = number // 12, number % 12 + 1
    return dt.date(year, month, calendar.monthrange(year, month)[1])


class Tables:
    """The accepted batches of a directory as ibis tables on one connection.

    Arrow tables are registered under a name, not created: ibis 12 with sqlglot 30.18 and later
    writes a DROP VIEW without a name when it creates a table from memory.
    """

    def __init__(self, connection: ibis.BaseBackend, directory: FeedDirectory) -> None:
        self.connection = connection
        self.present = frozenset(directory.batches)
        for name in FEEDS:
            if name in directory.batches:
                self.register(f"feed_{name}", directory.batches[name].table)

    def register(self, name: str, table: pa.Table) -> ir.Table:
        self.connection.con.register(name, table)
        return self.connection.table(name)

    def kept(self, name: str, expression: ir.Table) -> ir.Table:
        """The result computed once; several features read it."""
        return self.connection.create_table(name, expression, temp=True)

    def feed(self, name: str) -> ir.Table | None:
        return self.connection.table(f"feed_{name}") if name in self.present else None


def number_of(month: ir.StringColumn) -> ir.IntegerColumn:
    return month[0:4].cast("int32") * 12 + month[5:7].cast("int32") - 1


def month_of(day: ir.DateColumn) -> ir.IntegerColumn:
    return day.year().cast("int32") * 12 + day.month().cast("int32") - 1


def windowed(table: ir.Table, newest: int) -> ir.Table:
    """The rows of the 24 months up to `newest`, with their `place`."""
    placed = table.mutate(place=number_of(table["month"]) - (newest - WINDOW + 1))
    return placed.filter(placed["place"].between(0, WINDOW - 1))


def firms(tables: Tables, feeds: Sequence[str], newest: int) -> ir.Table:
    """Every agency that any feed in use names in the window, with what its register says.

    The facts are the latest known; `registered` is false when the register never named it,
    and then no lawful reason for a zero can be ruled out.
    """
    named = [
        windowed(table, newest).select("uscc")
        for name in feeds
        if (table := tables.feed(name)) is not None
    ]
    everyone = ibis.union(*named, distinct=True) if len(named) > 1 else named[0].distinct()
    register = tables.feed("registration")
    if register is None:
        return everyone.mutate(
            registered=False,
            established=ibis.null("int32"),
            legal_form=ibis.null("string"),
        )
    rows = windowed(register, newest)
    facts = rows.group_by("uscc").agg(
        established=month_of(rows["established_on"].argmax(rows["place"])),
        legal_form=rows["legal_form"].argmax(rows["place"]),
        seen=rows.count(),
    )
    joined = everyone.left_join(facts, "uscc")
    return joined.select(
        everyone["uscc"],
        "established",
        "legal_form",
        registered=facts["seen"].notnull(),
    )


def missing_months(tables: Tables, feed: Feed, newest: int) -> set[int]:
    """Month numbers whose batch never came, failed, or covers under 95 % of its usual share.

    Usual is the median coverage of the six batches before it. Where the manifest does not
    speak of the feed at all, a month with any row counts as delivered.
    """
    window = range(newest - WINDOW + 1, newest + 1)
    table, manifest = tables.feed(feed.name), tables.feed("manifest")
    if table is None:
        return set(window)
    listed: dict[int, float] = {}
    spoken = False
    if manifest is not None:
        mine = manifest.filter(manifest["feed"] == feed.name)
        for row in mine.select("month", "coverage", "ok").to_pyarrow().to_pylist():
            spoken = True
            if row["ok"] and row["coverage"] is not None:
                listed[month_number(row["month"])] = row["coverage"]
    if not spoken:
        delivered = table.select("month").distinct().to_pyarrow().to_pylist()
        return set(window) - {month_number(row["month"]) for row in delivered}
    return {month for month in window if not _complete(listed, month)}


def _complete(listed: dict[int, float], month: int) -> bool:
    if month not in listed:
        return False
    before = sorted(
        listed[earlier]
        for earlier in range(month - COVERAGE_MEDIAN_MONTHS, month)
        if earlier in listed
    )
    if not before:
        return True
    middle = len(before) // 2
    median = before[middle] if len(before) % 2 else (before[middle - 1] + before[middle]) / 2
    return listed[month] >= LEAST_COVERAGE_OF_MEDIAN * median


def late_months(feed: Feed, newest: int) -> set[int]:
    """Month numbers the source normally has not delivered by the end of `newest`."""
    known_on = month_end(newest)
    return {
        month
        for month in range(newest - WINDOW + 1, newest + 1)
        if month_end(month) + dt.timedelta(days=feed.lag_days) > known_on
    }


def cells(
    tables: Tables, feed: Feed, everyone: ir.Table, lawful: ir.Table, newest: int, county: str
) -> ir.Table:
    """One row per agency and month of `feed`: uscc, place, state, excuse and the feed's columns.

    `heard` is true where the source itself said something, whatever became of it.
    `lawful` is what `excused` returned; `county` is the six-digit region whose agencies the
    sources know.
    """
    first = newest - WINDOW + 1
    missing, late = missing_months(tables, feed, newest), late_months(feed, newest)
    months = tables.register(
        f"months_{feed.name}",
        pa.table(
            {
                "place": pa.array(range(WINDOW), pa.int32()),
                "missing": [first + place in missing for place in range(WINDOW)],
                "late": [first + place in late for place in range(WINDOW)],
            }
        ),
    )
    spine = everyone.select("uscc", "established", "registered").cross_join(months)
    spans = lawful.filter(lawful["feed"] == feed.name).select("uscc", "kind", "start", "end")
    reached = spine.select("uscc", month=spine["place"] + first, place=spine["place"])
    reached = reached.join(spans, "uscc")
    reached = reached.filter(reached["month"].between(reached["start"], reached["end"]))
    reasons = reached.group_by("uscc", "place").agg(excuse=reached["kind"].min())
    spine = spine.left_join(reasons, ["uscc", "place"]).select(
        *(spine[name] for name in spine.columns), reasons["excuse"]
    )
    table = tables.feed(feed.name)
    if table is None:
        table = tables.register(f"feed_{feed.name}", empty_table(feed))
    said = table["state"] if "state" in table.columns else ibis.literal(State.POS.value)
    rows = windowed(table.mutate(said=said), newest).drop("month", "line", "received_at")
    joined = spine.left_join(rows, ["uscc", "place"])
    own = {
        name: rows[name] for name in rows.columns if name not in {"uscc", "place", "said", "state"}
    }
    wide = joined.select(*(spine[name] for name in spine.columns), said=rows["said"], **own)
    stated = wide.mutate(state=_state(wide, first, county), heard=wide["said"].notnull())
    return stated.drop("missing", "late", "said")


def _state(wide: ir.Table, first: int, county: str) -> ir.StringColumn:
    """The first rule that fits decides, and every rule before the last two is in favour."""
    said, month = wide["said"], wide["place"] + first
    incriminating = said.isin([State.ZERO.value, State.OVERDUE.value])
    branches = [
        # A batch that is not complete is not believed in either direction.
        (wide["missing"] & ~wide["late"], State.FEED_MISSING),
        # The source reports trade, and no excuse hides that.
        ((said == State.POS.value), State.POS),
        (month < wide["established"], State.NOT_DUE),
        (wide["excuse"] == Excuse.OUT_OF_COUNTY.value, State.OUT_OF_AREA),
        (wide["excuse"].notnull(), State.EXEMPT),
    ]
    if "filing_cycle" in wide.columns:
        # Quarterly and yearly filers owe nothing in the months between.
        off = ((wide["filing_cycle"] == "Q") & ((month % 3) != 2)) | (
            (wide["filing_cycle"] == "Y") & ((month % 12) != 11)
        )
        branches.append((off & (said == State.ZERO.value), State.NOT_DUE))
    branches += [
        # Whoever the register does not know may have any lawful reason for a zero.
        (incriminating & ~wide["registered"], State.UNMATCHED),
        (said == State.ZERO.value, State.ZERO),
        (said == State.OVERDUE.value, State.OVERDUE),
        (said == State.NOT_DUE.value, State.NOT_DUE),
        (said == State.EXEMPT.value, State.EXEMPT),
        (said == State.FEED_MISSING.value, State.FEED_MISSING),
        (said == State.OUT_OF_AREA.value, State.OUT_OF_AREA),
        (said == State.UNMATCHED.value, State.UNMATCHED),
        ((said == State.LATE.value) | wide["late"], State.LATE),
        (wide["uscc"][2:8] != county, State.OUT_OF_AREA),
    ]
    return ibis.cases(
        *((test.fill_null(False), state.value) for test, state in branches),
        else_=State.UNMATCHED.value,
    )


def mask(cell: ir.Table, *states: State, heard: bool = False) -> ir.IntegerScalar:
    """The bits of the months in one of `states`, to be used in an aggregation by agency.

    With `heard` only the months that the source itself spoke about.

    A sum of shifts, because not every engine has an aggregate OR; it is the same thing as
    long as there is one row per agency and month, which the reader asserts.
    """
    bit = ibis.literal(1, "int64") << cell["place"].cast("int64")
    listed = [state.value for state in states]
    test = cell["state"].isin(listed)
    return (test & cell["heard"] if heard else test).ifelse(bit, 0).sum().cast("int64")
