"""One way in: what is taken, kept once, corrected, and known on a day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore

from ratings.ledger.actors import Actor, system
from ratings.ledger.database import fetchval
from ratings.ledger.errors import Refused
from ratings.ledger.queries import history
from ratings.signals.actions import Sent, take_in, take_in_all
from ratings.signals.relations import opened, stored_feeds
from ratings.signals.rules import BatchState
from tests.conftest import make_uscc

START = datetime(2026, 7, 1, 2, tzinfo=UTC)
ONE, TWO = make_uscc(1), make_uscc(2)


def at(days: int) -> Actor:
    return system(START + timedelta(days=days))


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """A folder on this machine, and a store whose objects must be fetched to be read."""
    return LocalStore(tmp_path) if request.param == "folder" else MemoryStore()


def insured(*rows: str) -> bytes:
    return ("uscc,month,insured\n" + "".join(f"{row}\n" for row in rows)).encode()


async def known(store: ObjectStore, on: datetime, feed: str = "social_insurance") -> list[object]:
    feeds = await stored_feeds(store, on)
    with opened(feeds) as connection:
        sql = f"SELECT uscc, month, insured, state FROM feed_{feed} ORDER BY ALL"
        return [tuple(row) for row in connection.execute(sql).fetchall()]


async def test_a_correction_holds_and_the_earlier_value_stays_readable(
    database: str, store: ObjectStore
) -> None:
    first = await take_in(
        at(0),
        "social_insurance",
        "a.csv",
        insured(f"{ONE},2026-05,3", f"{TWO},2026-05,0", f"{ONE},2026-06,4"),
        store,
    )
    assert (first.state, first.rows, first.matched, first.unmatched) == (
        BatchState.ACCEPTED,
        3,
        3,
        0,
    )
    assert [(one.month, one.rows, one.firms) for one in first.months] == [
        ("2026-05", 2, 2),
        ("2026-06", 1, 1),
    ]
    second = await take_in(at(5), "social_insurance", "b.csv", insured(f"{ONE},2026-05,7"), store)
    assert not second.repeated
    before = [(ONE, "2026-05", 3, "POS"), (ONE, "2026-06", 4, "POS"), (TWO, "2026-05", 0, "ZERO")]
    after = [(ONE, "2026-05", 7, "POS"), *before[1:]]
    assert await known(store, START + timedelta(days=4)) == before
    assert await known(store, START + timedelta(days=6)) == after
    assert await fetchval(
        "SELECT array_agg(firms_known ORDER BY month, firms_known) FROM feed_partition"
    ) == [2, 2, 1]
    again = await take_in(
        at(9), "social_insurance", "sent-again.csv", insured(f"{ONE},2026-05,7"), store
    )
    assert again == msgspec.structs.replace(second, repeated=True)
    assert await known(store, START + timedelta(days=10)) == after
    acts = [entry.act for entry in await history("feed", "social_insurance")]
    assert acts == ["feed.taken_in", "feed.taken_in"]


async def test_of_several_tables_all_are_taken_in_or_none(
    database: str, store: ObjectStore
) -> None:
    good = Sent("social_insurance", "a.csv", insured(f"{ONE},2026-05,3"))
    bad = Sent("housing_fund", "housing_fund.csv", b"uscc,month\n")
    with pytest.raises(Refused, match="lacks the column contributors"):
        await take_in_all(at(0), [good, bad], store)
    assert await fetchval("SELECT count(*) FROM feed_batch") == 0
    assert (await stored_feeds(store, START)).known == {}


def manifest(*rows: str) -> bytes:
    head = "feed,month,received_at,rows,coverage,ok"
    return "\n".join((head, *(f"social_insurance,2026-05,{row}" for row in rows), "")).encode()


@pytest.mark.parametrize("apart", [True, False], ids=["two deliveries", "one file"])
@pytest.mark.parametrize("sound", [True, False])
async def test_a_correction_in_the_manifest_does_not_take_its_month_away(
    database: str, store: ObjectStore, apart: bool, sound: bool
) -> None:
    rows = (
        "2026-06-01T00:00:00Z,990,0.99,true",
        f"2026-06-20T00:00:00Z,1,0.001,{str(sound).lower()}",
    )
    for number, said in enumerate([rows[:1], rows[1:]] if apart else [rows]):
        await take_in(at(number), "manifest", f"{number}.csv", manifest(*said), store)
    (row,) = (await stored_feeds(store, at(5).at)).manifest.to_pylist()
    assert (row["month"], row["rows"], row["coverage"], row["ok"]) == ("2026-05", 1, 0.99, sound)
