"""County ranges (收费区间): what the centre sets where no published standard covers an item."""

import tomllib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from market.catalogue.standards import DATA
from ratings.ledger.errors import Refused

SizeClass = Literal["small", "medium", "large"]

SIZE_ZH: dict[SizeClass, str] = {"small": "小型", "medium": "中型", "large": "大型"}


class CountyRange(msgspec.Struct, frozen=True, kw_only=True):
    """One item's range for one size of project, from the day it was set.

    `demonstration` ranges are invented and must be shown as such.
    """

    item: str
    size_class: SizeClass
    low_fen: int
    high_fen: int
    set_on: date
    reason: str
    demonstration: bool


class SizeClasses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Upper limits by investment in 万元, included; our proposal, not a published rule."""

    small_up_to_wan: Decimal
    medium_up_to_wan: Decimal


class _RangesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    set_on: date
    demonstration: bool
    reason_zh: str
    reason_en: str
    size_classes: SizeClasses
    ranges: dict[str, dict[SizeClass, tuple[Decimal, Decimal]]]


@cache
def _file() -> _RangesFile:
    text = (DATA / "demonstration_county_ranges.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text, parse_float=Decimal), _RangesFile)


def size_class(investment_wan: Decimal) -> SizeClass:
    """The size of a project by its investment in 万元; a class includes its upper limit."""
    limits = _file().size_classes
    if investment_wan <= limits.small_up_to_wan:
        return "small"
    return "medium" if investment_wan <= limits.medium_up_to_wan else "large"


@cache
def demonstration_county_ranges() -> tuple[CountyRange, ...]:
    """The invented ranges of the demonstration, in fen."""
    file = _file()
    return tuple(
        check_county_range(
            CountyRange(
                item=item,
                size_class=size,
                low_fen=int(low * 1_000_000),
                high_fen=int(high * 1_000_000),
                set_on=file.set_on,
                reason=f"{file.reason_zh} / {file.reason_en}",
                demonstration=file.demonstration,
            )
        )
        for item, sizes in file.ranges.items()
        for size, (low, high) in sizes.items()
    )


def check_county_range(county: CountyRange) -> CountyRange:
    """The range itself, or Refused where it is none or gives no reason."""
    if not 0 <= county.low_fen <= county.high_fen or county.high_fen == 0:
        raise Refused(
            "bad-county-range",
            "{low} to {high} fen is not a range: the lower figure must not exceed the upper.",
            low=county.low_fen,
            high=county.high_fen,
        )
    if not county.reason.strip():
        raise Refused("county-range-needs-reason", "A county range needs a reason.")
    return county


def county_range(
    ranges: Iterable[CountyRange], item: str, size: SizeClass, as_of: date
) -> CountyRange:
    """The range in force on the day: the latest set on or before it."""
    known = [r for r in ranges if (r.item, r.size_class) == (item, size) and r.set_on <= as_of]
    if not known:
        raise Refused(
            "no-county-range",
            "No county range was set for item {item}, size {size}, by {as_of}.",
            item=item,
            size=size,
            as_of=as_of.isoformat(),
        )
    return max(known, key=lambda county: county.set_on)
