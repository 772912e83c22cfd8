"""An administrator makes a key, copies it, a program uses it, and it is revoked."""

import httpx
from litestar import Litestar

from ratings.ledger.actors import Role
from tests.browser.visitors import Arrive
from tests.conftest import open_account

_KEY_IS_HERE = "#made"


async def test_a_key_from_making_to_revoking(app: Litestar, origin: str, arrive: Arrive) -> None:
    account = await open_account(app, Role.ENTERPRISE)
    async with account.client, account.browser:
        visitor = await arrive(account.login)
    await visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visitor.page.get_by_role("link", name=visitor.says("API keys")).click()
    await visitor.sees("No key yet")
    await visitor.looks()

    await visitor.fill(name="采购系统")
    await visitor.press("Make the key", status=422)
    await visitor.sees("Please choose.")
    await visitor.looks()

    await visitor.page.check("[name='catalogue:read']")
    await visitor.press("Make the key")
    key = await visitor.page.input_value(_KEY_IS_HERE)
    await visitor.looks()
    await visitor.page.get_by_role("button", name=visitor.says("Copy"), exact=True).click()
    await visitor.page.get_by_role("button", name=visitor.says("Copied"), exact=True).wait_for()
    assert await visitor.page.evaluate("navigator.clipboard.readText()") == key

    async with httpx.AsyncClient(
        base_url=origin, headers={"Authorization": f"Bearer {key}"}
    ) as robot:
        assert (await robot.get("/api/v1/items")).status_code == 200
        refused = await robot.get("/api/v1/engagements")
        assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
        await visitor.go("/account/api-keys")
        assert await visitor.page.locator(_KEY_IS_HERE).count() == 0
        assert key not in await visitor.page.content()
        await visitor.press("Revoke", "采购系统")
        await visitor.sees("The key is revoked and opens nothing any more.")
        await visitor.sees("Revoked")
        assert (await robot.get("/api/v1/items")).status_code == 401
    await visitor.looks()
