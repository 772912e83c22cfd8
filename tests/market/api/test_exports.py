"""Whole lists: the rows one may see, the whole chain for officials, and no connection kept."""

import csv
import gc
import hashlib
import io
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from market.oversight import exports
from market.oversight.exports import written
from market.oversight.queries import engagement_lines
from market.oversight.sheets import BYTE_ORDER_MARK, as_json, plain
from ratings.ledger.actors import Role
from ratings.ledger.database import ENGINE
from ratings.ledger.rules import GENESIS, Entry, canonical, first_break
from tests.conftest import Account, program
from tests.county import County

AGENCIES, ENGAGEMENTS, LEDGER = (
    f"/api/v1/exports/{name}" for name in ("agencies", "engagements", "ledger")
)


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    text = answer.content.decode().removeprefix(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text, newline="")))


async def rows(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """The JSON, after making sure that the CSV says the same."""
    answer = await client.get(f"{path}.json")
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    found: list[dict[str, Any]] = answer.json()
    lines = table(await client.get(f"{path}.csv"))
    assert len(lines) == len(found)
    for line, row in zip(lines, found, strict=True):
        assert list(line) == list(row)
        for name, value in row.items():
            if isinstance(value, str) and not name.endswith(("_at", "at")):
                assert plain(line[name]) == value
    return found


async def test_the_directory_as_a_file(county: County) -> None:
    agency = await county.agency()
    waiting = await county.applicant()
    await county.listing(agency)
    async with program(county.app) as nobody:
        found = {row["uscc"]: row for row in await rows(nobody, AGENCIES)}
        again = await nobody.get(f"{AGENCIES}.csv")
        known = {"If-None-Match": again.headers["etag"]}
        assert (await nobody.get(f"{AGENCIES}.csv", headers=known)).status_code == 304
        bare = await nobody.head(f"{AGENCIES}.csv")
        assert (bare.content, bare.headers["etag"]) == (b"", again.headers["etag"])
    assert waiting.uscc not in found
    assert agency.uscc is not None
    assert found[agency.uscc]["packages"] == ["consulting"]
    assert found[agency.uscc]["standing"] == "unrated"


async def test_everybody_exports_their_own_engagements(county: County) -> None:
    agency = await county.agency()
    engagement = await county.delivered(agency, await county.listing(agency))
    stranger, rival = await county.account(Role.ENTERPRISE), await county.agency()
    for who in (county.enterprise, agency, county.supervisor, county.centre):
        (row,) = await rows(who.client, ENGAGEMENTS)
        assert row["id"] == engagement
        assert isinstance(row["price_fen"], int)
    for outsider in (stranger, rival):
        assert await rows(outsider.client, ENGAGEMENTS) == []
    async with program(county.app) as nobody:
        assert (await nobody.get(f"{ENGAGEMENTS}.csv")).status_code == 401


async def test_officials_export_a_chain_that_can_be_verified(
    county: County, accounts: dict[Role, Account]
) -> None:
    agency = await county.agency()
    await county.settled(agency, await county.listing(agency))
    for role in (Role.CENTRE, Role.AUDITOR):
        exported = await rows(accounts[role].client, LEDGER)
        entries = [
            msgspec.convert({**row, "facts": canonical(row["facts"])}, Entry) for row in exported
        ]
        assert entries[0].previous_hash == GENESIS
        assert first_break(entries) is None
    async with program(county.app) as nobody:
        public = await rows(nobody, LEDGER)
    assert 0 < len(public) < len(exported)
    assert {row["act"] for row in public} & {"engagement.started", "account.created"} == set()
    for row in public:
        assert (row["person"], row["organisation"], row["previous_hash"]) == (None, None, None)


async def test_a_slow_reader_holds_no_connection(county: County) -> None:
    made = await written(as_json(engagement_lines(county.centre.actor())))
    assert ENGINE.pool is not None
    assert ENGINE.connections is not None
    idle = ENGINE.pool.get_idle_size() + ENGINE.connections.at_hand
    assert idle == ENGINE.pool.get_size()
    assert b"".join([piece async for piece in made.pieces()]) == b"[]\n"


async def test_a_large_export_needs_little_memory() -> None:
    async def lines() -> AsyncIterator[bytes]:
        for _ in range(32 * 1024):
            yield bytes(1024)

    tracemalloc.start()
    try:
        made = await written(lines())
        size = sum([len(piece) async for piece in made.pieces()])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == made.size == 32 * 1024 * 1024
    assert most < 4 * 1024 * 1024


async def test_a_file_that_nobody_wants_again_is_closed(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning about a file left open would fail this test."""
    monkeypatch.setattr(exports, "_PIECE", 16)
    async with program(county.app) as nobody:
        whole = await nobody.get(f"{LEDGER}.json")
        known = {"If-None-Match": whole.headers["etag"]}
        assert (await nobody.get(f"{LEDGER}.json", headers=known)).status_code == 304
        assert (await nobody.head(f"{LEDGER}.json")).status_code == 200
    gc.collect()


async def test_people_get_words_yuan_and_their_time(county: County) -> None:
    agency = await county.agency()
    await county.delivered(agency, await county.listing(agency))
    chinese = await county.enterprise.browser.get("/exports/engagements.csv")
    assert "filename*=UTF-8''%E5%A7%94" in chinese.headers["content-disposition"]
    (row,) = table(chinese)
    yuan = (await rows(county.enterprise.client, ENGAGEMENTS))[0]["price_fen"] / 100
    assert row["费用（元）"] == f"{yuan:.2f}"
    assert row["状态"] == "待验收"
    english = await county.enterprise.browser.get("/exports/engagements.csv?lang=en")
    assert table(english)[0]["State"] == "Delivered"
    for path, page in (
        ("/exports/agencies.csv", "/agencies"),
        ("/exports/engagements.csv", "/engagements"),
        ("/exports/ledger.csv", "/decisions"),
        ("/exports/ledger.csv", "/console/ledger"),
    ):
        assert path in (await county.centre.browser.get(page)).text
        assert (await county.centre.browser.get(path)).status_code == 200
