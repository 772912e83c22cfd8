"""A repair in the real pages: applied for, refused with a reason, asked for again and granted."""

from ratings.ledger.clock import local_date, now
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Cap
from ratings.stars.feedback import Severity as EventSeverity
from tests.browser.visitors import Arrive
from tests.county import County

DOCUMENT = "市监罚〔2026〕7号"
MENDED = "罚款已缴清，广告已更正。"
LACKING = "未附缴款凭证，补齐后可再次申请。"
SHOWN = "缴款凭证属实，准予修复。"


async def test_what_is_repaired_leaves_the_public_page(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    for score in (92, 90, 91):
        await county.evaluated(agency, listing, score)
    day = local_date(now())
    event = ReportedEvent(
        agency.uscc or "", day, "县市场监管局", DOCUMENT, EventSeverity.MINOR, Cap.NONE
    )
    await report_event(county.centre.actor(), event)

    public = await arrive()
    await public.go(f"/agencies/{agency.uscc}")
    await public.reads(DOCUMENT)
    own = await arrive(agency.login)
    await own.follow(own.says("Apply for a repair"))
    await own.looks()
    await own.fill(text="  ")
    await own.press("Send the application for a repair", status=422)
    await own.looks()
    await own.page.check(f"[name=references][value='{DOCUMENT}']")
    await own.fill(text=MENDED)
    await own.press("Send the application for a repair")
    await own.sees("You have applied. Put the files that show it into the case.")
    await own.reads(DOCUMENT)
    await own.looks()
    case = own.page.url.rsplit("/", 1)[1]

    # Whoever has reported it does not decide; whoever decides says why.
    reporter = await arrive(county.centre.login)
    await reporter.go(f"/console/cases/{case}")
    await reporter.fill(repair_reason=LACKING)
    await reporter.press("Refuse the repair", status=403)
    centre = await arrive((await county.another()).login)
    await centre.go(f"/console/cases/{case}")
    await centre.looks()
    await centre.fill(repair_reason="  ")
    await centre.press("Refuse the repair", status=422)
    await centre.fill(repair_reason=LACKING)
    await centre.press("Refuse the repair")
    await centre.sees("The repair is refused.")
    await centre.looks()
    await own.go(f"/workspace/cases/{case}")
    await own.reads(LACKING)
    await own.looks()

    await own.go("/workspace/repair")
    await own.page.check(f"[name=references][value='{DOCUMENT}']")
    await own.fill(text=MENDED)
    await own.press("Send the application for a repair")
    await centre.go(f"/console/cases/{own.page.url.rsplit('/', 1)[1]}")
    await centre.fill(repair_reason=SHOWN)
    await centre.press("Grant the repair")
    await centre.sees("The repair is granted; everything it names is lifted.")
    await centre.looks()
    await public.go(f"/agencies/{agency.uscc}")
    assert DOCUMENT not in await public.page.content()
    await public.looks()
    await own.go("/workspace/repair")
    await own.sees("Nothing weighs on you")
