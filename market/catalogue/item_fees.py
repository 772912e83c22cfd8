"""What single items may cost for the figures of a project, each by the line that prices it.

An item of a package is priced by its line of the package, which may cover several items at once.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache

import msgspec

from market.catalogue.county import CountyRange
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.items import Item
from market.catalogue.package_fees import PackageLine, package_range
from market.catalogue.packages import FeeLine, Package
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.standards import DATA
from ratings.ledger.errors import Refused


class _FeesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fee_lines: tuple[FeeLine, ...]


@cache
def load_item_fees() -> tuple[FeeLine, ...]:
    """The lines of the items outside the packages."""
    text = (DATA / "item_fees.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text, parse_float=Decimal), _FeesFile).fee_lines


def fee_lines(items: Iterable[Item], packages: Iterable[Package]) -> dict[str, FeeLine]:
    """The line that prices each item; an item that none prices is absent."""
    lines = [*load_item_fees(), *(line for one in packages for line in one.fee_lines)]
    found = {code: line for line in lines for code in line.items}
    county = {one.code: FeeLine(items=(one.code,)) for one in items if one.fee_standard is None}
    return county | found


def line_range(
    line: FeeLine,
    facts: ProjectFacts,
    standards: Mapping[str, FeeStandard],
    county_ranges: Sequence[CountyRange],
    as_of: date,
) -> PackageLine:
    """The line's range in fen. Raises Refused naming what is missing.

    A line is priced as a package of its own, so that there is one way to price a line.
    """
    alone = Package(
        code="-",
        name_zh="",
        name_en="",
        description_zh="",
        description_en="",
        items=line.items,
        fee_lines=(line,),
    )
    return package_range(alone, facts, standards, county_ranges, as_of).lines[0]


def item_ranges(
    lines: Mapping[str, FeeLine],
    facts: ProjectFacts,
    standards: Mapping[str, FeeStandard],
    county_ranges: Sequence[CountyRange],
    as_of: date,
) -> dict[str, tuple[int, int]]:
    """The lowest and highest fee in fen of every item whose line can be reckoned alone.

    A line that covers several items at once says nothing about one of them.
    """
    found = {}
    for code, line in lines.items():
        if len(line.items) == 1:
            try:
                one = line_range(line, facts, standards, county_ranges, as_of)
            except Refused:
                continue
            found[code] = (one.low_fen, one.high_fen)
    return found
