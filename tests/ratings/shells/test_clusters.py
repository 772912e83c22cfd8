"""Clusters: two shared things tie, one never does."""

from ratings.shells.clusters import cluster_sizes


def test_bonds_chain_and_strangers_stay_apart() -> None:
    sizes = cluster_sizes([("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("x", "3"), ("y", "3")])
    assert sizes == {"a": 3, "b": 3, "c": 3, "x": 2, "y": 2}


def test_nobody_is_tied_by_nothing() -> None:
    assert cluster_sizes([]) == {}
