"""An administrator subscribes, sees the first test arrive, a failure, and sends it again."""

import msgspec
import pytest
from standardwebhooks import Webhook as Verifier

from market.purchasing.actions import open_group_buy
from market.settings import Settings
from ratings.ledger.database import execute
from tests.browser.visitors import Arrive
from tests.county import County, eventually
from tests.receiving import LOOPBACK, answering, receiving


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, webhook_networks=LOOPBACK)


async def test_a_webhook_from_its_subscription_to_its_end(county: County, arrive: Arrive) -> None:
    person = await arrive(county.enterprise.login)
    page = person.page
    async with receiving() as receiver:

        async def arrived(count: int) -> bool:
            return len(receiver.received) >= count

        await person.go("/account/webhooks")
        await person.sees("No webhook yet")
        await person.fill(url="https://10.0.0.8/hook", purpose="项目库")
        await page.check("[name=events][value='group_buy.*']")
        await person.press("Subscribe", status=422)
        await person.looks()
        await person.fill(url=receiver.url)
        await person.press("Subscribe")
        secret = await page.input_value("#made")
        await person.looks()
        await person.follow("项目库")
        await person.press("Send a test")
        await eventually(lambda: arrived(1))
        Verifier(secret).verify(receiver.received[0].body, receiver.received[0].headers)

        receiver.answer = lambda _: answering(500, b"<script>alert('no')</script>")
        await open_group_buy(county.enterprise.actor(), county.group_buy())
        await eventually(lambda: arrived(2))
        await execute("UPDATE webhook_delivery SET next_attempt_at = now() WHERE failures > 0")

        async def noted() -> bool:
            await page.reload()
            return all([await page.get_by_text(f"HTTP {one}").count() for one in (500, 204)])

        await eventually(noted)
        await person.looks()
        await person.follow(person.says("Group buy opened"))
        await person.reads("<script>alert('no')</script>")
        await person.looks()
        receiver.answer = lambda _: answering(204)
        await person.press("Send again")

        async def recovered() -> bool:
            await page.reload()
            return await page.get_by_text("HTTP 204").count() == 1

        await eventually(recovered)
        assert len({one.headers["webhook-id"] for one in receiver.received}) == 2
    await person.go("/account/webhooks")
    await person.follow("项目库")
    await execute("UPDATE webhook SET url = 'https://elsewhere.example/', version = version + 1")
    await person.fill(purpose="项目库二")
    await person.press("Save", status=412)
    await person.sees("What somebody else has saved meanwhile")
    await person.reads("https://elsewhere.example/")
    assert await page.input_value("[name=purpose]") == "项目库二"
    await person.looks()
    await person.press("Save")
    await person.press("Pause")
    await person.sees("Paused")
    await person.press("New secret")
    assert await page.input_value("#new-secret") != secret
    await person.looks()
    await page.get_by_text(person.says("Delete this webhook")).click()
    await person.press("Delete")
    await person.sees("No webhook yet")
