"""What the market really pays, as figures that give nobody away and that all can work out again.

A price is for a whole package. What it pays for one fee of the package is its share by the standard
range of the project on the day of the price: price × base of the line ÷ base of all the lines.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from market.catalogue.package_fees import PackageRange

FEWEST = 5
"""Below so many prices nothing is shown: a median of two tells each what the other paid."""


class Distribution(msgspec.Struct, frozen=True):
    """Quartiles in fen; between two prices on a straight line, half up to the fen."""

    count: int
    lower_quartile_fen: int
    median_fen: int
    upper_quartile_fen: int


class Price(msgspec.Struct, frozen=True):
    """One quote or settled fee of a package, with the standard range of its project that day.

    `range` is None where no range can be reckoned for the project.
    """

    kind: Literal["quote", "settled"]
    package: str
    price_fen: int
    range: PackageRange | None


class MarketFee(msgspec.Struct, frozen=True):
    """What one package, or one fee of it, was quoted at and settled at.

    `items` are those of the package, or those that the one fee covers. The range is the median of
    the standard ranges of the very projects. All are None below FEWEST prices.
    """

    package: str
    items: tuple[str, ...]
    range_low_fen: int | None
    range_high_fen: int | None
    quotes: Distribution | None
    settled: Distribution | None


class Settled(msgspec.Struct, frozen=True):
    """What a settled engagement took and cost; `days` from its start to its acceptance."""

    year: int
    days: float
    fee_fen: int


class Averages(msgspec.Struct, frozen=True):
    """The means of a year, and by what part they differ from the year before (−0.22 is −22 %).

    A mean is None below FEWEST engagements, a change where either year has none.
    """

    year: int
    settled: int | None
    mean_days: float | None
    mean_fee_fen: int | None
    days_change: float | None
    fee_change: float | None


def quartile(ordered: Sequence[int], quarter: int) -> int:
    """The first, second or third quartile of ordered amounts, half up to the whole."""
    place, rest = divmod((len(ordered) - 1) * quarter, 4)
    if rest == 0:
        return ordered[place]
    step = (ordered[place + 1] - ordered[place]) * rest
    return ordered[place] + (2 * step + 4) // 8


def distribution(amounts: Iterable[int]) -> Distribution | None:
    """None below FEWEST amounts."""
    ordered = sorted(amounts)
    if len(ordered) < FEWEST:
        return None
    return Distribution(len(ordered), *(quartile(ordered, quarter) for quarter in (1, 2, 3)))


def share(price_fen: int, part_fen: int, whole_fen: int) -> int:
    """The part of a price that falls to one line, half up to the fen."""
    return (2 * price_fen * part_fen + whole_fen) // (2 * whole_fen)


def of_package(package: str, items: tuple[str, ...], prices: Sequence[Price]) -> MarketFee:
    """The whole package."""
    ranges = [(one.range.low_fen, one.range.high_fen) for one in prices if one.range is not None]
    return _fee(package, items, [(one.kind, one.price_fen) for one in prices], ranges)


def of_lines(
    package: str, lines: Sequence[tuple[str, ...]], prices: Sequence[Price]
) -> list[MarketFee]:
    """Each fee of the package by itself, in the order of `lines`, the items that each covers.

    A price of a project whose range had other lines, or no base to divide by, is left out.
    """
    found = []
    for items in lines:
        shares: list[tuple[Literal["quote", "settled"], int]] = []
        ranges: list[tuple[int, int]] = []
        for one in prices:
            if one.range is None:
                continue
            whole_fen = sum(line.base_fen for line in one.range.lines)
            if whole_fen == 0:
                continue
            for line in one.range.lines:
                if line.items == items:
                    fee = share(one.price_fen, line.base_fen, whole_fen)
                    shares.append((one.kind, fee))
                    ranges.append((line.low_fen, line.high_fen))
        found.append(_fee(package, items, shares, ranges))
    return found


def _fee(
    package: str,
    items: tuple[str, ...],
    prices: Sequence[tuple[Literal["quote", "settled"], int]],
    ranges: Sequence[tuple[int, int]],
) -> MarketFee:
    low = distribution(low for low, _ in ranges)
    high = distribution(high for _, high in ranges)
    return MarketFee(
        package=package,
        items=items,
        range_low_fen=low.median_fen if low else None,
        range_high_fen=high.median_fen if high else None,
        quotes=distribution(fee for kind, fee in prices if kind == "quote"),
        settled=distribution(fee for kind, fee in prices if kind == "settled"),
    )


def averages(settled: Iterable[Settled]) -> list[Averages]:
    """Every year with a settled engagement, the latest first; all years computed alike."""
    by_year: dict[int, list[Settled]] = {}
    for one in settled:
        by_year.setdefault(one.year, []).append(one)
    means = {year: _means(found) for year, found in by_year.items()}
    nothing = (None, None)
    return [
        Averages(
            year,
            len(by_year[year]) if days is not None else None,
            days,
            fee,
            _change(days, means.get(year - 1, nothing)[0]),
            _change(fee, means.get(year - 1, nothing)[1]),
        )
        for year, (days, fee) in sorted(means.items(), reverse=True)
    ]


def _means(found: Sequence[Settled]) -> tuple[float, int] | tuple[None, None]:
    if len(found) < FEWEST:
        return None, None
    fees = sum(one.fee_fen for one in found)
    days = sum(one.days for one in found) / len(found)
    return days, (2 * fees + len(found)) // (2 * len(found))


def _change(now: float | None, before: float | None) -> float | None:
    return None if now is None or not before else now / before - 1


class MarketFees(msgspec.Struct, frozen=True):
    """What was quoted and settled in one year of the county's calendar, up to `as_of`."""

    year: int
    as_of: date
    years: list[int]
    fewest: int
    packages: list[MarketFee]
    lines: list[MarketFee]
    averages: list[Averages]
