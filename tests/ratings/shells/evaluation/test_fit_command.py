"""`steelyard fit-screen`: from feeds and labels to a policy that says where it was made."""

from pathlib import Path

import numpy as np
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from ratings.shells.evaluation.fit_command import fit_screen
from ratings.shells.evaluation.looks import gathered, look
from ratings.shells.evaluation.policy_file import policy_of
from ratings.shells.policy import load_policy
from ratings.shells.prevalence import local
from ratings.shells.simulator.county import Plan, write
from ratings.shells.simulator.parameters import load_world
from ratings.signals.files import read_directory

POLICY = load_policy()
FIRMS = 700


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = []
    for world, seed in (("standard", 4), ("shifted", 9)):
        folder = tmp_path_factory.mktemp(world)
        write(Plan(load_world(world), FIRMS, seed), folder)
        folders.append(folder)
    return folders


def fitted(out: Path, *sources: Path, version: str = "next") -> str:
    pairs = [str(one / name) for one in sources for name in ("feeds", "labels.parquet")]
    as_of = Plan(load_world(), FIRMS, 4).as_of
    words = [*pairs, "--as-of", as_of, "--out", str(out), "--version", version]
    result = CliRunner().invoke(fit_screen, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_policy_says_how_common_signs_are_in_the_counties_it_was_made_for(
    counties: list[Path], tmp_path: Path
) -> None:
    said = fitted(tmp_path / "one.toml", counties[0])
    policy = policy_of(str(tmp_path / "one.toml"))
    assert policy.digest in said
    assert (policy.version, policy.name) == ("next", POLICY.name)
    assert policy.prevalence is not None
    assert policy.prevalence != POLICY.prevalence
    # In the county it was made for it weighs what it says, but for the rounding of shares.
    feeds = read_directory(counties[0] / "feeds")
    codes = pq.read_table(counties[0] / "labels.parquet")["uscc"].to_numpy()
    seen = look(feeds, Plan(load_world(), FIRMS, 4).as_of, policy, codes)
    for old, new in zip(policy.features, local(policy, seen.shown).features, strict=True):
        assert new.weights == pytest.approx(old.weights, rel=0.05), old.name
    fitted(tmp_path / "again.toml", counties[0])
    assert (tmp_path / "one.toml").read_bytes() == (tmp_path / "again.toml").read_bytes()


def test_each_county_has_its_own_factors(counties: list[Path]) -> None:
    seen = []
    for folder in counties:
        labels = pq.read_table(folder / "labels.parquet")
        found = look(
            read_directory(folder / "feeds"),
            Plan(load_world(), FIRMS, 4).as_of,
            POLICY,
            labels["uscc"].to_numpy(),
        )
        seen.append((found, labels["label"].to_numpy()))
    both = gathered(POLICY, seen)
    named = [int(np.isfinite(one.odds).sum()) for one, _ in seen]
    assert len(both.examples) == sum(named)
    assert both.policy.prevalence is not None
    moved = 0
    for name in both.policy.prevalence.shares:
        own = both.examples.factors[name]
        # A sign that is rarer than in both together in the one is commoner in the other.
        sides = [own[: named[0]], own[named[0] :]]
        least, most = min(map(np.min, sides)), max(map(np.max, sides))
        assert 0.5 <= least <= 1.0 <= most <= 2.0
        moved += bool(most > 1.05)
    assert moved > 5


def test_bad_labels_write_nothing(counties: list[Path], tmp_path: Path) -> None:
    out, few, wrong = tmp_path / "out.toml", tmp_path / "few.csv", tmp_path / "wrong.csv"
    labels = pq.read_table(counties[0] / "labels.parquet").select(["uscc", "label"])
    pcsv.write_csv(labels.slice(0, 40), few)
    pcsv.write_csv(labels.rename_columns(["code", "label"]), wrong)
    for path, words in ((few, "too few to fit"), (wrong, "no table of labels")):
        sources = [str(counties[0] / "feeds"), str(path)]
        words_given = [*sources, "--as-of", "2026-06", "--out", str(out), "--version", "x"]
        result = CliRunner().invoke(fit_screen, words_given)
        assert result.exit_code == 1
        assert words in result.output
        assert not out.exists()
    odd = CliRunner().invoke(
        fit_screen, ["one", "--as-of", "2026-06", "--out", str(out), "--version", "x"]
    )
    assert odd.exit_code == 2
    assert "needs its LABELS" in odd.output
