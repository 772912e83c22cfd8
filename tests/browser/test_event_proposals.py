"""What the feeds propose as outside events, in the real pages: confirmed or dismissed."""

from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.stars.event_proposals import Said, Sign
from ratings.stars.proposal_actions import propose_events
from tests.browser.visitors import Arrive
from tests.county import County

DOCUMENT = "甬云税通〔2026〕9号"
CHECKED = "已与税务局核对文书原件"
CLEARED = "罚款已由原单位撤销"


async def test_a_feed_proposes_and_a_person_decides(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    day = local_date(now())
    said = [
        Said(agency.uscc or "", Sign.GRADE_D, f"{day:%Y-%m}"),
        Said(agency.uscc or "", Sign.PENALTY_GENERAL, f"{day:%Y-%m}"),
    ]
    assert await propose_events(system(now()), said) == 2

    person = await arrive(county.centre.login)
    await person.go("/console/events")
    await person.looks()
    await (
        person.page.locator(".rows li", has_text=person.says("Tax credit grade D"))
        .locator("a")
        .click()
    )
    await person.sees("Tax filing")
    await person.looks()
    await person.fill(source="  ", document=DOCUMENT, on=day, reason=CHECKED)
    await person.press("Take in the event", status=422)
    await person.looks()
    await person.fill(source="县税务局")
    await person.press("Take in the event")
    await person.page.locator(".rows a").click()
    await person.sees("Penalty, general")
    await person.fill(dismiss__reason=CLEARED)
    await person.press("Do not take it in")
    await person.looks()

    public = await arrive()
    await public.go(f"/agencies/{agency.uscc}")
    await public.reads(DOCUMENT)
    assert CLEARED not in await public.page.content()
