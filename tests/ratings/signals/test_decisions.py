"""What people decide about batches and rows, what age erases, and what one agency's cells say."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import LocalStore, ObjectStore

from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Conflict, Refused
from ratings.ledger.queries import history
from ratings.signals import agency_cells as agency_cells_module
from ratings.signals.actions import Receipt, take_in
from ratings.signals.agency_cells import agency_cells, raw_rows
from ratings.signals.cells import month_end, month_number
from ratings.signals.contract import INVOICES, State
from ratings.signals.decisions import (
    decide_held,
    dismiss_row,
    erase_old_cells,
    look_at,
    resolve_row,
)
from ratings.signals.health import feed_health, gaps, habit, months_until
from ratings.signals.queries import accesses, known_partitions, unmatched_rows
from ratings.signals.relations import opened, stored_feeds
from ratings.signals.rules import BatchState, parse_retention
from tests.conftest import make_uscc

START = datetime(2026, 7, 20, 2, tzinfo=UTC)
FIRMS = [make_uscc(number) for number in range(1, 41)]
PERSON = str(uuid.uuid4())
REASON = "与税务局电话核实"


def at(days: float) -> Actor:
    return Actor(role=Role.CENTRE, at=START + timedelta(days=days), person=PERSON)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return LocalStore(tmp_path)


def invoices(month: str, fen: int) -> bytes:
    rows = "".join(f"{code},{month},{fen + number}\n" for number, code in enumerate(FIRMS))
    return f"uscc,month,out_fen\n{rows}".encode()


async def send(days: float, store: ObjectStore, content: bytes) -> Receipt:
    return await take_in(at(days), "invoices", "invoices.csv", content, store)


async def shown(store: ObjectStore, days: float) -> dict[str, int]:
    feeds = await stored_feeds(store, at(days).at)
    if "invoices" not in feeds.known:
        return {}
    with opened(feeds) as connection:
        rows = connection.execute(
            "SELECT month, max(out_fen)::BIGINT FROM feed_invoices GROUP BY month"
        ).fetchall()
    return dict(rows)


async def test_a_jump_of_unit_waits_for_a_person(database: str, store: ObjectStore) -> None:
    await send(0, store, invoices("2026-05", 1_000_000))
    held = await send(1, store, invoices("2026-06", 100))
    assert held.state is BatchState.HELD
    (jump,) = held.held_because
    assert (jump.column, jump.month, jump.against) == ("out_fen", "2026-06", "2026-05")
    assert (jump.compared, jump.jumped) == (40, 40)
    assert await shown(store, 1.5) == {"2026-05": 1_000_039}, "no cell of a held batch is read"
    again = await send(2, store, invoices("2026-06", 100))
    assert (again.repeated, again.state) == (True, BatchState.HELD)
    with pytest.raises(Refused, match="Say why"):
        await decide_held(at(3), held.batch, release=True, reason=" ", store=store)
    await decide_held(at(3), held.batch, release=True, reason=REASON, store=store)
    assert await shown(store, 2.5) == {"2026-05": 1_000_039}, "it was not known before"
    assert await shown(store, 4) == {"2026-05": 1_000_039, "2026-06": 139}
    with pytest.raises(Conflict, match="not held any more"):
        await decide_held(at(4), held.batch, release=False, reason=REASON, store=store)
    entries = await history("feed", "invoices")
    assert sorted(entry.act for entry in entries) == [
        "feed.released",
        "feed.taken_in",
        "feed.taken_in",
    ]


async def test_a_rejected_batch_is_never_read(database: str, store: ObjectStore) -> None:
    await send(0, store, invoices("2026-05", 100))
    held = await send(1, store, invoices("2026-05", 1_000_000))
    assert held.state is BatchState.HELD, "a correction is compared with what it corrects"
    await decide_held(at(2), held.batch, release=False, reason=REASON, store=store)
    assert await shown(store, 3) == {"2026-05": 139}
    again = await send(4, store, invoices("2026-05", 1_000_000))
    assert (again.repeated, again.state) == (True, BatchState.REJECTED)


async def test_a_usual_month_and_a_few_firms_are_not_held(
    database: str, store: ObjectStore
) -> None:
    await send(0, store, invoices("2026-05", 1_000_000))
    usual = await send(1, store, invoices("2026-06", 3_000_000))
    assert usual.state is BatchState.ACCEPTED
    few = f"uscc,month,out_fen\n{FIRMS[0]},2026-06,900000000000\n".encode()
    assert (await send(2, store, few)).state is BatchState.ACCEPTED


async def test_a_row_is_mended_with_a_reason_and_enters_as_a_correction(
    database: str, store: ObjectStore
) -> None:
    typo = FIRMS[0][:-1] + ("0" if FIRMS[0][-1] != "0" else "1")
    receipt = await send(
        0,
        store,
        f"uscc,month,out_fen\n{typo},2026-06,700\n{FIRMS[1]},2026-06,five\n".encode(),
    )
    assert (receipt.matched, receipt.unmatched) == (0, 2)
    first, second = sorted(await unmatched_rows(10), key=lambda row: row.line)
    assert first.content == {"uscc": typo, "month": "2026-06", "out_fen": "700"}
    assert [fault.code for fault in first.faults] == ["uscc-check"]
    with pytest.raises(Refused, match="mistyped"):
        await resolve_row(at(1), first.id, {"month": "2026-05"}, REASON, store)
    mended = await resolve_row(at(1), first.id, {"uscc": FIRMS[0]}, REASON, store)
    assert (mended.matched, mended.unmatched) == (1, 0)
    assert await shown(store, 2) == {"2026-06": 700}
    with pytest.raises(Refused, match="not a whole number"):
        await resolve_row(at(2), second.id, {"out_fen": "many"}, REASON, store)
    assert await fetchval("SELECT count(*) FROM unmatched_row") == 2, "a refused try leaves nothing"
    # The office itself sends the row again: the old one must not overrule it any more.
    await send(3, store, f"uscc,month,out_fen\n{FIRMS[1]},2026-06,5\n".encode())
    with pytest.raises(Conflict, match="Dismiss the row"):
        await resolve_row(at(4), second.id, {"out_fen": "4"}, REASON, store)
    await dismiss_row(at(4), second.id, REASON)
    with pytest.raises(Conflict, match="Somebody has decided"):
        await dismiss_row(at(5), second.id, REASON)
    states = {row.line: (row.state.value, row.reason) for row in await unmatched_rows(10)}
    assert states == {2: ("resolved", REASON), 3: ("dismissed", REASON)}
    acts = {entry.act for entry in await history("feed", "invoices")}
    assert acts == {"feed.taken_in", "feed.row_resolved", "feed.row_dismissed"}


async def test_cells_beyond_their_time_are_erased_and_the_ledger_says_so(
    database: str, store: ObjectStore
) -> None:
    await send(0, store, invoices("2024-06", 100))
    await send(0, store, invoices("2026-06", 100))
    keys = {one.month: one.key for one in await known_partitions(at(1).at)}
    retention = parse_retention("invoices=24")
    assert await erase_old_cells(at(1), retention, store) == 1
    assert await erase_old_cells(at(2), retention, store) == 0
    assert await shown(store, 3) == {"2026-06": 139}
    with pytest.raises(FileNotFoundError):
        await obstore.head_async(store, keys["2024-06"])
    await obstore.head_async(store, keys["2026-06"])
    erased = [one for one in await history("feed", "invoices") if one.act == "feed.erased"]
    assert [msgspec.json.decode(one.facts) for one in erased] == [
        {"from": "2024-06", "to": "2024-06", "partitions": 1}
    ]
    again = await send(4, store, invoices("2024-06", 100))
    assert again.repeated, "what was erased does not come back by the same file"


@pytest.mark.parametrize("text", ["tax=40", "tax_filing", "tax_filing=12", "excuses=40"])
def test_a_retention_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="24 months"):
        parse_retention(text)


async def test_the_cells_of_one_agency_say_what_its_sources_said(
    database: str, store: ObjectStore
) -> None:
    one = FIRMS[0]
    for month in ("2026-03", "2026-05"):
        await send(0, store, invoices(month, 0))
    await send(1, store, f"uscc,month,out_fen\n{FIRMS[1]},2026-06,5\n".encode())
    await send(2, store, f"uscc,month,out_fen\n{one},2026-05,700\n".encode())
    feeds = await stored_feeds(store, at(3).at)
    months = months_until(2026 * 12 + 5, 4)
    why = await gaps(at(3).at, "2026-06", 4)
    cells = {row.feed: row.cells for row in await agency_cells(feeds, one, months, why)}
    assert len(cells) == 9
    assert [(cell.state, cell.value) for cell in cells["invoices"]] == [
        (State.ZERO, 0.0),
        (State.FEED_MISSING, None),
        (State.POS, 700.0),
        (State.FEED_MISSING, None),
    ], "June named one firm of forty: that is no batch to believe"
    assert {cell.state for cell in cells["social_insurance"]} == {State.FEED_MISSING, State.LATE}
    raw = await raw_rows(feeds, one, months)
    assert [(row.month, row.batch_line, row.values["out_fen"]) for row in raw] == [
        ("2026-05", 2, "700"),
        ("2026-03", 2, "0"),
    ]


async def test_whoever_looks_again_waits_for_no_disk(
    database: str, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a correction comes, which is another partition beside the first."""
    one, months = FIRMS[0], ["2026-05"]
    await send(0, store, invoices("2026-05", 0))

    async def looked(after: int) -> list[float | None]:
        feeds = await stored_feeds(store, at(after).at)
        shown = await agency_cells(feeds, one, months, {})
        rows = await raw_rows(feeds, one, months)
        assert len(rows) == 1
        return [cell.value for row in shown if row.feed == "invoices" for cell in row.cells]

    assert await looked(1) == [0.0]
    with monkeypatch.context() as patched:
        patched.setattr(agency_cells_module, "_read", None)
        assert await looked(1) == [0.0]
    await send(2, store, f"uscc,month,out_fen\n{one},2026-05,700\n".encode())
    assert await looked(3) == [700.0]
    assert await looked(1) == [0.0], "as it was known then"


async def test_health_tells_lag_coverage_and_drift(database: str, store: ObjectStore) -> None:
    for number in range(1, 6):
        await send(number, store, invoices(f"2026-0{number}", 1000))
    few = "".join(f"{code},2026-06,{0 if code < FIRMS[20] else 9}\n" for code in FIRMS[:30])
    await send(6, store, f"uscc,month,out_fen\n{few}".encode())
    health = {one.feed: one for one in await feed_health(at(7).at, 12)}
    feed = health["invoices"]
    assert [(one.month, one.state, one.coverage) for one in feed.months[-2:]] == [
        ("2026-05", State.POS, 1.0),
        ("2026-06", State.FEED_MISSING, 0.75),
    ]
    assert feed.months[-1].lag_days == 26
    assert [(one.figure, one.moved) for one in feed.drift] == [
        ("zero_share", True),
        ("usual_level", True),
    ]
    assert health["judicial"].newest == ""


async def test_months_that_were_caught_up_on_tell_no_habit(
    database: str, store: ObjectStore
) -> None:
    """Each as a batch of its own, as the market counts its own feed when it is new."""
    for number in range(1, 7):
        await send(0, store, invoices(f"2026-0{number}", number * 10))
    health = {one.feed: one for one in await feed_health(at(1).at, 12)}
    assert [one.batches for one in health["invoices"].months[-6:]] == [1] * 6
    assert health["invoices"].usual_lag_days == INVOICES.lag_days


@given(st.lists(st.integers(0, 400), max_size=30))
def test_only_a_month_that_came_before_every_later_one_tells_a_habit(lags: list[int]) -> None:
    told = list(zip(months_until(month_number("2026-06"), len(lags)), lags, strict=True))
    came = [month_end(month_number(month)) + timedelta(days=lag) for month, lag in told]
    wanted = [
        lag
        for place, lag in enumerate(lags)
        if all(came[place] < later for later in came[place + 1 :])
    ]
    assert sorted(habit(told)) == sorted(wanted)


async def test_whoever_looks_at_cells_says_why(database: str) -> None:
    with pytest.raises(Refused, match="Say why"):
        await look_at(at(0), FIRMS[0], "")
    await look_at(at(0), FIRMS[0], REASON)
    (noted,) = await accesses(10)
    assert (noted.person, noted.uscc, noted.reason) == (PERSON, FIRMS[0], REASON)
    assert [one.act for one in await history("agency", FIRMS[0])] == ["cells.looked_at"]
