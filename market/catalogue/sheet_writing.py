"""A fee standard as an Excel workbook to be changed and uploaded again.

Every cell is text: no code loses a digit, no figure is rounded, and nothing is a formula.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from market.catalogue.factors import ByChoice, ByNumber, ByStep, ByUplift, Factor
from market.catalogue.fee_standards import FeeKind, FeeStandard
from market.catalogue.shapes import (
    Ceiling,
    Interpolation,
    Negotiation,
    Outside,
    Progressive,
    UnitPrice,
)
from market.catalogue.sheet_columns import (
    ABOVE,
    BANDS,
    BELOW,
    COLUMNS,
    EXTRAS,
    FACTORS,
    FIELDS,
    FROM_ZERO,
    GUIDE,
    GUIDE_TEXT,
    KINDS,
    OPEN,
    PRACTICE,
    RATES,
    STANDARD,
    YES,
)

_SIGNS = {unit: sign for sign, unit in RATES.items()}
_ROOM = 400  # rows below the last in which a choice may still be picked
Row = Sequence[object]


def workbook_of(standard: FeeStandard | None) -> bytes:
    """The workbook of a standard; of None an empty one for a new standard."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    # Without the moment of its making: the same content is the same file, with the same tag.
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E3ECF6", "border": 1})
    guide = book.add_worksheet(GUIDE)
    guide.set_column(0, 1, 70, text)
    for number, line in enumerate(GUIDE_TEXT):
        guide.write_row(number, 0, line, text)
    first = book.add_worksheet(STANDARD)
    first.set_column(0, 1, 28, text)
    first.set_column(2, 2, 80, text)
    first.write_row(0, 0, ("字段", "field", "内容 value"), head)
    for number, (field, (zh, en, _)) in enumerate(FIELDS.items(), start=1):
        value = None if standard is None else getattr(standard, field)
        first.write_row(number, 0, (zh, en), head)
        first.write_string(number, 2, _shown(value), text)
    rows: dict[str, Iterator[Row]] = {
        KINDS: iter(()) if standard is None else _kinds(standard),
        BANDS: iter(()) if standard is None else _bands(standard),
        FACTORS: iter(()) if standard is None else _factors(standard),
        EXTRAS: iter(()) if standard is None else iter(standard.extras),
    }
    for name, columns in COLUMNS.items():
        sheet: Worksheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18, text)
        last = 0
        for number, row in enumerate(rows[name], start=1):
            last = number
            for place, value in enumerate(row):
                sheet.write_string(number, place, _shown(value), text)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, f"{column.zh}\n{column.en}", head)
            if column.choices:
                allowed = {"validate": "list", "source": list(column.choices)}
                sheet.data_validation(1, place, last + _ROOM, place, allowed)
    book.close()
    return target.getvalue()


def _shown(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return YES
        case Decimal():
            return f"{value:f}"
        case tuple():
            return "\n".join(map(str, value))
        case _:
            return str(value)


def _kinds(standard: FeeStandard) -> Iterator[Row]:
    for code, kind in standard.kinds.items():
        table = kind.table
        least = (table.at_least, table.whole_job) if isinstance(table, UnitPrice) else (None, None)
        threshold, rate = kind.cut_add or (None, None)
        yield (
            *(code, kind.name_zh, kind.name_en, kind.driver, kind.figure_zh, kind.figure_en),
            *(table.__struct_config__.tag, kind.cap_wan, kind.topic_percent, threshold, rate),
            *least,
            *(kind.note_zh, kind.note_en),
        )


def _bands(standard: FeeStandard) -> Iterator[Row]:
    for code, kind in standard.kinds.items():
        for row in _table(kind):
            yield (code, *row)


def _table(kind: FeeKind) -> Iterator[Row]:
    """grade, from, to, low, high, unit, rule"""
    table = kind.table
    money = "万元" if kind.driver == "amount" else "元"
    match table:
        case Progressive():
            lower = Decimal(0)
            if table.lump is not None:
                yield ("", lower, table.lump[0], table.lump[1], "", money, "")
                lower = table.lump[0]
            sign = _SIGNS[table.rate_unit]
            for limit, rate in table.bands:
                yield ("", lower, limit, rate, "", sign, "")
                lower = limit
            if table.above is not None:
                yield ("", lower, "", table.above, "", sign, "")
        case Negotiation():
            lower = Decimal(0)
            for limit, low, high in table.bands:
                yield ("", lower, limit, low, high, money, "")
                lower = limit
            if table.above is not None:
                yield ("", lower, "", *table.above, money, "")
        case Interpolation():
            if table.below is not None:
                yield _outside(table.below, BELOW, money)
            for figure, fee in table.points:
                yield ("", figure, "", fee, "", money, "")
            if table.above is not None:
                yield _outside(table.above, OPEN if table.above.open else ABOVE, money)
        case Ceiling():
            yield ("", "", "", table.rate, "", _SIGNS[table.rate_unit], "")
        case UnitPrice():
            for grade, price in table.prices.items():
                yield (grade, "", "", price, "", "元", "")
        case _:
            return


def _outside(rule: Outside, where: str, money: str) -> Row:
    unit, low, high = money, rule.flat, None
    if rule.rate is not None:
        unit, low = "%", rule.rate
    elif rule.range is not None:
        low, high = rule.range
    elif rule.at_zero is not None:
        where, low = FROM_ZERO, rule.at_zero
    return ("", "", "", low, high, unit, where + (PRACTICE if rule.practice else ""))


def _factors(standard: FeeStandard) -> Iterator[Row]:
    for table in standard.factors:
        kinds = ", ".join(table.kinds)
        for by, *row in _rows(table):
            yield (table.fact, by, table.name_zh, table.name_en, kinds, *row)


def _rows(table: Factor) -> Iterator[Row]:
    """by, choice or up to, choice in both languages, factor or low, high, up to an amount"""
    match table:
        case ByChoice():
            by = "partial" if table.partial else "choice"
            for row in table.rows:
                yield (by, *row, None, table.up_to_wan)
        case ByUplift():
            for row in table.rows:
                yield ("uplift", *row, None, None)
        case ByNumber():
            yield ("number", None, None, None, table.low, table.high, None)
        case ByStep():
            for up_to, factor in table.rows:
                yield ("step", up_to, None, None, factor, None, None)
