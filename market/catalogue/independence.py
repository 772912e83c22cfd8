"""Who may not review what: the reviewer of a document is neither its author nor a related firm.

Rules of law and proposals of this project are told apart; both are enforced where an agency is
chosen. They belong to the items, not to a package: however the centre composes, they hold.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Literal

import msgspec

from market.catalogue.standards import DATA


class ReviewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`review` is the item that may not be done by who does one of `authors` for the project.

    `status` is "published" where a source states the rule, else "proposal".
    """

    review: str
    authors: tuple[str, ...]
    status: Literal["published", "proposal"]
    basis_zh: str
    basis_en: str


class _RulesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[ReviewRule, ...]


@cache
def review_rules() -> tuple[ReviewRule, ...]:
    """The rules in the order of the file."""
    text = (DATA / "independence.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _RulesFile).rules


class Past(msgspec.Struct, frozen=True):
    """An item that an agency does or has done for a project, and under which engagement."""

    item: str
    agency: str
    engagement: str


class Clash(msgspec.Struct, frozen=True):
    """`wanted` may not be given to the agency, because of `past`."""

    rule: ReviewRule
    wanted: str
    past: Past


def rules_about(items: Collection[str], rules: Iterable[ReviewRule]) -> list[ReviewRule]:
    """Those that bind somebody who does one of the items, on either side."""
    return [one for one in rules if one.review in items or set(one.authors) & set(items)]


def both_sides(
    items: Collection[str], rules: Iterable[ReviewRule]
) -> Iterator[tuple[ReviewRule, str]]:
    """Where the items hold a review together with what it reviews: the rule and the reviewed."""
    for rule in rules:
        if rule.review in items:
            yield from ((rule, author) for author in rule.authors if author in items)


def clash(wanted: Sequence[str], past: Iterable[Past], rules: Iterable[ReviewRule]) -> Clash | None:
    """The first reason why the wanted items may not follow the past ones; None if there is none.

    It holds both ways: who has reviewed a document does not write it afterwards either.
    """
    done = list(past)
    for rule in rules:
        for one in done:
            for item in wanted:
                if (item == rule.review and one.item in rule.authors) or (
                    item in rule.authors and one.item == rule.review
                ):
                    return Clash(rule, item, one)
    return None
