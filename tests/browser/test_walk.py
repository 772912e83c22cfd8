"""The main job of the market in its real pages, once in Chinese and once in English.

Every page on the way is looked at: accessible, in one language, and no wider than a phone.
"""

from datetime import timedelta
from decimal import Decimal

from market.accounts.actions import sign_in
from market.demonstration.documents import pdf
from market.engagements.actions import accept, add_deliverable, report_milestone, settle
from market.engagements.queries import engagements, milestones
from market.purchasing.actions import CLOSE
from market.web import formats
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import WEIGHTS, Party
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import execute
from ratings.stars.queries import current
from tests.browser.visitors import Arrive, Visitor, a_file
from tests.conftest import PASSWORD, Account, make_uscc
from tests.county import A_FILE, FACTS, PACKAGE, County, eventually, marks

AGENCY = make_uscc(9_000_001)
NAME = "云溪衡正咨询有限公司"
OPENER = "云溪云织有限公司"
MARKS = {Party.SUPERVISOR: 92, Party.OWNER: 96, Party.CENTRE: 90}


async def test_from_the_application_to_the_stars(county: County, arrive: Arrive) -> None:
    centre = await arrive(county.centre.login)
    agency = await apply(await arrive(), centre)
    price = await list_package(agency, county.high_fen)
    owner, group, joiners = await buy_together(county, arrive, agency, price)
    docket = await work(agency, owner, group)
    await evaluate(county, arrive, centre, owner, docket)
    await others_finish(county, joiners)
    await stars(await arrive())
    await leave_out(county, arrive, docket)


async def apply(agency: Visitor, centre: Visitor) -> Visitor:
    """The agency applies, the centre admits it; the agency is signed in afterwards."""
    await agency.go("/agencies/apply")
    await agency.looks()
    await agency.fill(
        name=NAME,
        uscc=AGENCY,
        established_on="2015-05-05",
        staff=24,
        address="云溪县测试路 1 号",
        contact_name="测试人",
        contact_phone="000-0000",
        person_name="测试人",
        login="hengzheng",
        password=PASSWORD,
        qualification__0="工程咨询资信",
        level__0="甲级",
    )
    await agency.press("Send the application")
    await agency.sign_in("hengzheng", PASSWORD)
    await agency.looks()
    await centre.go("/console")
    await centre.looks()
    await centre.follow(NAME)
    await centre.looks()
    await centre.page.check("[name=decision][value=admit]")
    await centre.fill(reason="证照齐全。")
    await centre.press("Record the decision")
    await centre.sees("The agency is admitted.")
    return agency


async def list_package(agency: Visitor, high_fen: int) -> int:
    """A price above the range is refused with the range and its workings, a lower one stands."""
    await agency.go(f"/listings/new?package={PACKAGE}")
    await agency.looks()
    await agency.fill(
        investment_wan=FACTS.investment_wan,
        price=yuan(high_fen + 100),
        working_days=30,
    )
    await agency.press("Put it up", status=422)
    refusal = " ".join(await agency.told())
    assert f"{Decimal(high_fen) / 100:,.2f}" in refusal
    await agency.sees("How the range comes about")
    await agency.looks()
    price = high_fen * 3 // 4 // 100 * 100
    await agency.fill(price=yuan(price))
    await agency.press("Put it up")
    await agency.reads(formats.yuan(agency.locale, price))
    await agency.looks()
    await agency.go(f"/packages/{PACKAGE}")
    await agency.reads(NAME)
    return price


async def buy_together(
    county: County, arrive: Arrive, agency: Visitor, price: int
) -> tuple[Visitor, str, list[Account]]:
    """Three enterprises, a deadline, a tier, an agency: the opener, the page, the two others."""
    opener = await arrive()
    await opener.go("/register")
    await opener.looks()
    await opener.fill(
        organisation_name=OPENER,
        uscc=make_uscc(9_000_002),
        person_name="业主",
        login="yunzhi",
        password=PASSWORD,
    )
    await opener.press("Open the account")
    await opener.sign_in("yunzhi", PASSWORD)
    await opener.looks()
    await opener.go(f"/group-buys/new?package={PACKAGE}")
    await opener.looks()
    await opener.fill(
        title="产业园前期咨询团购",
        project_name="一号厂房",
        investment_wan=FACTS.investment_wan,
        tiers__0__at_least=2,
        tiers__0__price_fen=yuan(price),
        tiers__1__at_least=3,
        tiers__1__price_fen=yuan(price * 9 // 10),
        places=6,
        deadline=local_date(now() + timedelta(days=7)).isoformat(),
    )
    await opener.press("Open the group buy")
    path = "/group-buys/" + opener.page.url.rsplit("/", 1)[1]
    joiners = [await county.account(Role.ENTERPRISE) for _ in range(2)]
    for number, account in enumerate(joiners, start=2):
        joiner = await arrive(account.login)
        await joiner.go(path)
        await joiner.looks()
        await joiner.fill(project_name=f"{number}号厂房")
        await joiner.press("Take a place")
        await joiner.sees("You are in: the group has {count} enterprises now.", count=number)
    await agency.go(path)
    await agency.press("Offer to serve")
    await agency.looks()
    await deadline_passes()

    async def closed() -> bool:
        await opener.go(path)
        return await opener.page.locator("[name=uscc]").count() > 0

    await eventually(closed)
    await opener.reads(formats.yuan(opener.locale, price * 9 // 10))
    await opener.looks()
    await opener.page.check(f"[name=uscc][value='{AGENCY}']")
    await opener.fill(reason="报价和时限最优")
    await opener.press("Choose and start the engagements")
    await opener.sees("The agency is chosen; {count} engagements have started.", count=3)
    await opener.looks()
    return opener, path, joiners


async def deadline_passes() -> None:
    """A week goes by; what the timetable then does is its own affair."""
    await execute("UPDATE group_buy SET deadline = now()")
    await execute("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = $1", CLOSE)


async def work(agency: Visitor, owner: Visitor, group: str) -> str:
    """From the first milestone to the settlement; returns the path of the evaluation."""
    await owner.go(group)
    await owner.follow("一号厂房")
    await owner.looks()
    path = "/engagements/" + owner.page.url.rsplit("/", 1)[1]
    await agency.go(path)
    await agency.looks()
    steps = await agency.page.locator("[id^=note-]").count()
    assert steps > 0
    for position in range(1, steps + 1):
        await agency.press("Report done", also=str(position))
    report = a_file("咨询报告.pdf", pdf("一号厂房咨询报告", "测试成果，内容虚构"))
    await agency.page.set_input_files("[name=file]", report)
    await agency.press("Upload")
    await agency.reads("咨询报告.pdf")
    await owner.go(path)
    async with owner.page.expect_download() as download:
        await owner.page.get_by_role("link", name="咨询报告.pdf").first.click()
    kept = await (await download.value).path()
    assert kept.read_bytes() == report["buffer"]
    await owner.press("Accept the work")
    await owner.press("The fee is paid: settle")
    return "/evaluations/" + owner.page.url.rsplit("/", 1)[1]


async def evaluate(
    county: County, arrive: Arrive, centre: Visitor, owner: Visitor, docket: str
) -> None:
    """Three sealed answers in the form; each party is asked what it can know."""
    supervisor = await arrive(county.supervisor.login)
    parties = {Party.SUPERVISOR: supervisor, Party.OWNER: owner, Party.CENTRE: centre}
    for party, visitor in parties.items():
        await visitor.go("/workspace")
        await visitor.looks()
        await visitor.go(docket)
        await visitor.looks()
        if party is Party.OWNER:
            await reason_and_file(visitor)
        for code in WEIGHTS[party]:
            await visitor.page.fill(f"[name=scores-{code}]", str(MARKS[party]))
        await visitor.fill(comment="成果一次通过，沟通顺畅。")
        await visitor.press("Seal and send")
        await visitor.sees("Your evaluation is sealed")
        await visitor.sees("This is final: I do not need the days in which I may change it")
        await visitor.looks()
        await visitor.page.check("[name=final]")
        await visitor.press("Change and seal again")
        await visitor.sees("It is final and cannot be changed any more.")
        await visitor.looks()


async def reason_and_file(owner: Visitor) -> None:
    """A file beside the answer; a low score is refused at its indicator until it says why."""
    photograph = a_file("现场照片.pdf", pdf("现场照片", "测试，内容虚构"))
    await owner.page.set_input_files("[name=file]", photograph)
    await owner.press("Upload")
    await owner.sees("现场照片.pdf")
    for code in WEIGHTS[Party.OWNER]:
        await owner.page.fill(f"[name=scores-{code}]", "90")
    await owner.page.fill("[name=scores-timeliness]", "55")
    await owner.press("Seal and send", status=422)
    await owner.sees(
        "A score below 60 needs a reason: say what was wrong, so that the agency can answer it."
    )
    assert await owner.page.get_attribute("#reasons-timeliness", "aria-invalid") == "true"
    await owner.looks()
    await owner.fill(**{"reasons-timeliness": "晚了一天，事先说明了。"})


async def others_finish(county: County, joiners: list[Account]) -> None:
    """The other two engagements go the same way behind the pages: stars need three."""
    person = await sign_in("hengzheng", PASSWORD, now(), demonstration=False)
    for buyer in joiners:
        agency = Actor(Role.AGENCY, now(), person.person, person.organisation, AGENCY)
        (one,) = await engagements(buyer.actor(), limit=10)
        for milestone in await milestones(one.id):
            await report_milestone(agency, one.id, milestone.position)
        await add_deliverable(agency, one.id, A_FILE)
        await accept(buyer.actor(), one.id)
        docket = await settle(buyer.actor(), one.id)
        for party, account in (
            (Party.SUPERVISOR, county.supervisor),
            (Party.OWNER, buyer),
            (Party.CENTRE, county.centre),
        ):
            await answer(account.actor(), docket, marks(party, MARKS[party]), "顺利", final=True)


async def stars(public: Visitor) -> None:
    """Everybody sees the score, and that its steps sum to it exactly."""

    async def counted() -> bool:
        standing = await current(AGENCY)
        return standing is not None and standing.engagements == 3

    await eventually(counted)
    await public.go("/agencies")
    await public.follow(NAME)
    await public.looks()
    await public.reads("93.60")
    points = await public.page.locator(".waterfall td.number").all_inner_texts()
    *steps, total = [Decimal(one) for one in points]
    assert sum(steps) == total == Decimal("93.60")
    await public.page.locator(".engagements summary").first.click()
    await public.reads("96")


async def leave_out(county: County, arrive: Arrive, docket: str) -> None:
    """Somebody of the centre who answered nothing hides the words and leaves the scores out."""
    second = await arrive((await county.second()).login)
    await second.go(f"{docket}/switches")
    await second.looks()
    for switch, done in (("score", "Left out of the score"), ("comment", "Words hidden")):
        turn = second.page.locator("details", has=second.page.locator(f"#reason-owner-{switch}"))
        await turn.locator("summary").click()
        await turn.locator("textarea").fill("核查认定该评价有失公正")
        await second.looks()
        async with second.page.expect_navigation():
            await turn.locator("button").click()
        await second.sees(done)
    await second.looks()


def yuan(fen: int) -> str:
    """As a person types it."""
    return str(Decimal(fen) / 100)
