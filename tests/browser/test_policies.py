"""A policy changed in the real pages: faults at their fields, what would change, two people."""

from datetime import timedelta

from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.stars.actions import restand
from tests.browser.visitors import Arrive
from tests.county import County

REASON = "年度评估后提高五星起点"


async def test_the_centre_changes_the_policy(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    for score in (95, 92, 90):
        await county.evaluated(agency, listing, score)
    await restand(system(now()), agency.uscc or "")

    author = await arrive(county.centre.login)
    await author.go("/console/policies")
    await author.looks()
    await author.press("Copy into a draft")
    await author.sees("Nothing yet: every number is that of the policy it was copied from.")
    await author.fill(**{"stars-five": "95", "parties-owner": "0.6", "window-months": "0"})
    await author.press("Keep the numbers", status=422)
    await author.sees("The shares of the parties must sum to 1.")
    await author.sees("It must be at least 1.")
    await author.looks()
    await author.fill(**{"parties-owner": "0.5", "window-months": "12"})
    await author.press("Keep the numbers")
    await author.sees("The bands move, and the score is now in another one")
    await author.looks()
    begins = local_date(now()) + timedelta(days=1)
    await author.fill(valid_from=begins.isoformat(), reason=REASON)
    await author.press("Propose the policy")
    await author.sees("You have proposed this: somebody else decides.")
    address = author.page.url

    second = await arrive((await county.second()).login)
    await second.page.goto(address)
    await second.reads(REASON)
    await second.looks()
    await second.press("Adopt")
    await second.sees("Adopted")

    public = await arrive()
    await public.go("/policies/standard-2")
    await public.reads(REASON)
    await public.reads("95")
    await public.looks()
    await public.go("/policies/robust")
    await public.looks()
