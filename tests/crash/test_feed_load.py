"""SIGKILL in the middle of a load: nothing half is known, and the file loads whole after it."""

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from obstore.store import LocalStore

from ratings.ledger.actors import system
from ratings.ledger.database import fetchval
from ratings.signals.actions import take_in
from ratings.signals.relations import opened, stored_feeds
from tests.conftest import make_uscc

AT = datetime(2026, 7, 20, 2, tzinfo=UTC)
FIRMS, MONTHS = 2000, ("2026-04", "2026-05", "2026-06")

# Says on its output how far it has come, and then waits there for what never comes.
CHILD = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from obstore.store import LocalStore
from ratings.ledger.actors import system
from ratings.ledger.database import connect
from ratings.signals import actions, raw_tables

url, file, store, until = sys.argv[1:]
raw_tables.PIECE_ROWS = 1000

def stop(*_):
    print(until, flush=True)
    time.sleep(600)

async def hold(*_):
    stop()

async def main():
    await connect(url)
    progress = (lambda rows: None)
    if until == "reading":
        progress = stop
    elif until == "storing":
        real, stored = actions.put, []
        async def put(*arguments):
            if stored:
                stop()
            await real(*arguments)
            stored.append(True)
        actions.put = put
    else:
        actions.record = hold
    await actions.take_in(
        system(datetime.fromisoformat("2026-07-20T02:00:00+00:00")), "social_insurance",
        "a.parquet", Path(file), LocalStore(store), progress=progress,
    )

asyncio.run(main())
"""


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _killed_at(until: str, database: str, file: Path, folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, database, str(file), str(folder), until],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline().strip() == until
        finally:
            child.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("until", ["reading", "storing", "recording"])
async def test_a_kill_in_the_middle_of_a_load_leaves_nothing_half(
    database: str, tmp_path: Path, until: str
) -> None:
    file, folder = tmp_path / "social_insurance.parquet", tmp_path / "store"
    folder.mkdir()
    codes = [make_uscc(number) for number in range(FIRMS)]
    pq.write_table(
        pa.table(
            {
                "uscc": [code for code in codes for _ in MONTHS],
                "month": [*MONTHS] * FIRMS,
                "insured": list(range(FIRMS * len(MONTHS))),
            }
        ),
        file,
    )
    await asyncio.to_thread(_killed_at, until, database, file, folder)
    for table in ("feed_batch", "feed_partition", "unmatched_row", "ledger_entry"):
        assert await fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608
    store = LocalStore(folder)
    assert (await stored_feeds(store, AT)).known == {}
    receipt = await take_in(system(AT), "social_insurance", "a.parquet", file, store)
    assert (receipt.repeated, receipt.matched) == (False, FIRMS * len(MONTHS))
    with opened(await stored_feeds(store, AT)) as connection:
        total = connection.execute("SELECT count(*), sum(insured) FROM feed_social_insurance")
        count = FIRMS * len(MONTHS)
        assert total.fetchall() == [(count, count * (count - 1) // 2)]
    assert len(files(folder)) == len(MONTHS), "what the dead process had stored was written over"
