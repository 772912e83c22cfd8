"""Flags of manipulation in the real pages: read with their evidence, decided with a reason."""

from datetime import timedelta
from urllib.parse import urlsplit

from market.oversight.manipulation import look_for_manipulation
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.integrity.actions import raise_flags
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.queries import flags
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.stars.actions import restand
from tests.browser.visitors import Arrive
from tests.county import County

WHY = "复核合同与发票后重新评价"


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


async def test_a_pair_is_rated_again_and_the_agency_objects(county: County, arrive: Arrive) -> None:
    """The whole way: opened, given by another person, objected to, answered by a third."""
    agency = await county.agency()
    listing = await county.listing(agency)
    when = now() - timedelta(days=2)
    for _ in range(3):
        await county.evaluated(agency, listing, 80, when=when)
    await restand(system(when), agency.uscc or "")
    rows = await fetchval("SELECT array_agg(engagement) FROM docket WHERE uscc = $1", agency.uscc)
    owner = county.enterprise.organisation or ""
    await raise_flags(
        system(now()), [Flag(FlagKind.COLLUSION, agency.uscc or "", tuple(rows), (owner,))]
    )
    flag = f"/console/flags/{(await flags(limit=1))[0].id}"

    second = await arrive((await county.second()).login)
    await second.go(flag)
    await second.looks()
    await second.fill(again__reason="  ")
    await second.press("Have them rated again", status=422)
    await second.fill(again__reason="请对三个项目复评")
    await second.press("Have them rated again")
    await second.sees("To be rated again")
    await second.looks()
    await second.page.locator("a[href^='/reratings/']").first.click()
    await second.sees("At first")
    await second.looks()
    path = urlsplit(second.page.url).path
    first = await arrive(county.centre.login)
    await first.go(path)
    for code in WEIGHTS[Party.CENTRE]:
        for person in (first, second):
            await person.page.locator(f"#scores-{code}").fill("65")
    await first.fill(answer__reason=WHY)
    await first.press("Give the answer again", status=403)
    await second.fill(answer__reason="  ")
    await second.press("Give the answer again", status=422)
    await second.looks()
    await second.fill(answer__reason=WHY)
    await second.press("Give the answer again")
    await second.sees("It is rated again; the standing follows.")
    await second.reads("65.00")
    await second.looks()

    firm = await arrive(agency.login)
    await firm.go("/workspace")
    await firm.sees("The centre has rated one of your engagements again")
    await firm.looks()
    await firm.page.locator(f"a[href='{path}']").click()
    await firm.fill(objection="发票齐全，不应扣分")
    await firm.looks()
    await firm.press("File the objection")
    await firm.sees("Objected to")

    buyer = await arrive(county.enterprise.login)
    await buyer.go(path)
    assert "发票齐全" not in await buyer.page.content()
    await buyer.looks()

    await second.go(path)
    await second.fill(objection__answer__reason="同意")
    await second.press("Uphold it", status=403)
    third = await arrive((await county.another()).login)
    await third.go("/console/flags")
    await third.sees("Re-ratings that wait for the centre")
    await third.looks()
    await third.page.locator(f"a[href='{path}']").click()
    await third.reads("发票齐全，不应扣分")
    await third.fill(objection__answer__reason="发票为事后补开")
    await third.looks()
    await third.press("Uphold it")
    await third.sees("In force")

    await restand(system(now()), agency.uscc or "")
    public = await arrive()
    await public.go(f"/agencies/{agency.uscc}")
    await public.page.locator(".engagements summary").first.click()
    assert WHY in await public.page.content()
    await public.looks()
    await third.go(path)
    await third.fill(lifting__reason="复核依据有误")
    await third.press("Let the first answer count")
    await third.sees("Does not count")


async def test_a_rater_is_told_and_remarks(county: County, arrive: Arrive) -> None:
    organisation = county.enterprise.organisation or ""
    figures = {"ratings": "12", "spread": "0.29", "mean": "99.92"}
    limits = {"ratings": "10", "spread": "1"}
    found = Flag(
        FlagKind.CARELESS, organisation, ("e1",), (organisation,), figures=figures, limits=limits
    )
    await raise_flags(system(now()), [found])
    flag = f"/console/flags/{(await flags(limit=1))[0].id}"
    person = await arrive(county.centre.login)
    await person.go(flag)
    await person.looks()
    await person.fill(tell__reason="  ")
    await person.press("Send the notice", status=422)
    await person.fill(tell__reason="十二次评价几乎同分，先提示该单位")
    await person.press("Send the notice")
    await person.sees("The rater is told what was seen.")
    await person.sees("No remark so far.")
    await person.looks()

    rater = await arrive(county.enterprise.login)
    await rater.go("/workspace")
    await rater.sees("The centre has a note on your evaluations")
    await rater.looks()
    await rater.page.locator("a[href^='/rating-notices/']").click()
    await rater.reads("99.92")
    assert "先提示该单位" not in await rater.page.content()
    await rater.looks()
    await rater.fill(remark="  ")
    await rater.press("Send the remark", status=422)
    await rater.fill(remark="各次服务质量确实相近")
    await rater.press("Send the remark")
    await rater.reads("各次服务质量确实相近")
    await rater.looks()
    await person.go(flag)
    await person.reads("各次服务质量确实相近")
    await person.looks()
