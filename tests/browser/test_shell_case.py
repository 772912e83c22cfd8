"""A shell case in the real pages: the officer, the agency and the second person, with a visit
reported from where there is no network."""

from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import add_months, local_date, now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.case_actions import explain
from ratings.shells.visit import checklist
from tests.browser.visitors import PHONE, Arrive, Visitor
from tests.county import County
from tests.shell_way import JPEG

REASON = Bilingual(zh="零申报十二个月", en="Zero returns for twelve months")


async def _choose(person: Visitor, **fields: str) -> None:
    for name, value in fields.items():
        await person.page.check(f"[name={name}][value={value}]")


async def test_a_case_goes_its_whole_way(county: County, arrive: Arrive) -> None:
    agency = await county.agency()
    case = await open_case(system(now()), agency.uscc or "", Kind.SHELL, [REASON])
    second_login = (await county.second()).login
    officer = await arrive(county.centre.login)
    desk = f"/console/shell-cases/{case}"
    await officer.go(desk)
    await officer.page.select_option("[name=owner]", county.centre.person)
    await officer.press("Give")
    await _choose(officer, desk="go-on")
    await officer.fill(desk_reason="税务、社保、登记一致")
    await officer.press("Record the desk check")
    await officer.fill(notice="近一年零申报且无人参保，请说明。")
    await officer.press("Send the notice")
    await officer.looks()

    own = await arrive(agency.login)
    await own.go("/workspace")
    await own.follow(own.says("To the steps of the case: notice, explanation, objections"))
    await own.sees("Explain yourself")
    await own.reads(own.either(REASON.zh, REASON.en))
    await own.looks()
    await own.fill(explanation="We paused after a dispute among partners.")
    await own.press("Send the explanation")
    await own.page.select_option("[name=against]", "3")
    await own.fill(objection="The months are wrong.")
    await own.press("File the objection")
    await own.looks()

    await _visit(officer, desk, agency.actor(), case)
    await officer.looks()
    await _choose(officer, finding="shell")
    await officer.fill(
        until=add_months(local_date(now()), 12), finding_reason="登记地址无人，无法说明业务"
    )
    await officer.press("Propose", status=409)

    second = await arrive(second_login)
    await second.go(desk)
    await _choose(second, reply="upheld")
    await second.fill(answer_reason="月份与税务数据一致")
    await second.press("Answer")
    await officer.go(desk)
    await _choose(officer, finding="shell")
    await officer.fill(
        until=add_months(local_date(now()), 12), finding_reason="登记地址无人，无法说明业务"
    )
    await officer.press("Propose")
    await officer.sees(
        "You have proposed it: somebody else of the centre decides, who has neither opened the case"
        " nor rated the agency."
    )
    await second.go(desk)
    await second.looks()
    await second.press("Adopt")
    await second.fill(registrar="云溪县市场监督管理局", document="云市监移〔2026〕7号")
    await second.press("Record the referral")
    await _choose(second, fate="deregistered")
    await second.fill(fate_reason="已注销登记")
    await second.press("Record the outcome")
    await second.looks()
    await own.go(f"/workspace/shell-cases/{case}")
    await own.sees("Deregistered")
    await own.looks()


async def _visit(officer: Visitor, desk: str, agency: Actor, case: str) -> None:
    """Loaded in the office, filled in without a network, kept over a reload and over what the
    agency says meanwhile, sent afterwards."""
    page = officer.page
    await officer.go(f"{desk}/visit")
    await officer.looks()
    await page.set_viewport_size(PHONE)
    await page.context.set_offline(True)
    for one in checklist():
        await page.check(f"[name={one.code}][value=no]")
    await _choose(officer, result="not-found")
    await officer.fill(note="物业称半年前已搬离")
    await page.get_by_role("button", name=officer.says("Send the report")).click()
    await officer.sees(
        "Not sent yet: there is no network. Everything typed is kept; send it when you are back,"
        " and leave this page open for the photos."
    )
    await page.context.set_offline(False)
    await explain(agency, case, "补充：搬迁证明")
    await officer.go(f"{desk}/visit")
    await officer.sees(
        "Not sent yet: this is the draft kept in this browser. Choose the photos again."
    )
    assert await page.input_value("[name=note]") == "物业称半年前已搬离"
    photo = {"name": "门口.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
    await page.set_input_files("[name=photos]", [photo])
    await officer.press("Send the report")
    await officer.go(f"{desk}/visit")
    assert await page.input_value("[name=note]") == ""
    await officer.go(desk)
