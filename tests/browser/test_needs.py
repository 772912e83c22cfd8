"""A stranger asks what a project needs, corrects an answer, and takes the result home on paper."""

import asyncio
import io
from pathlib import Path

from playwright.async_api import Browser
from pypdf import PdfReader

from tests.browser.visitors import Arrive, visiting
from tests.county import County


async def test_what_a_project_needs(
    county: County, arrive: Arrive, chromium: Browser, origin: str
) -> None:
    visitor = await arrive()
    await visitor.go("/")
    await visitor.follow(visitor.says("I want to build …"))
    await visitor.sees("Nothing is answered yet")
    await visitor.looks()

    # Machines in a hall that stands: item 07 is needed, and its review may be.
    await visitor.fill(investment_wan="many")
    await visitor.page.select_option("[name=works]", "none")
    await visitor.page.select_option("[name=energy_review]", "yes")
    await visitor.press("What does it need?")
    await visitor.sees("This is not a number.")
    assert await visitor.page.input_value("[name=works]") == "none"
    await visitor.looks()
    await visitor.fill(investment_wan="500")
    await visitor.page.select_option("[name=project_type]", "filed")
    await visitor.page.select_option("[name=eia_document]", "none")
    await visitor.press("What does it need?")
    needed = visitor.page.locator("section", has=visitor.page.locator("#needed"))
    shown = await needed.inner_text()
    assert visitor.either("节约能源法第十五条", "Energy Conservation Law, art. 15") in shown
    assert visitor.either("1.50 万元 – 3.00 万元", "¥15,000 – ¥30,000") in shown
    assert visitor.says("Published") in shown
    sums = visitor.page.locator("section", has=visitor.page.locator("#sum-needed"))
    words = await sums.inner_text()
    assert "15" in words
    assert visitor.says("Invented for the demonstration") in words
    possible = visitor.page.locator("section", has=visitor.page.locator("#possible"))
    road = visitor.either("是否跨越、穿越或者占用公路？", "Does it cross or occupy a road?")
    assert visitor.says("Not answered: {questions}.", questions=f"“{road}”") in (
        await possible.inner_text()
    )
    await visitor.page.locator("#rest ~ span").wait_for()
    await visitor.looks()

    # The same address gives the same, on another day's browser that runs no script.
    address = visitor.page.url.removeprefix(origin).split("#")[0]
    plain = visiting(chromium, origin, visitor.locale, java_script_enabled=False)
    async with plain as other:
        await other.go(address)
        await other.reads(shown.splitlines()[0])
        await other.follow(other.says("Estimate for these figures"))
        assert await other.page.input_value("[name=investment_wan]") == "500"

    async with visitor.page.expect_download() as coming:
        await visitor.page.get_by_role("link", name=visitor.says("Print as PDF")).click()
    download = await coming.value
    assert download.suggested_filename == visitor.says("What the project needs") + ".pdf"
    content = await asyncio.to_thread(Path(await download.path()).read_bytes)
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    flat = "".join(paper.split())
    for said in (
        visitor.either("节约能源法第十五条", "Energy Conservation Law, art. 15"),
        visitor.either("1.50万元", "¥15,000"),
        visitor.says("The item is not on the list in force."),
        visitor.says("Has besides what is not needed: {items}", items=""),
        road,
    ):
        assert "".join(said.split()) in flat, said
