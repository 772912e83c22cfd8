"""What each feed is reduced to per firm: masks of months, sums, and the latest that was said.

A `Fact` is one reducer over one expression of a row. The engine runs it as an aggregate over
millions of rows (ratings/shells/reducing.py), ratings/shells/single.py in plain Python over the
rows of a single firm; there is one text for both. What is latest is packed with its month into one
integer, whose maximum is then the newest, because no two engines agree on how to ask for "the value
of the last row".
"""

import functools
import operator
from collections.abc import Callable
from typing import Literal

import ibis
import ibis.expr.types as ir
import msgspec

from ratings.shells.masks import span
from ratings.signals.cells import WINDOW, code_of, month_of, number_of
from ratings.signals.contract import Excuse
from ratings.signals.lawful import LONGEST_CLOSURE_MONTHS, LONGEST_MONTHS

Reducer = Literal["or", "sum", "max", "list", "latest"]
# A latest value may be as large as this; more is cut off (an enforcement of 11 thousand million).
LATEST_BITS = 40
LATEST_MOST = (1 << LATEST_BITS) - 1

# The first word of each fact's name, by feed.
SHORT = {
    "tax_filing": "tax",
    "invoices": "invoices",
    "social_insurance": "insured",
    "housing_fund": "fund",
    "registration": "register",
    "practitioners": "holders",
    "utilities": "power",
    "judicial": "court",
    "platform": "platform",
}
FORM_CODES = {"company": 1, "branch": 2, "sole": 3, "partnership": 4}
SEVERITY_CODES = {"none": 0, "minor": 1, "general": 2, "serious": 3}
# The columns that tie firms to each other, and the feed whose latest row has them.
TIES = {
    "address_id": "registration",
    "phone_id": "registration",
    "legal_rep_id": "registration",
    "finance_officer_id": "platform",
    "network_id": "platform",
    "device_id": "platform",
}
# The months whose practitioners are counted, and how many bits each of two counts has.
GAP_PLACES = range(WINDOW - 6, WINDOW)
HOLDER_BITS = 31


class Fact(msgspec.Struct, frozen=True):
    """`of` maps the table of a feed's rows to a column; null rows take no part.

    A list comes sorted. With `bits` the column is never null nor below 0 and has no more bits.
    """

    name: str
    reduce: Reducer
    of: Callable[[ir.Table], ir.Value]
    bits: int = 0


def coded(rows: ir.Table, feed: str) -> ir.Table:
    """The rows with `recent`, true in the last twelve months, and of a feed with states `code`, the
    state as a number."""
    rows = rows.mutate(recent=rows["place"] >= WINDOW - 12)
    if "state" not in rows.columns:
        return rows
    if feed == "utilities":
        # Whoever holds no meter of its own says nothing by an empty one.
        code = rows["meter_holder"].fill_null(False).ifelse(code_of(rows["state"]), 7)
        code = rows["state"].isnull().ifelse(0, code)
    else:
        code = code_of(rows["state"])
    return rows.mutate(code=code.cast("int64"))


def _said(rows: ir.Table) -> ir.Value:
    code = rows["code"]
    return (code & 1) * rows["bit"] + ((code >> 1) & 1) * (rows["bit"] << WINDOW)


def _said_high(rows: ir.Table) -> ir.Value:
    return ((rows["code"] >> 2) & 1) * rows["bit"]


SAID = (
    Fact("said", "or", _said, 2 * WINDOW),
    Fact("said_high", "or", _said_high, WINDOW),
)
# A feed without states only says something or nothing.
SPOKEN = Fact("said", "or", lambda rows: rows["bit"], WINDOW)


def _mask(name: str, of: Callable[[ir.Table], ir.Value]) -> Fact:
    return Fact(name, "or", of, WINDOW)


def _recent(column: str, *codes: int) -> Callable[[ir.Table], ir.Value]:
    """The column in the last twelve months, only where the state is one of `codes` if given."""

    def value(rows: ir.Table) -> ir.Value:
        test = rows["recent"]
        if codes:
            test = test & rows["code"].isin(codes)
        column_ = rows[column]
        zero = ibis.literal(0.0, "float64") if column_.type().is_floating() else 0
        return test.ifelse(column_.fill_null(0), zero)

    return value


def _values(column: str) -> Callable[[ir.Table], ir.Value]:
    """The column's values above zero in the last twelve months."""
    return lambda rows: (rows["recent"] & rows["code"].isin((1, 3)) & (rows[column] > 0)).ifelse(
        rows[column], ibis.null(rows[column].type())
    )


def _bit(test: Callable[[ir.Table], ir.Value]) -> Callable[[ir.Table], ir.Value]:
    return lambda rows: test(rows).fill_null(False).ifelse(rows["bit"], 0)


def _flag(test: Callable[[ir.Table], ir.Value]) -> Callable[[ir.Table], ir.Value]:
    return lambda rows: test(rows).ifelse(1, 0)


def _closure(rows: ir.Table) -> ir.IntegerValue:
    start = month_of(rows["dormant_from"]).cast("int64")
    longest = start + LONGEST_CLOSURE_MONTHS - 1
    end = month_of(rows["dormant_to"]).cast("int64").fill_null(longest)
    return span(start - rows["oldest"], ibis.least(end, longest) - rows["oldest"]).fill_null(0)


# What the register writes where the entry is about something else than the address: a report not
# published (which has a feature of its own), or something published that is not true.
_NOT_THE_ADDRESS = ("report", "disclos", "conceal", "false", "年报", "年度报告", "公示", "虚假")


def _unreachable(rows: ir.Table) -> ir.Value:
    """On the list because nobody is found at the address, or for a reason that is not told."""
    reason = rows["abnormal_reason"].fill_null("").lower()
    other = functools.reduce(operator.or_, (reason.contains(word) for word in _NOT_THE_ADDRESS))
    return rows["abnormal_since"].notnull() & ~other


def _share(column: str) -> Callable[[ir.Table], ir.Value]:
    """A share of the months with trade, in millionths: whole numbers sum to the same in any
    order."""
    recent = _recent(column, 1)
    return lambda rows: (recent(rows) * 1_000_000 + 0.5).floor().cast("int64")


def _told(column: str) -> Callable[[ir.Table], ir.Value]:
    """The months with trade of which the column is told."""
    return _bit(lambda rows: (rows["code"] == 1) & rows[column].notnull())


def _changed(rows: ir.Table) -> ir.Value:
    return rows["recent"].ifelse(rows["changes_12m"], ibis.null("int64"))


def _holders(place: int) -> Callable[[ir.Table], ir.Value]:
    """How many people were named in the month, and `elsewhere` (insured by another firm) above."""

    def value(rows: ir.Table) -> ir.Value:
        elsewhere = (rows["insured_uscc"] != rows["uscc"]).fill_null(False)
        one = elsewhere.ifelse((1 << HOLDER_BITS) + 1, 1)
        return (rows["place"] == place).ifelse(one, 0)

    return value


def _changes(rows: ir.Table) -> ir.Value:
    recent = rows["place"] >= GAP_PLACES.start
    return recent.ifelse(rows["registration_changes_12m"].fill_null(0), ibis.null("int64"))


MONTHLY: dict[str, tuple[Fact, ...]] = {
    "tax_filing": (
        *SAID,
        _mask("quarterly", _bit(lambda rows: rows["filing_cycle"] == "Q")),
        _mask("yearly", _bit(lambda rows: rows["filing_cycle"] == "Y")),
        Fact("sales", "sum", _recent("sales_fen", 1)),
        Fact("sales_most", "max", _recent("sales_fen", 1)),
        Fact("paid", "sum", _recent("tax_fen", 1)),
        Fact(
            "abnormal",
            "latest",
            _flag(lambda rows: rows["taxpayer_state"].isin(("abnormal", "cancelled"))),
        ),
    ),
    "invoices": (
        *SAID,
        Fact("out", "sum", _recent("out_fen", 1)),
        Fact("out_most", "max", _recent("out_fen", 1)),
        Fact("labour", "sum", _recent("labour_service_in_fen")),
        Fact("in", "sum", _recent("in_fen", 1, 2)),
        _mask("in_known", _bit(lambda rows: rows["in_fen"].notnull())),
        Fact("count", "sum", _recent("out_count", 1)),
        Fact("void", "sum", _recent("void_count", 1)),
        Fact("buyers", "sum", _recent("distinct_buyers", 1)),
        _mask("buyers_told", _told("distinct_buyers")),
        Fact("top", "sum", _share("top_buyer_share")),
        _mask("top_told", _told("top_buyer_share")),
    ),
    "social_insurance": (
        *SAID,
        _mask("one", _bit(lambda rows: (rows["insured"] == 1) & rows["code"].isin((1,)))),
        Fact("heads", "sum", _recent("insured", 1)),
        Fact("due", "sum", _recent("due_fen", 1)),
        Fact("values", "list", _values("insured")),
    ),
    "housing_fund": (*SAID, Fact("heads", "sum", _recent("contributors", 1))),
    "registration": (
        SPOKEN,
        Fact(
            "established",
            "latest",
            lambda rows: month_of(rows["established_on"]).cast("int64"),
        ),
        Fact(
            "form",
            "latest",
            lambda rows: rows["legal_form"].cases(*FORM_CODES.items(), else_=0),
            bits=3,
        ),
        Fact("hosted", "latest", _flag(lambda rows: rows["address_hosted"]), 1),
        Fact("abnormal", "latest", _flag(_unreachable), 1),
        Fact("changes", "max", _changed),
        Fact("staff", "latest", lambda rows: rows["annual_report_staff"]),
        _mask("closure", _closure),
        _mask("filed", _bit(lambda rows: rows["annual_report_filed"])),
        _mask("filing", _bit(lambda rows: rows["annual_report_filed"].notnull())),
    ),
    "practitioners": (
        SPOKEN,
        *(Fact(f"month_{place}", "sum", _holders(place)) for place in GAP_PLACES),
        Fact("hops", "max", _changes),
    ),
    "utilities": (*SAID, Fact("values", "list", _values("kwh"))),
    "judicial": (
        SPOKEN,
        Fact("dishonest", "latest", _flag(lambda rows: rows["dishonest"]), 1),
        Fact("enforced", "latest", lambda rows: rows["open_enforcement_fen"]),
        Fact(
            "severity",
            "latest",
            lambda rows: rows["penalty_severity"].cases(*SEVERITY_CODES.items(), else_=0),
            bits=2,
        ),
    ),
    "platform": (
        SPOKEN,
        Fact("awards", "sum", _recent("awards")),
        _mask("awarded", _bit(lambda rows: rows["awards"] > 0)),
        Fact("delivered", "sum", _recent("delivered")),
        Fact("failed", "sum", _recent("overdue")),
        _mask("due", _bit(lambda rows: rows["overdue"].notnull())),
    ),
}


# Invoices of firms established in the window, each row with `born`, the place of that month.
FIRST_INVOICES = (
    Fact(
        "early",
        "sum",
        lambda rows: (rows["place"] - rows["born"] <= 1).ifelse(rows["out_fen"].fill_null(0), 0),
    ),
    Fact(
        "first_year",
        "sum",
        lambda rows: (rows["place"] - rows["born"] < 12).ifelse(rows["out_fen"].fill_null(0), 0),
    ),
    _mask("first_months", lambda rows: rows["bit"]),
)


def excused(rows: ir.Table) -> ir.Table:
    """The rows of excuses with `held`, the mask of their months, cut to the kind's longest time.

    `oldest` is from the frame. Without an end a statement holds until its longest time is over.
    """
    start = number_of(rows["from_month"]).cast("int64")
    longest = rows["kind"].cases(
        *((kind.value, months) for kind, months in LONGEST_MONTHS.items()), else_=1200
    )
    last = start + longest.cast("int64") - 1
    end = number_of(rows["to_month"]).cast("int64").fill_null(last)
    return rows.mutate(held=span(start - rows["oldest"], ibis.least(end, last) - rows["oldest"]))


def _held(kind: Excuse) -> Callable[[ir.Table], ir.Value]:
    return lambda rows: (rows["kind"] == kind.value).ifelse(rows["held"], 0)


# What the centre recorded; its rows come from `excused`.
EXCUSES = tuple(_mask(kind.value, _held(kind)) for kind in Excuse)
