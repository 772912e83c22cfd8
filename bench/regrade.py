"""A full regrade of a million evaluations beside the plainest aggregation of the same rows.

    make bench-regrade       or: python bench/regrade.py

50,000 agencies, one evaluation a row with the scores of its three parties, a tenth of them missing,
all within the window; a hundredth of the agencies have an outside event. Beside it stand the plain
weighted mean of each agency in DuckDB and in NumPy: floating point, nothing missing made up for,
no window, no rounding, no stars. Each is taken in a process of its own, so that peak memory is its
own; times are medians, without loading. Aim: within three times DuckDB, below 1 GB.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np

from ratings.stars.bulk import regrade
from ratings.stars.feedback import OutsideEvent, Severity
from ratings.stars.policy import load_policy

EVALUATIONS, AGENCIES, ROUNDS = 1_000_000, 50_000, 7
AIM, MOST_MB = 3.0, 1000
DAY = date(2026, 6, 30)
SHARES = {"supervisor": 0.3, "owner": 0.5, "centre": 0.2}


def table() -> duckdb.DuckDBPyConnection:
    """The rows by arithmetic alone: the same on every machine and in every process."""
    connection = duckdb.connect(config={"threads": 2})
    scores = ", ".join(
        f"CASE WHEN hash(n, '{party} gap') % 10 = 0 THEN NULL"
        f" ELSE (6000 + hash(n, '{party}') % 4001)::INTEGER END AS {party}"
        for party in SHARES
    )
    query = f"""
        CREATE TABLE evaluation AS
        SELECT printf('A%017d', hash(n) % {AGENCIES}) AS uscc,
               (DATE '{DAY}' - (hash(n, 1) % 364)::INTEGER)::DATE AS settled_on, {scores}
        FROM range({EVALUATIONS}) AS r(n)
    """  # noqa: S608
    connection.execute(query)
    return connection


def ours() -> Callable[[], object]:
    connection, policy = table(), load_policy("standard")
    events = [
        OutsideEvent(f"A{n:017d}", DAY - timedelta(days=9), "tax", f"T{n}", Severity.GENERAL)
        for n in range(0, AGENCIES, 100)
    ]
    return lambda: regrade(connection, "evaluation", events, DAY, policy)


def plain_duckdb() -> Callable[[], object]:
    connection = table()
    sums = [" + ".join(f"{w} * coalesce({p}, 0)" for p, w in SHARES.items())]
    sums.append(" + ".join(f"{w} * ({p} IS NOT NULL)::INTEGER" for p, w in SHARES.items()))
    query = f"SELECT uscc, sum({sums[0]}) / sum({sums[1]}) FROM evaluation GROUP BY uscc"  # noqa: S608
    return lambda: connection.execute(query).fetchall()


def plain_numpy() -> Callable[[], object]:
    """Agencies already numbered: the strings were sorted out before the clock starts."""
    columns = ", ".join(f"coalesce({p}, -1) AS {p}" for p in SHARES)
    query = f"SELECT substr(uscc, 2)::INTEGER AS a, {columns} FROM evaluation"  # noqa: S608
    held = table().execute(query).fetchnumpy()

    def mean() -> object:
        above = np.zeros(EVALUATIONS)
        below = np.zeros(EVALUATIONS)
        for party, share in SHARES.items():
            there = held[party] >= 0
            above += np.where(there, share * held[party], 0)
            below += share * there
        return np.bincount(held["a"], above) / np.bincount(held["a"], below)

    return mean


KINDS = {"ours": ours, "duckdb": plain_duckdb, "numpy": plain_numpy}


def measure(kind: str) -> None:
    work = KINDS[kind]()
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": statistics.median(times), "mb": peak}))


def main() -> None:
    found = {}
    for kind in KINDS:
        run = [sys.executable, __file__, kind]
        told = subprocess.run(run, check=True, capture_output=True, text=True)
        found[kind] = json.loads(told.stdout)
    names = {"ours": "standard, exact", "duckdb": "mean in DuckDB", "numpy": "mean in NumPy"}
    print(f"{EVALUATIONS:,} evaluations of {AGENCIES:,} agencies, medians of {ROUNDS}:")
    for kind, name in names.items():
        one = found[kind]
        ratio = found["ours"]["seconds"] / one["seconds"]
        print(
            f"  {name:<16} {one['seconds'] * 1000:8.0f} ms   {one['mb']:5.0f} MB peak"
            f"   standard takes {ratio:.2f} times as long"
        )
    ratio = found["ours"]["seconds"] / found["duckdb"]["seconds"]
    reached = ratio <= AIM and found["ours"]["mb"] < MOST_MB
    print(f"Aim ({AIM:g} times DuckDB, {MOST_MB} MB): {'reached' if reached else 'missed'}.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        main()
