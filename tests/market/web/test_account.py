"""Signing in, registering and applying through forms, without any JavaScript."""

from urllib.parse import unquote

import httpx
import pytest
from litestar import Litestar

from ratings.ledger.actors import Role
from tests.conftest import PASSWORD, Account, browser, make_uscc, open_account
from tests.county import County

REGISTRATION = {
    "organisation_name": "云溪新办机械有限公司",
    "uscc": make_uscc(7_000_001),
    "person_name": "测试人",
    "login": "new@enterprise.test",
    "password": PASSWORD,
}
APPLICATION = {
    "name": "云溪新办咨询有限公司",
    "uscc": make_uscc(7_000_002),
    "established_on": "2020-02-02",
    "staff": "8",
    "address": "云溪县测试路2号",
    "contact_name": "测试人",
    "contact_phone": "000-0000",
    "person_name": "测试人",
    "login": "new@agency.test",
    "password": PASSWORD,
    "qualification-0": "工程咨询",
    "level-0": "甲级",
}


async def sign_in(visitor: httpx.AsyncClient, login: str, **more: str) -> httpx.Response:
    return await visitor.post("/sign-in", data={"login": login, "password": PASSWORD, **more})


async def test_signing_in_leads_to_the_desk_and_out_again(app: Litestar) -> None:
    account = await open_account(app, Role.ENTERPRISE)
    async with browser(app) as visitor:
        answer = await sign_in(visitor, account.login)
        assert (answer.status_code, answer.headers["location"]) == (303, "/workspace")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await visitor.get("/workspace")).status_code == 200
        # Signing in has changed the form token: the page brings the new one.
        form = await visitor.get("/workspace")
        visitor.headers["X-CSRF-Token"] = form.text.split('name="_csrf_token" value="')[1][:64]
        assert (await visitor.post("/sign-out")).status_code == 303
        assert (await visitor.get("/workspace")).status_code == 401
    await account.client.aclose()
    await account.browser.aclose()


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/engagements", "/engagements"),
        ("//evil.test/", "/workspace"),
        ("https://evil.test/", "/workspace"),
        ("/\\evil.test", "/workspace"),
        ("/sign-in", "/workspace"),
    ],
)
async def test_signing_in_never_leads_to_another_site(
    app: Litestar, accounts: dict[Role, Account], wanted: str, given: str
) -> None:
    async with browser(app) as visitor:
        answer = await sign_in(visitor, accounts[Role.ENTERPRISE].login, next_path=wanted)
    assert answer.headers["location"] == given


async def test_a_wrong_password_shows_the_form_again_without_the_password(app: Litestar) -> None:
    async with browser(app) as visitor:
        data = {"login": "nobody", "password": "something wrong"}
        answer = await visitor.post("/sign-in?lang=en", data=data)
    assert answer.status_code == 401
    assert "The sign-in name or the password is wrong." in answer.text
    assert 'value="nobody"' in answer.text
    assert "something wrong" not in answer.text


async def test_demonstration_accounts_are_shown_only_in_a_demonstration(app: Litestar) -> None:
    async with browser(app) as visitor:
        assert "steelyard-demo" not in (await visitor.get("/sign-in")).text


async def test_an_enterprise_registers_and_signs_in(app: Litestar) -> None:
    async with browser(app) as visitor:
        answer = await visitor.post("/register", data=REGISTRATION)
        assert answer.headers["location"] == "/sign-in"
        assert "Your account is open" in unquote(answer.headers["set-cookie"])
        assert (await sign_in(visitor, REGISTRATION["login"])).status_code == 303


async def test_a_mistyped_code_is_told_at_its_field_and_the_rest_is_kept(app: Litestar) -> None:
    mistyped = make_uscc(7_000_001)[:-1] + "-"
    async with browser(app) as visitor:
        data = {**REGISTRATION, "uscc": mistyped}
        answer = await visitor.post("/register?lang=en", data=data)
    assert answer.status_code == 422
    assert 'id="uscc-error"' in answer.text
    assert 'role="alert"' in answer.text
    assert f'value="{mistyped}"' in answer.text
    assert f'value="{REGISTRATION["organisation_name"]}"' in answer.text
    assert PASSWORD not in answer.text


async def test_missing_fields_are_each_marked(app: Litestar) -> None:
    async with browser(app) as visitor:
        answer = await visitor.post("/agencies/apply", data={"name": "云溪"})
    assert answer.status_code == 422
    for field in ("uscc", "established_on", "staff", "address", "login", "password"):
        assert f'id="{field}-error"' in answer.text
    assert 'id="name-error"' not in answer.text


async def test_an_agency_applies_and_the_centre_admits_it(county: County) -> None:
    uscc = APPLICATION["uscc"]
    async with browser(county.app) as visitor:
        answer = await visitor.post("/agencies/apply", data=APPLICATION)
        assert answer.headers["location"] == "/sign-in"
    centre = county.centre.browser
    assert APPLICATION["name"] in (await centre.get("/console/admissions")).text
    assert "工程咨询" in (await centre.get(f"/console/admissions/{uscc}")).text
    refused = await centre.post(f"/console/admissions/{uscc}", data={"decision": "admit"})
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    data = {"decision": "admit", "reason": "证照齐全"}
    assert (await centre.post(f"/console/admissions/{uscc}", data=data)).status_code == 303
    assert APPLICATION["name"] not in (await centre.get("/console/admissions")).text
    assert (await centre.get(f"/agencies/{uscc}")).status_code == 200
