"""The chain on a real database: appended in the act's transaction, refusing change, proving all."""

import asyncio
from itertools import pairwise

import asyncpg
import pytest

from ratings.ledger.actions import record
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval, tx
from ratings.ledger.queries import Wanted, chain, entries, history
from ratings.ledger.rules import GENESIS, first_break
from ratings.verification import verify
from tests.county import County, picture


async def append(count: int, subject: str = "thing") -> None:
    for number in range(count):
        async with tx():
            await record(system(now()), "thing.done", "thing", subject, {"n": number}, "因为")


async def broken() -> tuple[int, str] | None:
    return first_break([entry async for entry in chain()])


async def test_entries_chain_from_the_beginning(database: str) -> None:
    await append(5)
    found = [entry async for entry in chain()]
    assert [entry.seq for entry in found] == [1, 2, 3, 4, 5]
    assert found[0].previous_hash == GENESIS
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(found))
    assert await broken() is None
    assert (await verify()).faults == []


async def test_an_act_that_fails_leaves_no_entry_and_no_gap(database: str) -> None:
    await append(1)
    before = await picture()

    async def act() -> None:
        async with tx():
            await record(system(now()), "thing.done", "thing", "half", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act()
    assert await picture() == before
    await append(1)
    assert await broken() is None


async def test_appends_at_once_keep_the_chain(database: str) -> None:
    await asyncio.gather(*(append(5, f"thing {number}") for number in range(8)))
    assert await fetchval("SELECT count(*) FROM ledger_entry") == 40
    assert await broken() is None
    for number in range(8):
        assert [entry.fact()["n"] for entry in await history("thing", f"thing {number}")] == [
            *range(5)
        ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET reason = '另一个' WHERE seq = 2",
        "DELETE FROM ledger_entry WHERE seq = 2",
        "TRUNCATE ledger_entry",
    ],
)
async def test_the_database_refuses_change(database: str, statement: str) -> None:
    await append(3)
    before = await picture()
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await execute(statement)
    assert await picture() == before


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger_entry SET reason = '另一个' WHERE seq = 2", (2, "altered")),
        ("""UPDATE ledger_entry SET facts = '{"n":9}' WHERE seq = 3""", (3, "altered")),
        ("UPDATE ledger_entry SET at = at + interval '1 us' WHERE seq = 1", (1, "altered")),
        ("UPDATE ledger_entry SET role = 'centre' WHERE seq = 4", (4, "altered")),
        ("DELETE FROM ledger_entry WHERE seq = 2", (2, "missing")),
        ("DELETE FROM ledger_entry WHERE seq = 1", (1, "missing")),
        ("UPDATE ledger_entry SET hash = repeat('0', 64) WHERE seq = 2", (2, "altered")),
        ("UPDATE ledger_entry SET previous_hash = repeat('1', 64) WHERE seq = 3", (3, "unchained")),
    ],
)
async def test_tampering_behind_the_triggers_back_is_found(
    database: str, statement: str, fault: tuple[int, str]
) -> None:
    await append(4)
    await execute("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_is_append_only")
    await execute(statement)
    assert await broken() == fault
    assert f"ledger entry {fault[0]}: {fault[1]}" in (await verify()).faults


async def test_a_ledger_in_pages(database: str) -> None:
    await append(7)
    wanted = Wanted(subject_kind="thing", acts=("thing.done",))
    first = await entries(wanted, before=None, limit=4)
    rest = await entries(wanted, before=first[-1].seq, limit=4)
    assert [entry.seq for entry in [*first, *rest]] == [7, 6, 5, 4, 3, 2, 1]
    assert await entries(Wanted(subject="other"), before=None, limit=4) == []


async def test_the_public_reads_public_acts_without_persons(county: County) -> None:
    agency = await county.agency()
    await county.delivered(agency, await county.listing(agency))
    stranger = await county.account(Role.ENTERPRISE)
    public = (await stranger.client.get("/api/v1/ledger", params={"limit": 100})).json()["items"]
    acts = {entry["act"] for entry in public}
    assert {"agency.admitted", "listing.put_up", "package.supervisor_named"} <= acts
    assert not any(act.startswith(("engagement.", "account.", "docket.")) for act in acts)
    assert {entry["person"] for entry in public} == {entry["organisation"] for entry in public}
    assert {entry["person"] for entry in public} == {None}
    whole = (await county.centre.client.get("/api/v1/ledger", params={"limit": 100})).json()
    assert any(entry["act"] == "engagement.started" for entry in whole["items"])
    assert any(entry["person"] == county.centre.person for entry in whole["items"])
    one = await county.centre.client.get(
        "/api/v1/ledger", params={"subject_kind": "agency", "subject": agency.uscc, "limit": 2}
    )
    assert [entry["act"] for entry in one.json()["items"]] == ["listing.put_up", "agency.admitted"]
    following = (await county.centre.client.get(one.json()["next"])).json()
    assert [entry["act"] for entry in following["items"]] == ["agency.applied"]
