"""A part of the catalogue in a file of the open data: Excel, comma-separated values, or JSON.

A line is an object of the part. A spreadsheet takes numbers for numbers, so a code may lose its
nought and an amount become a fraction; reading a cell by the type of its field mends that.
"""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import msgspec
import python_calamine

from market.oversight.sheets import BYTE_ORDER_MARK, plain
from ratings.ledger.errors import Refused
from ratings.ledger.packed import check_extent, unpacked_size

Form = Literal["xlsx", "csv", "json"]
MOST_BYTES = 5 * 1024 * 1024
# A few hundred kilobytes can hold gigabytes of the same letter, all of which would be in memory.
MOST_UNPACKED_BYTES = 50 * 1024 * 1024
_MOST_ROWS = 2_000
_MOST_CELLS = 2_000_000


class Row(msgspec.Struct, frozen=True):
    """One line of the file. `number` is that of the spreadsheet, or of the place in the JSON
    counted from 1; `cells` are column → what stands there."""

    number: int
    cells: dict[str, Any]


class BadCell(Exception):
    """What is wrong, and in which column; the line is known to whoever reads it."""

    def __init__(self, column: str, error: Refused) -> None:
        super().__init__(column)
        self.column = column
        self.error = error


def read_rows(data: bytes, form: Form, line: type[msgspec.Struct], sheet: str) -> list[Row]:
    """The lines of a file; Refused for what is no such file, or has columns nobody knows.

    `line` is what a line is in the open data; of a workbook the `sheet` is read, or the first.
    """
    if len(data) > MOST_BYTES:
        raise Refused(
            "import-too-large",
            "The file is larger than the {most} MB allowed.",
            most=MOST_BYTES // (1024 * 1024),
        )
    rows = _from_workbook(data, sheet) if form == "xlsx" else _READERS[form](data)
    rows = [row for row in rows if any(value not in ("", None) for value in row.cells.values())]
    if not rows:
        raise Refused("import-empty", "The file has no line.")
    if len(rows) > _MOST_ROWS:
        raise Refused("import-too-long", "The file has more than {most} lines.", most=_MOST_ROWS)
    unknown = sorted({name for row in rows for name in row.cells} - set(line.__struct_fields__))
    if unknown:
        raise Refused(
            "import-column-unknown",
            "No column is called {columns}. The columns are named as in the open data.",
            columns=", ".join(map(str, unknown)),
        )
    return rows


def _unreadable(form: Form) -> Refused:
    return Refused(
        "import-unreadable",
        "This is no file in the form {form}, or it is damaged. Save it again in that form.",
        form=form,
    )


def _from_workbook(data: bytes, name: str) -> list[Row]:
    try:
        unpacked = unpacked_size(io.BytesIO(data))
        if unpacked > MOST_UNPACKED_BYTES:
            raise Refused(
                "import-too-large",
                "Unpacked the file would have {size} MB; {most} MB are allowed.",
                size=unpacked // (1024 * 1024),
                most=MOST_UNPACKED_BYTES // (1024 * 1024),
            )
        check_extent(io.BytesIO(data), _MOST_CELLS)
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_name(name if name in book.sheet_names else book.sheet_names[0])
        head, *lines = sheet.to_python(skip_empty_area=False)
    except (
        zipfile.BadZipFile,
        python_calamine.CalamineError,
        ValueError,
        IndexError,
        OSError,
    ) as error:
        raise _unreadable("xlsx") from error
    return _lines(head, lines)


def _from_csv(data: bytes) -> list[Row]:
    try:
        text = data.decode().removeprefix(BYTE_ORDER_MARK)
        head, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise _unreadable("csv") from error
    return _lines(head, [[plain(cell) for cell in line] for line in lines])


def _lines(head: Sequence[Any], lines: Sequence[Sequence[Any]]) -> list[Row]:
    names = [str(name).strip() for name in head]
    return [
        Row(number, {name: cell for name, cell in zip(names, line, strict=False) if name})
        for number, line in enumerate(lines, start=2)
    ]


def _from_json(data: bytes) -> list[Row]:
    try:
        found = msgspec.json.decode(data, type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError) as error:
        raise _unreadable("json") from error
    return [Row(number, cells) for number, cells in enumerate(found, start=1)]


_READERS: Mapping[str, Any] = {"csv": _from_csv, "json": _from_json}


def read_cell(row: Row, column: str, line: type[msgspec.Struct]) -> Any:
    """A cell as JSON would have the field; BadCell when it is none."""
    wanted = next(one.type for one in msgspec.structs.fields(line) if one.name == column)
    try:
        value = _plain_value(row.cells.get(column), wanted)
        return msgspec.to_builtins(msgspec.convert(value, wanted, strict=False))
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadCell(
            column,
            Refused(
                "import-cell",
                "“{value}” does not belong into the column {column}: {why}.",
                value=str(row.cells.get(column))[:80],
                column=column,
                why=str(error),
            ),
        ) from error


def _plain_value(value: Any, wanted: Any) -> Any:
    """What a cell says, in the form its field has in JSON; spreadsheets know text and numbers."""
    if isinstance(value, float) and value.is_integer():
        # The number of an item loses its nought where a spreadsheet takes it for a number.
        value = f"{int(value):02d}" if wanted is str else int(value)
    if isinstance(value, str):
        value = value.strip()
    if get_origin(wanted) is tuple:
        return _several(value) if isinstance(value, str) else value or []
    if get_origin(wanted) is dict and isinstance(value, str):
        return msgspec.json.decode(value)
    if value in ("", None):
        return None if type(None) in get_args(wanted) else ""
    return value


def _several(text: str) -> Any:
    """Several texts joined by “ / ”, or the parts of something as JSON."""
    if text.startswith("["):
        return msgspec.json.decode(text)
    return [one.strip() for one in text.split(" / ") if one.strip()]
