"""The score as the feeds stand now, put in place on the pages of an agency and of its case."""

from pathlib import Path

from tests.browser.visitors import Arrive
from tests.county import County
from tests.screened import screened_ring


async def test_the_score_of_now_is_put_beside_the_one_of_the_screen(
    county: County, arrive: Arrive, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    officer, second = await arrive(county.centre.login), await arrive((await county.second()).login)
    finding, case = f"/console/screen/{ring.shell.uscc}", f"/console/shell-cases/{ring.case}"
    await officer.go(finding)
    await officer.page.wait_for_selector("#now", timeout=120_000)
    await officer.sees("No row of the evidence has changed since.")
    await officer.looks()
    await officer.go(f"{finding}/now")
    await officer.looks()

    # Two officers at one case: who comes second keeps what was typed, and is told what was done.
    await officer.go(case)
    await officer.page.select_option("select[name=owner]", county.centre.person)
    await officer.press("Give")
    await officer.page.fill("[name=desk_reason]", "三类数据一致")
    await officer.page.check("[name=desk][value=go-on]")
    await second.go(case)
    await second.page.select_option("select[name=owner]", county.centre.person)
    await second.press("Give")
    await officer.page.get_by_role("button", name=officer.says("Record the desk check")).click()
    await officer.sees("Since you opened the page")
    assert await officer.page.input_value("[name=desk_reason]") == "三类数据一致"
    await officer.looks()

    # The agency itself, on its own page of the case.
    own = await arrive(ring.shell.login)
    await own.go(f"/workspace/shell-cases/{ring.case}")
    await own.page.wait_for_selector("#now", timeout=120_000)
    await own.sees("No row of the evidence has changed since.")
    await own.looks()
    await own.go(f"/workspace/shell-cases/{ring.case}/now")
    await own.looks()
