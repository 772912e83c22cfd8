"""A fee standard as a workbook: out and in again, and every wrong cell named."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.shapes import Interpolation, Negotiation, Progressive
from market.catalogue.sheet_columns import BANDS, FACTORS, KINDS, STANDARD
from market.catalogue.sheet_tables import standard_of
from market.catalogue.sheet_writing import workbook_of
from market.catalogue.standards import load_fee_standards, shipped_versions
from ratings.ledger.errors import Refused, TooLarge

Cells = Mapping[tuple[str, str], object]


def changed(data: bytes, cells: Cells) -> bytes:
    """The workbook with other values in some cells, typed as a spreadsheet would save them."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    target = io.BytesIO()
    written = xlsxwriter.Workbook(target, {"in_memory": True})
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        sheet = written.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(number, place, value)
        for (where, cell), value in cells.items():
            if where == name:
                sheet.write(cell, value or " ")
    written.close()
    return target.getvalue()


def refused(data: bytes) -> list[tuple[str, str]]:
    """Sheet!cell and code of every fault."""
    with pytest.raises(Refused) as caught:
        standard_of(data)
    assert caught.value.code == "bad-fee-sheet", caught.value
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("standard", shipped_versions(), ids=lambda one: str(one.valid_from))
def test_every_standard_comes_back_as_it_went(standard: FeeStandard) -> None:
    back = standard_of(workbook_of(standard))
    assert back == msgspec.structs.replace(standard, valid_to=None)
    assert list(back.kinds) == list(standard.kinds)


def test_a_workbook_does_not_say_when_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook_of(None))) as archive:
        assert b"2000-01-01T00:00:00Z</dcterms:created>" in archive.read("docProps/core.xml")


def test_every_cell_is_text_and_nothing_is_a_formula() -> None:
    odd = msgspec.structs.replace(
        load_fee_standards()["tendering-1980"], title_en="=1+1", document="110101199003070134"
    )
    data = workbook_of(odd)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        for row in book.get_sheet_by_name(name).to_python():
            assert all(isinstance(value, str) for value in row)
    assert b"<f>" not in data
    assert standard_of(data).title_en == "=1+1"


def test_numbers_and_days_typed_by_a_spreadsheet_are_read_exactly() -> None:
    data = changed(
        workbook_of(load_fee_standards()["tendering-1980"]),
        {(BANDS, "E2"): 1.45, (BANDS, "D2"): 100.0, (STANDARD, "C8"): "2027-01-01"},
    )
    found = standard_of(data)
    table = found.kinds["goods"].table
    assert isinstance(table, Progressive)
    assert table.bands[0] == (100, Decimal("1.45"))
    assert found.valid_from == date(2027, 1, 1)


T, I, N = "tendering-1980", "consulting-1283", "consulting-zj252"  # noqa: E741
BAD: dict[str, tuple[str, Cells, str, str]] = {
    "bands overlap": (T, {(BANDS, "C3"): "90"}, f"/{BANDS}/C3", "overlap"),
    "a gap between bands": (T, {(BANDS, "C3"): "101"}, f"/{BANDS}/C3", "gap"),
    "not from zero": (T, {(BANDS, "C2"): "10"}, f"/{BANDS}/C2", "not-from-zero"),
    "ends before it begins": (N, {(BANDS, "D2"): "-1"}, f"/{BANDS}/D2", "ends-early"),
    "no end in the middle": (T, {(BANDS, "D3"): ""}, f"/{BANDS}/D3", "no-end"),
    "a wrong unit": (T, {(BANDS, "G2"): "元/亩"}, f"/{BANDS}/G2", "wrong-unit"),
    "a unit that differs": (T, {(BANDS, "G3"): "‰"}, f"/{BANDS}/G3", "mixed-unit"),
    "a negative rate": (T, {(BANDS, "E4"): "-0.8"}, f"/{BANDS}/E4", "negative"),
    "a missing rate": (T, {(BANDS, "E4"): ""}, f"/{BANDS}/E4", "missing"),
    "a word for a number": (T, {(BANDS, "E4"): "0.8%"}, f"/{BANDS}/E4", "not-a-number"),
    "a fee that falls": (I, {(BANDS, "E5"): "13"}, f"/{BANDS}/E5", "falls"),
    "points that do not rise": (I, {(BANDS, "C5"): "10000"}, f"/{BANDS}/C5", "overlap"),
    "yuan for 万元": (I, {(BANDS, "G4"): "元"}, f"/{BANDS}/G4", "wrong-unit"),
    "a range upside down": (N, {(BANDS, "F2"): "0.5"}, f"/{BANDS}/F2", "not-a-range"),
    "an unknown kind": (T, {(BANDS, "A2"): "gods"}, f"/{BANDS}/A2", "unknown-kind"),
    "an unknown method": (T, {(KINDS, "G2"): "guess"}, f"/{KINDS}/G2", "not-a-choice"),
    "a kind twice": (T, {(KINDS, "A3"): "goods"}, f"/{KINDS}/A3", "twice"),
    "a negative cap": (T, {(KINDS, "H2"): "-5"}, f"/{KINDS}/H2", "negative"),
    "no name": (T, {(KINDS, "B2"): ""}, f"/{KINDS}/B2", "missing"),
    "a day that is none": (T, {(STANDARD, "C8"): "2027-02-30"}, f"/{STANDARD}/C8", "not-a-day"),
    "a code with blanks": (T, {(STANDARD, "C2"): "My Code"}, f"/{STANDARD}/C2", "not-a-code"),
    "a float of 200": (T, {(STANDARD, "C14"): "200"}, f"/{STANDARD}/C14", "not-a-percentage"),
    "a factor of zero": (I, {(FACTORS, "I2"): "0"}, f"/{FACTORS}/I2", "not-positive"),
    "a choice twice": (I, {(FACTORS, "F3"): "petrochem"}, f"/{FACTORS}/F3", "twice"),
    "an unknown fact": (I, {(FACTORS, "A2"): "weather"}, f"/{FACTORS}/A2", "not-a-choice"),
}


@pytest.mark.parametrize("why", BAD)
def test_a_wrong_cell_is_named(why: str) -> None:
    code, cells, pointer, fault = BAD[why]
    assert (pointer, fault) in refused(changed(workbook_of(load_fee_standards()[code]), cells))


def test_all_faults_are_told_at_once() -> None:
    cells = {(BANDS, "C3"): "90", (BANDS, "E9"): "-1", (KINDS, "A3"): "goods"}
    found = refused(changed(workbook_of(load_fee_standards()[T]), cells))
    assert {pointer for pointer, _ in found} >= {f"/{BANDS}/C3", f"/{BANDS}/E9", f"/{KINDS}/A3"}


def _nothing(_: bytes) -> bytes:
    return b""


def _words(_: bytes) -> bytes:
    return b"PK\x03\x04 but nothing more"


@pytest.mark.parametrize("broken", [_nothing, _words, lambda data: data[:2000]])
def test_what_is_no_workbook_is_refused(broken: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Refused) as caught:
        standard_of(broken(workbook_of(None)))
    assert caught.value.code == "not-a-workbook"


def test_a_workbook_of_something_else_lacks_our_sheets() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.add_worksheet("Sheet1").write("A1", "hello")
    with pytest.raises(Refused) as caught:
        standard_of(target.getvalue())
    assert caught.value.code == "sheet-missing"
    with pytest.raises(TooLarge):
        standard_of(target.getvalue() + b" " * 3_000_000)


AMOUNT = st.decimals(min_value=0, max_value=10**6, places=4, allow_nan=False)
LIMITS = st.lists(
    st.decimals(min_value="0.01", max_value=10**6, places=2), min_size=2, max_size=8, unique=True
).map(sorted)


@st.composite
def tables(draw: st.DrawFn) -> Any:
    limits = draw(LIMITS)
    values = [draw(AMOUNT) for _ in limits]
    more = draw(st.none() | AMOUNT)
    match draw(st.sampled_from(["progressive", "interpolation", "negotiation"])):
        case "progressive":
            unit = draw(st.sampled_from(["percent", "permille", "each"]))
            return Progressive(tuple(zip(limits, values, strict=True)), more, unit)
        case "interpolation":
            return Interpolation(tuple(zip(limits, sorted(values), strict=True)))
        case _:
            ends = [value + 1 for value in values]
            return Negotiation(tuple(zip(limits, values, ends, strict=True)))


@settings(max_examples=25)
@given(table=tables())
def test_any_table_comes_back_as_it_went(table: Any) -> None:
    standard = load_fee_standards()["construction-management-504"]
    kind = msgspec.structs.replace(standard.kinds["management"], table=table)
    wanted = msgspec.structs.replace(standard, kinds={"management": kind})
    assert standard_of(workbook_of(wanted)) == wanted
