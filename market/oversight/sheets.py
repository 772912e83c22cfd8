"""Rows as comma-separated values that a spreadsheet shows and never executes, as JSON, and as the
sheets of a workbook, where a text is a text by its type.

A spreadsheet takes a cell for a formula when it begins with one of a few characters, and a code of
eighteen digits for a number, of which it keeps fifteen. Both get an apostrophe in front. A county
whose spreadsheets separate cells by semicolons or tabs reads a part of a text as a cell of its own,
so each part is looked at. `plain` takes the apostrophes away again; JSON never has any.
"""

import csv
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import xlsxwriter

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet takes Chinese in UTF-8 for another encoding."""
_MARK = "'"
_PART = re.compile(r"[^;\t\r\n]+")
# NFKC folds the full-width and small forms into these; the minus sign of mathematics stays itself.
_EXECUTED = frozenset("=+-@\u2212")
_BETWEEN = ("\t", "\r", "\n")
_WIDTH = 22
_NUMBER = re.compile(r"\s*\d+(?:[.,:/eE-]+\d+)*\s*")

Cell = str | int | Decimal
Show = Callable[[str, object], Cell]


def text_cell(text: str) -> str:
    """The text so that a spreadsheet shows it, character by character."""
    shown = _PART.sub(lambda part: _MARK + part[0] if _executed(part[0]) else part[0], text)
    if text.startswith(_BETWEEN) or _NUMBER.fullmatch(text):
        return _MARK + shown
    return shown


def plain(cell: str) -> str:
    """The text that `text_cell` was given."""
    return _PART.sub(lambda part: part[0].removeprefix(_MARK), cell)


def _executed(part: str) -> bool:
    """Blanks and characters nobody sees are passed over: some programs do so, too."""
    for character in part:
        if not character.isspace() and unicodedata.category(character)[0] not in "CZ":
            folded = unicodedata.normalize("NFKC", character)
            return folded[0] in _EXECUTED or character == _MARK
    return False


def exact(_: str, value: object) -> Cell:
    """A value as the API has it: amounts in fen, times in UTC; several texts in one cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return value
        case datetime() | date():
            return value.isoformat()
        case list() | tuple() if all(isinstance(one, str) for one in value):
            return text_cell(" / ".join(value))
        case list() | tuple() | dict() | msgspec.Struct():
            return text_cell(msgspec.json.encode(value, order="sorted").decode())
        case _:
            return text_cell(str(value))


async def as_csv(
    rows: AsyncIterator[msgspec.Struct], fields: Sequence[str], heads: Sequence[str], show: Show
) -> AsyncIterator[bytes]:
    """RFC 4180: a head, then a line for each row; every text quoted, lines end in CR LF."""
    page = io.StringIO(newline="")
    lines = csv.writer(page, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    page.write(BYTE_ORDER_MARK)
    lines.writerow(heads)
    yield _taken(page)
    async for row in rows:
        lines.writerow([show(field, getattr(row, field)) for field in fields])
        yield _taken(page)


async def each(rows: Iterable[msgspec.Struct]) -> AsyncIterator[msgspec.Struct]:
    """Rows that are there already, for those who write them one by one."""
    for row in rows:
        yield row


Sheet = tuple[str, Sequence[str], Sequence[Sequence[Cell]]]
"""A sheet's name, its head, and its rows."""


def as_workbook(sheets: Sequence[Sheet]) -> bytes:
    """An Excel workbook: texts stay texts and codes of eighteen digits keep all of them; nothing is
    taken for a formula, a number or a link."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(
        written,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    # Without the moment of its making: the same content is the same file, with the same tag.
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
    head = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for name, heads, rows in sheets:
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, max(len(heads) - 1, 0), _WIDTH, wrapped)
        sheet.write_row(0, 0, heads, head)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)
    book.close()
    return written.getvalue()


def workbook_cell(value: object) -> Cell:
    """As `exact`, without the apostrophes that only a text file needs."""
    shown = exact("", value)
    return plain(shown) if isinstance(shown, str) else shown


async def as_json(rows: AsyncIterator[msgspec.Struct]) -> AsyncIterator[bytes]:
    """One array, a line for each row: a program may read it as it comes."""
    before = b"[\n"
    async for row in rows:
        yield before + msgspec.json.encode(row)
        before = b",\n"
    yield b"\n]\n" if before != b"[\n" else b"[]\n"


def _taken(page: io.StringIO) -> bytes:
    text = page.getvalue()
    page.seek(0)
    page.truncate()
    return text.encode()
