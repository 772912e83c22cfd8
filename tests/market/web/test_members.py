"""The forms of the account pages: what is sent reaches its act, and a refusal is told in place."""

import re

from litestar import Litestar

from market.accounts.hats import hats
from market.accounts.members import members
from market.agencies.details import details
from ratings.ledger.database import fetchval
from tests.colleagues import colleague, link
from tests.conftest import Account
from tests.county import County

_HTML = {"Accept-Language": "en"}


async def _read(account: Account) -> dict[str, str]:
    """The version that the form carries, in its hidden field."""
    page = await account.browser.get("/account", headers=_HTML)
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found is not None
    return {"version": found[1]}


async def test_an_agency_keeps_its_details(county: County) -> None:
    agency = await county.agency()
    page = await agency.browser.get("/account", headers=_HTML)
    assert 'name="contact_phone"' in page.text
    form = {"address": "云溪县新路2号", "contact_name": "李新", "contact_phone": "000-1111"}
    form |= await _read(agency)
    saved = await agency.browser.post("/account/organisation", data=form)
    assert saved.status_code == 303
    assert (await details(agency.actor())).contact_name == "李新"
    refused = await agency.browser.post(
        "/account/organisation",
        data={**form, "contact_name": "", **await _read(agency)},
        headers=_HTML,
    )
    assert refused.status_code == 422
    assert "contact_name-error" in refused.text


async def test_an_enterprise_keeps_its_english_name(county: County) -> None:
    owner = county.enterprise
    saved = await owner.browser.post(
        "/account/organisation", data={"name_en": "Cloud Works", **await _read(owner)}
    )
    assert saved.status_code == 303
    assert (await hats(owner.actor()))[0].name_en == "Cloud Works"
    wrong = await owner.browser.post(
        "/account/organisation", data={"name_en": "x" * 161, **await _read(owner)}
    )
    assert wrong.status_code == 422


async def test_what_an_administrator_does_with_a_member(app: Litestar, county: County) -> None:
    owner = county.enterprise
    other = await colleague(app, owner)
    path = f"/account/members/{other.person}"
    for act, administrator, deactivated in (
        ("promotion", True, False),
        ("demotion", False, False),
        ("deactivation", False, True),
        ("reactivation", False, False),
    ):
        told = await owner.browser.post(path, data={"act": act})
        assert (told.status_code, told.headers["location"]) == (303, "/account/members"), act
        (member,) = [one for one in await members(owner.actor()) if one.person == other.person]
        found = (member.administrator, member.deactivated_at is not None)
        assert found == (administrator, deactivated), act
    last = await owner.browser.post(
        f"/account/members/{owner.person}", data={"act": "demotion"}, headers=_HTML
    )
    assert last.status_code == 409
    assert "without an administrator" in last.text
    assert (await owner.browser.post(path, data={"act": "promote"})).status_code == 422
    removed = await owner.browser.post(path, data={"act": "removal"})
    assert removed.status_code == 303
    assert await hats(other.actor()) == []
    assert (await owner.browser.post(path, data={"act": "removal"})).status_code == 404
    heir = await colleague(app, owner)
    handed = await owner.browser.post(f"/account/members/{heir.person}", data={"act": "handover"})
    assert (handed.status_code, handed.headers["location"]) == (303, "/account")
    assert (await owner.browser.get("/account/members")).status_code == 403
    assert (await heir.browser.get("/account/members")).status_code == 200


async def test_another_hat_is_another_cookie(county: County) -> None:
    owner, department = county.enterprise, county.supervisor
    accepted = await owner.browser.post(f"/invitations/{await link(department)}")
    assert accepted.headers["location"] == "/account"
    again = await owner.browser.post(f"/invitations/{await link(department)}", headers=_HTML)
    assert again.status_code == 409
    changed = await owner.browser.post(
        "/account/hat", data={"organisation": department.organisation}
    )
    assert changed.headers["location"] == "/workspace"
    assert changed.cookies["session"] != owner.token
    assert (await owner.client.get("/api/v1/sessions/current")).status_code == 401
    assert (await owner.browser.get("/workspace")).status_code == 200


async def test_the_centre_erases_at_somebodys_request(app: Litestar, county: County) -> None:
    person = (await colleague(app, county.enterprise)).person
    path = f"/console/people/{person}"
    bare = await county.centre.browser.post(path, data={"act": "erasure", "reason": " "})
    assert bare.status_code == 422
    done = await county.centre.browser.post(path, data={"act": "erasure", "reason": "书面申请"})
    assert done.status_code == 303
    assert await fetchval("SELECT erased_at FROM person WHERE id = $1", person) is not None
    page = await county.centre.browser.get("/console/people", params={"q": "已注销"})
    assert person not in page.text
