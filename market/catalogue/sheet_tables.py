"""The kinds and bands of an uploaded workbook as tables, with every band looked at."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.sheet_columns import (
    ABOVE,
    BELOW,
    FROM_ZERO,
    OPEN,
    PRACTICE,
    RATES,
)
from market.catalogue.sheet_reading import MISSING, TWICE, UNKNOWN_KIND, Cells, read_standard
from ratings.ledger.text import N_

OVERLAP = N_(
    "This band begins below the end of the one before: the two overlap. Let it begin where that"
    " one ends."
)
GAP = N_("Nothing is said between the end of the band before and this one. Let it begin there.")
NOT_FROM_ZERO = N_("The first band begins at 0.")
ENDS_EARLY = N_("The band ends before it begins. Its end lies above its beginning.")
NO_END = N_("Only the last band may have no end.")
WRONG_UNIT = N_(
    "The unit does not fit here. Take %, ‰ or 元 for a rate and 万元 for a sum by amount."
)
MIXED_UNIT = N_("All rates of one table have the same unit.")
NEGATIVE = N_("This lies below 0. Fees, rates and figures are 0 or more.")
FALLS = N_("The fee falls although the figure rises. Look at this cell and the one above it.")
NOT_A_RANGE = N_("The upper end lies below the lower one.")

_KIND, _GRADE, _FROM, _TO, _LOW, _HIGH, _UNIT, _RULE = range(8)


def standard_of(data: bytes) -> FeeStandard:
    """The fee standard in an uploaded workbook; see `read_standard` for what is refused."""
    return read_standard(data, _kinds)


def _kinds(cells: Cells, bands: Cells) -> dict[str, Any]:
    kinds: dict[str, Any] = {}
    found: dict[str, list[int]] = {}
    for row in bands.rows():
        found.setdefault(bands.required(row, _KIND), []).append(row)
    for row in cells.rows():
        code = cells.required(row, 0)
        if code in kinds:
            cells.fault(row, 0, "twice", TWICE)
        kinds[code] = _kind(cells, row, bands, found.pop(code, []))
    if not kinds:
        cells.fault(1, 0, "missing", MISSING)
    for rows in found.values():
        for row in rows:
            if bands.text(row, _KIND):
                bands.fault(row, _KIND, "unknown-kind", UNKNOWN_KIND)
    return kinds


def _kind(cells: Cells, row: int, bands: Cells, rows: Sequence[int]) -> dict[str, Any]:
    driver = cells.choice(row, 3) or cells.required(row, 3)
    method = cells.choice(row, 6) or cells.required(row, 6)
    threshold, rate = cells.number(row, 9), cells.number(row, 10)
    optional = {"cap_wan": cells.number(row, 7), "topic_percent": cells.number(row, 8)}
    for column in (7, 8, 9, 10, 11):
        number = cells.number(row, column)
        if number is not None and number < 0:
            cells.fault(row, column, "negative", NEGATIVE)
    if (threshold is None) != (rate is None):
        cells.fault(row, 9 if threshold is None else 10, "missing", MISSING)
    if threshold is not None and rate is not None:
        optional["cut_add"] = (threshold, rate)  # type: ignore[assignment]
    money = "万元" if driver == "amount" else "元"
    if not rows and method != "missing":
        cells.fault(row, 0, "no-bands", N_("The sheet of bands has no row for this kind."))
    table: dict[str, Any] = {"method": method}
    match method:
        case "progressive":
            table |= _progressive(bands, rows, money)
        case "negotiation":
            table |= _negotiation(bands, rows, money)
        case "interpolation":
            table |= _interpolation(bands, rows, money)
        case "ceiling":
            table |= _ceiling(bands, rows)
        case "unit-price":
            table |= _unit_price(bands, rows)
            table |= {"at_least": cells.number(row, 11), "whole_job": bool(cells.text(row, 12))}
    return {
        "name_zh": cells.required(row, 1),
        "name_en": cells.required(row, 2),
        "driver": driver,
        "figure_zh": cells.required(row, 4),
        "figure_en": cells.required(row, 5),
        "table": table,
        "note_zh": cells.text(row, 13),
        "note_en": cells.text(row, 14),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _positive(bands: Cells, row: int, column: int) -> Decimal | None:
    number = bands.needed(row, column)
    if number is not None and number < 0:
        bands.fault(row, column, "negative", NEGATIVE)
        return None
    return number


def _ends(bands: Cells, rows: Sequence[int]) -> list[Decimal | None]:
    """The end of each band, once every band has been seen to begin where the one before ends."""
    ends: list[Decimal | None] = []
    end: Decimal | None = Decimal(0)
    for place, row in enumerate(rows):
        start = bands.needed(row, _FROM)
        if start is not None and end is not None and start != end:
            if place == 0:
                bands.fault(row, _FROM, "not-from-zero", NOT_FROM_ZERO)
            elif start < end:
                bands.fault(row, _FROM, "overlap", OVERLAP)
            else:
                bands.fault(row, _FROM, "gap", GAP)
        begins, end = start if start is not None else end, bands.number(row, _TO)
        if end is None and place < len(rows) - 1 and not bands.text(row, _TO):
            bands.fault(row, _TO, "no-end", NO_END)
        if end is not None and begins is not None and end <= begins:
            bands.fault(row, _TO, "ends-early", ENDS_EARLY)
        ends.append(end)
    return ends


def _unit(bands: Cells, row: int, accepted: Sequence[str]) -> str:
    unit = bands.required(row, _UNIT)
    if unit and unit not in accepted:
        bands.fault(row, _UNIT, "wrong-unit", WRONG_UNIT)
        return ""
    return unit


def _progressive(bands: Cells, rows: Sequence[int], money: str) -> dict[str, Any]:
    table: dict[str, Any] = {"bands": []}
    ends = _ends(bands, rows)
    for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
        value = _positive(bands, row, _LOW)
        # 元 is the price of a unit in a table by quantity; a sum there needs a band of its own.
        lump = place == 0 and money == "万元" and bands.text(row, _UNIT) == money
        if lump:
            table["lump"] = (end, value)
            continue
        unit = _unit(bands, row, tuple(RATES))
        if unit and table.setdefault("rate_unit", RATES[unit]) != RATES[unit]:
            bands.fault(row, _UNIT, "mixed-unit", MIXED_UNIT)
        if end is None:
            table["above"] = value
        else:
            table["bands"].append((end, value))
    if rows and not table["bands"]:
        bands.fault(rows[-1], _TO, "missing", MISSING)
    return table


def _negotiation(bands: Cells, rows: Sequence[int], money: str) -> dict[str, Any]:
    table: dict[str, Any] = {"bands": []}
    for row, end in zip(rows, _ends(bands, rows), strict=True):
        low, high = _positive(bands, row, _LOW), _positive(bands, row, _HIGH)
        if low is not None and high is not None and high < low:
            bands.fault(row, _HIGH, "not-a-range", NOT_A_RANGE)
        _unit(bands, row, (money,))
        if end is None:
            table["above"] = (low, high)
        else:
            table["bands"].append((end, low, high))
    return table


def _interpolation(bands: Cells, rows: Sequence[int], money: str) -> dict[str, Any]:
    table: dict[str, Any] = {"points": []}
    points: list[tuple[Decimal, Decimal]] = []
    for row in rows:
        rule = bands.choice(row, _RULE)
        if rule:
            where = "above" if rule.startswith((ABOVE, OPEN)) else "below"
            if where in table:
                bands.fault(row, _RULE, "twice", TWICE)
            table[where] = _outside(bands, row, rule, money)
            continue
        _unit(bands, row, (money,))
        figure, fee = _positive(bands, row, _FROM), _positive(bands, row, _LOW)
        if points and figure is not None and figure <= points[-1][0]:
            bands.fault(
                row, _FROM, "overlap", N_("The figures of the points rise from row to row.")
            )
        if points and fee is not None and fee < points[-1][1]:
            bands.fault(row, _LOW, "falls", FALLS)
        if figure is not None and fee is not None:
            points.append((figure, fee))
    if rows and len(points) < 2:
        bands.fault(rows[-1], _FROM, "one-point", N_("A line needs two points."))
    return table | {"points": points}


def _outside(bands: Cells, row: int, rule: str, money: str) -> dict[str, Any]:
    low = _positive(bands, row, _LOW)
    practice = rule.endswith(PRACTICE)
    plain = rule.removesuffix(PRACTICE)
    found: dict[str, Any] = {"practice": practice}
    if plain == FROM_ZERO:
        _unit(bands, row, (money,))
        return found | {"at_zero": low}
    unit = _unit(bands, row, ("%", money) if plain in (ABOVE, BELOW) else (money,))
    if unit == "%":
        return found | {"rate": low}
    if bands.text(row, _HIGH):
        high = _positive(bands, row, _HIGH)
        if low is not None and high is not None and high < low:
            bands.fault(row, _HIGH, "not-a-range", NOT_A_RANGE)
        return found | {"range": (low, high)}
    return found | {"flat": low, "open": plain == OPEN}


def _ceiling(bands: Cells, rows: Sequence[int]) -> dict[str, Any]:
    for row in rows[1:]:
        bands.fault(row, 0, "twice", N_("A ceiling has one row."))
    for row in rows[:1]:
        rate = _positive(bands, row, _LOW)
        if rate == 0:
            bands.fault(row, _LOW, "negative", N_("A ceiling lies above 0."))
        unit = _unit(bands, row, tuple(RATES))
        return {"rate": rate, "rate_unit": RATES.get(unit, "each")}
    return {}


def _unit_price(bands: Cells, rows: Sequence[int]) -> dict[str, Any]:
    prices: dict[str, Decimal | None] = {}
    before: Decimal | None = None
    for row in rows:
        _unit(bands, row, ("元",))
        grade, price = bands.required(row, _GRADE), _positive(bands, row, _LOW)
        if grade in prices:
            bands.fault(row, _GRADE, "twice", TWICE)
        if price == 0:
            bands.fault(row, _LOW, "negative", N_("A price lies above 0."))
        if price is not None and before is not None and price < before:
            bands.fault(row, _LOW, "falls", N_("Grades run from the mildest to the hardest."))
        before = price if price is not None else before
        prices[grade] = price
    return {"prices": prices}
