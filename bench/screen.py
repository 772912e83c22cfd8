"""The shell screen over nine feeds beside reading and summing the same columns with DuckDB.

    make bench-screen   or: python bench/screen.py [--firms 10000 --firms 100000 …] [--engine spark]

Invented feeds of 24 months, one row for each firm, feed and month, by arithmetic alone: the same on
every machine. The plain reading decodes every column that the screen uses and sums it (texts by
their length). Each is taken in a process of its own, on two threads, so that peak memory is its
own; the queries are compiled before the clock starts, once in a process. Other work on the machine
lengthens one or the other, so the processor time is told beside the time. Aims: within five times
the plain reading, under 4 GB, growing with the number of firms, one firm again within 5 ms, one
new month of a feed within a second for each million firms.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import msgspec
import pyarrow as pa

from ratings.shells.firms import frame_of, planned, shelved
from ratings.shells.policy import load_policy
from ratings.shells.results import write_results
from ratings.shells.screen import Screened, open_engine, prepared, running
from ratings.shells.shelf import Shelf
from ratings.shells.single import reduced_facts, rescored
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables
from ratings.signals.partitions import ROW_GROUP
from ratings.signals.reading import empty_table
from ratings.signals.relations import Known, StoredFeeds

SIZES = (10_000, 100_000, 1_000_000)
AS_OF = "2026-06"
NEWEST = month_number(AS_OF)
DIALECTS = {"duckdb": "duckdb", "spark": "pyspark"}
AIM, ONE_MS, MEMORY = 5.0, 5.0, "3500MB"


def _h(salt: str, below: int, by: str = "n, place") -> str:
    return f"(hash({by}, '{salt}') % {below})::BIGINT"


_FLAT = "CASE WHEN hash(n, '{0}') % 50 = 0 THEN 'twin' || (n // 4) ELSE '{0}' || n END"
_STATE = "CASE WHEN hash(n, place, 's') % 20 = 0 THEN 'ZERO' ELSE 'POS' END"
# What each feed says, as SQL over the number of a firm and the place of a month.
COLUMNS: dict[str, dict[str, str]] = {
    "tax_filing": {
        "state": _STATE,
        "filing_cycle": "CASE WHEN hash(n, 'q') % 12 = 0 THEN 'Q' ELSE 'M' END",
        "sales_fen": _h("sales", 90_000_000),
        "tax_fen": _h("tax", 900_000),
        "taxpayer_state": "'normal'",
    },
    "invoices": {
        "state": _STATE,
        "out_fen": _h("out", 90_000_000),
        "labour_service_in_fen": "CASE WHEN hash(n, 'l') % 20 = 0 THEN 3000000 ELSE 0 END",
    },
    "social_insurance": {
        "state": "'POS'",
        "insured": "1 + " + _h("staff", 20, "n"),
        "due_fen": "(1 + " + _h("staff", 20, "n") + ") * 145000",
    },
    "housing_fund": {"state": "'POS'", "contributors": _h("fund", 20, "n")},
    "registration": {
        "status": "'active'",
        "legal_form": "'company'",
        "established_on": "DATE '2010-01-01' + (" + _h("born", 5900, "n") + ")::INTEGER",
        "address_id": _FLAT.format("address"),
        "address_hosted": "hash(n, 'h') % 30 = 0",
        "legal_rep_id": _FLAT.format("person"),
        "phone_id": _FLAT.format("phone"),
        "changes_12m": _h("changes", 3),
        "dormant_from": "CASE WHEN hash(n, 'd') % 25 = 0 THEN DATE '2025-06-01' END",
        "annual_report_filed": "hash(n, 'r') % 12 > 0",
        "annual_report_staff": _h("staff", 20, "n"),
        "sector": "'S' || " + _h("sector", 40, "n"),
    },
    "practitioners": {
        "person_id": "'person' || n",
        "certificate": "'constructor'",
        "insured_uscc": "CASE WHEN hash(n, 'i') % 9 = 0 THEN 'elsewhere' END",
        "registration_changes_12m": _h("hops", 3, "n"),
    },
    "utilities": {
        "state": "'POS'",
        "meter_holder": "hash(n, 'm') % 3 > 0",
        "kwh": "100::DOUBLE + " + _h("kwh", 900),
    },
    "judicial": {
        "dishonest": "hash(n, 'dis') % 80 = 0",
        "open_enforcement_fen": "CASE WHEN hash(n, 'o') % 40 = 0 THEN 9000000 ELSE 0 END",
        "penalty_severity": "'none'",
    },
    "platform": {
        "awards": _h("awards", 3),
        "network_id": "'network' || (n // 3)",
        "device_id": _FLAT.format("device"),
        "finance_officer_id": _FLAT.format("officer"),
    },
}


def stored(folder: Path, but_newest: bool = False) -> StoredFeeds:
    """The files of one size as the store knows them, a file for each feed and month; perhaps as
    they were before the newest month came."""
    known = {}
    for feed in COLUMNS:
        files = sorted(folder.glob(f"{feed}-*.parquet"))[: -1 if but_newest else None]
        known[feed] = tuple(Known(one.stem[-7:], (one,)) for one in files)
    rows = [
        {"feed": feed, "month": one.month, "coverage": 1.0, "ok": True, "rows": 1}
        for feed, months in known.items()
        for one in months
    ]
    manifest = pa.Table.from_pylist(rows, empty_table(FEEDS["manifest"]).schema)
    return StoredFeeds(datetime.now(UTC), known, manifest)


def frugal(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    connection.execute(f"SET threads = 2; SET memory_limit = '{MEMORY}'")
    connection.execute(f"SET temp_directory = '{folder}/spill'")
    connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")


class Bulk(msgspec.Struct, frozen=True):
    """Feeds on two threads and within the memory that the aim allows."""

    feeds: StoredFeeds
    folder: Path

    @property
    def present(self) -> frozenset[str]:
        return self.feeds.present

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        frugal(connection, self.folder)
        self.feeds.attach(connection)


def generate(folder: Path, firms: int) -> None:
    """Write the nine feeds as the store has them: a file a month, sorted by code."""
    folder.mkdir(parents=True)
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    connection.execute("SET enable_progress_bar = false")
    for feed, columns in COLUMNS.items():
        connection.register("kinds", empty_table(FEEDS[feed]))
        kinds = connection.execute("DESCRIBE SELECT * FROM kinds").fetchall()
        said = {**columns, "uscc": "printf('91330281%09dX', n)"}
        for place in range(WINDOW):
            month = month_text(NEWEST - WINDOW + 1 + place)
            said["month"] = f"'{month}'"
            listed = ", ".join(
                f"({said.get(row[0], 'NULL')})::{row[1]} AS {row[0]}" for row in kinds
            )
            connection.execute(
                f"COPY (SELECT {listed} FROM (SELECT {place} AS place, n FROM range({firms}) f(n)))"  # noqa: S608
                f" TO '{folder}/{feed}-{month}.parquet'"
                f" (COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
            )


def plain(folder: Path) -> dict[str, float]:
    connection = duckdb.connect()
    Bulk(stored(folder), folder).attach(connection)
    begun, worked = time.perf_counter(), time.process_time()
    for feed, columns in COLUMNS.items():
        sums = []
        for name in ("uscc", "month", *columns):
            kind = connection.sql(f"SELECT {name} FROM feed_{feed} LIMIT 0").types[0]  # noqa: S608
            number = str(kind) in ("BIGINT", "DOUBLE")
            text = f"sum({name})" if number else f"sum(length({name}))"
            sums.append(text if number or str(kind) == "VARCHAR" else f"count({name})")
        connection.execute(f"SELECT {', '.join(sums)} FROM feed_{feed}").fetchall()  # noqa: S608
    return {
        "seconds": time.perf_counter() - begun,
        "processor": time.process_time() - worked,
    }


def month(folder: Path) -> dict[str, float]:
    """Seconds to take one new month of a feed into the facts of the others, the mean and the most
    of all feeds."""
    shelf = folder / "kept"
    shelf.mkdir()
    before, feeds = stored(folder, but_newest=True), stored(folder)
    with duckdb_tables(Bulk(before, folder)) as tables:
        shelved(tables, NEWEST, Shelf(shelf, before, least_rows=0))
    plan = planned("duckdb")
    spent: dict[str, float] = {}
    with duckdb_tables(Bulk(feeds, folder)) as tables:
        frame = frame_of(tables, NEWEST)
        for step, unit in plan.units.items():
            begun = time.perf_counter()
            taken = Shelf(shelf, feeds, least_rows=0).taken(tables, frame, {step: unit})
            tables.keep(step, taken[step])
            spent[unit.feed] = spent.get(unit.feed, 0.0) + time.perf_counter() - begun
            tables.drop(step)
    return {"mean": statistics.mean(spent.values()), "most": max(spent.values())}


@contextmanager
def duckdb_tables(feeds: Bulk) -> Iterator[Tables]:
    connection = open_engine("duckdb")
    try:
        yield Tables(connection, feeds)
    finally:
        connection.disconnect()


def ours(folder: Path, engine: str = "duckdb") -> dict[str, float]:
    if engine == "spark":
        # Loading it is what makes ibis compile for it.
        _ = ibis.pyspark
    prepared(load_policy(), DIALECTS[engine])
    # The first array makes pyarrow load pandas, which any process pays once.
    pa.array([0])
    begun, worked = time.perf_counter(), time.process_time()
    policy = load_policy()
    with running(Bulk(stored(folder), folder), AS_OF, policy, engine) as run:
        gathered = time.perf_counter()
        (firm,) = run.tables.rows(f"{run.firms} LIMIT 1")
        rescoring = single(firm, run)
        write_results(run, folder / "out")
        counts = run.counts()
    ended, used = time.perf_counter(), time.process_time()
    return {
        "seconds": ended - begun,
        "processor": used - worked,
        "gathering": gathered - begun,
        "rescoring_ms": rescoring,
        **{outcome.value: float(number) for outcome, number in counts.items()},
    }


def single(firm: dict[str, Any], run: Screened) -> float:
    """Milliseconds to score one firm again after a new cell of one feed, the median of many."""
    rows = [
        {column.name: None for column in FEEDS["social_insurance"].columns}
        | {"month": month_text(NEWEST - place), "state": "POS", "insured": place, "due_fen": 900}
        for place in range(WINDOW)
    ]
    spent = []
    for _ in range(50):
        begun = time.perf_counter()
        facts = firm | reduced_facts("social_insurance", rows, run.frame)
        rescored(firm["uscc"], facts, firm, run.frame, run.policy, run.shown)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent) * 1000


def measured(what: str, folder: Path, engine: str = "duckdb") -> dict[str, float]:
    """The task in a process of its own, with its peak memory (of Spark, what Python took)."""
    command = [sys.executable, __file__, "--child", what, "--folder", str(folder)]
    command += ["--engine", engine]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, float] = json.loads(answer.splitlines()[-1])
    return found


def child(what: str, folder: Path, engine: str) -> None:
    tasks = {"plain": plain, "month": month, "ours": lambda one: ours(one, engine)}
    found = tasks[what](folder)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, action="append")
    parser.add_argument("--child")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--engine", choices=tuple(DIALECTS), default="duckdb")
    options = parser.parse_args()
    if options.child:
        child(options.child, options.folder, options.engine)
        return
    with tempfile.TemporaryDirectory(prefix="steelyard-screen-") as directory:
        for firms in options.firms or SIZES:
            folder = Path(directory) / str(firms)
            begun = time.perf_counter()
            generate(folder, firms)
            made = time.perf_counter() - begun
            floor, found = measured("plain", folder), measured("ours", folder, options.engine)
            new = measured("month", folder)
            ratio = found["seconds"] / floor["seconds"]
            work = found["processor"] / floor["processor"]
            print(
                f"{firms:>9,} firms, written in {made:.0f} s: plain {floor['seconds']:.2f} s,"
                f" {floor['peak_mb']:.0f} MB; screen {found['seconds']:.2f} s"
                f" ({found['gathering']:.2f} s to gather), {found['peak_mb']:.0f} MB;"
                f" {ratio:.1f} times the plain reading (aim {AIM:.0f}), {work:.1f} times its"
                f" processor time ({found['processor']:.1f} s),"
                f" {found['seconds'] / firms * 1e6:.0f} µs a firm;"
                f" one firm again in {found['rescoring_ms']:.1f} ms (aim {ONE_MS:.0f});"
                f" one new month of a feed in {new['mean']:.2f} s, {new['most']:.2f} s at most"
                f" (aim {firms / 1e6:.2f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
