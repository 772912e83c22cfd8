"""The shell screen over nine feeds beside reading and summing the same columns with DuckDB.

    make bench-screen        or: python bench/screen.py [--firms 10000 --firms 100000 …]

Invented feeds of 24 months, one row for each firm, feed and month, by arithmetic alone: the same on
every machine. The plain reading decodes every column that the screen uses and sums it (texts by
their length). Each is taken in a process of its own, on two threads, so that peak memory is its
own; the queries are compiled before the clock starts, once in a process. Other work on the machine
lengthens one or the other, so the processor time is told beside the time. Aims: within five times
the plain reading, under 4 GB, growing with the number of firms, one firm again within 5 ms.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ratings.shells.numbers import Frame
from ratings.shells.policy import Policy, load_policy
from ratings.shells.results import write_results
from ratings.shells.screen import prepared, running
from ratings.shells.single import reduced_facts, rescored
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.reading import empty_table

SIZES = (10_000, 100_000, 1_000_000)
AS_OF = "2026-06"
NEWEST = month_number(AS_OF)
AIM, ONE_MS, MEMORY = 5.0, 5.0, "3000MB"


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


class Bulk:
    """The files of one size, as the screen reads any feeds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.present = frozenset((*COLUMNS, "manifest"))

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"SET threads = 2; SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = '{self.folder}/spill'")
        connection.execute("SET preserve_insertion_order = false")
        for name in self.present:
            held = connection.sql(f"SELECT * FROM '{self.folder}/{name}.parquet' LIMIT 0").columns  # noqa: S608
            connection.register("kinds", empty_table(FEEDS[name]))
            described = connection.execute("DESCRIBE SELECT * FROM kinds").fetchall()
            kinds = {row[0]: row[1] for row in described}
            columns = ", ".join(
                f'"{one}"' if one in held else f'NULL::{kind} AS "{one}"'
                for one, kind in kinds.items()
            )
            connection.execute(
                f"CREATE TEMP VIEW feed_{name} AS SELECT {columns}"  # noqa: S608
                f" FROM '{self.folder}/{name}.parquet'"
            )


def generate(folder: Path, firms: int) -> None:
    """Write the nine feeds month by month, and a manifest that calls them complete."""
    folder.mkdir(parents=True)
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": True})
    first = NEWEST - WINDOW + 1
    for feed, columns in COLUMNS.items():
        listed = ", ".join(f"{text} AS {name}" for name, text in columns.items())
        connection.execute(
            f"COPY (SELECT printf('91330281%09dX', n) AS uscc,"  # noqa: S608
            f" printf('%04d-%02d', ({first} + place) // 12, ({first} + place) % 12 + 1) AS month,"
            f" {listed} FROM range({WINDOW}) AS m(place), range({firms}) AS f(n))"
            f" TO '{folder}/{feed}.parquet' (COMPRESSION zstd)"
        )
    rows = ", ".join(
        f"('{feed}', '{month_text(first + place)}', now(), 1.0::DOUBLE, true)"
        for feed in COLUMNS
        for place in range(WINDOW)
    )
    connection.execute(
        f"COPY (SELECT * FROM (VALUES {rows}) v(feed, month, received_at, coverage, ok))"  # noqa: S608
        f" TO '{folder}/manifest.parquet'"
    )


def plain(folder: Path) -> dict[str, float]:
    connection = duckdb.connect()
    Bulk(folder).attach(connection)
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


def ours(folder: Path) -> dict[str, float]:
    prepared(load_policy(), "duckdb")
    # The first array makes pyarrow load pandas, which any process pays once.
    pa.array([0])
    begun, worked = time.perf_counter(), time.process_time()
    policy = load_policy()
    with running(Bulk(folder), AS_OF, policy) as run:
        gathered = time.perf_counter()
        (found,) = run.tables.rows(f"{run.firms} LIMIT 1")
        # The engine adds up in 128 bits, which arrive as decimals.
        firm = {k: int(v) if isinstance(v, Decimal) else v for k, v in found.items()}
        rescoring = single(firm, run.frame, policy)
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


def single(firm: dict[str, Any], frame: Frame, policy: Policy) -> float:
    """Milliseconds to score one firm again after a new cell of one feed, the median of many."""
    rows = [
        {column.name: None for column in FEEDS["social_insurance"].columns}
        | {"month": month_text(NEWEST - place), "state": "POS", "insured": place, "due_fen": 900}
        for place in range(WINDOW)
    ]
    spent = []
    for _ in range(50):
        begun = time.perf_counter()
        facts = firm | reduced_facts("social_insurance", rows, frame)
        rescored(firm["uscc"], facts, firm, frame, policy)
        spent.append(time.perf_counter() - begun)
    return statistics.median(spent) * 1000


def measured(what: str, folder: Path) -> dict[str, float]:
    """The task in a process of its own, with its peak memory."""
    command = [sys.executable, __file__, "--child", what, "--folder", str(folder)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found: dict[str, float] = json.loads(answer.splitlines()[-1])
    return found


def child(what: str, folder: Path) -> None:
    found = {"plain": plain, "ours": ours}[what](folder)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, action="append")
    parser.add_argument("--child")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.folder)
        return
    with tempfile.TemporaryDirectory(prefix="steelyard-screen-") as directory:
        for firms in options.firms or SIZES:
            folder = Path(directory) / str(firms)
            begun = time.perf_counter()
            generate(folder, firms)
            made = time.perf_counter() - begun
            floor, found = measured("plain", folder), measured("ours", folder)
            ratio = found["seconds"] / floor["seconds"]
            work = found["processor"] / floor["processor"]
            print(
                f"{firms:>9,} firms, written in {made:.0f} s: plain {floor['seconds']:.2f} s,"
                f" {floor['peak_mb']:.0f} MB; screen {found['seconds']:.2f} s"
                f" ({found['gathering']:.2f} s to gather), {found['peak_mb']:.0f} MB;"
                f" {ratio:.1f} times the plain reading (aim {AIM:.0f}), {work:.1f} times its"
                f" processor time ({found['processor']:.1f} s),"
                f" {found['seconds'] / firms * 1e6:.0f} µs a firm;"
                f" one firm again in {found['rescoring_ms']:.1f} ms (aim {ONE_MS:.0f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
