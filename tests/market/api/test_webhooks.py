"""Webhooks through the API, as the program of an organisation keeps them."""

from typing import Any

import httpx
import msgspec
import pytest

from market.notices.deliveries import attempt, claim, follow
from market.purchasing.actions import open_group_buy
from market.settings import Settings, installation_key
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from tests.county import County
from tests.receiving import LOOPBACK, receiving


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, webhook_networks=LOOPBACK)


async def made(client: httpx.AsyncClient, url: str, *events: str) -> dict[str, Any]:
    wanted = {"url": url, "events": list(events), "description": "项目库"}
    answer = await client.post("/api/v1/webhooks", json=wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def send_all(settings: Settings) -> None:
    await follow(now())
    for due in await claim(now(), 100):
        await attempt(due, now(), key=installation_key(settings), networks=settings.networks)


async def test_the_life_of_a_webhook(county: County, settings: Settings) -> None:
    client = county.enterprise.client
    async with receiving() as receiver:
        subscribed = await made(client, receiver.url, "group_buy.*")
        address = f"/api/v1/webhooks/{subscribed['webhook']}"
        (listed,) = (await client.get("/api/v1/webhooks")).json()["items"]
        assert listed == (await client.get(address)).json()
        assert (listed["state"], listed["events"]) == ("active", ["group_buy.*"])
        assert "secret" not in listed
        for _ in range(3):
            await open_group_buy(county.enterprise.actor(), county.group_buy())
        queued = (await client.post(f"{address}/test")).json()["delivery"]
        await send_all(settings)
        assert len(receiver.received) == 4
        page = (await client.get(f"{address}/deliveries?limit=3&state=delivered")).json()
        rest = (await client.get(page["next"])).json()
        sent = [*page["items"], *rest["items"]]
        assert len({one["id"] for one in sent}) == len(sent) == 4
        assert rest["next"] is None
        file = (await client.get(f"/api/v1/webhook-deliveries/{queued}")).json()
        assert file["payload"].encode() in [one.body for one in receiver.received]
        assert [one["status"] for one in file["attempts"]] == [204]
        again = await client.post(f"/api/v1/webhook-deliveries/{queued}/redelivery")
        assert again.status_code == 204
        await send_all(settings)
    assert receiver.received[-1].headers["webhook-id"] == file["delivery"]["event_id"]
    new = await client.post(f"{address}/secret")
    assert new.status_code == 201
    assert new.json()["secret"] != subscribed["secret"]
    wanted = {"url": "https://other.example/", "events": ["*"]}
    changed = await client.put(address, json=wanted, headers={"If-Match": "*"})
    assert (changed.json()["url"], changed.json()["description"]) == (wanted["url"], "")
    assert (await client.post(f"{address}/pause")).status_code == 204
    assert (await client.get(address)).json()["state"] == "paused"
    assert (await client.post(f"{address}/test")).json()["code"] == "webhook-not-active"
    assert (await client.post(f"{address}/resume")).status_code == 204
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(address)).status_code == 404


async def test_anothers_webhook_is_not_there(county: County) -> None:
    subscribed = await made(county.enterprise.client, "https://a.example/", "*")
    address = f"/api/v1/webhooks/{subscribed['webhook']}"
    other = (await county.account(Role.ENTERPRISE)).client
    wanted = {"url": "https://other.example/", "events": ["*"]}
    answers = [
        await other.get(address),
        await other.put(address, json=wanted),
        await other.delete(address),
        await other.get(f"{address}/deliveries"),
        *[await other.post(f"{address}/{act}") for act in ("pause", "resume", "secret", "test")],
    ]
    assert {one.status_code for one in answers} == {404}
    assert {one.json()["code"] for one in answers} == {"webhook-unknown"}
    assert (await county.enterprise.client.get(address)).json()["url"] == "https://a.example/"


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"url": "https://169.254.169.254/meta", "events": ["*"]}, 422, "address-private"),
        ({"url": "https://a.example/", "events": []}, 422, "events-missing"),
        ({"url": "https://a.example/", "events": ["session.*"]}, 400, "event-type-unknown"),
        ({"url": "https://a.example/", "events": ["*"], "secret": "mine"}, 400, "malformed"),
        ({"url": "https://a.example/"}, 400, "malformed"),
    ],
)
async def test_what_is_refused(
    county: County, wanted: dict[str, object], status: int, code: str
) -> None:
    answer = await county.enterprise.client.post("/api/v1/webhooks", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await county.enterprise.client.get("/api/v1/webhooks")).json()["items"] == []
