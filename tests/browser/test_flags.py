"""Flags of manipulation in the real pages: read with their evidence, decided with a reason."""

from urllib.parse import urlsplit

from market.oversight.manipulation import look_for_manipulation
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from tests.browser.visitors import Arrive
from tests.county import County


async def test_the_centre_decides_about_a_flag(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    for score in (95, 92, 40):
        await county.evaluated(agency, listing, score)
    await look_for_manipulation(system(now()))

    person = await arrive(county.centre.login)
    await person.go("/console/flags")
    await person.looks()
    await person.page.locator(".rows a").first.click()
    await person.sees("Engagement in doubt")
    await person.sees("Files in common")
    await person.reads("40.00")
    await person.looks()
    await person.fill(reason="  ")
    await person.press("Take it up", status=422)
    await person.sees("A decision needs its reason.")
    await person.fill(reason="三份成果为同一文件，请机构说明")
    await person.press("Take it up")
    await person.sees("The flag is taken up.")
    await person.reads("三份成果为同一文件，请机构说明")
    await person.looks()

    # Whoever has answered gives no order about these answers; another person does, and lifts it.
    order = "成果查明前暂不计入"
    flag = urlsplit(person.page.url).path
    await person.fill(give__reason=order)
    await person.press("Hold the answers", status=403)
    other = await arrive((await county.second()).login)
    await other.go(flag)
    await other.fill(give__reason="  ")
    await other.press("Hold the answers", status=422)
    await other.looks()
    await other.fill(give__reason=order)
    await other.press("Hold the answers")
    await other.reads(order)
    await other.looks()
    await other.fill(lift__reason="已补交成果")
    await other.press("Let them count in full")
    await other.reads("已补交成果")
    await person.go("/console/flags")
    await person.sees("No flag here")
