"""Making an edition through the API, and reading the list of any day."""

import uuid
from datetime import timedelta
from typing import Any

import httpx

from market.catalogue.edition_actions import take_effect
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now, start_of_day
from tests.conftest import Account
from tests.county import County

_EDITIONS = "/api/v1/editions"
_DRAFT = {"title_zh": "清单2.1", "note_zh": "年度评估后的调整"}
_AMEND = {
    "kind": "amend",
    "code": "16",
    "reason_zh": "承诺提速",
    "fields": {"working_days": 15, "days_basis": "promised"},
}
_WITHDRAW = {"kind": "withdraw", "code": "01", "reason_zh": "并入可研", "reason_en": "no need"}


async def _tag(who: Account, edition: str) -> dict[str, str]:
    return {"If-Match": (await who.client.get(f"{_EDITIONS}/{edition}")).headers["ETag"]}


async def _propose(who: Account, edition: str, body: dict[str, Any]) -> httpx.Response:
    address = f"{_EDITIONS}/{edition}/changes"
    return await who.client.post(address, json=body, headers=await _tag(who, edition))


async def _item(client: httpx.AsyncClient, code: str, **query: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/items/{code}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _listed(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get("/api/v1/items", params={"limit": "100", **query})
    return {one["code"]: one for one in answer.json()["items"]}


async def test_two_people_make_an_edition(county: County, client: httpx.AsyncClient) -> None:
    centre, second = county.centre, await county.second()
    before = await _listed(client)
    assert before["16"]["working_days"] == 20
    drafted = await centre.client.post(_EDITIONS, json=_DRAFT)
    assert drafted.status_code == 201, drafted.text
    edition = drafted.json()["edition"]
    address = f"{_EDITIONS}/{edition}"
    assert (await client.get(address)).status_code == 404, "a draft is the centre's"
    old = await _tag(centre, edition)
    assert (await _propose(centre, edition, _AMEND)).json() == {"position": 1}
    stale = await centre.client.post(f"{address}/changes", json=_WITHDRAW, headers=old)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed-meanwhile")
    missing = await centre.client.post(f"{address}/changes", json=_WITHDRAW)
    assert missing.status_code == 428
    assert (await _propose(centre, edition, _WITHDRAW)).json() == {"position": 2}
    bad = await _propose(centre, edition, {**_AMEND, "fields": {"working_days": 0}})
    assert bad.status_code == 422
    assert bad.json()["errors"][0]["pointer"] == "/working_days"

    today = local_date(now()).isoformat()
    adoption = {"effective_on": today}
    tag = await _tag(second, edition)
    own = await centre.client.post(f"{address}/adoption", json=adoption, headers=tag)
    assert (own.status_code, own.json()["code"]) == (403, "second-person-needed")
    keyed = {**tag, "Idempotency-Key": str(uuid.uuid4())}
    for _ in range(2):
        adopted = await second.client.post(f"{address}/adoption", json=adoption, headers=keyed)
        assert adopted.status_code == 204, adopted.text

    after = await _listed(client)
    assert (after["16"]["working_days"], after["16"]["days_basis"]) == (15, "promised")
    assert (after["01"]["active"], after["01"]["withdrawn_reason_en"]) == (False, "no need")
    yesterday = (local_date(now()) - timedelta(days=1)).isoformat()
    assert await _listed(client, as_of=yesterday) == before
    assert "01" in await _listed(client, as_of=yesterday, active="true")
    assert "01" not in await _listed(client, as_of=today, active="true")
    assert (await _item(client, "16", as_of=yesterday))["working_days"] == 20
    found = (await client.get(f"{address}/differences")).json()
    assert (found["since"], found["added"]) == ("list-2.0", [])
    assert [(one["code"], one["kind"]) for one in found["changed"]] == [
        ("01", "withdrawn"),
        ("16", "amended"),
    ]
    assert {"field": "working_days", "old": 20, "new": 15} in found["changed"][1]["fields"]
    listed = (await client.get(_EDITIONS)).json()["items"]
    assert [(one["id"], one["in_force"]) for one in listed] == [
        (edition, True),
        ("list-2.0", False),
    ]
    shown = (await client.get(address)).json()
    assert [one["change"]["reason_zh"] for one in shown["changes"]] == ["承诺提速", "并入可研"]
    assert not any(one["own"] for one in shown["changes"])


async def test_what_is_kept_in_memory_knows_the_day_of_an_edition(
    county: County, client: httpx.AsyncClient
) -> None:
    second = await county.second()
    edition = (await county.centre.client.post(_EDITIONS, json=_DRAFT)).json()["edition"]
    await _propose(county.centre, edition, _AMEND)
    day = local_date(now()) + timedelta(days=2)
    answer = await second.client.post(
        f"{_EDITIONS}/{edition}/adoption",
        json={"effective_on": day.isoformat()},
        headers=await _tag(second, edition),
    )
    assert answer.status_code == 204, answer.text
    for _ in range(2):
        assert (await _listed(client))["16"]["working_days"] == 20
    assert (await _item(client, "16", as_of=day.isoformat()))["working_days"] == 15
    await take_effect(system(start_of_day(day)), edition)
    assert (await _listed(client))["16"]["working_days"] == 15


async def test_an_act_is_taken_out_and_a_draft_given_up(county: County) -> None:
    centre = county.centre
    edition = (await centre.client.post(_EDITIONS, json=_DRAFT)).json()["edition"]
    address = f"{_EDITIONS}/{edition}"
    await _propose(centre, edition, _AMEND)
    tag = await _tag(centre, edition)
    assert (await centre.client.delete(f"{address}/changes/1")).status_code == 428
    assert (await centre.client.delete(f"{address}/changes/1", headers=tag)).status_code == 204
    tag = await _tag(centre, edition)
    assert (await centre.client.delete(f"{address}/changes/1", headers=tag)).status_code == 404
    reason = {"reason": "另行起草"}
    gone = await centre.client.post(f"{address}/discarding", json=reason, headers=tag)
    assert gone.status_code == 204, gone.text
    assert (await centre.client.post(_EDITIONS, json=_DRAFT)).status_code == 201
