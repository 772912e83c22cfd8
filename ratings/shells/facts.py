"""What each feed is reduced to per firm: masks of months, sums, and the latest that was said.

A `Fact` is one reducer over one expression of a row. The engine runs it as an aggregate over
millions of rows, `one_firm` in plain Python over the rows of a single firm; there is one text
for both. What is latest is packed with its month into one integer, whose maximum is then the
newest, because no two engines agree on how to ask for "the value of the last row".
"""

import functools
import operator
from collections.abc import Callable
from typing import Literal

import ibis
import ibis.expr.types as ir
import msgspec

from ratings.shells.masks import bit_or, span, wide_sum
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

    A list comes sorted.
    """

    name: str
    reduce: Reducer
    of: Callable[[ir.Table], ir.Value]


def coded(rows: ir.Table, feed: str) -> ir.Table:
    """The rows with `code`, the state as a number, and `recent`, true in the last twelve months."""
    if feed == "utilities":
        # Whoever holds no meter of its own says nothing by an empty one.
        code = rows["meter_holder"].fill_null(False).ifelse(code_of(rows["state"]), 7)
        code = rows["state"].isnull().ifelse(0, code)
    elif "state" in rows.columns:
        code = code_of(rows["state"])
    else:
        code = ibis.literal(1, "int64") + 0 * rows["place"]
    return rows.mutate(code=code.cast("int64"), recent=rows["place"] >= WINDOW - 12)


def _said(rows: ir.Table) -> ir.Value:
    code = rows["code"]
    return (code & 1) * rows["bit"] + ((code >> 1) & 1) * (rows["bit"] << WINDOW)


def _said_high(rows: ir.Table) -> ir.Value:
    return ((rows["code"] >> 2) & 1) * rows["bit"]


SAID = (Fact("said", "or", _said), Fact("said_high", "or", _said_high))


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
        Fact("quarterly", "or", _bit(lambda rows: rows["filing_cycle"] == "Q")),
        Fact("yearly", "or", _bit(lambda rows: rows["filing_cycle"] == "Y")),
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
        Fact("in_known", "or", _bit(lambda rows: rows["in_fen"].notnull())),
        Fact("count", "sum", _recent("out_count", 1)),
        Fact("void", "sum", _recent("void_count", 1)),
        Fact("buyers", "sum", _recent("distinct_buyers", 1)),
        Fact("buyers_told", "or", _told("distinct_buyers")),
        Fact("top", "sum", _share("top_buyer_share")),
        Fact("top_told", "or", _told("top_buyer_share")),
    ),
    "social_insurance": (
        *SAID,
        Fact("one", "or", _bit(lambda rows: (rows["insured"] == 1) & rows["code"].isin((1,)))),
        Fact("heads", "sum", _recent("insured", 1)),
        Fact("due", "sum", _recent("due_fen", 1)),
        Fact("values", "list", _values("insured")),
    ),
    "housing_fund": (*SAID, Fact("heads", "sum", _recent("contributors", 1))),
    "registration": (
        *SAID,
        Fact("place", "max", lambda rows: rows["place"]),
        Fact(
            "established",
            "latest",
            lambda rows: month_of(rows["established_on"]).cast("int64"),
        ),
        Fact(
            "form",
            "latest",
            lambda rows: rows["legal_form"].cases(*FORM_CODES.items(), else_=0),
        ),
        Fact("hosted", "latest", _flag(lambda rows: rows["address_hosted"].fill_null(False))),
        Fact("abnormal", "latest", _flag(_unreachable)),
        Fact("changes", "max", _changed),
        Fact("staff", "latest", lambda rows: rows["annual_report_staff"]),
        Fact("closure", "or", _closure),
        Fact("filed", "or", _bit(lambda rows: rows["annual_report_filed"])),
        Fact("filing", "or", _bit(lambda rows: rows["annual_report_filed"].notnull())),
    ),
    "practitioners": (
        *SAID,
        *(Fact(f"month_{place}", "sum", _holders(place)) for place in GAP_PLACES),
        Fact("hops", "max", _changes),
        Fact("hop_months", "or", _bit(lambda rows: rows["place"] >= GAP_PLACES.start)),
    ),
    "utilities": (*SAID, Fact("values", "list", _values("kwh"))),
    "judicial": (
        *SAID,
        Fact("dishonest", "latest", _flag(lambda rows: rows["dishonest"].fill_null(False))),
        Fact("enforced", "latest", lambda rows: rows["open_enforcement_fen"]),
        Fact(
            "severity",
            "latest",
            lambda rows: rows["penalty_severity"].cases(*SEVERITY_CODES.items(), else_=0),
        ),
    ),
    "platform": (
        *SAID,
        Fact("place", "max", lambda rows: rows["place"]),
        Fact("awards", "sum", _recent("awards")),
        Fact("awarded", "or", _bit(lambda rows: rows["awards"] > 0)),
        Fact("delivered", "sum", _recent("delivered")),
        Fact("failed", "sum", _recent("overdue")),
        Fact("due", "or", _bit(lambda rows: rows["overdue"].notnull())),
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
    Fact("first_months", "or", lambda rows: rows["bit"]),
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
EXCUSES = tuple(Fact(kind.value, "or", _held(kind)) for kind in Excuse)


def reduced(rows: ir.Table, facts: tuple[Fact, ...], by: tuple[str, ...], prefix: str) -> ir.Table:
    """One row for each group of `by`; the facts are named `prefix`_name."""
    return finished(partial(rows, facts, by, prefix), facts, prefix)


def partial(rows: ir.Table, facts: tuple[Fact, ...], by: tuple[str, ...], prefix: str) -> ir.Table:
    """What some of the months say, in a form that `merged` can go on from."""
    return rows.group_by(*by).agg(
        **{f"{prefix}{fact.name}": _aggregate(fact, rows) for fact in facts}
    )


def merged(one: ir.Table, other: ir.Table, facts: tuple[Fact, ...], prefix: str) -> ir.Table:
    """Two tables of `partial`, by firm, of different months of one window: what all of these
    months say. In whatever order months are merged, the same comes out."""
    both = one.outer_join(other, "uscc")
    names = [f"{prefix}{fact.name}" for fact in facts]
    columns = {
        name: _together(fact, both[name], both[f"{name}_right"])
        for name, fact in zip(names, facts, strict=True)
    }
    return both.select(uscc=both["uscc"].coalesce(both["uscc_right"]), **columns)


def _together(fact: Fact, one: ir.Value, other: ir.Value) -> ir.Value:
    match fact.reduce:
        case "or":
            return one.fill_null(0) | other.fill_null(0)
        case "sum":
            return one.fill_null(0) + other.fill_null(0)
        case "max" | "latest":
            return (one.isnull() | (other > one).fill_null(False)).ifelse(other, one)
        case "list":
            return one.isnull().ifelse(other, other.isnull().ifelse(one, one.concat(other)))


def finished(table: ir.Table, facts: tuple[Fact, ...], prefix: str) -> ir.Table:
    """The facts themselves: the latest without its month, lists in order."""
    columns: dict[str, ir.Value] = {}
    for fact in facts:
        found = table[f"{prefix}{fact.name}"]
        if fact.reduce == "latest":
            columns[found.get_name()] = found & LATEST_MOST
        elif fact.reduce == "list":
            columns[found.get_name()] = found.sort()
    return table.mutate(**columns) if columns else table


def _aggregate(fact: Fact, rows: ir.Table) -> ir.Scalar:
    value = fact.of(rows)
    match fact.reduce:
        case "or":
            return bit_or(value.cast("int64")).cast("int64")
        case "sum":
            if value.type().is_floating():
                return value.sum()
            return wide_sum(value.cast("int64")).cast("int64")
        case "max":
            return value.max().cast("int64")
        case "list":
            return value.collect()
        case "latest":
            # Not least(): the engine would take the bound where the value is null.
            most = (value > LATEST_MOST).ifelse(LATEST_MOST, value.cast("int64"))
            return ((rows["place"] << LATEST_BITS) + most).max()
