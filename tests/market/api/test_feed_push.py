"""A department's program sends its feed: by whom, in which forms, and what it is told."""

import io
import json
from typing import Any

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market.accounts.api_keys import NewApiKey, make_api_key
from market.oversight.pushed import CSV, JSON, NDJSON, PARQUET, as_parquet
from market.oversight.pushing import name_sender
from ratings.ledger.actors import Role
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import SteelyardError
from tests.conftest import make_uscc, program
from tests.county import County, picture

FEED = "housing_fund"
PATH = f"/api/v1/feeds/{FEED}/batches"
ROWS = [
    {
        "uscc": make_uscc(number),
        "month": "2026-08",
        "contributors": number,
        "paid_fen": 100 * number,
    }
    for number in range(1, 6)
]
TABLE = "uscc,month,contributors,paid_fen\n" + "".join(
    ",".join(str(one) for one in row.values()) + "\n" for row in ROWS
)


def parquet() -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), written)
    return written.getvalue()


async def sent(
    client: httpx.AsyncClient, content: bytes | str, kind: str = CSV, path: str = PATH, **more: str
) -> httpx.Response:
    return await client.post(path, content=content, headers={"Content-Type": kind, **more})


async def keyed(county: County, *scopes: str) -> httpx.AsyncClient:
    """The department's program, with an API key."""
    made = await make_api_key(
        county.supervisor.actor(),
        NewApiKey(name="数据推送", scopes=scopes, valid_days=30),
        county.app.state.scopes[Role.SUPERVISOR],
    )
    return program(county.app, made.key)


async def assigned(county: County) -> httpx.AsyncClient:
    await name_sender(county.centre.actor(), FEED, county.supervisor.organisation)
    return county.supervisor.client


async def test_a_program_sends_with_a_key_and_learns_what_became_of_it(county: County) -> None:
    await assigned(county)
    broken = TABLE + f"{make_uscc(9)},2026-13,1,1\n{make_uscc(8)},2026-08,many,1\n"
    async with await keyed(county, "screens:write", "screens:read") as client:
        told = await sent(client, broken, **{"Accept-Language": "en", "Idempotency-Key": "one"})
        assert told.status_code == 201, told.text
        receipt = told.json()
        assert (receipt["rows"], receipt["matched"], receipt["unmatched"]) == (7, 5, 2)
        assert (receipt["state"], receipt["held_because"]) == ("accepted", [])
        assert [(one["line"], one["column"]) for one in receipt["faults"]] == [
            (7, "month"),
            (8, "contributors"),
        ]
        assert "write it as YYYY-MM" in receipt["faults"][0]["reason"]
        # The same key with the same body: the same answer; with another one: refused.
        again = await sent(client, broken, **{"Accept-Language": "en", "Idempotency-Key": "one"})
        assert again.json() == receipt
        other = await sent(client, TABLE, **{"Idempotency-Key": "one"})
        assert other.status_code == 422
        # The same content under no key changes nothing either.
        assert (await sent(client, broken)).json()["repeated"] is True
        shown = (await client.get(f"/api/v1/feed-receipts/{receipt['batch']}")).json()
        assert shown["faults"][0]["reason"] != receipt["faults"][0]["reason"], "in Chinese"
        listed = (await client.get("/api/v1/feed-receipts", params={"feed": FEED})).json()
        assert [one["batch"] for one in listed["items"]] == [receipt["batch"]]
        (feed,) = (await client.get("/api/v1/feeds")).json()["items"]
        assert (feed["feed"], feed["organisation"]) == (FEED, county.supervisor.organisation)
    async with await keyed(county, "screens:read") as reader:
        assert (await sent(reader, TABLE)).json()["code"] == "scope-missing"
    assert await fetchval("SELECT count(*) FROM feed_batch") == 1
    entry = await fetch(
        "SELECT organisation, api_key FROM ledger_entry WHERE act = 'feed.taken_in'"
    )
    assert [(row[0], row[1] is not None) for row in entry] == [
        (county.supervisor.organisation, True)
    ]


async def test_every_form_says_the_same(county: County) -> None:
    client = await assigned(county)
    forms = {
        CSV: TABLE.encode(),
        PARQUET: parquet(),
        JSON: json.dumps(ROWS).encode(),
        NDJSON: "\n".join(json.dumps(row) for row in ROWS).encode(),
    }
    for kind, content in forms.items():
        told = await sent(client, content, f"{kind}; charset=utf-8")
        assert told.status_code == 201, told.text
        assert (told.json()["matched"], told.json()["unmatched"]) == (5, 0), kind
        assert told.json()["months"][0]["firms"] == 5
    assert as_parquet(FEED, JSON, forms[JSON]) == as_parquet(FEED, NDJSON, forms[NDJSON])


async def test_only_the_named_department_sends_a_feed(county: County) -> None:
    other = await county.account(Role.SUPERVISOR)
    auditor = await county.account(Role.AUDITOR)
    before = await picture()
    refused = await sent(county.supervisor.client, TABLE)
    assert (refused.status_code, refused.json()["code"]) == (404, "feed-not-yours")
    for stranger in (county.enterprise, auditor):
        assert (await sent(stranger.client, TABLE)).status_code == 403
    assert await picture() == before
    await assigned(county)
    batch = (await sent(county.supervisor.client, TABLE)).json()["batch"]
    assert (await sent(other.client, TABLE)).status_code == 404
    assert (await other.client.get(f"/api/v1/feed-receipts/{batch}")).status_code == 404
    for path in ("/api/v1/feed-receipts", "/api/v1/feeds"):
        assert (await other.client.get(path)).json()["items"] == []
    assert (await county.centre.client.get(f"/api/v1/feed-receipts/{batch}")).status_code == 200
    # The centre decides anew: from now on the other one sends, and sees nothing of before.
    person = county.centre.client
    sender = f"/api/v1/feeds/{FEED}/sender"
    named = await person.put(sender, json={"organisation": other.organisation})
    assert named.status_code == 204
    assert (await sent(county.supervisor.client, TABLE)).status_code == 404
    assert (await other.client.get("/api/v1/feed-receipts")).json()["items"] == []
    assert (await person.put(sender, json={"organisation": county.enterprise.organisation})).json()[
        "code"
    ] == "supervisor-unknown"
    assert (await person.delete(sender)).status_code == 204
    assert (await person.delete(sender)).status_code == 404
    assert (await sent(other.client, TABLE)).status_code == 404
    acts = await fetch("SELECT act FROM ledger_entry WHERE subject = $1 ORDER BY seq", FEED)
    assert [row[0] for row in acts] == [
        "feed.sender_named",
        "feed.taken_in",
        "feed.sender_named",
        "feed.sender_dismissed",
    ]


FAULTY = [
    (b"", CSV, 422, "feed-empty"),
    (b"uscc,month\n", CSV, 422, "feed-column-missing"),
    (b"PAR1", PARQUET, 422, "feed-parquet"),
    (b"[]", JSON, 422, "feed-no-rows"),
    (b"\n", NDJSON, 422, "feed-no-rows"),
    (TABLE.splitlines()[0].encode() + b"\n", CSV, 422, "feed-no-rows"),
    (b"{}", JSON, 400, "feed-records"),
    (b'{"uscc": 1}\n[2]', NDJSON, 400, "feed-record"),
    (b"[" * 100_000, JSON, 400, "feed-record"),
    (TABLE.encode(), "text/plain", 415, "media-type"),
    (b"x" * 2_000_000, CSV, 413, "file-too-large"),
]


async def test_a_faulty_body_leaves_nothing(county: County) -> None:
    client = await assigned(county)
    county.app.state.settings = msgspec.structs.replace(
        county.app.state.settings, max_upload_bytes=1_000_000
    )
    before = await picture()
    for content, kind, status, code in FAULTY:
        told = await sent(client, content, kind)
        assert (told.status_code, told.json()["code"]) == (status, code), told.text
    # What this market states itself nobody sends, not even the centre.
    for feed in ("platform", "manifest", "weather"):
        told = await sent(county.centre.client, TABLE, path=f"/api/v1/feeds/{feed}/batches")
        assert (told.status_code, told.json()["code"]) == (404, "feed-not-yours")
    assert await picture() == before


def test_records_may_lack_what_others_have() -> None:
    body = b'{"a": 1, "b": null}\n\n{"c": 0.10, "a": "x"}\n'
    table: list[dict[str, Any]] = pq.read_table(
        io.BytesIO(as_parquet(FEED, NDJSON, body))
    ).to_pylist()
    assert table == [{"a": "1", "b": None, "c": None}, {"a": "x", "b": None, "c": "0.10"}]


def test_a_record_that_is_none_is_named() -> None:
    with pytest.raises(SteelyardError) as caught:
        as_parquet(FEED, NDJSON, b'{"a": 1}\n7\n')
    assert caught.value.params == {"place": 2}
