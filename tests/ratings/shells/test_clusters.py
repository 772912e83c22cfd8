"""Clusters: two shared things tie, one never does."""

from typing import Any

import ibis
import pyarrow as pa
import pytest
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
            "close": pa.array([True] * len(bonds), pa.bool_()),
        }
    )
    return {row["uscc"]: row["cluster"] for row in cluster_sizes(table).to_pylist()}


def test_bonds_chain_and_strangers_stay_apart() -> None:
    found = sizes([("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("x", "3"), ("y", "3")])
    assert found == {"a": 3, "b": 3, "c": 3, "x": 2, "y": 2}


def test_two_pairs_that_share_two_things_each_stay_two_pairs() -> None:
    shared = {"address_id": "AABBC", "phone_id": "ppqqr", "legal_rep_id": "12345"}
    assert {row["uscc"]: row["cluster"] for row in clusters(shared)} == dict.fromkeys("abcd", 2)


def clusters(shared: dict[str, str]) -> list[dict[str, Any]]:
    """The clusters of the firms a to e, of which a letter a firm names each thing they have."""
    columns: dict[str, list[str | None]] = {"uscc": list("abcde")}
    for name in TIES:
        columns[name] = list(shared[name]) if name in shared else [None] * 5
    schema = pa.schema([(name, pa.string()) for name in columns])
    engine = ibis.duckdb.connect()
    engine.con.register("firms", pa.table(columns, schema))
    engine.con.register("frame", Frame(24_000, {}).table(load_policy()))
    found = cluster_sizes(shared_pairs(engine.table("firms")).to_pyarrow()).to_pylist()
    engine.disconnect()
    return found


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ("phone_id", "finance_officer_id", False),
        ("network_id", "device_id", False),
        ("address_id", "network_id", False),
        ("address_id", "phone_id", True),
        ("legal_rep_id", "phone_id", True),
        ("address_id", "device_id", True),
    ],
)
def test_what_one_hand_lends_ties_but_not_closely(one: str, other: str, close: bool) -> None:
    found = clusters({one: "AABBC", other: "ppqqr"})
    assert {row["uscc"]: row["cluster"] for row in found} == dict.fromkeys("abcd", 2)
    assert {row["close_cluster"] for row in found} == {2 if close else None}


def test_a_third_thing_makes_a_tie_close() -> None:
    lent = {"phone_id": "AAAAA", "finance_officer_id": "ppppp"}
    assert {row["cluster"] for row in clusters(lent)} == {5}
    found = clusters(lent | {"legal_rep_id": "xxyzw"})
    assert {row["uscc"]: row["close_cluster"] for row in found} == (
        {"a": 2, "b": 2} | dict.fromkeys("cde")
    )


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
