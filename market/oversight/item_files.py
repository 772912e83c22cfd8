"""Items in a file as the open data has them: Excel, comma-separated values, or JSON.

A file may hold some columns and some rows only: a column that is missing changes nothing, an empty
cell empties its field, and an item that is not named stays as it is.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import msgspec
import python_calamine

from market.catalogue.editions import Change, Items
from market.catalogue.items import Item
from market.oversight.sheets import BYTE_ORDER_MARK, plain
from ratings.ledger.errors import Refused

Form = Literal["xlsx", "csv", "json"]
SHEET = "items"
MOST_BYTES = 5 * 1024 * 1024
_MOST_ROWS = 2_000
_TYPES = {one.name: one.type for one in msgspec.structs.fields(Item)}
# Whether and how an item has ended follows from the act that the row becomes.
_OF_ITS_STATE = ("active", "ended", "successor", "withdrawn_reason_zh", "withdrawn_reason_en")
_NOT_SET_HERE = ("code", "choice", "package", *_OF_ITS_STATE)


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


def read_rows(data: bytes, form: Form) -> list[Row]:
    """The lines of a file; Refused for what is no such file, or has columns nobody knows."""
    if len(data) > MOST_BYTES:
        raise Refused(
            "import-too-large",
            "The file is larger than the {most} MB allowed.",
            most=MOST_BYTES // (1024 * 1024),
        )
    rows = {"xlsx": _from_workbook, "csv": _from_csv, "json": _from_json}[form](data)
    rows = [row for row in rows if any(value not in ("", None) for value in row.cells.values())]
    if not rows:
        raise Refused("import-empty", "The file names no item.")
    if len(rows) > _MOST_ROWS:
        raise Refused("import-too-long", "The file has more than {most} lines.", most=_MOST_ROWS)
    unknown = sorted({name for row in rows for name in row.cells} - _TYPES.keys())
    if unknown:
        raise Refused(
            "import-column-unknown",
            "No field of an item is called {columns}. The columns are named as in the open data.",
            columns=", ".join(map(str, unknown)),
        )
    return rows


def _unreadable(form: Form) -> Refused:
    return Refused(
        "import-unreadable",
        "This is no file in the form {form}, or it is damaged. Save it again in that form.",
        form=form,
    )


def _from_workbook(data: bytes) -> list[Row]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_name(SHEET if SHEET in book.sheet_names else book.sheet_names[0])
        head, *lines = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, ValueError, IndexError, OSError) as error:
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


def change_of(row: Row, items: Items, reason: str) -> Change | None:
    """The act on the list that a line asks for; None when it says what the list says already.

    BadCell names the column that cannot be read. Whether the act can follow is for
    `editions.apply_changes` to say.
    """
    code = _read(row, "code")
    if not code:
        raise BadCell("code", Refused("import-code-missing", "The line names no item."))
    given = {name: _read(row, name) for name in row.cells}
    fields = {name: value for name, value in given.items() if name not in _NOT_SET_HERE}
    item = items.get(code)
    if item is None:
        return Change(kind="add", code=code, reason_zh=reason, fields=fields)
    before = msgspec.to_builtins(item)
    if "active" in given and given["active"] != item.active:
        return _of_state(code, given, reason)
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if not changed:
        return None
    return Change(kind="amend", code=code, reason_zh=reason, fields=changed)


def _of_state(code: str, given: Mapping[str, Any], reason: str) -> Change:
    """Withdrawn, merged, replaced or restored: an item that ends states its own reason."""
    if given["active"]:
        return Change(kind="restore", code=code, reason_zh=reason)
    why = given.get("withdrawn_reason_zh") or ""
    if not why:
        raise BadCell(
            "withdrawn_reason_zh",
            Refused("import-reason-missing", "An item that ends needs its reason."),
        )
    ended: Literal["withdraw", "merge", "replace"] = "withdraw"
    if given.get("ended") in ("merged", "replaced"):
        ended = "merge" if given["ended"] == "merged" else "replace"
    return Change(
        kind=ended,
        code=code,
        reason_zh=why,
        reason_en=given.get("withdrawn_reason_en") or "",
        successor=given.get("successor") if ended != "withdraw" else None,
    )


def _read(row: Row, column: str) -> Any:
    """A cell as JSON would have the field."""
    wanted = _TYPES[column]
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
    if value in ("", None):
        return None if type(None) in get_args(wanted) else ""
    return value


def _several(text: str) -> Any:
    """Several texts joined by “ / ”, or the parts of something as JSON."""
    if text.startswith("["):
        return msgspec.json.decode(text)
    return [one.strip() for one in text.split(" / ") if one.strip()]
