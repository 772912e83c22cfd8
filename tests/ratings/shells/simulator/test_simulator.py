"""The invented county: sound, the same for the same seed, and as noisy as it says."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ratings.ledger.errors import Refused
from ratings.ledger.uscc import parse_uscc
from ratings.shells.simulator import county as made_county
from ratings.shells.simulator.county import Made, Plan, make, write
from ratings.shells.simulator.noise import NAME_ONLY
from ratings.shells.simulator.parameters import (
    ARCHETYPES,
    Range,
    World,
    draw,
    load_world,
    widened,
)
from ratings.shells.simulator.population import settle, usccs
from ratings.shells.simulator.simulate_command import simulate
from ratings.signals.contract import FEEDS
from ratings.signals.files import read_directory

STANDARD, SHIFTED = load_world("standard"), load_world("shifted")
PLAN = Plan(STANDARD, 1500, 3)


@pytest.fixture(scope="module")
def made() -> Made:
    return make(PLAN)


@given(st.lists(st.integers(0, 10**8 - 1), min_size=1, max_size=50, unique=True))
def test_every_code_is_valid_and_no_two_are_the_same(numbers: list[int]) -> None:
    codes = usccs(np.array(numbers), np.full(len(numbers), 330281))
    assert [parse_uscc(str(code)) for code in codes] == codes.tolist()
    assert len(set(codes.tolist())) == len(numbers)


def test_every_feed_is_read_and_only_names_are_set_aside(tmp_path: Path) -> None:
    rows = write(PLAN, tmp_path)
    directory = read_directory(tmp_path / "feeds")
    assert set(directory.batches) == set(FEEDS)
    assert directory.unknown_files == ()
    assert directory.unmatched
    assert {entry.code for entry in directory.unmatched} == {"uscc-length"}
    for name, batch in directory.batches.items():
        assert batch.rows == rows[name], name
        assert batch.unknown_columns == ()
        given_columns = pq.read_schema(tmp_path / "feeds" / f"{name}.parquet").names
        wanted = {column.name for column in FEEDS[name].columns} - {"month", "received_at"}
        assert wanted <= set(given_columns) | {"state"}, name
        assert bool(batch.duplicates) == (name not in ("excuses", "manifest")), name


def test_csv_says_the_same(tmp_path: Path) -> None:
    write(msgspec.structs.replace(PLAN, firms=60), tmp_path / "parquet")
    write(msgspec.structs.replace(PLAN, firms=60), tmp_path / "csv", csv=True)
    first, second = (read_directory(tmp_path / kind / "feeds") for kind in ("parquet", "csv"))
    for name, batch in first.batches.items():
        assert second.batches[name].table.drop(["line"]).equals(batch.table.drop(["line"])), name


def test_the_seed_decides_everything(made: Made) -> None:
    again = make(PLAN)
    other = make(msgspec.structs.replace(PLAN, seed=4))
    for name in FEEDS:
        assert again.tables[name].equals(made.tables[name]), name
        assert not other.tables[name].equals(made.tables[name]), name
    assert again.labels.equals(made.labels)


def test_a_county_in_parts_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_county, "PART", 100)
    made = make(msgspec.structs.replace(PLAN, firms=250))
    codes = made.labels["uscc"].to_pylist()
    assert len(codes) == len(set(codes)) == 250
    assert made.tables["manifest"].num_rows == len(set(_keys(made, "manifest")))
    named = set(made.tables["platform"]["uscc"].to_pylist())
    assert named <= {*codes, NAME_ONLY}


def _keys(made: Made, name: str) -> list[tuple[str, str]]:
    table = made.tables[name]
    return list(zip(table["feed"].to_pylist(), table["month"].to_pylist(), strict=True))


def test_the_truth_stands_beside_it(made: Made) -> None:
    labels = made.labels.to_pylist()
    shells = [row for row in labels if row["label"]]
    assert {row["archetype"] for row in labels} == set(ARCHETYPES)
    assert 0.02 < len(shells) / len(labels) < 0.04
    assert all(row["kind"] == "shell" for row in shells)
    assert all(row["ring"] is None and row["since"] is None for row in labels if not row["label"])
    assert any(
        row["since"] and row["since"] > PLAN.as_of for row in make(_many()).labels.to_pylist()
    )


def _many() -> Plan:
    return msgspec.structs.replace(PLAN, firms=4000, seed=5)


def test_what_never_came_has_no_row_and_the_manifest_says_so(made: Made) -> None:
    manifest = made.tables["manifest"].to_pylist()
    lost = [(row["feed"], row["month"]) for row in manifest if not row["ok"]]
    assert lost
    for feed, month in lost:
        assert month not in made.tables[feed]["month"].to_pylist()
    assert pc.max(made.tables["tax_filing"]["month"]).as_py() == "2026-04"
    assert pc.max(made.tables["platform"]["month"]).as_py() == PLAN.as_of


def test_no_feed_names_a_firm_before_it_was_established(made: Made) -> None:
    register = made.tables["registration"]
    months = register["month"].to_pylist()
    began = register["established_on"].to_pylist()
    assert all(str(day)[:7] <= month for day, month in zip(began, months, strict=True))


def test_a_late_return_is_first_overdue_and_corrected_later(made: Made) -> None:
    said: dict[tuple[str, str], set[tuple[str, object]]] = {}
    for row in (
        made.tables["tax_filing"].select(["uscc", "month", "state", "received_at"]).to_pylist()
    ):
        if row["uscc"] != NAME_ONLY:
            said.setdefault((row["uscc"], row["month"]), set()).add(
                (row["received_at"], row["state"])
            )
    changed = [sorted(one, key=lambda word: word[0]) for one in said.values() if len(one) > 1]
    assert changed
    assert all(first[1] == "OVERDUE" and last[1] != "OVERDUE" for first, *_, last in changed)


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_a_ring_shares_at_least_two_things(seed: int) -> None:
    random = np.random.default_rng(seed)
    people = settle(draw(STANDARD, random), 3000, 24, 6, random)
    for number in set(people.ring[people.ring >= 0].tolist()):
        own = people.ring == number
        alike = sum(len(set(values[own].tolist())) < own.sum() for values in people.shared.values())
        assert alike >= 2
        assert 3 <= own.sum() <= 20
    assert (people.ring[~people.shell] == -1).all()


@given(st.integers(0, 1000), st.floats(1, 3))
def test_a_stretched_world_keeps_shares_below_one(seed: int, factor: float) -> None:
    county = draw(widened(STANDARD, factor), np.random.default_rng(seed))
    for name, limit in STANDARD.limits.items():
        values = county.trait.get(name, county.of.get(name))
        assert np.max(values) <= limit


def test_the_second_world_is_another_one() -> None:
    def numbers(world: World) -> dict[tuple[str, str], Range]:
        own = {("county", name): one for name, one in world.county.items()}
        traits = {
            (trait, name): one for trait, of in world.traits.items() for name, one in of.items()
        }
        return own | traits

    first, second = numbers(STANDARD), numbers(SHIFTED)
    assert set(first) == set(second)
    same = [
        key
        for key, one in first.items()
        if (one.low, one.high) == (second[key].low, second[key].high)
    ]
    assert len(same) < len(first) / 8
    assert all(one.mark in ("S", "P", "M") for one in (*first.values(), *second.values()))


@pytest.mark.parametrize("ends", [(-0.1, 1.0), (2.0, 1.0)], ids=["negative", "falling"])
def test_a_range_that_is_none_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="range"):
        Range(*ends)


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(Refused, match="standard"):
        load_world("moon")


def test_the_command_writes_what_it_says(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        simulate, [str(tmp_path), "--firms", "40", "--world", "shifted", "--as-of", "2025-12"]
    )
    assert result.exit_code == 0, result.output
    assert "labels: 40 rows" in result.output
    assert pq.read_metadata(tmp_path / "labels.parquet").num_rows == 40
    refused = CliRunner().invoke(simulate, [str(tmp_path), "--as-of", "June"])
    assert refused.exit_code == 1
    assert "is not a month" in refused.output
