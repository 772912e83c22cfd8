"""Two officers at the page of one shell case: the second is told what changed, and keeps the words
that were typed."""

from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.case_actions import explain
from ratings.shells.case_queries import shell_case
from tests.conftest import Account
from tests.county import County, picture
from tests.shell_way import JPEG, to_decision, visit_form

_PROPOSAL = {"step": "propose", "finding": "no-issue", "finding_reason": "现场有人办公，单据齐全"}


async def _opened(agency: Account) -> str:
    reason = [Bilingual(zh="理由", en="reason")]
    case = await open_case(system(now()), str(agency.uscc), Kind.SHELL, reason)
    assert case is not None
    return case


async def _version(who: Account, page: str) -> str:
    """What the hidden field of an open page says."""
    text = (await who.browser.get(page)).text
    return text.partition('name="version" value="')[2].partition('"')[0]


async def test_a_stale_page_decides_nothing_and_keeps_what_was_typed(county: County) -> None:
    agency = await county.agency()
    case = await _opened(agency)
    first, second, page = county.centre, await county.second(), f"/console/shell-cases/{case}"
    await to_decision(first.actor(), case)
    stale = await _version(second, page)
    assert stale == str(len((await shell_case(case, now())).steps))
    await explain(Actor(Role.AGENCY, now(), uscc=agency.uscc), case, "补交办公场地租赁合同")
    forms = [_PROPOSAL | {"version": stale}, _PROPOSAL]
    for form in forms:
        told = await second.browser.post(page, data=form, params={"lang": "en"})
        assert told.status_code == 412
        assert "Somebody has changed this since you read it." in told.text
        assert "现场有人办公，单据齐全</textarea>" in told.text
    assert (await shell_case(case, now())).stage == "decision"
    told = await second.browser.post(page, data=forms[0], params={"lang": "en"})
    assert "Since you opened the page" in told.text
    assert told.text.count("补交办公场地租赁合同") == 2
    assert f'name="version" value="{int(stale) + 1}"' in told.text
    fresh = _PROPOSAL | {"version": str(int(stale) + 1)}
    assert (await second.browser.post(page, data=fresh)).status_code == 303


async def test_what_was_typed_is_there_when_the_form_is_gone(county: County) -> None:
    agency = await county.agency()
    case = await _opened(agency)
    first, second, page = county.centre, await county.second(), f"/console/shell-cases/{case}"
    await to_decision(first.actor(), case)
    stale = {"version": await _version(second, page)}
    assert (await first.browser.post(page, data=_PROPOSAL | stale)).status_code == 303
    other = _PROPOSAL | stale | {"finding": "rectify", "finding_reason": "限期补齐人员社保"}
    told = await second.browser.post(page, data=other, params={"lang": "en"})
    assert told.status_code == 412
    assert "The case has gone on, and no longer waits for that step." in told.text
    assert "What you typed" in told.text
    assert "限期补齐人员社保" in told.text
    assert "To be rectified" in told.text
    # Nor is another proposal adopted than the one that was read.
    seen = {"step": "adopt", "version": await _version(second, page)}
    withdrawn = {"step": "refuse", "refuse_reason": "改为限期整改", "version": seen["version"]}
    assert (await first.browser.post(page, data=withdrawn)).status_code == 303
    again = other | {"version": await _version(first, page)}
    assert (await first.browser.post(page, data=again)).status_code == 303
    told = await second.browser.post(page, data=seen)
    assert told.status_code == 412
    assert (await shell_case(case, now())).stage == "second"
    seen["version"] = await _version(second, page)
    assert (await second.browser.post(page, data=seen)).status_code == 303


async def test_a_visit_that_is_sent_once_more_is_not_reported_twice(county: County) -> None:
    """As by a phone that never got the answer; what the agency says meanwhile refuses nobody."""
    agency = await county.agency()
    case = await _opened(agency)
    await to_decision(county.centre.actor(), case)
    page, officer = f"/console/shell-cases/{case}/visit", county.centre.browser
    form = visit_form(local_date(now())) | {"version": await _version(county.centre, page)}
    photos = {"photos": ("door.jpg", JPEG, "image/jpeg")}
    await explain(Actor(Role.AGENCY, now(), uscc=agency.uscc), case, "补交办公场地租赁合同")
    sent = await officer.post(f"{page}-report", data=form, files=photos)
    assert sent.status_code == 303
    before = await picture()
    again = await officer.post(f"{page}-report", data=form, files=photos, params={"lang": "en"})
    assert again.status_code == 409
    assert "A visit was reported since this form was opened." in again.text
    assert f"{form['note']}</textarea>" in again.text
    assert await picture() == before
    fresh = form | {"version": again.text.split('name="version" value="')[1].split('"')[0]}
    assert (await officer.post(f"{page}-report", data=fresh)).status_code == 303
    steps = [one.did for one in (await shell_case(case, now())).steps]
    assert steps.count("visited") == 3
