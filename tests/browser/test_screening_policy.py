"""A screening policy changed in the real pages: bounds, the last screen run again, two people."""

from datetime import timedelta
from pathlib import Path

from playwright.async_api import expect

from market.agencies.queries import admitted
from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.clock import local_date, now
from ratings.shells.actions import take_in_and_screen
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from tests.browser.visitors import Arrive
from tests.county import County

MONTH = "2026-08"
REASON = "本县最低工资标准已调整，预警线提高"
UNSOURCED = (
    "No source stands behind the local minimum wage that ships with the market, nor behind the"
    " other numbers, which are proposals: the county must set its own."
)
IMPACT = "The screen was run again over the feeds known then; nothing of it is kept."
THE_SAME = (
    "With its own policy, over the feeds and excuses known when it ran, it says of every agency"
    " what it said then."
)


async def test_the_centre_changes_the_screening_policy(
    county: County, arrive: Arrive, settings: Settings, tmp_path: Path
) -> None:
    agencies = [AgencyFacts((await county.agency()).uscc or "", Profile.SHELL)]
    agencies.append(AgencyFacts((await county.agency()).uscc or ""))
    write_feeds(tmp_path / "feeds", agencies, MONTH)
    store = open_store(settings.files)
    centre = county.centre.actor()
    await take_in_and_screen(centre, tmp_path / "feeds", MONTH, await admitted(), store)

    author = await arrive(county.centre.login)
    await author.go("/console/screening-policy")
    await author.sees(UNSOURCED)
    await author.looks()
    # Of a sign whose weight depends on how common it is both shares and both weights are told.
    bins = author.page.locator("fieldset details").first
    await bins.locator("summary").click()
    for word in ("Firms that show as much", "Of the firms here", "Weight here"):
        await expect(bins.get_by_text(author.says(word)).first).to_be_visible()
    await author.looks()
    await author.press("Copy into a draft")
    await author.comes(IMPACT)
    await author.sees("Nothing yet: every number is that of the policy it was copied from.")
    await author.fill(minimum_wage_fen="2490", least_coverage="30", independent_classes="1")
    await author.press("Keep the numbers", status=422)
    await author.sees("It lies outside the bounds that are stated at the field.")
    await author.fill(least_coverage="50", independent_classes="6", independent_evidence="2")
    await author.press("Keep the numbers")
    await author.comes("The limits moved around its score.")
    await author.looks()
    begins = local_date(now()) + timedelta(days=1)
    await author.fill(valid_from=begins.isoformat(), reason=REASON)
    await author.press("Propose the policy")
    await author.sees("You have proposed this: somebody else decides.")
    address = author.page.url

    second = await arrive((await county.second()).login)
    await second.page.goto(address)
    await second.reads(REASON)
    await second.comes(IMPACT)
    await second.looks()
    await second.press("Adopt")
    await second.sees("Adopted")
    await second.go("/console/screening-policy")
    await second.follow(second.says("Run it again"))
    await second.comes(THE_SAME)
    await second.looks()
