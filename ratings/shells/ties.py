"""Which firms hang together with an agency, and by what: the cluster of the screen, opened up.

A tie is two or more things that the same firms share; what a thing is worth (its hash) is neither
kept nor shown, only its kind. By the rules of `clusters.py`: hosted addresses and what a service
lends to many tie nobody.
"""

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import msgspec

from ratings.shells.clusters import shared_pairs
from ratings.shells.facts import EXCUSES, TIES, excused
from ratings.shells.firms import frame_of, framed
from ratings.shells.policy import Policy
from ratings.shells.reducing import reduced
from ratings.shells.screen import open_engine
from ratings.signals.cells import WINDOW, believed, feed_table, month_number, month_table
from ratings.signals.contract import FEEDS, Excuse
from ratings.signals.engine import Tables
from ratings.signals.relations import Feeds

MOST_FIRMS = 40
_KINDS = tuple(TIES)


class Tie(msgspec.Struct, frozen=True):
    """`firms` (USCCs, sorted) share all of `kinds`; `of` counts them with those not listed."""

    kinds: tuple[str, ...]
    firms: tuple[str, ...]
    of: int


class Ties(msgspec.Struct, frozen=True):
    """The cluster of one agency: `firms` counts it, itself included; `ties` has those nearest."""

    uscc: str
    firms: int
    ties: tuple[Tie, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        """The firms named in the ties, the agency itself first."""
        others = {one for tie in self.ties for one in tie.firms} - {self.uscc}
        return (self.uscc, *sorted(others))

    @property
    def own(self) -> "Ties":
        """The ties the agency itself is part of, without those among others."""
        return Ties(self.uscc, self.firms, tuple(t for t in self.ties if self.uscc in t.firms))


def joined(bonds: Iterable[tuple[frozenset[str], tuple[str, ...]]]) -> list[Tie]:
    """Bonds of two kinds each, as ties of all the kinds the very same firms share."""
    kinds: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for firms, pair in bonds:
        kinds[firms].update(pair)
    ties = [
        Tie(tuple(one for one in _KINDS if one in shared), tuple(sorted(firms)), len(firms))
        for firms, shared in kinds.items()
    ]
    return sorted(ties, key=lambda tie: (tie.firms, tie.kinds))


def around(uscc: str, ties: Sequence[Tie], most: int = MOST_FIRMS) -> Ties:
    """What hangs together with one firm, from tie to tie; only the `most` nearest are listed."""
    of: defaultdict[str, list[Tie]] = defaultdict(list)
    for tie in ties:
        for firm in tie.firms:
            of[firm].append(tie)
    order, met = [uscc], {uscc}
    used: dict[int, Tie] = {}
    for firm in order:
        for tie in of[firm]:
            used[id(tie)] = tie
            new = [one for one in tie.firms if one not in met]
            order += new
            met |= set(new)
    listed = set(order[:most])
    kept = [
        Tie(tie.kinds, tuple(one for one in tie.firms if one in listed), tie.of)
        for tie in used.values()
        if len(listed & set(tie.firms)) > 1
    ]
    return Ties(uscc, len(order), tuple(kept))


def ties_of(
    feeds: Feeds, as_of_month: str, policy: Policy, codes: Iterable[str]
) -> dict[str, Ties]:
    """The ties of those firms among `codes` that have any, as a screen of that month sees them."""
    newest = month_number(as_of_month)
    connection = open_engine("duckdb")
    try:
        ties = _all_ties(Tables(connection, feeds), newest, policy)
    finally:
        connection.disconnect()
    tied = {firm for tie in ties for firm in tie.firms}
    return {code: around(code, ties) for code in sorted(set(codes) & tied)}


def _all_ties(tables: Tables, newest: int, policy: Policy) -> list[Tie]:
    frame = frame_of(tables, newest)
    tables.register("frame", frame.table(policy))
    for feed in set(TIES.values()):
        tables.register(f"months_{feed}", month_table(frame.gone[feed], newest))
    attributes, bonds_text = _queries(tables.dialect)
    tables.keep("tied_attributes", attributes)
    tables.keep("tied_bonds", bonds_text)
    rows = tables.rows(
        "SELECT * FROM tied_bonds JOIN tied_attributes USING (uscc) ORDER BY bond, uscc"
    )
    bonds = []
    for bond, group in itertools.groupby(rows, key=lambda row: row["bond"]):
        members = list(group)
        bonds.append((frozenset(row["uscc"] for row in members), _pair(bond, members[0])))
    return joined(bonds)


@functools.cache
def _queries(dialect: str) -> tuple[str, str]:
    """What makes the attributes, and the bonds from them, compiled once in a process."""
    attributes = ibis.table(dict.fromkeys(("uscc", *_KINDS), "string"), name="tied_attributes")
    both = (_attributes(), shared_pairs(attributes))
    first, second = (str(ibis.to_sql(one, dialect=dialect, pretty=False)) for one in both)
    return first, second


def _pair(bond: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The two kinds that make the text of this bond with the values of one of its firms."""
    for one, other in itertools.combinations(range(len(_KINDS)), 2):
        if bond == f"{one}{row[_KINDS[one]]}+{other}{row[_KINDS[other]]}":
            return _KINDS[one], _KINDS[other]
    raise AssertionError("a bond is made of the values of its firms")


def _attributes() -> ir.Table:
    """(uscc, columns of TIES) from the latest rows; the address is null where it is hosted."""
    newest = 1 << (WINDOW - 1)
    told = reduced(excused(framed(feed_table(FEEDS["excuses"]))), EXCUSES, "told_")
    told = told.select("uscc", told=(told[f"told_{Excuse.HOSTED_ADDRESS.value}"] & newest) != 0)
    parts = []
    for feed in dict.fromkeys(TIES.values()):
        rows = believed(FEEDS[feed])
        rows = rows.mutate(last=rows["place"].max().over(group_by="uscc"))
        columns = [name for name, of in TIES.items() if of == feed]
        more = ["address_hosted"] if feed == "registration" else []
        parts.append(rows.filter(rows["place"] == rows["last"]).select("uscc", *columns, *more))
    register, platform = parts
    wide = register.outer_join(platform, "uscc")
    wide = wide.mutate(uscc=wide["uscc"].coalesce(wide["uscc_right"])).drop("uscc_right")
    wide = wide.left_join(told, "uscc").drop("uscc_right")
    hosted = wide["address_hosted"].fill_null(False) | wide["told"].fill_null(False)
    own = hosted.ifelse(ibis.null("string"), wide["address_id"])
    return wide.mutate(address_id=own).select("uscc", *_KINDS)
