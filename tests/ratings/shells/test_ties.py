"""Ties: the cluster of the screen, opened up, with kinds of things and never their values."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ratings.shells.facts import TIES
from ratings.shells.policy import load_policy
from ratings.shells.screen import Screened, open_engine
from ratings.shells.ties import MOST_FIRMS, Tie, around, joined, ties_of
from ratings.signals.cells import month_number
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables
from ratings.signals.reading import empty_table

AS_OF = "2026-06"
POLICY = load_policy()
Code = Callable[[int], str]


class Held:
    """Feeds that lie in memory."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        self.rows = rows
        self.present = frozenset(rows)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        for feed, rows in self.rows.items():
            schema = empty_table(FEEDS[feed]).schema
            connection.register(f"feed_{feed}", pa.Table.from_pylist(rows, schema))


def entry(uscc: str, month: str = AS_OF, **more: Any) -> dict[str, Any]:
    return {"uscc": uscc, "month": month, "status": "active", "legal_form": "company"} | more


def tied(*rows: dict[str, Any], **feeds: list[dict[str, Any]]) -> dict[str, Any]:
    held = Held({"registration": list(rows), **feeds})
    return ties_of(held, AS_OF, POLICY, {row["uscc"] for row in rows})


def test_two_shared_things_tie_and_are_named_by_their_kinds(code: Code) -> None:
    found = tied(
        entry(code(1), address_id="a", phone_id="p", legal_rep_id="secret"),
        entry(code(2), address_id="a", phone_id="p", legal_rep_id="secret"),
        entry(code(3), address_id="a", phone_id="q"),
    )
    assert set(found) == {code(1), code(2)}
    assert found[code(1)].firms == 2
    (tie,) = found[code(1)].ties
    assert tie.kinds == ("address_id", "phone_id", "legal_rep_id")
    assert tie.firms == tuple(sorted((code(1), code(2))))
    assert b"secret" not in msgspec.json.encode(found)


def test_a_hosted_address_and_what_is_lent_to_many_tie_nobody(code: Code) -> None:
    shared = {"address_id": "a", "phone_id": "p"}
    assert tied(*(entry(code(n), **shared, address_hosted=True) for n in range(2))) == {}
    told = [{"uscc": code(0), "kind": "hosted_address", "from_month": "2026-01"}]
    assert tied(*(entry(code(n), **shared) for n in range(2)), excuses=told) == {}
    many = range(POLICY.bookkeeper_firms + 1)
    assert tied(*(entry(code(n), legal_rep_id="r", phone_id="p") for n in many)) == {}
    assert len(tied(*(entry(code(n), legal_rep_id="r", phone_id="p") for n in many[:-1]))) == 20


def test_only_the_latest_entry_counts(code: Code) -> None:
    before = {"address_id": "a", "phone_id": "p"}
    rows = [entry(code(n), "2026-05", **before) for n in (1, 2)]
    rows += [entry(code(1), address_id="b", phone_id="q"), entry(code(2), **before)]
    assert tied(*rows) == {}
    platform = [
        {"uscc": code(n), "month": AS_OF, "network_id": "n", "device_id": "d"} for n in (1, 2)
    ]
    assert tied(*rows, platform=platform)[code(2)].ties[0].kinds == ("network_id", "device_id")


def test_the_size_is_the_one_the_screen_counts(code: Code) -> None:
    random = Random(5)
    rows = [
        entry(
            code(number),
            address_hosted=random.random() < 0.2,
            **{
                name: random.choice([None, f"{name}{random.randint(0, 25)}"])
                for name, feed in TIES.items()
                if feed == "registration"
            },
        )
        for number in range(150)
    ]
    platform = [
        {"uscc": row["uscc"], "month": AS_OF}
        | {
            name: f"{name}{random.randint(0, 40)}"
            for name, feed in TIES.items()
            if feed == "platform"
        }
        for row in rows
        if random.random() < 0.8
    ]
    held = Held({"registration": rows, "platform": platform})
    connection = open_engine("duckdb")
    run = Screened(Tables(connection, held), month_number(AS_OF), POLICY)
    sizes = {
        score.uscc: next((r.value for r in score.reasons if r.feature == "cluster"), None)
        for score in run.some(None)
    }
    connection.disconnect()
    found = ties_of(held, AS_OF, POLICY, sizes)
    assert len(found) > 20
    for uscc, size in sizes.items():
        assert size == (found[uscc].firms if uscc in found else 1), uscc


BONDS = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from("abcdefghij"), min_size=2, max_size=4),
        st.lists(st.sampled_from(list(TIES)), min_size=2, max_size=2, unique=True).map(tuple),
    ),
    max_size=12,
)


@given(BONDS, st.integers(2, 12))
def test_what_is_listed_hangs_together(
    bonds: list[tuple[frozenset[str], tuple[str, ...]]], most: int
) -> None:
    ties = joined(bonds)
    assert len({tie.firms for tie in ties}) == len(ties) == len({firms for firms, _ in bonds})
    near: defaultdict[str, set[str]] = defaultdict(set)
    for firms, _ in bonds:
        for firm in firms:
            near[firm] |= firms

    def walk(start: str) -> Iterator[str]:
        met, waiting = {start}, [start]
        while waiting:
            yield (one := waiting.pop())
            waiting += sorted(near[one] - met)
            met |= near[one]

    for uscc in near:
        found = around(uscc, ties, most)
        reached = set(walk(uscc))
        assert found.firms == len(reached)
        assert set(found.shown) <= reached
        assert len(found.shown) == min(most, len(reached))
        assert all(uscc in tie.firms for tie in found.own.ties)
        assert found.own.firms == found.firms


def test_a_large_cluster_lists_the_nearest() -> None:
    ties = [Tie(("address_id", "phone_id"), tuple(f"{n:03}" for n in range(300)), 300)]
    found = around("299", ties)
    assert (found.firms, len(found.shown), found.ties[0].of) == (300, MOST_FIRMS, 300)
    assert found.shown[0] == "299"
