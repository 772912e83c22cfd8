"""Loading feeds of very many firms: nine files of 24 months through `steelyard feeds load`, or
straight through `steelyard screen`.

    make bench-load        or: python -m bench.load_feeds [--firms 1000000] [--screen]

The files are those of bench/screen.py, with codes whose check digits are right, in a store and a
database of their own that are thrown away. Told are the seconds, the peak memory of the
process, and how long DuckDB takes to read the same rows and write them again without looking at
any of them. Aim: 216 million rows on two cores within 4 GB.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from bench.screen import COLUMNS, NEWEST
from ratings.signals.cells import WINDOW, month_text

AIM_MB = 4096
# Eight digits of the code are the same for all; the check digit is that of GB 32100-2015.
_FIXED = "91330281"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code(n: str = "n") -> str:
    """The code of a firm by its number, as SQL: nine digits of the number and the check digit."""
    text = f"'{_FIXED}' || printf('%09d', {n})"
    weights = [pow(3, place, 31) for place in range(17)]
    known = sum(int(digit) * weight for digit, weight in zip(_FIXED, weights, strict=False))
    own = " + ".join(
        f"(({n}) // {10 ** (16 - place)}) % 10 * {weights[place]}"
        for place in range(len(_FIXED), 17)
    )
    return f"{text} || substr('{_ALPHABET}', (31 - ({known} + {own}) % 31) % 31 + 1, 1)"


def write(folder: Path, feed: str, firms: int) -> Path:
    first = NEWEST - WINDOW + 1
    said = dict(COLUMNS[feed])
    if "insured_uscc" in said:
        # Where somebody else insures the holder, this is the firm of the next number.
        said["insured_uscc"] = f"CASE WHEN hash(n, 'i') % 9 = 0 THEN {code('n + 1')} END"
    listed = ", ".join(f"{text} AS {name}" for name, text in said.items())
    path = folder / f"{feed}.parquet"
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT {code()} AS uscc, printf('%04d-%02d', ({first} + place) // 12,"  # noqa: S608
            f" ({first} + place) % 12 + 1) AS month, {listed}"
            f" FROM range({WINDOW}) AS m(place), range({firms}) AS f(n)) TO '{path}'"
            " (COMPRESSION zstd)"
        )
    return path


def copied(path: Path) -> float:
    """Seconds to read all rows and write them again."""
    begun = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT * FROM '{path}') TO '{path}.copy' (FORMAT parquet, COMPRESSION zstd)"  # noqa: S608
        )
    Path(f"{path}.copy").unlink()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--screen", action="store_true", help="screen the files, load none")
    asked = parser.parse_args()
    firms = asked.firms
    with tempfile.TemporaryDirectory(prefix="steelyard-load-") as directory:
        work = Path(directory) / "feeds"
        work.mkdir()
        floor = sum(copied(write(work, feed, firms)) for feed in COLUMNS)
        command = ["feeds", "load", work]
        if asked.screen:
            command = ["screen", work, "--as-of", month_text(NEWEST), "--out", f"{directory}/out"]
        begun = time.perf_counter()
        subprocess.run(
            [Path(sys.executable).with_name("steelyard"), *command],
            env=os.environ | {"STEELYARD_VAR_DIR": f"{directory}/var", "TMPDIR": directory},
            check=True,
        )
        spent = time.perf_counter() - begun
    rows = firms * WINDOW * len(COLUMNS)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{rows:,} rows in {spent:.0f} s, {rows / spent:,.0f} a second; {spent / floor:.1f} times"
        f" copying the files ({floor:.1f} s); peak {peak:.0f} MB (aim {AIM_MB})"
    )


if __name__ == "__main__":
    main()
