"""Reading a fee standard from the workbook that `sheet_writing` gives, naming every wrong cell.

All faults are gathered before anything is refused, so that a table is mended in one go.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec
import python_calamine

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.sheet_columns import (
    COLUMNS,
    EXTRAS,
    FACTORS,
    FIELDS,
    KINDS,
    OPTIONAL,
    STANDARD,
    YES,
)
from market.catalogue.standards import checked_standard
from ratings.ledger.errors import Fault, Refused, TooLarge
from ratings.ledger.packed import check_extent, unpacked_size
from ratings.ledger.text import N_

MOST_BYTES = 2 * 1024 * 1024
_MOST_UNPACKED = 30 * 1024 * 1024
_MOST_ROWS = 5_000
_MOST_CELLS = 2_000_000
_MOST_FAULTS = 100

# Sentences about one cell; the cell itself stands in the pointer of the fault.
MISSING = N_("This cell must be filled in.")
NO_NUMBER = N_("This is not a number. Write figures only, without a unit and without a formula.")
NO_DAY = N_("This is not a day. Write it as YYYY-MM-DD.")
NO_CHOICE = N_("This word is none of those the column takes. Pick one from the list of the cell.")
UNKNOWN_KIND = N_("The sheet of kinds has no such code. Write the code as it stands there.")
TWICE = N_("This code stands there twice. Give each row a code of its own.")


class Cells:
    """One sheet as text; the faults found in it go into the list of the whole workbook."""

    def __init__(self, name: str, rows: list[list[Any]], faults: list[Fault]) -> None:
        self.name = name
        self._rows = rows
        self._faults = faults

    def rows(self) -> Iterator[int]:
        """The numbers of the rows below the head that hold anything."""
        for number in range(1, len(self._rows)):
            if any(_text(value) for value in self._rows[number]):
                yield number

    def text(self, row: int, column: int) -> str:
        if row >= len(self._rows) or column >= len(self._rows[row]):
            return ""
        return _text(self._rows[row][column])

    def fault(self, row: int, column: int, code: str, message: str) -> None:
        self._faults.append(Fault(f"/{self.name}/{address(row, column)}", code, message))

    def required(self, row: int, column: int) -> str:
        text = self.text(row, column)
        if not text:
            self.fault(row, column, "missing", MISSING)
        return text

    def number(self, row: int, column: int) -> Decimal | None:
        text = self.text(row, column).replace(",", "").replace("，", "")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or len(text) > 30:
            self.fault(row, column, "not-a-number", NO_NUMBER)
            return None
        return number

    def needed(self, row: int, column: int) -> Decimal | None:
        """A number that must be there; None only where a fault says so."""
        self.required(row, column)
        return self.number(row, column)

    def choice(self, row: int, column: int) -> str:
        """One of the words of the column, or empty with a fault."""
        text = self.text(row, column)
        if text and text not in COLUMNS[self.name][column].choices:
            self.fault(row, column, "not-a-choice", NO_CHOICE)
            return ""
        return text


def address(row: int, column: int) -> str:
    """The name of a cell as spreadsheets write it; no sheet here is wider than Z."""
    return f"{chr(ord('A') + column)}{row + 1}"


def _text(value: Any) -> str:
    match value:
        case bool():
            return YES if value else ""
        case float():
            return f"{Decimal(repr(value)):f}".removesuffix(".0")
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value).strip()


def read_standard(data: bytes, tables: Callable[[Cells, Cells], dict[str, Any]]) -> FeeStandard:
    """The standard in a workbook, its tables read by `tables` from the bands and the kinds.

    TooLarge and Refused for what is no workbook of ours; Refused `bad-fee-sheet` with a fault for
    each cell, whose pointer is /sheet/cell.
    """
    faults: list[Fault] = []
    sheets = _sheets(data, faults)
    raw = _fields(sheets[STANDARD])
    raw["kinds"] = tables(sheets[KINDS], sheets["分档 Bands"])
    raw["factors"] = _factors(sheets[FACTORS], raw["kinds"])
    raw["extras"] = _extras(sheets[EXTRAS])
    if faults:
        refuse(faults)
    try:
        return checked_standard("workbook", msgspec.convert(raw, FeeStandard))
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        raise Refused(
            "bad-fee-workbook",
            "The workbook does not make a fee standard: {problem} ({place}).",
            problem=problem,
            place=place.strip("`$.") or "-",
        ) from error


def refuse(faults: Sequence[Fault]) -> NoReturn:
    raise Refused(
        "bad-fee-sheet",
        "Cells that cannot be right: {count}. Mend them and upload the file again.",
        count=len(faults),
        faults=tuple(faults[:_MOST_FAULTS]),
    )


def _sheets(data: bytes, faults: list[Fault]) -> dict[str, Cells]:
    if len(data) > MOST_BYTES:
        raise TooLarge(
            "file-too-large",
            "The file is larger than the {most} MB allowed.",
            most=MOST_BYTES // (1024 * 1024),
        )
    try:
        if unpacked_size(io.BytesIO(data)) > _MOST_UNPACKED:
            raise TooLarge(
                "file-too-large",
                "The file is larger than the {most} MB allowed.",
                most=_MOST_UNPACKED // (1024 * 1024),
            )
        check_extent(io.BytesIO(data), _MOST_CELLS)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        found = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=_MOST_ROWS)
            for name in (STANDARD, *COLUMNS)
            if name in names
        }
    except (zipfile.BadZipFile, python_calamine.CalamineError, ValueError, OSError) as error:
        raise Refused(
            "not-a-workbook",
            "This file is no Excel workbook (.xlsx). Download the template and fill it in.",
        ) from error
    absent = [name for name in (STANDARD, *COLUMNS) if name not in found]
    if absent:
        raise Refused(
            "sheet-missing",
            "The workbook has no sheet “{names}”. Download the template and fill it in.",
            names="”, “".join(absent),
        )
    return {name: Cells(name, rows, faults) for name, rows in found.items()}


def _fields(cells: Cells) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for row, (field, (_, _, several)) in enumerate(FIELDS.items(), start=1):
        text = cells.text(row, 2) if field in OPTIONAL else cells.required(row, 2)
        if not text:
            continue
        if several:
            raw[field] = [line.strip() for line in text.splitlines() if line.strip()]
        elif field in ("issued_on", "valid_from", "market_since"):
            try:
                raw[field] = date.fromisoformat(text)
            except ValueError:
                cells.fault(row, 2, "not-a-day", NO_DAY)
        elif field == "float_percent":
            percent = cells.number(row, 2)
            if percent is not None and not 0 <= percent < 100:
                cells.fault(
                    row, 2, "not-a-percentage", N_("A float lies between 0 and 100 percent.")
                )
            raw[field] = percent
        elif field == "additional_factors":
            raw[field] = text == YES
        else:
            raw[field] = text
            if field == "code" and not _is_code(text):
                cells.fault(
                    row,
                    2,
                    "not-a-code",
                    N_("A code is 3 to 40 small letters, digits and hyphens, such as design-10."),
                )
    return raw


def _is_code(text: str) -> bool:
    plain = text.replace("-", "")
    return 3 <= len(text) <= 40 and plain.isascii() and plain.isalnum() and text == text.lower()


_CHOICE_FACTS = ("industry", "complexity", "sensitivity", "scope", "stage", "ground")


def _factors(cells: Cells, kinds: dict[str, Any]) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = []
    before: tuple[str, ...] | None = None
    for row in cells.rows():
        key = tuple(cells.text(row, column) for column in range(5))
        fact, by = cells.required(row, 0), cells.choice(row, 1) or cells.required(row, 1)
        if fact != "altitude_m" if by == "step" else fact not in _CHOICE_FACTS:
            cells.fault(row, 0, "not-a-choice", NO_CHOICE)
        named = [part.strip() for part in key[4].replace("，", ",").split(",") if part.strip()]
        if not set(named) <= set(kinds):
            cells.fault(row, 4, "unknown-kind", UNKNOWN_KIND)
        if key != before:
            tables.append(
                {
                    "by": "choice" if by == "partial" else by,
                    "fact": fact,
                    "name_zh": cells.required(row, 2),
                    "name_en": cells.required(row, 3),
                    "kinds": named,
                }
            )
            before = key
        _factor_row(cells, row, by, tables[-1])
    return tables


def _factor_row(cells: Cells, row: int, by: str, table: dict[str, Any]) -> None:
    factor = cells.needed(row, 8)
    if factor is not None and factor <= 0:
        cells.fault(row, 8, "not-positive", N_("A factor lies above 0."))
    if by == "number":
        high = cells.needed(row, 9)
        if factor is not None and high is not None and high < factor:
            cells.fault(row, 9, "not-a-range", N_("The upper end lies below the lower one."))
        table |= {"low": factor, "high": high}
        return
    rows = table.setdefault("rows", [])
    if by == "step":
        limit = cells.needed(row, 5)
        if limit is not None and rows and rows[-1][0] is not None and limit <= rows[-1][0]:
            cells.fault(row, 5, "overlap", N_("The limits of a table must rise from row to row."))
        rows.append([limit, factor])
        return
    code = cells.required(row, 5)
    if code in [one[0] for one in rows]:
        cells.fault(row, 5, "twice", TWICE)
    rows.append([code, cells.required(row, 6), cells.required(row, 7), factor])
    if by == "partial":
        table["partial"] = True
    limit = cells.number(row, 10)
    if limit is not None:
        table["up_to_wan"] = limit


def _extras(cells: Cells) -> list[list[Any]]:
    found: list[list[Any]] = []
    for row in cells.rows():
        code = cells.required(row, 0)
        if code in [one[0] for one in found]:
            cells.fault(row, 0, "twice", TWICE)
        percent = cells.needed(row, 3)
        if percent is not None and percent < 0:
            cells.fault(row, 3, "negative", N_("A percentage cannot lie below 0."))
        found.append([code, cells.required(row, 1), cells.required(row, 2), percent])
    return found
