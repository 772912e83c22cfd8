"""A sanctioned firm that seems to begin again under a new name."""

from collections import Counter
from collections.abc import Collection, Iterable

import msgspec

from ratings.integrity.flags import Flag, FlagKind

LEAST_SHARED = 2
COMMON_FROM = 5
"""What more than so many firms have in common, such as a bookkeeper's phone, ties nobody."""


class Firm(msgspec.Struct, frozen=True):
    """A firm and what it registered: `attributes` by kind (address, phone, representative), in one
    spelling. An attribute that is empty or not known is left out."""

    uscc: str
    attributes: dict[str, str]


def returned(
    newcomers: Iterable[Firm], firms: Iterable[Firm], sanctioned: Collection[str]
) -> list[Flag]:
    """One flag for each newcomer that shares two attributes with a sanctioned firm.

    `firms` is everybody known, newcomers or not: from it is seen what is common.
    """
    arrived = list(newcomers)
    everyone = {one.uscc: one for one in [*firms, *arrived]}
    users = Counter(pair for one in everyone.values() for pair in one.attributes.items())
    flags = []
    for newcomer in sorted({one.uscc for one in arrived}):
        own = {pair for pair in everyone[newcomer].attributes.items() if users[pair] <= COMMON_FROM}
        shared = {
            uscc: {kind for kind, _ in own & set(everyone[uscc].attributes.items())}
            for uscc in sanctioned
            if uscc != newcomer and uscc in everyone
        }
        tied = {uscc: kinds for uscc, kinds in shared.items() if len(kinds) >= LEAST_SHARED}
        if tied and newcomer not in sanctioned:
            kinds = sorted(set().union(*tied.values()))
            flags.append(
                Flag(
                    FlagKind.RETURNED,
                    newcomer,
                    others=tuple(sorted(tied)),
                    figures={"shared": str(max(map(len, tied.values())))}
                    | {f"shared_{kind}": "1" for kind in kinds},
                    limits={"shared": str(LEAST_SHARED)},
                )
            )
    return flags
