"""The feeds in the real pages: a held batch, an unreadable row, a look at one agency's cells."""

from obstore.store import LocalStore

from ratings.signals.actions import take_in
from tests.browser.visitors import Arrive
from tests.conftest import make_uscc
from tests.county import County


async def test_the_centre_keeps_the_feeds_in_order(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    store = LocalStore(county.app.state.settings.files, mkdir=True)
    actor = county.centre.actor()
    codes = [agency.uscc or "", *(make_uscc(7000 + number) for number in range(30))]
    for month, times in (("2026-03", 100), ("2026-04", 1_000_000)):
        rows = "".join(f"{code},{month},{7 * times}\n" for code in codes)
        bad = f"某某公司,{month},5\n" if times == 100 else ""
        content = f"uscc,month,out_fen\n{rows}{bad}".encode()
        await take_in(actor, "invoices", "invoices.csv", content, store)

    person = await arrive(county.centre.login)
    await person.go("/console/feeds")
    await person.sees(
        "{column} of {month} is about {factor} times what it was in {against}, for {jumped} of"
        " {compared} firms.",
        column="out_fen",
        month="2026-04",
        factor="10,000",
        against="2026-03",
        jumped=31,
        compared=31,
    )
    await person.looks()
    await person.page.locator(".rows a").first.click()
    await person.sees("Why it was held")
    await person.looks()
    await person.fill(reason="  ")
    await person.press("Release", status=422)
    await person.sees("Say why, in 1 to {most} characters.", most=500)
    await person.fill(reason="税务局来电：误填为元")
    await person.press("Reject")
    await person.sees("The batch is rejected.")
    await person.reads("税务局来电：误填为元")

    await person.go("/console/feeds/rows")
    await person.looks()
    await person.page.locator(".rows a").first.click()
    await person.reads("某某公司")
    await person.looks()
    await person.fill(uscc=make_uscc(8000), reason="税务局来电更正")
    await person.press("Mend and take in")
    await person.sees("The row is mended and taken in.")
    await person.sees("No row is here")

    await person.go(f"/console/feeds/looks?uscc={agency.uscc}")
    await person.fill(reason="核对开票情况")
    await person.press("Note it and show the cells")
    await person.sees("What the sources said")
    await person.looks()
    await person.go("/console/feeds/looks")
    await person.reads("核对开票情况")
    await person.looks()
