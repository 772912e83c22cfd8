"""A file of items becomes a draft: what went out comes in again, and a wrong line is named."""

import io
import json
import re
import struct
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.county_ranges import proposals
from market.catalogue.edition_queries import draft_items
from market.catalogue.editions import Change, apply_changes
from market.catalogue.items import Item, load_items
from market.catalogue.package_queries import draft
from market.catalogue.queries import items
from market.catalogue.standards import load_fee_standards
from market.oversight.catalogue_files import BadCell, Row, read_rows
from market.oversight.item_files import change_of
from market.oversight.sheets import as_workbook, exact, text_cell, workbook_cell
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Refused
from tests.county import County, picture

FIELDS = Item.__struct_fields__
WHY = "按市级清单调整"
FORMS = ("xlsx", "csv", "json")


def _file(found: list[Item], form: str) -> bytes:
    """The items as they are exported."""
    if form == "json":
        return msgspec.json.encode(found)
    if form == "xlsx":
        cells = [[workbook_cell(getattr(one, name)) for name in FIELDS] for one in found]
        return as_workbook([("fields", ("sheet",), [["items"]]), ("items", FIELDS, cells)])
    page = io.StringIO(newline="")
    import csv

    writer = csv.writer(page, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for one in found:
        writer.writerow([exact(name, getattr(one, name)) for name in FIELDS])
    return page.getvalue().encode("utf-8-sig")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_exported_says_nothing_new(form: Any) -> None:
    known = load_items()
    rows = read_rows(_file(list(known.values()), form), form, Item, "items")
    assert len(rows) == len(known)
    assert [change_of(row, known, WHY) for row in rows] == [None] * len(known)


@given(
    st.sampled_from(FORMS),
    st.integers(1, 999),
    st.text("甲乙丙=+-@'\" /;,\n1", min_size=1, max_size=30).map(str.strip).filter(bool),
)
def test_a_changed_field_comes_back_as_it_was_written(form: Any, days: int, note: str) -> None:
    known = load_items()
    changed = msgspec.structs.replace(known["02"], working_days=days, note_zh=note)
    (row,) = read_rows(_file([changed], form), form, Item, "items")
    change = change_of(row, known, WHY)
    expected = {
        name: getattr(changed, name)
        for name in ("working_days", "note_zh")
        if getattr(changed, name) != getattr(known["02"], name)
    }
    if not expected:
        assert change is None
    else:
        assert change == Change(kind="amend", code="02", reason_zh=WHY, fields=expected)
        assert apply_changes(known, [change], load_fee_standards())["02"] == changed


def test_a_number_that_lost_its_nought_is_the_item_still() -> None:
    book = io.BytesIO()
    workbook = xlsxwriter.Workbook(book)
    sheet = workbook.add_worksheet("items")
    sheet.write_row(0, 0, ["code", "working_days"])
    sheet.write_row(1, 0, [2, 18])
    workbook.close()
    (row,) = read_rows(book.getvalue(), "xlsx", Item, "items")
    change = change_of(row, load_items(), WHY)
    assert change is not None
    assert (change.kind, change.code, change.fields) == ("amend", "02", {"working_days": 18})


def test_acts_on_the_state_of_an_item_are_read_from_its_columns() -> None:
    known = load_items()
    ended = {"code": "02", "active": False, "withdrawn_reason_zh": "并入03", "ended": "merged"}
    merge = change_of(Row(1, {**ended, "successor": "03"}), known, WHY)
    assert merge is not None
    assert (merge.kind, merge.successor, merge.reason_zh) == ("merge", "03", "并入03")
    gone = next(one for one in known.values() if not one.active)
    restore = change_of(Row(1, {"code": gone.code, "active": "true"}), known, WHY)
    assert restore is not None
    assert restore.kind == "restore"


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"code": ""}, "code", "import-code-missing"),
        ({"code": "02", "working_days": "二十"}, "working_days", "import-cell"),
        ({"code": "02", "kind": "optional"}, "kind", "import-cell"),
        ({"code": "02", "legal_basis": "[{"}, "legal_basis", "import-cell"),
        ({"code": "02", "active": "false"}, "withdrawn_reason_zh", "import-reason-missing"),
    ],
)
def test_a_wrong_cell_is_named(cells: dict[str, Any], column: str, code: str) -> None:
    with pytest.raises(BadCell) as caught:
        change_of(Row(7, cells), load_items(), WHY)
    assert (caught.value.column, caught.value.error.code) == (column, code)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "data", [b"", b"\x00\xff\xfe", b"PK\x03\x04nothing", b'{"a": 1}', b"[" * 9999]
)
def test_what_is_no_such_file_is_refused(form: Any, data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_rows(data, form, Item, "items")
    assert caught.value.code.startswith("import-")


async def _send(
    client: httpx.AsyncClient, form: str, content: bytes, part: str = "items", **query: str
) -> httpx.Response:
    name = f"{part}.{form}"
    asked = {"title_zh": "清单 2.1", "note_zh": WHY, **query}
    path = "/api/v1/catalogue-imports"
    return await client.post(path, params=asked, files={name: (name, content)})


def _inflated(workbook: bytes, letters: int, *, told: int | None = None) -> bytes:
    """The same workbook whose first sheet has one more cell of so many letters; with `told` the
    archive says that the sheet has so many bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                cell = b'<c r="A99" t="inlineStr"><is><t>' + b"a" * letters + b"</t></is></c>"
                end = b"</sheetData>"
                content = content.replace(end, b'<row r="99">' + cell + b"</row>" + end)
                size = struct.pack("<I", len(content))
            new.writestr(part, content, zipfile.ZIP_DEFLATED)
    packed = out.getvalue()
    return packed if told is None else packed.replace(size, struct.pack("<I", told))


@pytest.mark.parametrize(
    ("letters", "told", "code"),
    [
        (60_000_000, None, "import-too-large"),
        (60_000_000, 5_000, "import-unreadable"),
        (1, None, ""),
    ],
    ids=["bomb", "bomb that says it is small", "harmless"],
)
def test_a_bomb_stays_shut(letters: int, told: int | None, code: str) -> None:
    bomb = _inflated(as_workbook([("items", ("code",), [[text_cell("A")]])]), letters, told=told)
    assert len(bomb) < 1_000_000
    if not code:
        assert len(read_rows(bomb, "xlsx", Item, "items")) == 2
        return
    with pytest.raises(Refused) as refusal:
        read_rows(bomb, "xlsx", Item, "items")
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "cell",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r = '1048576' >" + "<c/>" * 500 + "<c><v>1</v></c></row>",
        "<row/>" * 200_000 + '<row><c/><c r="XFD200001"><v>1</v></c></row>',
    ],
    ids=["named", "counted across", "counted down"],
)
def test_a_cell_far_away_does_not_end_the_process(cell: str) -> None:
    """Its reader would ask for room for every cell between, and abort without it."""
    packed = as_workbook([("items", ("code",), [[text_cell("A")]])])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part).replace(b"</sheetData>", cell.encode() + b"</sheetData>")
            new.writestr(part, content, zipfile.ZIP_DEFLATED)
    with pytest.raises(Refused) as refusal:
        read_rows(out.getvalue(), "xlsx", Item, "items")
    assert refusal.value.code == "workbook-sprawls"


def test_a_damaged_or_locked_workbook_is_refused() -> None:
    packed = as_workbook([("items", ("code",), [[text_cell("A")]])])
    with zipfile.ZipFile(io.BytesIO(packed)) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
    body = part.header_offset + 30 + len(part.filename)
    damaged = packed[:body] + b"\xff" * 40 + packed[body + 40 :]
    # The lowest bit of the flags of each part says that it is encrypted.
    locked = re.sub(b"(PK\x01\x02.{4}).", b"\\g<1>\x01", packed, flags=re.DOTALL)
    for broken in (damaged, locked):
        with pytest.raises(Refused) as refusal:
            read_rows(broken, "xlsx", Item, "items")
        assert refusal.value.code == "import-unreadable"


async def test_an_import_is_a_draft_and_bad_lines_stop_all_of_it(county: County) -> None:
    client = county.centre.client
    lines = [
        {"code": "02", "working_days": 18, "days_basis": "promised"},
        {"code": "03", "working_days": 0},
        {"code": "04", "kind": "whatever"},
        {"code": "05", "name_zh": ""},
    ]
    content = json.dumps(lines).encode()
    before = await picture()
    answer = await _send(client, "json", content)
    assert (answer.status_code, answer.json()["code"]) == (422, "import-refused")
    assert [one["pointer"] for one in answer.json()["errors"]] == [
        "/2/working_days",
        "/3/kind",
        "/4/name_zh",
    ]
    assert await picture() == before

    known = {one.code: one for one in await items()}
    answer = await _send(client, "json", content, leave_out_bad="true")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["changes"], made["unchanged"]) == (1, 0)
    assert [one["row"] for one in made["left_out"]] == [2, 3, 4]
    assert {one.code: one for one in await items()} == known, "the list itself is as it was"
    drafted = await draft_items(made["edition"])
    assert (drafted["02"].working_days, drafted["02"].days_basis) == (18, "promised")


async def test_a_file_that_says_nothing_new_leaves_no_draft(county: County) -> None:
    before = await picture()
    content = _file(await items(), "xlsx")
    answer = await _send(county.centre.client, "xlsx", content)
    assert (answer.status_code, answer.json()["code"]) == (422, "import-nothing-new")
    wrong = await county.centre.client.post(
        "/api/v1/catalogue-imports",
        params={"title_zh": "题", "note_zh": WHY},
        files={"items.exe": ("items.exe", b"MZ")},
    )
    assert (wrong.status_code, wrong.json()["code"]) == (400, "import-name")
    assert await picture() == before


def test_text_cells_of_a_workbook_are_never_formulas() -> None:
    assert workbook_cell("=1+1") == "=1+1"
    assert text_cell("=1+1") == "'=1+1"
    data = as_workbook([("items", ("code", "note_zh"), [["02", "=1+1"]])])
    (row,) = read_rows(data, "xlsx", Item, "items")
    assert row.cells == {"code": "02", "note_zh": "=1+1"}


async def test_the_page_names_every_wrong_cell_and_leads_to_the_draft(county: County) -> None:
    page = county.centre.browser
    path = "/console/catalogue-imports"
    form = {"part": "items", "title_zh": "清单 2.1", "note_zh": WHY}

    async def send(name: str, content: bytes, **more: str) -> httpx.Response:
        return await page.post(
            f"{path}/file", data={**form, **more}, files={"file": (name, content)}
        )

    content = "code,working_days\r\n02,18\r\n03,二十\r\n".encode()
    refused = await send("清单.csv", content)
    assert refused.status_code == 422
    assert "working_days" in refused.text
    assert (await send("清单.exe", content)).status_code == 422
    assert (await page.post(f"{path}/file", data=form)).status_code == 422
    made = await send("清单.csv", content, leave_out_bad="on")
    assert made.status_code == 200
    assert 'href="/console/editions/' in made.text
    assert "working_days" in made.text


async def _exported(county: County, part: str, form: str) -> bytes:
    """What the open data has of a part today."""
    name = "catalogue" if form == "xlsx" else part
    return (await county.centre.client.get(f"/api/v1/exports/{name}.{form}")).content


@pytest.mark.parametrize("part", ["packages", "county-ranges"])
@pytest.mark.parametrize("form", FORMS)
async def test_what_went_out_comes_in_as_nothing_new(county: County, part: str, form: str) -> None:
    before = await picture()
    content = await _exported(county, part, form)
    answer = await _send(county.centre.client, form, content, part)
    assert (answer.status_code, answer.json()["code"]) == (422, "import-nothing-new")
    assert await picture() == before


async def test_packages_come_in_as_drafts_or_not_at_all(county: County) -> None:
    client = county.centre.client
    lines = json.loads(await _exported(county, "packages", "json"))
    design, review = (next(one for one in lines if one["code"] == c) for c in ("design", "review"))
    design["record"]["discount_percent"] = "5"
    review["name_zh"] = "评审组合"
    unknown = {"code": "new", "record": {"code": "new", "items": ["99"]}}
    content = json.dumps([*lines, unknown]).encode()
    before = await picture()
    answer = await _send(client, "json", content, "packages")
    assert answer.status_code == 422
    wrong = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert wrong == {
        (f"/{lines.index(review) + 1}/name_zh", "import-record-differs"),
        (f"/{len(lines) + 1}/record", "import-record"),
    }
    assert await picture() == before

    answer = await _send(client, "json", content, "packages", leave_out_bad="true")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["part"], made["edition"], made["changes"]) == ("packages", None, 1)
    assert made["unchanged"] == len(lines) - 2
    drafted = await draft("design")
    assert drafted is not None
    assert (drafted.record.discount_percent, drafted.reason) == (Decimal(5), WHY)
    # A second file does not write over the draft that somebody may be reading.
    again = await _send(client, "json", json.dumps([design]).encode(), "packages")
    assert again.json()["errors"][0]["code"] == "package-draft-open"


async def test_ranges_come_in_as_proposals(county: County) -> None:
    client = county.centre.client
    known = json.loads(await _exported(county, "county-ranges", "json"))[0]
    day, later = ((local_date(now()) + timedelta(days=n)).isoformat() for n in (10, 11))
    head = "item,size_class,low_fen,high_fen,set_on,reason"

    def file(*lines: str) -> bytes:
        return "\r\n".join((head, *lines)).encode()

    named = f"{known['item']},{known['size_class']}"
    good = f"{named},{known['low_fen']},{known['high_fen'] + 100},{day},"
    bad = [
        f"{named},9,5,{later},",
        f"{named},,5,{day},",
        f"{known['item']},vast,1,5,{day},",
        f"{named},1,5,{known['set_on']},",
        good,
    ]
    before = await picture()
    answer = await _send(client, "csv", file(good, *bad), "county-ranges")
    found = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert [pointer for pointer, _ in found] == [
        "/3",
        "/4/low_fen",
        "/5/size_class",
        "/6",
        "/7/item",
    ]
    assert await picture() == before
    answer = await _send(client, "csv", file(good), "county-ranges")
    assert answer.status_code == 201, answer.text
    (proposal,) = await proposals(local_date(now()), state="proposed")
    assert (proposal.item, proposal.high_fen, proposal.reason) == (
        known["item"],
        known["high_fen"] + 100,
        WHY,
    )


async def test_the_page_takes_packages_too(county: County) -> None:
    page = county.centre.browser
    lines = json.loads(await _exported(county, "packages", "json"))
    lines[0]["record"]["discount_percent"] = "3"
    content = json.dumps(lines[:1]).encode()
    form = {"part": "packages", "note_zh": WHY}
    answer = await page.post(
        "/console/catalogue-imports/file", data=form, files={"file": ("套餐.json", content)}
    )
    assert answer.status_code == 200
    assert 'href="/console/packages"' in answer.text
