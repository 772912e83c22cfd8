"""Pulls from a department that really answers: whole or not at all, whatever happens on the way."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from obstore.store import LocalStore

from ratings.ledger.actors import Actor, Role
from ratings.ledger.addresses import parse_networks
from ratings.ledger.clock import now
from ratings.ledger.database import fetch, fetchrow, fetchval
from ratings.ledger.errors import NotFound
from ratings.signals.connectors.actions import PULL, Desk, begin_due, pull, pull_now
from ratings.signals.connectors.description import Connector
from ratings.signals.connectors.queries import last_pulls
from ratings.signals.connectors.rules import LEASE, finished_months
from tests.conftest import make_uscc
from tests.county import jobs
from tests.department import SECRET, Department, department, said
from tests.ratings.signals.connectors.test_description import example
from tests.receiving import LOOPBACK, answering

AT = datetime.fromisoformat("2026-11-10T04:00:00+00:00")
MONTH = "2026-10"


@dataclass
class Office:
    """What pulls from the department: a connector, a clock that a test turns, a store of cells."""

    source: Department
    connector: Connector
    store: LocalStore
    at: datetime = AT
    networks: str = LOOPBACK

    @property
    def desk(self) -> Desk:
        return Desk(
            {self.connector.name: self.connector},
            parse_networks(self.networks),
            b"a key for identifiers",
            self.store,
            lambda: self.at,
        )

    async def landed(self) -> list[list[dict[str, Any]]]:
        """The rows of every partition in the store, in the order of their codes."""
        found = []
        for (key,) in await fetch("SELECT storage_key FROM feed_partition ORDER BY month"):
            content = bytes((await self.store.get_async(key)).bytes())
            rows = pq.read_table(io.BytesIO(content)).to_pylist()
            found.append(sorted(rows, key=lambda row: row["uscc"]))
        return found

    async def begin(self) -> str:
        """One pull of one month; returns its id."""
        await begin_due(self.desk.connectors, self.at)
        identifier: str = await fetchval(
            "SELECT id::text FROM connector_pull WHERE month = $1 AND state = 'reading'", MONTH
        )
        return identifier

    def pages(self) -> list[int]:
        return [int(one["page"]) for one in self.source.asked]


def rows(count: int, month: str = "202610") -> list[dict[str, Any]]:
    return [
        {
            "creditCode": make_uscc(number),
            "period": month,
            "headCount": number,
            "amount": 1000.5 * number,
            "payState": "1",
            "unitName": f"第{number}号",
            "remark": None,
        }
        for number in range(1, count + 1)
    ]


async def state(identifier: str) -> dict[str, Any]:
    row = await fetchrow("SELECT * FROM connector_pull WHERE id = $1", identifier)
    assert row is not None
    return dict(row)


@pytest.fixture
async def office(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    monkeypatch.setenv("STEELYARD_CONNECTOR_HOUSING_FUND_SECRET", SECRET)
    async with department() as source:
        source.rows["202610"] = rows(7)
        connector = example(source.url, **{"requests_per_second = 5": "requests_per_second = 100"})
        yield Office(source, connector, LocalStore(tmp_path))


async def test_the_documents_example_pulls_a_month(office: Office) -> None:
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert office.pages() == [1, 2, 3]
    assert office.source.asked[0] == {
        "period": "202610",
        "area": "320999",
        "page": "1",
        "size": "3",
    }
    assert len(office.source.tokens) == 1
    (landed,) = await office.landed()
    wanted = ("uscc", "month", "state", "contributors", "paid_fen")
    assert [tuple(row[name] for name in wanted) for row in landed] == [
        (make_uscc(number), MONTH, "POS", number, 100_050 * number) for number in range(1, 8)
    ]
    ended = await state(identifier)
    assert (ended["state"], ended["rows"], ended["pages"]) == ("landed", 7, 3)
    assert await fetchval("SELECT count(*) FROM connector_page") == 0
    entry = await fetchrow("SELECT role, facts FROM ledger_entry WHERE act = 'connector.pulled'")
    assert entry is not None
    assert entry["role"] == Role.SYSTEM
    # Another time of the same job does nothing.
    await pull(identifier, office.desk)
    assert len(await office.landed()) == 1


async def test_a_token_that_ends_on_the_way_is_renewed(office: Office) -> None:
    office.source.uses_of_a_token = 2
    await pull(await office.begin(), office.desk)
    assert office.source.tokens == ["token 1", "token 2"]
    assert len((await office.landed())[0]) == 7


async def test_a_busy_source_is_left_alone_for_as_long_as_it_says(office: Office) -> None:
    turned_away = [answering(429, b"", "Retry-After: 90"), answering(503)]
    office.source.before = lambda source, query: (
        turned_away.pop(0) if query["page"] == "2" and turned_away else None
    )
    identifier = await office.begin()
    await pull(identifier, office.desk)
    waiting = await state(identifier)
    assert (waiting["state"], waiting["pages"], waiting["failures"]) == ("reading", 1, 1)
    assert waiting["params"] == '{"status": "429"}'
    assert waiting["next_attempt_at"] >= AT + timedelta(seconds=90)
    assert await jobs(PULL) == 3  # two months of the schedule, and this one again

    await pull(identifier, office.desk)  # too early: nobody is asked
    assert office.pages() == [1, 2]
    office.at = waiting["next_attempt_at"]
    await pull(identifier, office.desk)
    office.at += timedelta(minutes=5)
    await pull(identifier, office.desk)
    assert office.pages() == [1, 2, 2, 2, 3]
    assert len((await office.landed())[0]) == 7


async def test_a_source_that_is_down_for_a_day_fails_and_nothing_lands(office: Office) -> None:
    office.source.before = lambda source, query: answering(500) if query["page"] == "2" else None
    identifier = await office.begin()
    for hours in range(0, 26, 2):
        office.at = AT + timedelta(hours=hours)
        await pull(identifier, office.desk)
    assert (await state(identifier))["state"] == "failed"
    assert await office.landed() == []
    assert await fetchval("SELECT count(*) FROM connector_page") == 0
    assert await fetchval(
        "SELECT reason FROM ledger_entry WHERE act = 'connector.pull_failed'"
    ) == ("It answered with status 500.")


async def test_a_pull_whose_worker_died_goes_on_at_its_page(office: Office) -> None:
    reached = asyncio.Event()

    def hang(_: Department, query: dict[str, str]) -> bytes | None:
        if query["page"] == "2":
            reached.set()
            return b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"
        return None

    office.source.before = hang
    identifier = await office.begin()
    worker = asyncio.create_task(pull(identifier, office.desk))
    await reached.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    office.source.before = lambda *_: None
    await pull(identifier, office.desk)  # the dead one is given its time
    assert office.pages() == [1, 2]

    office.at += LEASE
    await begin_due(office.desk.connectors, office.at)
    assert await jobs(PULL) == 4, "the lost jobs are there again"
    await pull(identifier, office.desk)
    assert office.pages() == [1, 2, 2, 3]
    assert len((await office.landed())[0]) == 7


async def test_two_workers_land_a_month_once(office: Office) -> None:
    identifier = await office.begin()
    await asyncio.gather(*(pull(identifier, office.desk) for _ in range(4)))
    assert office.pages() == [1, 2, 3]
    assert len(await office.landed()) == 1


async def test_rows_that_moved_are_read_anew(office: Office) -> None:
    """A firm that is inserted in front moves a row from page one to page two."""

    def insert(source: Department, query: dict[str, str]) -> None:
        if query["page"] == "2" and len(source.rows["202610"]) == 7:
            source.rows["202610"] = rows(8)[7:] + source.rows["202610"]

    office.source.before = insert
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert office.pages() == [1, 2, 3, 1, 2, 3]
    assert {row["uscc"] for row in (await office.landed())[0]} == {
        make_uscc(one) for one in range(1, 9)
    }
    assert (await state(identifier))["reading"] == 2


async def test_a_page_that_comes_twice_is_read_anew_and_at_last_refused(office: Office) -> None:
    office.source.before = lambda source, query: source.page({**query, "page": "1"})
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert office.pages() == [1, 2] * 3
    failed = await state(identifier)
    assert (failed["state"], failed["params"]) == ("failed", '{"times": "3"}')
    assert await office.landed() == []


async def test_a_row_that_the_source_has_twice_is_harmless(office: Office) -> None:
    office.source.rows["202610"] = rows(7) + rows(1)
    await pull(await office.begin(), office.desk)
    assert office.pages() == [1, 2, 3] * 2
    assert len((await office.landed())[0]) == 7


async def test_fewer_rows_than_the_source_says_are_not_the_month(office: Office) -> None:
    office.source.before = lambda source, query: said({"data": {"total": 9, "items": rows(7)[:2]}})
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert (await state(identifier))["state"] == "failed"
    assert await office.landed() == []


async def test_a_field_that_is_gone_refuses_the_month(office: Office) -> None:
    for row in office.source.rows["202610"][5:]:
        row["persons"] = row.pop("headCount")
    identifier = await office.begin()
    await pull(identifier, office.desk)
    failed = await state(identifier)
    assert failed["state"] == "failed"
    assert "headCount" in failed["params"]
    assert await office.landed() == []


async def test_an_empty_month_says_nothing_about_anybody(office: Office) -> None:
    office.source.rows.clear()
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert (await state(identifier))["state"] == "failed"
    assert await office.landed() == []


async def test_an_address_inside_is_called_only_where_the_setting_names_it(office: Office) -> None:
    office.networks = "10.0.0.0/8"
    identifier = await office.begin()
    await pull(identifier, office.desk)
    waiting = await state(identifier)
    assert "not one that this market may call" in waiting["problem"]
    assert office.source.tokens == []


async def test_without_its_secret_a_connector_calls_nobody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEELYARD_CONNECTOR_HOUSING_FUND_SECRET")
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert (await state(identifier))["state"] == "failed"
    assert office.source.tokens == []


async def test_a_wrong_secret_is_refused_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_CONNECTOR_HOUSING_FUND_SECRET", "wrong")
    identifier = await office.begin()
    await pull(identifier, office.desk)
    assert (await state(identifier))["state"] == "failed"


async def test_a_change_of_unit_waits_for_a_person(office: Office) -> None:
    """The department begins to send fen under the name of yuan: a hundred times as much."""
    office.source.rows["202609"] = rows(24, "202609")
    office.source.rows["202610"] = [row | {"amount": row["amount"] * 100} for row in rows(24)]
    await begin_due(office.desk.connectors, office.at)
    for (identifier,) in await fetch("SELECT id::text FROM connector_pull ORDER BY month"):
        await pull(identifier, office.desk)
    newest, before = (await last_pulls())[office.connector.name]
    assert (before.month, before.state, before.batch_state) == ("2026-09", "landed", "accepted")
    assert (newest.month, newest.state, newest.batch_state) == ("2026-10", "landed", "held")


async def test_what_cannot_be_read_of_a_row_is_set_aside(office: Office) -> None:
    office.source.rows["202610"][3]["payState"] = "7"
    await pull(await office.begin(), office.desk)
    assert len((await office.landed())[0]) == 6
    assert await fetchval("SELECT faults -> 0 ->> 'value' FROM unmatched_row") == "7"


async def test_a_schedule_begins_each_month_once(office: Office) -> None:
    for _ in range(3):
        await begin_due(office.desk.connectors, office.at)
    begun = await fetch("SELECT month FROM connector_pull ORDER BY month")
    assert [row[0] for row in begun] == ["2026-09", "2026-10"]
    assert await jobs(PULL) == 2
    identifier = await office.begin()
    await pull(identifier, office.desk)
    await begin_due(office.desk.connectors, office.at + timedelta(days=20))
    assert await fetchval("SELECT count(*) FROM connector_pull") == 2
    await begin_due(office.desk.connectors, office.at + timedelta(days=30))
    assert await fetchval("SELECT count(*) FROM connector_pull WHERE month = '2026-11'") == 1


async def test_a_person_may_ask_for_it_now(office: Office) -> None:
    person = Actor(Role.CENTRE, now(), person="5" * 32, organisation="6" * 32)
    months = await pull_now(person, office.desk.connectors, office.connector.name)
    assert months == finished_months(2, person.at)
    office.at = person.at
    office.source.before = lambda *_: answering(503)
    begun = await fetch("SELECT id::text FROM connector_pull ORDER BY month")
    await pull(begun[0][0], office.desk)
    assert (await state(begun[0][0]))["next_attempt_at"] > person.at
    # Asked again, what waits goes on at once instead of beginning a second time.
    await pull_now(person, office.desk.connectors, office.connector.name)
    assert (await state(begun[0][0]))["next_attempt_at"] == person.at
    assert await fetchval("SELECT count(*) FROM connector_pull") == 2
    assert await fetchval("SELECT count(*) FROM ledger_entry") == 2
    with pytest.raises(NotFound):
        await pull_now(person, office.desk.connectors, "unknown")
