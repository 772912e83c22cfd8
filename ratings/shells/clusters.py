"""Firms that share at least two of address, phone and representative.

Sharing one thing says nothing: firms of a whole county hang together by bookkeepers' phones
and business centres. Two shared things are rare among strangers.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

import ibis.expr.types as ir

SHARED = ("address_id", "phone_id", "legal_rep_id")


def shared_pairs(register: ir.Table, bookkeeper_firms: int) -> list[tuple[str, str]]:
    """(uscc, bond) for every two attributes that some other firm has too.

    `register` has one row per firm with `address_id` already null where the address is
    hosted. A phone that more than `bookkeeper_firms` firms give is a bookkeeper's.
    """
    phones = register.group_by("phone_id").agg(users=register.count())
    common = phones.filter(phones["users"] > bookkeeper_firms)
    own = register.anti_join(common, "phone_id")
    plain = register.semi_join(common, "phone_id").mutate(phone_id=None)
    register = own.union(plain.cast(dict(register.schema().items())))
    bonds: list[tuple[str, str]] = []
    for first, second in combinations(SHARED, 2):
        both = register.filter(register[first].notnull() & register[second].notnull())
        groups = both.group_by(first, second).agg(firms=both.count())
        tied = both.join(groups.filter(groups["firms"] > 1), [first, second])
        rows = tied.select("uscc", one=tied[first], two=tied[second]).to_pyarrow()
        bonds += [
            (row["uscc"], f"{first} {row['one']} {second} {row['two']}") for row in rows.to_pylist()
        ]
    return bonds


def cluster_sizes(bonds: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many firms hang together with each firm, itself counted, over all its bonds."""
    leader: dict[str, str] = {}

    def lead(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    firms: set[str] = set()
    for uscc, bond in bonds:
        firms.add(uscc)
        leader[lead(uscc)] = lead(bond)
    members: defaultdict[str, int] = defaultdict(int)
    for uscc in firms:
        members[lead(uscc)] += 1
    return {uscc: members[lead(uscc)] for uscc in firms}
