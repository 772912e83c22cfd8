"""Engagements that may never have taken place: what the papers lack, or share with others."""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from ratings.integrity.flags import Flag, FlagKind


class Papers(msgspec.Struct, frozen=True):
    """What the market holds about one rated engagement. `documents` are SHA-256 digests of what
    was delivered. None means that the market does not keep it, which says nothing."""

    engagement: str
    uscc: str
    documents: frozenset[str] = frozenset()
    settled: bool | None = None
    contract: bool | None = None


def invented(papers: Iterable[Papers]) -> list[Flag]:
    """One flag for each engagement without contract or settlement, and one for each agency's
    engagements that were delivered with the very same document."""
    rows = sorted(papers, key=lambda one: one.engagement)
    flags = []
    for one in rows:
        lacking = {
            name: "0"
            for name, there in (("contract", one.contract), ("settled", one.settled))
            if there is False
        }
        if lacking:
            limits = lacking
            flags.append(
                Flag(FlagKind.INVENTED, one.uscc, (one.engagement,), figures=lacking, limits=limits)
            )
    for uscc, groups in sorted(_groups(rows).items()):
        for numbers, shared in sorted(groups.items()):
            figures = {"same_documents": str(shared), "engagements": str(len(numbers))}
            limits = {"same_documents": "1", "engagements": "2"}
            flags.append(Flag(FlagKind.INVENTED, uscc, numbers, figures=figures, limits=limits))
    return flags


def _groups(rows: list[Papers]) -> dict[str, dict[tuple[str, ...], int]]:
    """By agency and set of its engagements: how many documents exactly these have in common."""
    holders: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for one in rows:
        for digest in one.documents:
            holders[one.uscc, digest].append(one.engagement)
    found: defaultdict[str, defaultdict[tuple[str, ...], int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for (uscc, _), numbers in holders.items():
        if len(numbers) > 1:
            found[uscc][tuple(numbers)] += 1
    return {uscc: dict(groups) for uscc, groups in found.items()}
