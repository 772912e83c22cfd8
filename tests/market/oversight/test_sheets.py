"""A cell is shown, never executed, and no text is lost on the way."""

import csv
import io
import unicodedata
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.oversight.sheets import BYTE_ORDER_MARK, as_csv, as_json, exact, plain, text_cell

# As dangerous as possible: what begins a formula, what separates cells, what nobody sees.
_SHARP = st.text(
    alphabet="=+-@＝＋－＠﹢−'\t\r\n;, \u200b\u00a0\ufeff\"0123456789E.abc程", max_size=30
)


class Line(msgspec.Struct, frozen=True):
    text: str
    count: int
    on: date
    at: datetime | None
    names: list[str]
    facts: dict[str, object]


async def _rows(*lines: Line) -> AsyncIterator[Line]:
    for line in lines:
        yield line


def cells(text: str) -> Iterator[str]:
    """Every cell that some spreadsheet would see: as a whole, and split at its own separators."""
    yield text
    for separator in (";", "\t", "\r", "\n"):
        yield from text.split(separator)


def executed(cell: str) -> bool:
    visible = "".join(c for c in cell if unicodedata.category(c)[0] not in "CZ")
    return unicodedata.normalize("NFKC", visible)[:1] in {"=", "+", "-", "@", "\u2212"}


@given(_SHARP)
def test_no_cell_begins_a_formula(text: str) -> None:
    shown = text_cell(text)
    assert not any(executed(cell) for cell in cells(shown))
    assert not shown.startswith(("\t", "\r", "\n"))


@given(st.one_of(_SHARP, st.text(max_size=40)))
def test_the_text_comes_back_whole(text: str) -> None:
    assert plain(text_cell(text)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('=HYPERLINK("http://evil.test","看")', '\'=HYPERLINK("http://evil.test","看")'),
        ("＝1+1", "'＝1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("a;=1", "a;'=1"),
        ("123207000140123456", "'123207000140123456"),
        ("12320700E123456789", "'12320700E123456789"),
        ("007", "'007"),
        ("云溪咨询有限公司", "云溪咨询有限公司"),
        ("91320999MA0000001A", "91320999MA0000001A"),
        ("3-5号楼", "3-5号楼"),
    ],
)
def test_cells(text: str, shown: str) -> None:
    assert text_cell(text) == shown


async def test_a_table_by_rfc_4180() -> None:
    line = Line('他说“=1”，"x"\r\n二', -5, date(2026, 1, 2), None, ["=a", "b"], {"b": 1, "a": "=1"})
    fields = Line.__struct_fields__
    made = b"".join([piece async for piece in as_csv(_rows(line), fields, fields, exact)])
    text = made.decode()
    assert text.startswith(BYTE_ORDER_MARK + '"text","count"')
    assert text.endswith("\r\n")
    head, row = csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline=""))
    assert head == list(fields)
    assert row == [line.text, "-5", "2026-01-02", "", "'=a / b", '{"a":"=1","b":1}']
    assert ",-5," in text, "a number is no text"


async def test_an_array_with_a_line_for_each_row() -> None:
    line = Line("=1", 1, date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), [], {})
    for many in (0, 1, 3):
        made = b"".join([piece async for piece in as_json(_rows(*[line] * many))])
        assert msgspec.json.decode(made, type=list[Line]) == [line] * many
        assert made.count(b"\n") == (many + 2 if many else 1)
