"""Whose answer counts, in the real pages: stepping back, hiding words, leaving scores out."""

from tests.browser.visitors import Arrive
from tests.county import County

TIE = "本人配偶在该机构任职"
NAMED = "评语涉及个人姓名"
BIASED = "经查评价人与机构存在经济往来"
ANSWERED = (
    "You have answered in this evaluation yourself, so somebody else of the centre decides here."
)
CLEARED = "复核后查明往来与本项目无关"


async def test_whoever_is_related_steps_back(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    docket = await county.settled(agency, await county.listing(agency))
    person = await arrive(county.supervisor.login)
    await person.go(f"/evaluations/{docket}")
    await person.looks()
    ask = person.page.locator("details", has=person.page.locator("[name=relation]"))
    await ask.locator("summary").click()
    await person.fill(relation="  ")
    await person.press("Step back and have a colleague asked", status=422)
    await person.looks()
    await person.fill(relation=TIE)
    await person.press("Step back and have a colleague asked")
    await person.sees(
        "You have stepped back; another person of your organisation is asked to answer."
    )
    await person.looks()
    assert TIE not in await person.page.content()
    assert await person.page.locator("[name=relation]").count() == 0


async def test_words_are_hidden_and_scores_left_out_apart(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    docket = await county.evaluated(agency, await county.listing(agency), 90)
    giver = await arrive(county.centre.login)
    await giver.go(f"/evaluations/{docket}/switches")
    await giver.sees(ANSWERED)
    await giver.looks()

    person = await arrive((await county.second()).login)
    await person.go(f"/evaluations/{docket}/switches")
    await person.looks()
    owner = person.page.locator("section", has=person.page.locator("#answer-owner"))
    for title, reason, status in (
        ("Hide the words", "  ", 422),
        ("Hide the words", NAMED, 200),
        ("Leave the answer out of the score", BIASED, 200),
        ("Let the answer count again", CLEARED, 200),
    ):
        form = owner.locator("details", has=person.page.get_by_text(person.says(title), exact=True))
        if not await form.evaluate("one => one.open"):
            await form.locator("summary").click()
        await form.locator("textarea").fill(reason)
        async with person.page.expect_navigation() as navigation:
            await form.get_by_role("button").click()
        response = await navigation.value
        assert response is not None
        assert response.status == status
        await person.looks()
        if status == 200:
            await person.reads(reason)
    await person.sees("Words hidden")
    badge = owner.get_by_text(person.says("Left out of the score"), exact=True)
    assert await badge.count() == 0
    own = await arrive(agency.login)
    await own.go(f"/agencies/{agency.uscc}")
    await own.looks()
