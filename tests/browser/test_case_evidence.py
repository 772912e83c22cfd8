"""What would lift a flag and who is tied to whom, in the real pages of a shell case."""

from pathlib import Path

from tests.browser.visitors import Arrive
from tests.county import County
from tests.screened import screened_ring


async def test_both_sides_read_what_would_change_it(
    county: County, arrive: Arrive, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    for login, page in (
        (county.centre.login, f"/console/shell-cases/{ring.case}"),
        (ring.shell.login, f"/workspace/shell-cases/{ring.case}"),
    ):
        person = await arrive(login)
        await person.go(page)
        await person.sees("Evidence, row by row")
        await person.sees("What each source said")
        await person.sees("The shortest ways to lift the flag")
        await person.sees("Shared by all of them")
        await person.reads(ring.other.uscc or "")
        await person.page.locator("#change summary").click()
        await person.sees("If this were answered")
        before = await person.page.locator("svg.ties").bounding_box()
        await person.follow(person.says("Larger"))
        after = await person.page.locator("svg.ties").bounding_box()
        assert before is not None
        assert after is not None
        assert after["width"] > before["width"] * 1.4
        await person.page.locator("#change summary").click()
        await person.looks()
