"""A department writes a guide, the centre reviews it, and an enterprise takes it home on paper."""

import asyncio
import io
from pathlib import Path

from pypdf import PdfReader

from tests.browser.visitors import Arrive, Visitor, a_file
from tests.colleagues import colleague
from tests.contract.world import PDF
from tests.county import County

ITEM = "07"
_DESK = f"/workspace/guides/{ITEM}"


async def _write(visitor: Visitor) -> None:
    """Scope, one material and one step, by the department's own word."""
    await visitor.fill(
        scope__text_zh="本县范围内的固定资产投资项目",
        scope__text_en="Fixed-asset investment projects within the county",
        materials__0__name_zh="项目基本情况表",
        materials__0__name_en="Sheet on the project",
        materials__0__note_zh="一份，加盖公章",
        materials__0__note_en="one copy, with the seal",
        steps__0__text_zh="业主与中介机构签订合同",
    )
    await visitor.page.select_option("[name=scope-mark]", "department")


async def _downloaded(visitor: Visitor, link: str) -> tuple[str, bytes]:
    async with visitor.page.expect_download() as coming:
        await visitor.page.locator("main").get_by_role("link", name=link).first.click()
    download = await coming.value
    content = await asyncio.to_thread(Path(await download.path()).read_bytes)
    return download.suggested_filename, content


async def test_a_guide_from_the_draft_to_the_paper(county: County, arrive: Arrive) -> None:
    other = await colleague(county.app, county.supervisor)
    async with other.client, other.browser:
        late = await arrive(other.login)
    await late.go(_DESK)
    office = await arrive(county.supervisor.login)
    await office.go("/workspace")
    await office.follow(office.says("Our service guides"))
    await office.sees("Items of your department")
    await office.looks()
    await office.follow(ITEM)
    await _write(office)
    await office.press("Save the draft")
    await office.sees("The draft is saved.")

    # A colleague who had opened the page before is told, and loses nothing that was typed.
    await late.fill(scope__text_zh="全县")
    await late.press("Save the draft", status=412)
    await late.sees("What your text would change in what a colleague has saved")
    assert await late.page.input_value("[name=scope-text_zh]") == "全县"
    await late.looks()

    await office.page.set_input_files("[name=file]", a_file("情况表.pdf", PDF))
    name = office.either("项目基本情况表", "Sheet on the project")
    await office.press("Upload", name)
    await office.reads("情况表.pdf")
    await office.press("Save and submit for review", status=422)
    await office.sees("Please fill this in.")
    await office.looks()
    await office.fill(steps__0__text_en="The owner signs a contract with the agency")
    await office.press("Save and submit for review")
    await office.sees(
        "This draft waits for the review of the centre. To change it, take it back first."
    )
    await office.looks()

    centre = await arrive(county.centre.login)
    await centre.go("/console/guides")
    await centre.looks()
    await centre.follow(ITEM)
    await centre.page.locator("summary").click()
    await centre.fill(reason="请补充成果标准")
    await centre.looks()
    await centre.press("Return the draft")

    await office.go(_DESK)
    await office.reads("请补充成果标准")
    await office.fill(standard__text_zh="编制导则", standard__text_en="The guideline")
    await office.page.select_option("[name=standard-mark]", "department")
    await office.press("Save and submit for review")
    await centre.go(f"/console/guides/{ITEM}")
    await centre.reads("编制导则")
    await centre.press("Publish the guide")
    await centre.sees("The guide is published.")

    enterprise = await arrive(county.enterprise.login)
    await enterprise.go(f"/items/{ITEM}")
    await enterprise.follow(enterprise.says("Open the guide"))
    await enterprise.reads(name)
    await enterprise.looks()
    assert await _downloaded(enterprise, "情况表.pdf") == ("情况表.pdf", PDF)
    filename, content = await _downloaded(enterprise, enterprise.says("Print as PDF"))
    assert filename.endswith(".pdf")
    assert ITEM in filename
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    plain = "".join(paper.split())
    for said in (
        enterprise.either("编制导则", "The guideline"),
        name,
        enterprise.says("County range"),
        enterprise.says("Our proposal"),
        "情况表.pdf",
    ):
        assert "".join(said.split()) in plain, said
    nothing_known = await arrive()
    await nothing_known.go("/guides/34")
    await nothing_known.sees("Not collected yet")
    _, content = await _downloaded(nothing_known, nothing_known.says("Print as PDF"))
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert paper.count(nothing_known.says("Not collected yet")) >= 5
    await enterprise.go(f"/guides/{ITEM}/versions/2")
    await enterprise.sees("What it changed in the version before")
    await enterprise.looks()
    await enterprise.go(f"/guides/{ITEM}/versions/1")
    await enterprise.sees("This version is not in force any more.")
    await enterprise.go("/guides")
    await enterprise.looks()
