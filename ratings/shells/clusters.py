"""Firms that share at least two of six things, and firms that crowd one address.

Sharing one thing says nothing: firms of a whole county hang together by bookkeepers' phones
and business centres. Two shared things are rare among strangers.
"""

import itertools

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from ratings.shells.facts import TIES
from ratings.shells.numbers import FRAME

# What one service lends to many customers: a bookkeeper's phone and network, not an owner's.
LENT = ("phone_id", "finance_officer_id", "network_id", "device_id")
# What comes from one hand: a bookkeeper's, or that of the landlord of an office.
ONE_HAND = (LENT, ("address_id", "network_id"))


def neighbours(attributes: ir.Table) -> ir.Table:
    """(uscc, neighbours): how many other firms have the same address, hosted ones left out."""
    placed = attributes.filter(attributes["address_id"].notnull())
    crowds = placed.group_by("address_id").agg(neighbours=placed.count() - 1)
    return placed.join(crowds, "address_id").select("uscc", "neighbours")


def shared_pairs(attributes: ir.Table) -> ir.Table:
    """(uscc, bond, close) for every two attributes that some other firm has both of as well.

    `close` is true where the two do not come from one hand.

    `attributes` has one row per firm with the columns of TIES; `address_id` is null where the
    address is hosted. What one service lends to more firms than the `bookkeeper_firms` of FRAME
    ties nobody.
    """
    every = ibis.union(
        *(
            attributes.filter(attributes[name].notnull()).select(
                "uscc", kind=ibis.literal(place, "int64"), value=attributes[name]
            )
            for place, name in enumerate(TIES)
        )
    )
    users = every.group_by("kind", "value").agg(firms=every.count())
    users = users.cross_join(FRAME.select("bookkeeper_firms"))
    lent = users["kind"].isin([place for place, name in enumerate(TIES) if name in LENT])
    users = users.filter(
        (users["firms"] > 1) & ~(lent & (users["firms"] > users["bookkeeper_firms"]))
    )
    shared = every.join(users, ["kind", "value"]).select("uscc", "kind", "value")
    other = shared.view()
    places = {name: place for place, name in enumerate(TIES)}
    # A bit for each of the two: the pairs that are known to come from one hand.
    lent_together = sorted(
        {
            1 << places[one] | 1 << places[two]
            for hand in ONE_HAND
            for one, two in itertools.combinations(hand, 2)
        }
    )
    one = ibis.literal(1, "int64")
    pairs = shared.join(
        other, [shared["uscc"] == other["uscc"], shared["kind"] < other["kind"]]
    ).select(
        "uscc",
        close=~((one << shared["kind"]) | (one << other["kind"])).isin(lent_together),
        bond=shared["kind"].cast("string")
        + shared["value"]
        + "+"
        + other["kind"].cast("string")
        + other["value"],
    )
    # Counted over the rows themselves: joined to its own counts, the table would be compared
    # with itself, and every bond would tie every firm.
    counted = pairs.mutate(firms=pairs.count().over(group_by="bond"))
    return counted.filter(counted["firms"] > 1).select("uscc", "bond", "close")


def cluster_sizes(bonds: pa.Table) -> pa.Table:
    """(uscc, ring, cluster, close_cluster): how many firms hang together with each firm, itself
    counted, by all bonds and by close ones (null where it has none). Those that hang together by
    any bonds have the same number as their `ring`."""
    close = _sizes(bonds.filter(bonds["close"])).select(["uscc", "cluster"])
    close = close.rename_columns(["uscc", "close_cluster"])
    return _sizes(bonds).join(close, "uscc", use_threads=False)


def _sizes(bonds: pa.Table) -> pa.Table:
    """Every firm of `bonds` takes the least number among those it is bound to, until nothing
    changes any more.
    """
    firms = bonds["uscc"].combine_chunks().dictionary_encode()
    ties = bonds["bond"].combine_chunks().dictionary_encode()
    firm, tie = np.asarray(firms.indices), np.asarray(ties.indices)
    leader = np.arange(len(firms.dictionary))
    while len(leader):
        least = np.full(len(ties.dictionary), len(leader))
        np.minimum.at(least, tie, leader[firm])
        found = leader.copy()
        np.minimum.at(found, firm, least[tie])
        found = found[found]
        if np.array_equal(found, leader):
            break
        leader = found
    sizes = np.bincount(leader, minlength=len(leader))[leader]
    return pa.table(
        {
            "uscc": firms.dictionary,
            "ring": pa.array(leader, pa.int64()),
            "cluster": pa.array(sizes, pa.int64()),
        }
    )
