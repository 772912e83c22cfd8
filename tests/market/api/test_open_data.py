"""The catalogue as files: every format says the same, and a program learns what the fields are."""

import csv
import io
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from market.catalogue.queries import items, packages
from market.oversight.sheets import BYTE_ORDER_MARK, plain
from tests.conftest import program
from tests.county import County

PARTS = ("items", "packages", "fee-standards", "county-ranges")


@pytest.fixture
async def nobody(county: County) -> Any:
    async with program(county.app) as client:
        yield client


async def _csv(client: httpx.AsyncClient, name: str) -> list[dict[str, str]]:
    answer = await client.get(f"/api/v1/exports/{name}.csv")
    assert answer.status_code == 200, answer.text
    text = answer.content.decode().removeprefix(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def _json(client: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/exports/{name}.json")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


async def test_three_formats_say_the_same(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/api/v1/exports/catalogue.xlsx")
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == ["fields", *PARTS]
    for part in PARTS:
        rows, lines = await _json(nobody, part), await _csv(nobody, part)
        head, *cells = book.get_sheet_by_name(part).to_python()
        assert len(rows) == len(lines) == len(cells) > 0
        for row, line, cell in zip(rows, lines, cells, strict=True):
            assert list(row) == list(line) == head
            for name, shown in zip(head, cell, strict=True):
                if isinstance(row[name], str) and not name.endswith("_at"):
                    assert plain(line[name]) == row[name] == shown, (part, name)
                elif isinstance(row[name], int) and not isinstance(row[name], bool):
                    assert float(line[name]) == row[name] == shown, (part, name)
    assert len(await _json(nobody, "items")) == len(await items())
    assert [one["code"] for one in await _json(nobody, "packages")] == [
        one.code for one in await packages()
    ]


async def test_a_code_keeps_its_noughts_in_the_workbook(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get("/api/v1/exports/catalogue.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    _, first, *_ = book.get_sheet_by_name("items").to_python()
    assert first[0] == "01"


async def test_the_datapackage_explains_every_column_of_every_file(
    nobody: httpx.AsyncClient,
) -> None:
    described = (await nobody.get("/api/v1/exports/datapackage.json")).json()
    for resource in described["resources"]:
        answer = await nobody.get(f"/api/v1/exports/{resource['path']}")
        assert answer.status_code == 200
        head = next(csv.reader(io.StringIO(answer.content.decode().removeprefix(BYTE_ORDER_MARK))))
        assert head == [field["name"] for field in resource["schema"]["fields"]]
        for field in resource["schema"]["fields"]:
            assert field["description"], (resource["name"], field["name"])
            assert field["type"] in ("string", "integer", "number", "boolean", "date", "datetime")


async def test_the_national_exchange_names_every_item_of_every_engagement(county: County) -> None:
    agency = await county.agency()
    engagement = await county.delivered(agency, await county.listing(agency))
    rows = await _json(county.centre.client, "national-exchange")
    items_of = (await packages())[0].items
    assert [row["zjfwsxbm"] for row in rows] == [one.code for one in items_of]
    assert [row["zjfwsxmc"] for row in rows] == [one.name_zh for one in items_of]
    shown = (await county.centre.client.get(f"/api/v1/engagements/{engagement}")).json()
    for row in rows:
        assert (row["zjjgdm"], row["wtr"]) == (agency.uscc, shown["owner_name"])
        assert row["zjfwsxslbm"] == f"{shown['number']}-{row['zjfwsxbm']}"
        assert row["xmdm"] == row["dybzzjfwsxbm"] == row["spsxslbm"] == ""
    assert [line["lsh"] for line in await _csv(county.centre.client, "national-exchange")] == [
        str(number) for number in range(1, len(rows) + 1)
    ]
