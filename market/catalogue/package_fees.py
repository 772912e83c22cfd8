"""The standard fee range of a package for the figures of a project, line by line.

A line is either what a published document gives (reference only, 参考测算) or a county range
that the centre set. The two are never mixed up, and the package is the sum of its lines less the
bundle discount that the centre may have set for it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from market.catalogue.county import SIZE_ZH, CountyRange, county_range, size_class
from market.catalogue.fees import LABEL, Estimate, Facts, FeeStandard, estimate
from market.catalogue.packages import FeeLine, FeePart, Package
from market.catalogue.project_facts import ProjectFacts, choice, number
from market.catalogue.workings import Line, show
from ratings.ledger.errors import Refused


class PackageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One fee of the package, for one or more items that are priced together.

    `base_fen` is the middle of the range where there is no base price (`base_is_middle`).
    `label` is 参考测算 for a published standard, 收费区间 for a county range.
    """

    items: tuple[str, ...]
    basis: Literal["published-standard", "county-range"]
    documents: tuple[str, ...]
    label: str
    demonstration: bool
    low_fen: int
    base_fen: int
    high_fen: int
    base_is_middle: bool
    workings: tuple[Line, ...]
    note_zh: str
    note_en: str


class BundleDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken off the three sums of the lines, in fen; each half up to the fen.

    The percentage is the centre's own, never a published rule.
    """

    percent: Decimal
    low_fen: int
    base_fen: int
    high_fen: int
    workings: tuple[Line, ...]


class PackageRange(msgspec.Struct, frozen=True, kw_only=True):
    """The package's range in fen: the sums of its lines, less the discount if there is one.

    `options` are the optional items that are counted.
    """

    package: str
    as_of: date
    options: tuple[str, ...]
    low_fen: int
    base_fen: int
    high_fen: int
    lines: tuple[PackageLine, ...]
    discount: BundleDiscount | None
    demonstration: bool


def package_range(
    package: Package,
    facts: ProjectFacts,
    standards: Mapping[str, FeeStandard],
    county_ranges: Sequence[CountyRange],
    as_of: date,
    options: Collection[str] = (),
) -> PackageRange:
    """What the package may cost with the optional items that were chosen.

    Raises Refused naming the fact that is missing or wrong, or the option that is none.
    """
    chosen = checked_options(package, options)
    lines = tuple(
        _line(line, facts, standards, county_ranges, as_of)
        for line in counted_lines(package, chosen)
    )
    low = sum(line.low_fen for line in lines)
    base = sum(line.base_fen for line in lines)
    high = sum(line.high_fen for line in lines)
    discount = _discount(package.discount_percent, low, base, high)
    if discount is not None:
        low, base, high = low - discount.low_fen, base - discount.base_fen, high - discount.high_fen
    return PackageRange(
        package=package.code,
        as_of=as_of,
        options=chosen,
        low_fen=low,
        base_fen=base,
        high_fen=high,
        lines=lines,
        discount=discount,
        demonstration=any(line.demonstration for line in lines),
    )


def checked_options(package: Package, options: Collection[str]) -> tuple[str, ...]:
    """The chosen optional items in the order of the package; Refused for any other item."""
    for code in options:
        if code not in package.optional:
            raise Refused(
                "option-unknown",
                "Item {item} is no optional item of the package {package}.",
                item=code,
                package=package.code,
            )
    return tuple(code for code in package.optional if code in options)


def counted_lines(package: Package, chosen: Collection[str]) -> list[FeeLine]:
    """The fee lines of the required items and of the optional ones that were chosen."""
    return [
        line
        for line in package.fee_lines
        if any(code in package.items or code in chosen for code in line.items)
    ]


def _discount(percent: Decimal | None, low: int, base: int, high: int) -> BundleDiscount | None:
    if percent is None:
        return None
    off = [int((fen * percent / 100).to_integral_value(ROUND_HALF_UP)) for fen in (low, base, high)]
    workings = tuple(
        Line(
            "discount",
            f"{zh}：{_yuan(fen)} × {show(percent)}% = {_yuan(taken)} 元",
            f"{en}: {_yuan(fen)} × {show(percent)}% = {_yuan(taken)} yuan",
        )
        for zh, en, fen, taken in zip(
            ("下限", "基准", "上限"),
            ("Low", "Base", "High"),
            (low, base, high),
            off,
            strict=True,
        )
    )
    return BundleDiscount(
        percent=percent, low_fen=off[0], base_fen=off[1], high_fen=off[2], workings=workings
    )


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def _line(
    line: FeeLine,
    facts: ProjectFacts,
    standards: Mapping[str, FeeStandard],
    county_ranges: Sequence[CountyRange],
    as_of: date,
) -> PackageLine:
    if not line.parts:
        return _county_line(line, facts, county_ranges, as_of, ())
    try:
        return _standard_line(line, facts, standards, as_of)
    except Refused as refusal:
        if refusal.code != "outside-fee-table" or line.beyond_table != "county-range":
            raise
        document = standards[line.parts[0].standard].document
        beyond = Line(
            "assumption",
            f"{document}的表不及本项目，改用收费区间",
            f"The table of {document} does not reach this project; the county range stands in",
        )
        return _county_line(line, facts, county_ranges, as_of, (beyond,))


def _standard_line(
    line: FeeLine, facts: ProjectFacts, standards: Mapping[str, FeeStandard], as_of: date
) -> PackageLine:
    low = base = high = 0
    middle = False
    workings: list[Line] = []
    documents: dict[str, None] = {}
    for part in _chosen(line, facts):
        found, assumed = _ask(part, facts, standards, as_of)
        part_base = found.base_fen
        if part_base is None:
            part_base, middle = _middle(found.low_fen, found.high_fen), True
        low, base, high = low + found.low_fen, base + part_base, high + found.high_fen
        documents |= dict.fromkeys((found.document, *found.amended_by))
        workings += [*assumed, *found.workings]
    return PackageLine(
        items=line.items,
        basis="published-standard",
        documents=tuple(documents),
        label=LABEL,
        demonstration=False,
        low_fen=low,
        base_fen=base,
        high_fen=high,
        base_is_middle=middle,
        workings=tuple(workings),
        note_zh=line.note_zh,
        note_en=line.note_en,
    )


def _chosen(line: FeeLine, facts: ProjectFacts) -> tuple[FeePart, ...]:
    """The parts that act: all, or the first whose figure was given, or else the last."""
    if line.use == "all":
        return line.parts
    known = [part for part in line.parts if getattr(facts, part.figure) is not None]
    return (known[0] if known else line.parts[-1],)


def _ask(
    part: FeePart, facts: ProjectFacts, standards: Mapping[str, FeeStandard], as_of: date
) -> tuple[Estimate, tuple[Line, ...]]:
    figure, assumed = number(facts, part.figure)
    if part.divide_by is not None:
        figure /= part.divide_by
    kind = part.kind
    if part.kind_from is not None:
        chosen, about_kind = choice(facts, part.kind_from)
        kind, assumed = part.kind_prefix + chosen, (*assumed, *about_kind)
    standard = standards[part.standard]
    by_amount = kind in standard.kinds and standard.kinds[kind].driver == "amount"
    passed = {name: getattr(facts, name) for name in part.passes}
    asked = Facts(
        kind=kind,
        amount_wan=figure if by_amount else None,
        quantity=None if by_amount else figure,
        grade=None if part.grade_from is None else getattr(facts, part.grade_from),
        as_of=as_of,
        **passed,
    )
    return estimate(standard, asked), assumed


def _county_line(
    line: FeeLine,
    facts: ProjectFacts,
    county_ranges: Sequence[CountyRange],
    as_of: date,
    before: tuple[Line, ...],
) -> PackageLine:
    investment, assumed = number(facts, "investment_wan")
    size = size_class(investment)
    county = county_range(county_ranges, line.items[0], size, as_of)
    invented_zh = "（示范数据）" if county.demonstration else ""
    invented_en = " (invented for the demonstration)" if county.demonstration else ""
    text = f"{_yuan(county.low_fen)}–{_yuan(county.high_fen)}"
    working = Line(
        "range",
        f"{SIZE_ZH[size]}项目收费区间 {text} 元，{county.set_on} 由中心设定{invented_zh}",
        f"County range for a {size} project {text} yuan, set by the centre on "
        f"{county.set_on}{invented_en}",
    )
    return PackageLine(
        items=line.items,
        basis="county-range",
        documents=(),
        label="收费区间",
        demonstration=county.demonstration,
        low_fen=county.low_fen,
        base_fen=_middle(county.low_fen, county.high_fen),
        high_fen=county.high_fen,
        base_is_middle=True,
        workings=(*before, *assumed, working),
        note_zh=line.note_zh or county.reason,
        note_en=line.note_en or county.reason,
    )


def _middle(low_fen: int, high_fen: int) -> int:
    """The middle of a range in fen, half up."""
    return (low_fen + high_fen + 1) // 2
