"""One method, two engines: the same county screened by DuckDB and by Spark is the same result.

Spark is an extra of some 430 MB with Java below it. `make test` installs both once; where they are
not there, as on the machine of somebody who changes a page, these tests say so.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ratings.ledger.errors import Refused
from ratings.shells.checksum import Checksum, checksum_of
from ratings.shells.policy import load_policy
from ratings.shells.results import write_results
from ratings.shells.screen import running
from ratings.shells.simulator.county import Plan, write
from ratings.shells.simulator.parameters import load_world
from ratings.signals.files import read_directory

pytest.importorskip("pyspark", reason="Spark is an extra: make .venv/.spark installs it.")
if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
    pytest.skip("Spark needs Java: make test-tools installs it.", allow_module_level=True)

AS_OF = "2026-06"
POLICY = load_policy()
FIRMS = 700
ENGINES = ("duckdb", "spark")
# A small county costs Spark its planning, not its rows: nothing is compiled for speed.
QUICK = (
    "--driver-java-options -XX:TieredStopAtLevel=1 --conf spark.sql.shuffle.partitions=2"
    " --conf spark.sql.adaptive.enabled=false --conf spark.sql.codegen.wholeStage=false"
    " --conf spark.sql.codegen.factoryMode=NO_CODEGEN pyspark-shell"
)
NUMBERS = ("log_odds", "probability", "points", "coverage", "value", "contribution")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented county with lost batches, which never had the feed of the housing fund."""
    folder = tmp_path_factory.mktemp("county")
    write(Plan(load_world("standard"), FIRMS, 5, as_of=AS_OF), folder)
    (folder / "feeds" / "housing_fund.parquet").unlink()
    return folder


@pytest.fixture(scope="module")
def results(county: Path) -> Iterator[Path]:
    """What each engine found, in a folder of its name, run from an empty working directory."""
    here = Path.cwd()
    empty = county / "empty"
    empty.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_SPARK_MASTER", "local[2]")
        patch.setenv("PYSPARK_SUBMIT_ARGS", QUICK)
        os.chdir(empty)
        try:
            directory = read_directory(county / "feeds")
            for engine in ENGINES:
                with running(directory, AS_OF, POLICY, engine) as run:
                    write_results(run, county / "out" / engine)
            yield county / "out"
        finally:
            os.chdir(here)


def rows(path: Path) -> pa.Table:
    table = pq.read_table(path)
    keys = [name for name in ("uscc", "class", "feature") if name in table.column_names]
    return table.sort_by([(name, "ascending") for name in keys])


def test_both_engines_come_to_the_same_five_numbers(results: Path) -> None:
    ours, theirs = (checksum_of(results / engine) for engine in ENGINES)
    assert ours == theirs
    assert ours.firms == FIRMS
    assert ours.cases > 0


@pytest.mark.parametrize("file", ["scores.parquet", "reasons.parquet"])
def test_every_row_is_the_same_and_so_are_the_columns(results: Path, file: str) -> None:
    ours, theirs = (rows(results / engine / file) for engine in ENGINES)
    # Whether a column may hold nothing is not compared: DuckDB knows its own tables better.
    assert [(one.name, one.type) for one in ours.schema] == [
        (one.name, one.type) for one in theirs.schema
    ]
    assert ours.schema.metadata == theirs.schema.metadata
    for column in ours.column_names:
        if column in NUMBERS:
            pairs = zip(ours[column].to_pylist(), theirs[column].to_pylist(), strict=True)
            assert all(
                one is two if one is None or two is None else abs(one - two) <= 1e-9
                for one, two in pairs
            ), column
        else:
            assert ours[column].equals(theirs[column]), column


def test_the_county_had_what_engines_may_disagree_about(county: Path, results: Path) -> None:
    kinds = set(pq.read_table(county / "labels.parquet")["archetype"].to_pylist())
    assert {"dormant", "quarterly", "new", "adversarial"} <= kinds
    seen = rows(results / "spark" / "reasons.parquet")
    told = set(zip(seen["class"].to_pylist(), seen["feature"].to_pylist(), strict=True))
    assert {("excuse", "registered_closure"), ("excuse", "quarterly_filer")} <= told
    sizes = {
        row["value"] for row in seen.to_pylist() if row["feature"] == "cluster" and row["value"]
    }
    assert max(sizes) >= 3


def test_a_run_leaves_nothing_behind(county: Path, results: Path) -> None:
    assert list((county / "empty").iterdir()) == []


def test_the_checksum_sees_one_bit_of_one_reason(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results / "duckdb", tmp_path / "copy")
    path = tmp_path / "copy" / "reasons.parquet"
    table = pq.read_table(path)
    months = table["months"].to_pylist()
    months[-1] += ", 2020-01"
    place = table.column_names.index("months")
    pq.write_table(table.set_column(place, "months", pa.array(months)), path)
    before = checksum_of(results / "duckdb")
    after = checksum_of(tmp_path / "copy")
    assert after != before
    assert after == Checksum(
        before.firms, before.cases, before.reasons, before.log_odds, after.digest
    )


def test_without_a_result_there_is_no_checksum(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no file .*reasons\.parquet"):
        checksum_of(tmp_path)


def test_without_the_extra_the_engine_says_how_to_get_it(
    county: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    feeds = read_directory(county / "feeds")
    with (
        pytest.raises(Refused, match=r"pip install 'steelyard\[spark\]'"),
        running(feeds, AS_OF, POLICY, "spark"),
    ):
        pass


def test_nobody_but_whoever_asks_for_it_loads_spark() -> None:
    lines = "import sys, ratings.shells.screen_command; print('pyspark' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "False"
