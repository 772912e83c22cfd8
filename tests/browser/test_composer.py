"""Two people of the centre compose a package in view of its days and fees."""

import re

from playwright.async_api import Browser, expect

from market.catalogue.queries import package
from tests.browser.visitors import Arrive
from tests.conftest import PASSWORD
from tests.county import County

CODE = "as-built-survey"
HERE = f"/console/composer?code={CODE}"


async def test_a_package_from_the_bench_to_its_version(county: County, arrive: Arrive) -> None:
    second = await county.second()
    drafter = await arrive(county.centre.login)
    page = drafter.page
    await drafter.go("/console/packages")
    await drafter.looks()
    await drafter.go(HERE)
    await drafter.looks()
    before = await page.locator("#preview .range").inner_text()

    # Live: the preview follows what is changed, and the rest of the page stays.
    days = page.locator("#preview .card__head span")
    await expect(days).to_have_text(
        drafter.says("{count} working days along the critical path", count=10)
    )
    async with page.expect_response(lambda one: one.request.method == "POST"):
        await page.fill("[name=waits-41]", "39 40")
        await page.press("[name=waits-41]", "Tab")
    await expect(days).to_have_text(
        drafter.says("{count} working days along the critical path", count=17)
    )
    await page.fill("[name=discount]", "10")
    await page.press("[name=discount]", "Tab")
    await expect(page.locator("#preview")).to_contain_text(
        drafter.says("Bundle discount, {percent} %", percent=10)
    )
    assert await page.locator("#preview .range").inner_text() != before

    # What an item is priced by is chosen; a pitfall that lacks its source is marked at its field.
    await page.click(f"text={drafter.says('By what each item is priced')}")
    priced = await page.locator("#preview").inner_text()
    async with page.expect_response(lambda one: one.request.method == "POST"):
        await page.select_option("[name=fee-41]", "county")
    await expect(page.locator("#preview")).not_to_have_text(priced)
    await page.select_option("[name=fee-41]", "")
    await page.locator("summary", has_text=drafter.says("Pitfalls to avoid")).click()
    at = await page.locator("[name^=pitfalls-][name$=-zh]:not([name*=source])").count() - 1
    await page.fill(f"[name=pitfalls-{at}-zh]", "测绘成果须经核实")
    await page.fill(f"[name=pitfalls-{at}-en]", "Survey results are verified first.")
    await page.fill("[name=reason]", "房产测绘须用核实成果")
    await drafter.press("Save as a draft", status=422)
    await expect(page.locator(f"#pitfalls-{at}-source_zh-error")).to_be_visible()
    await drafter.looks()
    await page.fill(f"[name=pitfalls-{at}-source_zh]", "本县自行规定")
    await page.fill(f"[name=pitfalls-{at}-source_en]", "the county's own rule")

    # A circle is named, live and when it is saved nevertheless.
    await page.fill("[name=waits-39]", "41")
    await page.press("[name=waits-39]", "Tab")
    await expect(page.locator("#preview")).to_contain_text("39 → 41")
    await page.fill("[name=reason]", "房产测绘须用核实成果")
    await drafter.press("Save as a draft", status=422)
    await drafter.looks()
    await page.fill("[name=waits-39]", "")
    await drafter.press("Preview")
    await drafter.press("Save as a draft")
    await drafter.sees("You have written in this draft: somebody else of the centre adopts it.")
    await drafter.looks()

    adopter = await arrive(second.login)
    await adopter.go(HERE)
    await adopter.reads("房产测绘须用核实成果")
    # Meanwhile the draft is written once more: what would be adopted is not what was read.
    await page.fill("[name=discount]", "8")
    await drafter.press("Save as a draft")
    await adopter.press("Adopt this version", status=412)
    await adopter.press("Adopt this version")
    await adopter.sees("Version {number}", number=2)
    await adopter.looks()
    found = await package(CODE)
    assert (found.number, found.working_days) == (2, 17)
    assert str(found.record.discount_percent) == "8"

    reader = await arrive()
    await reader.go(f"/packages/{CODE}")
    await reader.sees("Bundle discount, {percent} %", percent=8)
    own = re.compile("本县自行规定|the county's own rule")
    await expect(reader.page.locator("main")).to_contain_text(own)
    await reader.looks()
    await reader.go(f"/packages/{CODE}/versions/1")
    await reader.looks()
    await reader.go("/packages/review?option-13=yes")
    await reader.sees("Who may not be chosen")
    await reader.looks()


async def test_the_bench_without_javascript(county: County, chromium: Browser, origin: str) -> None:
    """The preview button does what the live preview does."""
    context = await chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{origin}/sign-in")
    await page.fill("#login", county.centre.login)
    await page.fill("[name=password]", PASSWORD)
    await page.locator("form", has=page.locator("#login")).get_by_role("button").click()
    await page.goto(origin + HERE)
    await page.fill("[name=waits-41]", "39 40")
    await page.get_by_role("button", name="Preview", exact=True).click()
    await expect(page.locator("#preview")).to_contain_text("17 working days")
    await context.close()
