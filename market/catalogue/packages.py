"""What a service package is made of, and which of its items the centre prices itself."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.items import Item


class FeePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question to one standard.

    `figure` names the project fact the table is read with, divided by `divide_by`;
    `kind_from` names the fact that chooses the kind, `kind_prefix` stands before it; `passes`
    names the facts handed on for factors; `grade_from` the fact that gives the grade.
    """

    standard: str
    kind: str | None = None
    kind_from: str | None = None
    kind_prefix: str = ""
    figure: str
    divide_by: Decimal | None = None
    passes: tuple[str, ...] = ()
    grade_from: str | None = None


class FeeLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one fee of a package covers: several items where a document prices them together.

    Without parts it is the county range of its only item. `use = "first"` takes the first
    part whose figure is known; `"all"` adds them. `beyond_table` lets the county range stand
    in where the published table does not reach.
    """

    items: tuple[str, ...]
    parts: tuple[FeePart, ...] = ()
    use: Literal["all", "first"] = "all"
    beyond_table: Literal["refuse", "county-range"] = "refuse"
    note_zh: str = ""
    note_en: str = ""


class Remark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pitfall to avoid or a common violation: what is known, how well, and from where.

    `status` says how well it is founded: a published source, an unofficial copy, general knowledge
    that nobody has confirmed, or a proposal of this project. `source` names it.
    """

    items: tuple[str, ...] = ()
    zh: str
    en: str
    status: Literal["published", "copy", "unconfirmed", "proposal"]
    source_zh: str
    source_en: str


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service package (服务套餐).

    `items` are required; a buyer may add the `optional` ones; the `related` ones are often needed
    with it but are no part of it. `waits` maps an item to those it cannot start before.
    `discount_percent` is what the centre takes off the sum of the fee lines.
    """

    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    items: tuple[str, ...]
    optional: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    waits: dict[str, tuple[str, ...]] = {}
    waits_mark: str = "proposal"
    fee_lines: tuple[FeeLine, ...]
    discount_percent: Decimal | None = None
    pitfalls: tuple[Remark, ...] = ()
    violations: tuple[Remark, ...] = ()


def needs_county_range(item: Item, packages: Iterable[Package]) -> bool:
    """Whether the centre sets a range for the item: no published standard covers it, or the
    one that does has a table that does not reach every project, or a package does without it."""
    return item.fee_standard is None or any(
        item.code in line.items and (line.beyond_table == "county-range" or not line.parts)
        for package in packages
        for line in package.fee_lines
    )
