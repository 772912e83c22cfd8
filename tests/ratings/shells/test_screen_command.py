"""The command-line contract: two files with agreed columns, counts, and never half a result."""

import math
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from ratings.ledger.errors import Refused
from ratings.shells import results
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.policy import load_policy
from ratings.shells.screen import Screened, running
from ratings.shells.screen_command import screen
from ratings.shells.simulator.county import Plan, write
from ratings.shells.simulator.parameters import load_world
from ratings.signals import directory
from ratings.signals.engine import Tables
from ratings.signals.files import read_directory

AS_OF = "2026-06"
COMMAND = str(Path(sys.executable).with_name("steelyard"))
SHELL, HONEST = "91330281MA2699JWF0", "91330281MA238WPG6X"


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("feeds")
    write_feeds(folder, [AgencyFacts(SHELL, Profile.SHELL), AgencyFacts(HONEST)], AS_OF)
    return folder


@pytest.fixture(scope="module")
def run(feeds: Path) -> Iterator[Screened]:
    with running(read_directory(feeds), AS_OF, load_policy()) as run:
        yield run


def test_it_writes_what_was_agreed(feeds: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    result = CliRunner().invoke(screen, [str(feeds), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 0, result.output
    for line in ("case: 1", "watch: 0", "none: 1", "insufficient: 0"):
        assert line in result.output.splitlines()
    scores, reasons = pq.read_table(out / "scores.parquet"), pq.read_table(out / "reasons.parquet")
    assert [f"{field.name} {field.type}" for field in scores.schema] == [
        "uscc string",
        "log_odds double",
        "probability double",
        "points double",
        "coverage double",
        "classes int64",
        "outcome string",
    ]
    assert [f"{field.name} {field.type}" for field in reasons.schema] == [
        "uscc string",
        "class string",
        "feature string",
        "value double",
        "unit string",
        "months string",
        "bin string",
        "contribution double",
        "rule string",
    ]
    totals: defaultdict[str, list[float]] = defaultdict(list)
    for row in reasons.to_pylist():
        totals[row["uscc"]].append(row["contribution"])
    for row in scores.to_pylist():
        assert abs(math.fsum(totals[row["uscc"]]) - row["log_odds"]) <= 1e-9
    assert scores.schema.metadata[b"policy_digest"].decode() == load_policy().digest
    assert sorted(path.name for path in out.iterdir()) == ["reasons.parquet", "scores.parquet"]


@pytest.mark.parametrize("as_csv", [False, True], ids=["parquet", "csv"])
def test_a_county_is_screened_from_disk_as_from_memory(tmp_path: Path, as_csv: bool) -> None:
    """With everything that sources do wrong: repeated, corrected and unreadable rows among them."""
    write(Plan(load_world("shifted"), 300, 5), tmp_path / "county", csv=as_csv)
    feeds, out, memory = (tmp_path / name for name in ("county/feeds", "out", "memory"))
    result = CliRunner().invoke(screen, [str(feeds), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 0, result.output
    directory = read_directory(feeds)
    assert directory.unmatched
    for batch in directory.batches.values():
        told = f"{batch.file}: {batch.rows} rows, {batch.duplicates} repeated,"
        assert f"{told} {batch.rejected} set aside" in result.stdout.splitlines()
    with running(directory, AS_OF, load_policy()) as run:
        results.write_results(run, memory)
    keys = {"scores": ["uscc"], "reasons": ["uscc", "feature"]}
    for name, key in keys.items():
        one, other = (
            pq.read_table(folder / f"{name}.parquet").sort_by([(by, "ascending") for by in key])
            for folder in (out, memory)
        )
        assert one.equals(other)


def test_rows_set_aside_are_told(feeds: Path, tmp_path: Path) -> None:
    for file in feeds.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    excuses = f"uscc,kind,from_month,to_month\n{SHELL},because,2026-01,\n"
    (tmp_path / "excuses.csv").write_text(excuses)
    (tmp_path / "readme.txt").write_text("hello")
    out = tmp_path / "out"
    result = CliRunner().invoke(screen, [str(tmp_path), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "“because” in column kind is not one of new_firm" in result.output
    assert "readme.txt: no feed of the contract, ignored" in result.output


def test_each_reason_is_counted_however_many_rows_were_set_aside(
    feeds: Path, tmp_path: Path
) -> None:
    """The first feed alone fills the lines that are shown, so the counts must name the others."""
    for file in feeds.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    housing = "".join(f"{HONEST},2026-{number},1\n" for number in range(13, 53))
    (tmp_path / "housing_fund.csv").write_text(f"uscc,month,contributors\n{housing},2026-05,-1\n")
    excuses = f"uscc,kind,from_month,to_month\n{SHELL},because,2026-01,\n"
    (tmp_path / "excuses.csv").write_text(excuses)
    out = tmp_path / "out"
    result = CliRunner().invoke(screen, [str(tmp_path), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 0, result.output
    told = [line for line in result.stdout.splitlines() if line.startswith("set aside of")]
    assert [line.split(": ", 2)[1].split(" line")[0] for line in told] == [
        "1 row,",
        "40 rows, such as",
        "1 row,",
        "1 row,",
    ]
    assert told[1] == (
        "set aside of housing_fund: 40 rows, such as line 2: “2026-13” in column month is not a"
        " month; write it as YYYY-MM, for example 2026-03."
    )
    assert "excuses: 1 row, line 2: “because” in column kind" in told[0]
    assert {line.split(" line 42: ")[1].split(" is ")[0] for line in told[2:]} == {
        "Column uscc",
        "“-1” in column contributors",
    }
    assert "… and 23 more such lines" in result.stderr.splitlines()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as-of", "2026-6"], "“2026-6” is not a month"),
        (["--as-of", AS_OF, "--engine", "abacus"], "does not run on “abacus”"),
        (["--as-of", AS_OF, "--policy", "harsh"], "no screening policy “harsh”"),
    ],
)
def test_a_wrong_call_is_refused_and_writes_nothing(
    feeds: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(screen, [str(feeds), "--out", str(out), *arguments])
    assert result.exit_code == 1
    assert words in result.output
    assert not out.exists()


@pytest.mark.parametrize("survivor", [0, 1])
def test_a_run_that_dies_while_writing_leaves_no_half_result(
    run: Screened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survivor: int
) -> None:
    results.write_results(run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    real = Tables.write
    opened = 0

    def fails(self: Tables, *values: Any) -> None:
        nonlocal opened
        opened += 1
        if opened > survivor:
            raise OSError(28, "No space left on device")
        real(self, *values)

    monkeypatch.setattr(Tables, "write", fails)
    with pytest.raises(Refused, match="No space left on device"):
        results.write_results(run, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_the_engine_cannot_write_is_refused(run: Screened, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="elsewhere"):
        run.tables.write("SELECT 1 AS one", tmp_path / "elsewhere" / "one.parquet", {"a": "it's"})


def test_a_run_that_dies_between_the_two_names_leaves_no_stale_scores(
    run: Screened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results.write_results(run, tmp_path)
    real = Path.replace

    def dies(self: Path, target: Path) -> Path:
        if target.name == "scores.parquet":
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        results.write_results(run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["reasons.parquet"]


def test_a_working_folder_without_room_is_said_in_one_sentence(feeds: Path, tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    work.mkdir()
    # No file may be larger than half a kilobyte, which the system enforces as it does a full disk.
    asked = shlex.join([COMMAND, "screen", str(feeds), "--as-of", AS_OF, "--out", str(out)])
    result = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 1; exec {asked}"],
        env=os.environ | {"TMPDIR": str(work)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result
    assert f"cannot work in {work}: File too large. Make room there" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(work.iterdir())
    assert not out.exists()


def test_an_output_that_is_a_file_is_told_as_such(feeds: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("somebody's")
    result = CliRunner().invoke(screen, [str(feeds), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 1
    assert f"cannot be written to {out}" in result.output
    assert out.read_text() == "somebody's"


def test_memory_that_does_not_suffice_is_said_in_one_sentence(
    feeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MEMORY", "1MB")
    out = tmp_path / "out"
    result = CliRunner().invoke(screen, [str(feeds), "--as-of", AS_OF, "--out", str(out)])
    assert result.exit_code == 1
    assert "The screen cannot work in" in result.output
    assert "Out of Memory" in result.output
    assert not out.exists()
