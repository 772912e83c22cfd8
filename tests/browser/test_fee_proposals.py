"""A fee standard changed in the real pages: the workbook, its faults, the curve, two people."""

import asyncio
from datetime import date, timedelta

from playwright.async_api import expect

from market.catalogue.sheet_columns import BANDS, STANDARD
from market.web import formats
from ratings.ledger.clock import local_date, now
from tests.browser.visitors import Arrive, Visitor
from tests.county import County
from tests.market.catalogue.test_standard_sheets import changed

REASON = "县发改局调查：方案编制费普遍下降三成"


async def _workbook(visitor: Visitor) -> bytes:
    """The standard in force, downloaded with the form of the page."""
    await visitor.page.select_option("#code", "soil-water-22")
    async with visitor.page.expect_download() as download:
        await visitor.page.get_by_role("button", name=visitor.says("Download")).click()
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_bytes)


async def _upload(visitor: Visitor, data: bytes, *, status: int = 200) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    await visitor.page.set_input_files(
        "#file", {"name": "标准.xlsx", "mimeType": kind, "buffer": data}
    )
    await visitor.press("Upload", status=status)


def _halved(data: bytes, begins: date, first: str) -> bytes:
    """The plan's dearest points at less, from a day; `first` is the fee of the first point."""
    cells = {(STANDARD, "C8"): begins.isoformat(), (BANDS, "E2"): first}
    return changed(data, cells | {(BANDS, "E3"): "26", (BANDS, "E4"): "36"})


async def test_a_department_proposes_and_the_centre_adopts(county: County, arrive: Arrive) -> None:
    await county.listing(await county.agency())
    begins = local_date(now()) + timedelta(days=30)
    department = await arrive(county.supervisor.login)
    await department.go("/fee-proposals")
    await department.looks()
    data = await _workbook(department)

    await _upload(department, _halved(data, begins, "40"), status=422)
    await department.reads("E3")
    await department.sees(
        "The fee falls although the figure rises. Look at this cell and the one above it."
    )
    await department.looks()

    await _upload(department, _halved(data, begins, "15"))
    await expect(department.page.locator("svg .curve__old")).to_have_count(2)
    await department.sees("above the range")
    await department.looks()
    await department.fill(reason=REASON)
    await department.press("Submit to the centre")
    await department.sees("Waits for a decision")
    address = department.page.url

    centre = await arrive(county.centre.login)
    await centre.go("/fee-proposals")
    await centre.looks()
    await centre.page.goto(address)
    await centre.reads(REASON)
    await centre.looks()
    await centre.fill(reason="与文件原文核对无误")
    await centre.press("Adopt")
    await centre.sees("Adopted")

    public = await arrive()
    asked = "/fees/soil-water-22?kind=plan&figure=10000"
    await public.go(asked)
    await public.reads(formats.yuan(public.locale, 52_000_000))
    await public.looks()
    await public.go(f"{asked}&as_of={begins.isoformat()}")
    await public.reads(formats.yuan(public.locale, 26_000_000))
