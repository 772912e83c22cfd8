"""An agency at one star, in the real pages: its case, the decision, and what all then see."""

from datetime import timedelta
from pathlib import Path

from market.web import formats
from ratings.ledger.clock import add_months, local_date, now
from ratings.sanctions.actions import answer_case
from ratings.sanctions.queries import case_files
from tests.browser.visitors import Arrive
from tests.conftest import Account
from tests.contract.world import PDF
from tests.county import PACKAGE, County, eventually

REASON = "三个项目均严重超期，成果多次退回，下架整改。"
OBJECTION = "其中两次退件系规划条件调整所致，附变更通知。"
SHORTER = "两次退件确由规划调整引起，缩短为四个月。"
ORDER = "补齐两份缺页报告，建立交付前复核台账。"
MENDED = "台账已建，仍有一份报告缺页。"
ANSWER = "人员变动所致，已补充两名工程师。"


async def accused_of(county: County, score: int) -> tuple[Account, str]:
    """An agency of three engagements, and the case that the timetable opened about it."""
    agency = await county.agency()
    listing = await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, score)
    assert agency.uscc is not None

    async def opened() -> bool:
        return bool(await case_files(uscc=agency.uscc))

    await eventually(opened)
    (case,) = await case_files(uscc=agency.uscc)
    return agency, case.id


async def test_a_person_delists_and_everybody_sees_why(county: County, arrive: Arrive) -> None:
    agency, case = await accused_of(county, 40)
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
    await centre.press("Propose", status=422)
    await centre.fill(until=until)
    await centre.press("Propose")
    await centre.reads(REASON)
    await centre.sees("waits for a second person")
    await centre.looks()

    # Whoever proposed it cannot decide it; nothing has changed for the public yet.
    await public.go(f"/packages/{PACKAGE}")
    assert await listed.count() == 1
    second = await arrive((await county.second()).login)
    await second.go(f"/console/cases/{case}")
    await second.reads(REASON)
    await second.looks()
    await second.press("Delist")
    await second.reads(REASON)
    await second.looks()

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

    # The agency objects: it is back on the market, and nobody who has decided answers.
    await accused.go(f"/workspace/cases/{case}")
    await accused.fill(objection=OBJECTION)
    await accused.press("File the objection")
    await accused.reads(OBJECTION)
    await accused.sees("Nobody can answer yet")
    await accused.looks()
    await public.go(f"/packages/{PACKAGE}")
    assert await listed.count() == 1
    await public.go(f"/agencies/{agency.uscc}")
    await public.sees("A delisting of this agency is suspended")
    await public.looks()
    await second.go("/console")
    await second.sees("Objections to answer")
    await second.go(f"/console/cases/{case}")
    await second.sees("Nobody can answer yet")
    await second.looks()
    third = await arrive((await county.another()).login)
    await third.go(f"/console/cases/{case}")
    await third.reads(OBJECTION)
    await third.page.check("[name=outcome][value=changed]")
    await third.fill(until=until, answer_reason=SHORTER)
    await third.page.locator("form", has=third.page.locator("#until")).evaluate(
        "form => { form.noValidate = true }"
    )
    await third.press("Answer", status=422)
    await third.looks()
    shorter = add_months(local_date(now()), 4)
    await third.fill(until=shorter)
    await third.press("Answer")
    await third.reads(SHORTER)
    await third.looks()

    await public.go(f"/agencies/{agency.uscc}")
    await public.reads(formats.day(public.locale, shorter))
    await public.go("/decisions")
    await public.reads(SHORTER)
    assert OBJECTION not in await public.page.content()
    await public.looks()
    await accused.go(f"/workspace/cases/{case}")
    await accused.reads(SHORTER)
    await accused.sees("Ask for a review of the answer")
    await accused.looks()


async def test_two_stars_are_rectified(county: County, arrive: Arrive, tmp_path: Path) -> None:
    agency, case = await accused_of(county, 65)
    await answer_case(agency.actor(), case, ANSWER)
    second = await arrive((await county.second()).login)
    await second.go(f"/console/cases/{case}")
    await second.fill(instructions=ORDER)
    await second.press("Order")
    await second.reads(ORDER)
    await second.looks()

    accused = await arrive(agency.login)
    await accused.go("/workspace")
    await accused.reads(ORDER)
    await accused.go(f"/workspace/cases/{case}")
    await accused.fill(plan="两周内补齐。")
    await accused.press("Hand in")
    report = tmp_path / "整改报告.pdf"
    report.write_bytes(PDF)
    await accused.page.set_input_files("#file", report)
    await accused.press("Upload")
    await accused.reads(report.name)
    await accused.fill(evidence="已补齐，见附件。")
    await accused.press("Hand in")
    await accused.sees("waits for its check")
    await accused.looks()

    await second.go(f"/console/cases/{case}")
    await second.reads(report.name)
    await second.fill(check_reason=MENDED)
    await second.press("It is not rectified")
    await second.sees("What was mended, second time")
    await second.looks()
    public = await arrive()
    await public.go(f"/agencies/{agency.uscc}")
    await public.reads(ORDER)
    await public.reads(MENDED)
    await public.looks()
    await second.go("/console/cases")
    await second.sees("Open a case")
    await second.looks()
