"""`Idempotency-Key`: a POST that acts takes one, and twins of it have one effect and one answer."""

import asyncio
import uuid
from typing import Any

import httpx
import msgspec
from litestar import Litestar

from market.api.description import operations_of
from market.api.negotiation import MESSAGEPACK
from ratings.ledger.database import fetchval
from tests.applications import undeployed
from tests.contract.world import PDF
from tests.county import County, picture

PACK = MESSAGEPACK[0]
_SECRET = "its answer is a secret, which is not kept"
_NOBODY = "nobody has signed in whose key it could be; a second account of the same name is refused"
_STATE = "done twice it is done once"
_ENDED = "whoever could ask once more is gone with it"
# Every other POST takes the key.
WITHOUT_A_KEY = {
    "session_open": _SECRET,
    "api_key_make": _SECRET,
    "webhook_subscribe": _SECRET,
    "webhook_rotate_secret": _SECRET,
    "second_factor_offer": _SECRET,
    "second_factor_remove": _SECRET,
    "recovery_codes_renew": _SECRET,
    "second_factor_reset": _STATE,
    "enterprise_register": _NOBODY,
    "agency_apply": _NOBODY,
    "member_register": _NOBODY,
    "personal_data_erase": _ENDED,
    "invitation_make": _SECRET,
    "office_invite": _SECRET,
    "member_deactivate": _STATE,
    "member_reactivate": _STATE,
    "person_deactivate": _STATE,
    "person_reactivate": _STATE,
    "webhook_pause": _STATE,
    "package_preview": "it writes nothing",
    "webhook_resume": _STATE,
}


def test_every_post_takes_a_key_or_says_why_not() -> None:
    app = undeployed()
    posts = {
        name: "idempotency_key" in handler.parsed_fn_signature.parameters
        for name, handler in operations_of(app).items()
        if "POST" in handler.http_methods
    }
    assert {name for name, takes in posts.items() if not takes} == set(WITHOUT_A_KEY)
    assert len(posts) > 20


async def _keyed(client: httpx.AsyncClient, path: str, key: str, **what: Any) -> httpx.Response:
    return await client.post(path, headers={"Idempotency-Key": key}, **what)


def _same(one: httpx.Response, other: httpx.Response) -> None:
    assert (one.status_code, one.content) == (other.status_code, other.content)
    assert {**one.headers, "ratelimit": ""} == {**other.headers, "ratelimit": ""}


async def test_a_repeated_act_answers_the_same_and_changes_nothing(county: County) -> None:
    """Acts with and without a body, with and without an answer, and an upload."""
    agency = await county.agency()
    listing = await county.listing(agency)
    bought = {"listing": listing, "project_name": "三号厂房"}
    first = await _keyed(county.enterprise.client, "/api/v1/purchases", "buy", json=bought)
    assert first.status_code == 201
    path = f"/api/v1/engagements/{first.json()['engagement']}"
    acts: list[tuple[httpx.AsyncClient, str, dict[str, Any], int]] = [
        (county.enterprise.client, "/api/v1/purchases", {"json": bought}, 201),
        *(
            (agency.client, f"{path}/milestones/{position}", {"json": {"note": "完成"}}, 204)
            for position in range(1, 6)
        ),
        (agency.client, f"{path}/deliverables?filename=a.pdf", {"content": PDF}, 201),
        (county.enterprise.client, f"{path}/acceptance", {}, 204),
        (county.enterprise.client, f"{path}/settlement", {}, 201),
    ]
    for number, (client, address, what, status) in enumerate(acts):
        done = await _keyed(client, address, f"act {number}", **what)
        assert done.status_code == status, done.text
        before = await picture()
        again = await _keyed(client, address, f"act {number}", **what)
        _same(done, again)
        assert await picture() == before, address
    uploads = list((county.app.state.settings.var_dir / "files").rglob("*"))
    assert len([file for file in uploads if file.is_file()]) == 1


async def test_concurrent_twins_settle_once(county: County) -> None:
    agency = await county.agency()
    engagement = await county.delivered(agency, await county.listing(agency))
    client = county.enterprise.client
    path = f"/api/v1/engagements/{engagement}"
    for address in (f"{path}/acceptance", f"{path}/settlement"):
        answers = await asyncio.gather(*(_keyed(client, address, address) for _ in range(5)))
        assert len({(answer.status_code, answer.content) for answer in answers}) == 1
        assert answers[0].status_code < 300
    assert await fetchval("SELECT count(*) FROM ledger_entry WHERE act = 'engagement.settled'") == 1


async def test_what_makes_two_requests_the_same(county: County) -> None:
    """What is said, not how it is written: spaces, order of fields, JSON or MessagePack."""
    agency = await county.agency()
    wanted = {"listing": await county.listing(agency), "project_name": "四号厂房"}
    client, key = county.enterprise.client, str(uuid.uuid4())
    first = await _keyed(client, "/api/v1/purchases", key, json=wanted)
    turned = dict(reversed(wanted.items()))
    for kind, body in (
        ("application/json", msgspec.json.format(msgspec.json.encode(turned))),
        (PACK, msgspec.msgpack.encode(wanted)),
        (PACK, msgspec.msgpack.encode(turned)),
    ):
        headers = {"Idempotency-Key": key, "Content-Type": kind}
        again = await client.post("/api/v1/purchases", content=body, headers=headers)
        _same(first, again)
    packed = await client.post(
        "/api/v1/purchases", json=wanted, headers={"Idempotency-Key": key, "Accept": PACK}
    )
    assert msgspec.msgpack.decode(packed.content) == first.json()
    other = {**wanted, "project_name": "五号厂房"}
    refused = await _keyed(client, "/api/v1/purchases", key, json=other)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")
    assert await fetchval("SELECT count(*) FROM engagement") == 1


async def test_the_query_belongs_to_the_request(county: County) -> None:
    agency = await county.agency()
    listing = await county.listing(agency)
    wanted = {"listing": listing, "project_name": "六号厂房"}
    bought = await county.enterprise.client.post("/api/v1/purchases", json=wanted)
    path = f"/api/v1/engagements/{bought.json()['engagement']}/deliverables"
    assert (await _keyed(agency.client, f"{path}?filename=a.pdf", "k", content=PDF)).is_success
    renamed = await _keyed(agency.client, f"{path}?filename=b.pdf", "k", content=PDF)
    assert renamed.status_code == 422
    changed = await _keyed(agency.client, f"{path}?filename=a.pdf", "k", content=PDF + b" ")
    assert changed.status_code == 422
    uploads = list((county.app.state.settings.var_dir / "files").rglob("*"))
    assert len([file for file in uploads if file.is_file()]) == 1


async def test_another_organisation_has_keys_of_its_own(county: County, app: Litestar) -> None:
    agency, other = await county.agency(), await county.agency()
    group_buy = (
        await county.enterprise.client.post(
            "/api/v1/group-buys", content=msgspec.json.encode(county.group_buy())
        )
    ).json()["group_buy"]
    for one in (agency, other):
        await county.listing(one)
        answer = await _keyed(one.client, f"/api/v1/group-buys/{group_buy}/offers", "the key")
        assert (answer.status_code, answer.json()["uscc"]) == (201, one.uscc), answer.text


async def test_a_refused_act_leaves_the_key_free(county: County) -> None:
    applicant = await county.applicant()
    path = f"/api/v1/agencies/{applicant.uscc}/admission"
    client = county.centre.client
    refused = await _keyed(client, path, "k", json={"admit": True, "reason": " "})
    assert refused.status_code == 422
    done = await _keyed(client, path, "k", json={"admit": True, "reason": "证照齐全"})
    again = await _keyed(client, path, "k", json={"admit": True, "reason": "证照齐全"})
    without = await client.post(path, json={"admit": True, "reason": "证照齐全"})
    assert (done.status_code, again.status_code, without.status_code) == (204, 204, 409)
