"""The page of an address that is not there: it knows who asks, and stands without a database."""

import asyncio

import pytest

from market.accounts import identity
from market.api import unrouted
from ratings.ledger.database import execute, fetchval
from tests.conftest import browser
from tests.county import County

NOWHERE = "/nowhere/at/all?lang=en"
_SIGN_IN = 'href="/sign-in"'
_NAME = "SELECT name FROM person WHERE id = $1"


async def test_whoever_has_signed_in_is_shown_and_may_sign_out(county: County) -> None:
    account = county.enterprise
    name = await fetchval(_NAME, account.person)
    page = await account.browser.get(NOWHERE)
    assert page.status_code == 404
    assert name in page.text
    assert 'href="/workspace"' in page.text
    assert _SIGN_IN not in page.text
    wrong = await account.browser.delete("/catalogue?lang=en")
    assert wrong.status_code == 405
    assert name in wrong.text
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    account.browser.headers.pop("X-CSRF-Token")
    ended = await account.browser.post("/sign-out", data={"_csrf_token": token})
    assert ended.status_code == 303
    assert _SIGN_IN in (await account.browser.get(NOWHERE)).text


async def test_a_stranger_and_an_ended_session_are_offered_to_sign_in(county: County) -> None:
    async with browser(county.app) as stranger, browser(county.app, "made-up") as guessing:
        for one in (stranger, guessing):
            page = await one.get(NOWHERE)
            assert page.status_code == 404
            assert _SIGN_IN in page.text
    await execute("UPDATE session SET seen_at = seen_at - interval '13 hours'")
    page = await county.enterprise.browser.get(NOWHERE)
    assert (page.status_code, _SIGN_IN in page.text) == (404, True)


async def test_the_api_looks_at_no_cookie(county: County) -> None:
    for client in (county.enterprise.browser, county.enterprise.client):
        told = await client.get("/api/v1/nowhere")
        assert (told.status_code, told.json()["code"]) == (404, "no-such-address")


@pytest.mark.parametrize("fault", ["refused", "hanging"])
async def test_a_failing_database_still_gives_a_plain_page(
    county: County, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def signed_in(*_: object, **__: object) -> None:
        if fault == "refused":
            raise ConnectionRefusedError
        await asyncio.Event().wait()

    monkeypatch.setattr(identity, "signed_in", signed_in)
    monkeypatch.setattr(unrouted, "_PATIENCE", 0.01)
    page = await county.enterprise.browser.get(NOWHERE)
    assert page.status_code == 404
    assert _SIGN_IN in page.text
