"""The rows of a feed over the last 24 months, and the state of each of its cells.

Absence is never a zero. A cell without a row is late, missing for everybody, outside the
county or unmatched, and all four are neutral. A zero that the law allows is EXEMPT or NOT_DUE.

A feed of a million firms has 24 million cells, so they are never laid out: a firm's months in
one state are one mask, and the state of a cell follows from masks by bit operations.

Months are counted as year x 12 + month - 1; `place` 0 is the oldest month of the window and
23 the newest, so a month's bit in a mask is 1 << place.
"""

import calendar
import datetime as dt
import functools
import operator
from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa

from ratings.ledger.errors import Refused
from ratings.signals.columns import TYPES
from ratings.signals.contract import FEEDS, Feed, State
from ratings.signals.values import Unreadable, read_value

WINDOW = 24
# A batch is complete with 95 % of the median coverage of the six before it.
COVERAGE_MEDIAN_MONTHS = 6
LEAST_COVERAGE_OF_MEDIAN = 0.95
FULL = (1 << WINDOW) - 1


# How a step of the method adds columns to a table; no column is ever given anew.
Extend = Callable[[ir.Table, dict[str, ir.Value]], ir.Table]


def extended(table: ir.Table, columns: dict[str, ir.Value]) -> ir.Table:
    """The table with these columns. A recipe for an engine has its own way, which writes each
    step down once and by itself."""
    return table.mutate(**columns)


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


def number_of(month: ir.StringColumn) -> ir.IntegerColumn:
    return month[0:4].cast("int32") * 12 + month[5:7].cast("int32") - 1


def month_of(day: ir.DateColumn) -> ir.IntegerColumn:
    return day.year().cast("int32") * 12 + day.month().cast("int32") - 1


def feed_table(feed: Feed) -> ir.Table:
    """The feed as the engine has it, to write queries against."""
    columns = {"line": pa.int64()} | {one.name: TYPES[one.kind] for one in feed.columns}
    return ibis.table(ibis.schema(pa.schema(columns)), name=f"feed_{feed.name}")


def believed(feed: Feed) -> ir.Table:
    """The rows of `feed` in the window whose batch is complete, by the table of `month_table`.

    `place` is the month's place in the window, `bit` its bit in a mask and `oldest` the month
    number of place 0. A batch that is not
    complete is believed in neither direction, so its rows are left out.
    """
    months = ibis.table(
        {"month": "string", "place": "int64", "bit": "int64", "oldest": "int64"},
        name=f"months_{feed.name}",
    )
    return feed_table(feed).join(months, "month").drop("month")


def month_table(gone: int, newest: int) -> pa.Table:
    """The months of the window but those of the mask `gone`."""
    places = [place for place in range(WINDOW) if not gone >> place & 1]
    first = newest - WINDOW + 1
    return pa.table(
        {
            "month": pa.array([month_text(first + place) for place in places], pa.string()),
            "place": pa.array(places, pa.int64()),
            "bit": pa.array([1 << place for place in places], pa.int64()),
            "oldest": pa.array([first] * len(places), pa.int64()),
        }
    )


def late_months(feed: Feed, newest: int) -> set[int]:
    """Month numbers the source normally has not delivered by the end of `newest`."""
    known_on = month_end(newest)
    return {
        month
        for month in range(newest - WINDOW + 1, newest + 1)
        if month_end(month) + dt.timedelta(days=feed.lag_days) > known_on
    }


# How a state stands in two masks a firm and feed: three bits a month, 0 where there is no row.
CODES = {
    State.POS: 1,
    State.ZERO: 2,
    State.OVERDUE: 3,
    State.NOT_DUE: 4,
    State.EXEMPT: 5,
    State.LATE: 6,
    State.FEED_MISSING: 7,
    State.OUT_OF_AREA: 7,
    State.UNMATCHED: 7,
}


def code_of(state: ir.StringValue) -> ir.IntegerValue:
    return state.cases(*((one.value, code) for one, code in CODES.items()), else_=0).cast("int64")


def _not(mask: ir.IntegerValue) -> ir.IntegerValue:
    """The other months of the window. DuckDB reads ~a & b as ~(a & b), so there is no ~ here."""
    return mask ^ FULL


def spoken_of(firms: ir.Table, short: str) -> ir.IntegerValue:
    """The months that the source itself spoke about, whatever it said; see `with_states`."""
    one, two, four = _codes(firms, short)
    return (_not(four) & (one | two)) | (_not(two) & four)


def _codes(firms: ir.Table, short: str) -> tuple[ir.IntegerValue, ...]:
    """The months by each bit of their codes; without states every month that is told is POS."""
    low, high = firms[f"{short}_said"], f"{short}_said_high"
    if high not in firms.columns:
        none = ibis.literal(0, "int64")
        return low, none, none
    return low & FULL, (low >> WINDOW) & FULL, firms[high]


def with_states(
    firms: ir.Table,
    feeds: Mapping[str, str],
    lawful: Callable[[ir.Table, str], "Lawful"],
    extend: Extend = extended,
) -> ir.Table:
    """`firms` with masks of the months in each state, for every feed of `feeds`.

    The value in `feeds` is the first word of the columns: `x_said` has bit 0 of the codes below
    and bit 1 above, `x_said_high` bit 2 (a feed without states has the months it told alone);
    `x_gone` are the months whose batch is missing though
    due and `x_undue` those whose batch is not due yet. Added are x_positive, x_zero, x_overdue,
    x_not_due, x_exempt, x_away; x_covered, all months known; x_heard, those that the source
    itself spoke about; x_late, those that are nobody's gap because the source is not due yet.
    The first rule that fits decides, and all before zero and overdue are in the firm's favour.

    One step builds on the columns of the step before, so that the text stays small.
    """

    def step(make: Callable[[str, str], dict[str, ir.Value]]) -> ir.Table:
        return extend(
            firms,
            {
                f"{short}_{name}": mask
                for feed, short in feeds.items()
                for name, mask in make(feed, short).items()
            },
        )

    def told(feed: str, short: str) -> dict[str, ir.Value]:
        one, two, four = _codes(firms, short)
        return {
            "positive": _not(two | four | firms[f"{short}_gone"]) & one,
            "told_zero": _not(one | four) & two,
            "told_overdue": _not(four) & one & two,
            "told_neutral": _not(two) & four,
            "told_late": (_not(one) & two & four) | firms[f"{short}_undue"],
            "spoken": spoken_of(firms, short),
        }

    def excused(feed: str, short: str) -> dict[str, ir.Value]:
        reason = lawful(firms, feed)
        left = _not(firms[f"{short}_positive"] | firms[f"{short}_gone"])
        return {
            "unborn": reason.unborn & left,
            "away": reason.away & _not(reason.unborn) & left,
            "exempt": reason.excused & _not(reason.unborn | reason.away) & left,
        }

    def bare(feed: str, short: str) -> dict[str, ir.Value]:
        favour = firms[f"{short}_positive"] | firms[f"{short}_unborn"]
        favour = favour | firms[f"{short}_away"] | firms[f"{short}_exempt"]
        return {"bare": _not(favour | firms[f"{short}_gone"])}

    def stated(feed: str, short: str) -> dict[str, ir.Value]:
        own, zero = firms[f"{short}_bare"], firms[f"{short}_told_zero"]
        reason = lawful(firms, feed)
        off = reason.off & zero & own
        return {
            "not_due": firms[f"{short}_unborn"] | off | (firms[f"{short}_told_neutral"] & own),
            "zero": _not(reason.off) & zero & own & reason.known,
            "overdue": firms[f"{short}_told_overdue"] & own & reason.known,
        }

    def covered(feed: str, short: str) -> dict[str, ir.Value]:
        states = ("positive", "not_due", "exempt", "zero", "overdue")
        masks = [firms[f"{short}_{state}"] for state in states]
        return {"covered": functools.reduce(operator.or_, masks)}

    def known(feed: str, short: str) -> dict[str, ir.Value]:
        own = firms[f"{short}_covered"]
        late = _not(own) & firms[f"{short}_bare"] & firms[f"{short}_told_late"]
        return {"heard": own & firms[f"{short}_spoken"], "late": late}

    for make in (told, excused, bare, stated, covered, known):
        firms = step(make)
    return firms


class Lawful(msgspec.Struct, frozen=True):
    """Masks of the months in which a firm may lawfully have nothing to say in one feed.

    `unborn` before it was established, `away` registered outside the county, `excused` by an
    excuse, `off` between the filings of a quarterly or yearly filer. `known` is FULL for a firm
    that the register names and 0 for any other, whose reasons cannot be checked.
    """

    unborn: ir.IntegerValue
    away: ir.IntegerValue
    excused: ir.IntegerValue
    off: ir.IntegerValue
    known: ir.IntegerValue
