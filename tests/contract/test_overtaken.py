"""What two administrators of one organisation edit at once: webhooks, and its own details."""

import asyncio
import re
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from market.accounts import profiles
from market.agencies import details
from market.notices import queries
from market.oversight.erasure import erase_for
from ratings.ledger.database import execute, fetchval
from tests.colleagues import colleague
from tests.conftest import Account
from tests.county import County

# A PUT that takes no If-Match, and why; docs/patterns.md says the same at more length.
_UNVERSIONED = {
    "password_change": "one's own",
    "personal_name_change": "one's own",
    "second_factor_enrol": "one's own",
    "hat_change": "one's own session",
    "member_administrator": "a decision, which says the whole of what it sets",
    "feed_sender_name": "a decision, which says the whole of what it sets",
}


async def _webhook(account: Account) -> str:
    body = {"url": "https://a.example/", "events": ["*"], "description": "at first"}
    made = await account.client.post("/api/v1/webhooks", json=body)
    return f"/api/v1/webhooks/{made.json()['webhook']}"


async def _thing(county: County, kind: str) -> tuple[Account, str, dict[str, Any], str]:
    """Whose it is, its address, a change of it, and the field that is changed."""
    if kind == "webhook":
        address = await _webhook(county.enterprise)
        body = {"url": "https://b.example/", "events": ["package.*"], "description": "changed"}
        return county.enterprise, address, body, "description"
    if kind == "organisation":
        return county.enterprise, "/api/v1/organisation", {"name_en": "Changed"}, "name_en"
    agency = await county.agency()
    shown = (await agency.client.get("/api/v1/organisation/agency")).json()
    body = {field: shown[field] for field in details.NewDetails.__struct_fields__}
    body["introduction"] = "changed"
    return agency, "/api/v1/organisation/agency", body, "introduction"


@pytest.mark.parametrize("kind", ["webhook", "organisation", "agency"])
async def test_the_later_change_of_one_version_is_refused(
    app: Litestar, county: County, kind: str
) -> None:
    owner, address, body, field = await _thing(county, kind)
    second = await colleague(app, owner, administrator=True)
    tag = (await owner.client.get(address)).headers["etag"]

    async def put(who: Account, text: str, tag: str | None = None) -> httpx.Response:
        headers = {"If-Match": tag} if tag else {}
        return await who.client.put(address, json={**body, field: text}, headers=headers)

    missing = await put(owner, "nobody's")
    assert (missing.status_code, missing.json()["code"]) == (428, "if-match-missing")
    told = await asyncio.gather(
        *(put(who, text, tag) for who, text in ((owner, "a"), (second, "b")))
    )
    assert sorted(answer.status_code for answer in told) == [200, 412]
    winner, late = sorted(told, key=lambda answer: answer.status_code)
    assert late.json()["code"] == "changed-meanwhile"
    assert "再次查看" in late.json()["detail"]
    now = await owner.client.get(address)
    assert now.json() == winner.json()
    assert now.json()[field] in ("a", "b")
    assert (await put(second, "c", now.headers["etag"])).json()[field] == "c"
    assert (await put(second, "d", "*")).json()[field] == "d"


async def test_what_is_no_edit_of_a_webhook_leaves_its_version(county: County) -> None:
    address = await _webhook(county.enterprise)
    client = county.enterprise.client
    tag = (await client.get(address)).headers["etag"]
    for act in ("pause", "resume", "secret"):
        await client.post(f"{address}/{act}")
    body = {"url": "https://b.example/", "events": ["*"]}
    assert (await client.put(address, json=body, headers={"If-Match": tag})).status_code == 200


async def test_an_erased_contact_is_not_put_back_by_whom_has_it_on_the_screen(
    app: Litestar, county: County
) -> None:
    agency = await county.agency()
    contact = await colleague(app, agency)
    name = await fetchval("SELECT name FROM person WHERE id = $1", contact.person)
    await execute(
        "UPDATE agency SET contact_name = $2 WHERE organisation = $1", agency.organisation, name
    )
    address = "/api/v1/organisation/agency"
    read = await agency.client.get(address)
    await erase_for(county.centre.actor(), contact.person, "本人书面申请")
    body = {field: read.json()[field] for field in details.NewDetails.__struct_fields__}
    answer = await agency.client.put(address, json=body, headers={"If-Match": read.headers["etag"]})
    assert answer.status_code == 412
    assert name not in (await agency.client.get(address)).text


def _form(text: str, action: str) -> str:
    form = text[text.index(f'action="{action}"') :]
    return form[: form.index("</form>")]


def _version(form: str) -> str:
    (version,) = re.findall(r'name="version" value="(\d+)"', form)
    return str(version)


async def _late(
    account: Account, page: str, action: str, data: dict[str, str], other: dict[str, str]
) -> str:
    """The form that is shown to whoever was overtaken; saved again, it stands."""
    browser = account.browser
    version = _version(_form((await browser.get(page)).text, action))
    assert (await browser.post(action, data={**other, "version": version})).status_code == 303
    late = await browser.post(action, data={**data, "version": version})
    assert late.status_code == 412
    form = _form(late.text, action)
    assert (await browser.post(action, data=data)).status_code == 412, "a form without a version"
    again = await browser.post(action, data={**data, "version": _version(form)})
    assert again.status_code == 303
    return form


async def test_the_page_of_a_webhook_keeps_what_was_typed(county: County) -> None:
    owner = county.enterprise
    identifier = (await _webhook(owner)).rpartition("/")[2]
    action = f"/account/webhooks/{identifier}"
    mine = {"url": "https://mine.example/", "events": "*", "purpose": "mine"}
    theirs = {"url": "https://theirs.example/", "events": "*", "purpose": "theirs"}
    form = await _late(owner, action, action, mine, theirs)
    assert 'value="https://mine.example/"' in form
    assert "<dd" in form
    assert "https://theirs.example/</dd>" in form, "what the other has saved is shown beside it"
    kept = await queries.webhook(owner.actor(), identifier)
    assert (kept.url, kept.description) == ("https://mine.example/", "mine")


async def test_the_page_of_an_organisation_keeps_what_was_typed(county: County) -> None:
    agency = await county.agency()
    first = await details.details(agency.actor())
    typed = {field: getattr(first, field) for field in details.NewDetails.__struct_fields__}
    mine, theirs = {**typed, "address": "甲路 1 号"}, {**typed, "address": "乙路 2 号"}
    action = "/account/organisation"
    form = await _late(agency, "/account", action, mine, theirs)
    assert 'value="甲路 1 号"' in form
    assert "乙路 2 号</dd>" in form
    assert form.count("<dd class") == 1, "only what differs"
    assert (await details.details(agency.actor())).address == "甲路 1 号"

    form = await _late(
        county.enterprise, "/account", action, {"name_en": "Mine"}, {"name_en": "Theirs"}
    )
    assert 'value="Mine"' in form
    assert "Theirs</dd>" in form
    assert (await profiles.profile(county.enterprise.actor())).name_en == "Mine"


def test_every_put_takes_a_version_or_says_why_not(app: Litestar) -> None:
    described = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    changes = {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", [])}
        for methods in described["paths"].values()
        for method, operation in methods.items()
        if method in ("put", "patch")
    }
    without = {name for name, taken in changes.items() if "If-Match" not in taken}
    assert without == set(_UNVERSIONED)
