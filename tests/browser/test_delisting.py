"""An agency at one star, in the real pages: its case, the decision, and what all then see."""

from datetime import timedelta

from market.web import formats
from ratings.ledger.clock import add_months, local_date, now
from ratings.sanctions.queries import case_files
from tests.browser.visitors import Arrive
from tests.conftest import Account
from tests.county import PACKAGE, County, eventually

REASON = "三个项目均严重超期，成果多次退回，下架整改。"
ANSWER = "人员变动所致，已补充两名工程师。"


async def one_star(county: County) -> tuple[Account, str]:
    """An agency of three bad engagements, and the case that the timetable opened about it."""
    agency = await county.agency()
    listing = await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, 40)
    assert agency.uscc is not None

    async def opened() -> bool:
        return bool(await case_files(uscc=agency.uscc))

    await eventually(opened)
    (case,) = await case_files(uscc=agency.uscc)
    return agency, case.id


async def test_a_person_delists_and_everybody_sees_why(county: County, arrive: Arrive) -> None:
    agency, case = await one_star(county)
    public = await arrive()
    await public.go(f"/packages/{PACKAGE}")
    listed = public.page.locator(f'#agencies a[href="/agencies/{agency.uscc}"]')
    assert await listed.count() == 1
    await public.looks()

    accused = await arrive(agency.login)
    await accused.looks()
    await accused.go(f"/workspace/cases/{case}")
    await accused.looks()
    await accused.fill(answer=ANSWER)
    await accused.press("Send the answer")
    await accused.reads(ANSWER)

    centre = await arrive(county.centre.login)
    await centre.go("/console/cases")
    await centre.looks()
    await centre.go(f"/console/cases/{case}")
    await centre.reads(ANSWER)
    await centre.looks()
    until = add_months(local_date(now()), 6)
    await centre.page.check("[name=severity][value=ordinary]")
    await centre.fill(until=until + timedelta(days=3650), delist_reason=REASON)
    await centre.page.locator("form", has=centre.page.locator("#until")).evaluate(
        "form => { form.noValidate = true }"
    )
    await centre.press("Delist", status=422)
    await centre.fill(until=until)
    await centre.press("Delist")
    await centre.reads(REASON)
    await centre.looks()

    await public.go(f"/packages/{PACKAGE}")
    assert await listed.count() == 0
    await public.go(f"/agencies/{agency.uscc}")
    await public.sees("Delisted: this agency may not sell at present")
    await public.reads(REASON)
    await public.reads(formats.day(public.locale, until))
    await public.looks()
    await public.go("/decisions")
    await public.reads(REASON)
    await public.looks()
    await accused.go("/workspace")
    await accused.reads(REASON)
    await accused.looks()
