"""Clusters: two shared things tie, one never does."""

import ibis
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.clusters import cluster_sizes, shared_pairs
from ratings.shells.facts import TIES
from ratings.shells.numbers import Frame
from ratings.shells.policy import load_policy

BONDS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), max_size=30)


def sizes(bonds: list[tuple[str, str]]) -> dict[str, int]:
    table = pa.table(
        {
            "uscc": pa.array([uscc for uscc, _ in bonds], pa.string()),
            "bond": pa.array([bond for _, bond in bonds], pa.string()),
        }
    )
    return {row["uscc"]: row["cluster"] for row in cluster_sizes(table).to_pylist()}


def test_bonds_chain_and_strangers_stay_apart() -> None:
    found = sizes([("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("x", "3"), ("y", "3")])
    assert found == {"a": 3, "b": 3, "c": 3, "x": 2, "y": 2}


def test_two_pairs_that_share_two_things_each_stay_two_pairs() -> None:
    shared = {"address_id": "AABBC", "phone_id": "ppqqr", "legal_rep_id": "12345"}
    columns = {"uscc": list("abcde")} | {name: list(shared.get(name, " ")) for name in TIES}
    columns = {
        name: [*values] if len(values) == 5 else [None] * 5 for name, values in columns.items()
    }
    schema = pa.schema([(name, pa.string()) for name in columns])
    engine = ibis.duckdb.connect()
    engine.con.register("firms", pa.table(columns, schema))
    engine.con.register("frame", Frame(24_000, {}).table(load_policy()))
    found = cluster_sizes(shared_pairs(engine.table("firms")).to_pyarrow()).to_pylist()
    engine.disconnect()
    assert {row["uscc"]: row["cluster"] for row in found} == dict.fromkeys("abcd", 2)


def test_nobody_is_tied_by_nothing() -> None:
    assert sizes([]) == {}


@given(BONDS)
def test_it_is_what_walking_from_firm_to_firm_finds(pairs: list[tuple[int, int]]) -> None:
    bonds = [(f"firm-{firm}", f"bond-{bond}") for firm, bond in pairs]
    for uscc, size in sizes(bonds).items():
        reached, border = {uscc}, [uscc]
        while border:
            own = {bond for name, bond in bonds if name == border[-1]}
            border.pop()
            near = {name for name, bond in bonds if bond in own} - reached
            reached |= near
            border += near
        assert size == len(reached)
