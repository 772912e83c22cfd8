"""Reads the fee standards from their files and refuses a table that cannot be right.

A refusal names the file, the table and the cell, because the person who typed the table has
to find the place in the printed document.
"""

import tomllib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import NoReturn

import msgspec

from market.catalogue.factors import ByChoice, ByNumber, ByStep, ByUplift, Factor
from market.catalogue.fee_standards import FeeKind, FeeStandard
from market.catalogue.shapes import (
    Ceiling,
    Interpolation,
    Method,
    Negotiation,
    Outside,
    Progressive,
    UnitPrice,
)
from ratings.ledger.errors import Refused

DATA = files("market.catalogue") / "data"


class _Place(msgspec.Struct, frozen=True):
    """Where in which file a figure stands."""

    file: str
    table: str

    def refuse(self, cell: str, problem: str) -> NoReturn:
        raise Refused(
            "bad-fee-table",
            "{file}, table {table}, cell {cell}: {problem}",
            file=self.file,
            table=self.table,
            cell=cell,
            problem=problem,
        )


@cache
def shipped_versions() -> tuple[FeeStandard, ...]:
    """Every version of every standard in the data files, by code and day of beginning."""
    folder = DATA / "fee_standards"
    found = [_read(path) for path in folder.iterdir() if path.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda one: (one.code, one.valid_from)))


@cache
def load_fee_standards() -> dict[str, FeeStandard]:
    """The newest shipped version of each standard by code; read once, they do not change."""
    return {standard.code: standard for standard in shipped_versions()}


def in_force(versions: Iterable[FeeStandard], on: date) -> dict[str, FeeStandard]:
    """Of each standard the version that has begun last by the day.

    Where none has begun yet, the first to come: asking it says from when it runs.
    """
    found: dict[str, FeeStandard] = {}
    for one in sorted(versions, key=lambda version: version.valid_from):
        if one.valid_from <= on or one.code not in found:
            found[one.code] = one
    return dict(sorted(found.items()))


def _read(path: Traversable) -> FeeStandard:
    standard = parse_fee_standard(path.name, path.read_text(encoding="utf-8"))
    if path.name not in (f"{standard.code}.toml", f"{standard.code}.{standard.valid_from}.toml"):
        _Place(path.name, "-").refuse("code", f"the file of {standard.code} must bear its name")
    return standard


def parse_fee_standard(file: str, text: str) -> FeeStandard:
    """One standard from the text of its file. Raises Refused naming file, table and cell."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
        standard = msgspec.convert(raw, FeeStandard)
    except tomllib.TOMLDecodeError as error:
        _Place(file, "-").refuse("-", str(error))
    except msgspec.ValidationError as error:
        problem, _, cell = str(error).partition(" - at ")
        _Place(file, "-").refuse(cell.strip("`$.") or "-", problem)
    return checked_standard(file, standard)


def checked_standard(file: str, standard: FeeStandard) -> FeeStandard:
    """The standard itself. Raises Refused naming file, table and cell where it cannot be right."""
    _check_standard(file, standard)
    return standard


def _check_standard(file: str, standard: FeeStandard) -> None:
    place = _Place(file, "-")
    if not standard.kinds:
        place.refuse("kinds", "a standard needs at least one kind")
    if standard.valid_to is not None and standard.valid_to < standard.valid_from:
        place.refuse("valid_to", "ends before it begins")
    if standard.float_percent is not None and not 0 <= standard.float_percent < 100:
        place.refuse("float_percent", "must lie between 0 and 100")
    for name, kind in standard.kinds.items():
        _check_kind(_Place(file, name), kind)
    for number, table in enumerate(standard.factors):
        _check_factor(_Place(file, f"factors[{number}]"), table, standard)
    for number, extra in enumerate(standard.extras):
        if extra[3] <= 0:
            _Place(file, "extras").refuse(f"[{number}]", "a percentage must be above 0")


def _check_kind(place: _Place, kind: FeeKind) -> None:
    if kind.cap_wan is not None and kind.cap_wan <= 0:
        place.refuse("cap_wan", "a cap must be above 0")
    _check_method(place, kind.table)


def _check_method(place: _Place, table: Method) -> None:
    match table:
        case Progressive():
            start = Decimal(0) if table.lump is None else table.lump[0]
            _check_limits(place, [band[0] for band in table.bands], start)
            rates = [rate for _, rate in table.bands]
            for row, rate in enumerate([*rates, *([] if table.above is None else [table.above])]):
                if rate < 0:
                    place.refuse(f"bands[{row}][1]", f"the rate {rate} is negative")
        case Negotiation():
            _check_limits(place, [band[0] for band in table.bands], Decimal(0))
            ranges = [band[1:] for band in table.bands]
            if table.above is not None:
                ranges.append(table.above)
            for row, (low, high) in enumerate(ranges):
                if not 0 <= low <= high:
                    place.refuse(f"bands[{row}]", f"{low}–{high} is not a range")
        case Interpolation():
            _check_points(place, table)
        case Ceiling():
            if table.rate <= 0:
                place.refuse("rate", f"the rate {table.rate} is not above 0")
        case UnitPrice():
            if not table.prices:
                place.refuse("prices", "a row needs a price")
            for grade, price in table.prices.items():
                if price <= 0:
                    place.refuse(f"prices.{grade}", f"the price {price} is not above 0")
            if list(table.prices.values()) != sorted(table.prices.values()):
                place.refuse("prices", "grades must run from the mildest to the hardest")
        case _:
            pass


def _check_limits(place: _Place, limits: list[Decimal], start: Decimal) -> None:
    """Upper limits must rise: a band that does not begin where the last ends overlaps it."""
    if not limits:
        place.refuse("bands", "a table needs at least one band")
    for row, (before, limit) in enumerate(pairwise([start, *limits])):
        if limit <= before:
            place.refuse(
                f"bands[{row}][0]", f"the limit {limit} does not lie above {before}: bands overlap"
            )


def _check_points(place: _Place, table: Interpolation) -> None:
    if len(table.points) < 2:
        place.refuse("points", "a line needs two points")
    for row, (x, y) in enumerate(table.points):
        if x < 0 or y < 0:
            place.refuse(f"points[{row}]", f"({x}, {y}) is negative")
    for row, ((x0, y0), (x1, y1)) in enumerate(pairwise(table.points), start=1):
        if x1 <= x0:
            place.refuse(f"points[{row}][0]", f"{x1} does not lie above {x0}: bands overlap")
        if y1 < y0:
            place.refuse(f"points[{row}][1]", f"the fee falls from {y0} to {y1}")
    for cell, outside in (("below", table.below), ("above", table.above)):
        if outside is not None:
            _check_outside(place, cell, outside)


def _check_outside(place: _Place, cell: str, outside: Outside) -> None:
    rules = [outside.rate, outside.flat, outside.range, outside.at_zero]
    if sum(rule is not None for rule in rules) != 1:
        place.refuse(cell, "needs exactly one of rate, flat, range, at_zero")
    if outside.at_zero is not None and cell == "above":
        place.refuse(cell, "at_zero belongs below a table")
    figures = [outside.rate, outside.flat, outside.at_zero, *(outside.range or ())]
    if any(figure is not None and figure < 0 for figure in figures):
        place.refuse(cell, "a figure is negative")


def _check_factor(place: _Place, table: Factor, standard: FeeStandard) -> None:
    for kind in table.kinds:
        if kind not in standard.kinds:
            place.refuse("kinds", f"{kind} is no kind of this standard")
    match table:
        case ByChoice():
            codes = [row[0] for row in table.rows]
            for number, row in enumerate(table.rows):
                if row[3] <= 0:
                    place.refuse(f"rows[{number}][3]", f"the factor {row[3]} is not above 0")
                if row[0] in codes[:number]:
                    place.refuse(f"rows[{number}][0]", f"{row[0]} stands there twice")
            if table.partial:
                _check_partial(place, table, standard)
        case ByUplift():
            for number, row in enumerate(table.rows):
                if row[3] <= 0:
                    place.refuse(f"rows[{number}][3]", f"the percentage {row[3]} is not above 0")
        case ByNumber():
            if not 0 < table.low <= table.high:
                place.refuse("low", f"{table.low}–{table.high} is not a range")
        case ByStep():
            _check_limits(place, [row[0] for row in table.rows], Decimal(0))
            for number, step in enumerate(table.rows):
                if step[1] <= 0:
                    place.refuse(f"rows[{number}][1]", f"the factor {step[1]} is not above 0")


def _check_partial(place: _Place, table: ByChoice, standard: FeeStandard) -> None:
    """A partial table may only name choices its full table knows, else a typo would be mute."""
    known = {
        row[0]
        for other in standard.factors
        if isinstance(other, ByChoice) and not other.partial and other.fact == table.fact
        for row in other.rows
    }
    for number, row in enumerate(table.rows):
        if row[0] not in known:
            place.refuse(f"rows[{number}][0]", f"unknown code {row[0]}")
