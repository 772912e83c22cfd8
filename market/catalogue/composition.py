"""What makes a package sound: every problem is told with the item that it is about."""

from collections import Counter
from collections.abc import Iterator, Mapping

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.independence import both_sides, review_rules
from market.catalogue.items import Item
from market.catalogue.packages import FeeLine, FeePart, Package
from market.catalogue.project_facts import CHOSEN, FIELDS
from market.catalogue.schedule import critical_path
from ratings.ledger.errors import Refused

LONGEST_ZH, LONGEST_EN = 60, 120


def problems(
    package: Package, items: Mapping[str, Item], standards: Mapping[str, FeeStandard]
) -> list[Refused]:
    """Everything that keeps a package from being sold, in the order of its record."""
    found = [
        *_places(package, items),
        *_waits(package),
        *_lines(package, standards),
        *_texts(package, items),
    ]
    percent = package.discount_percent
    if percent is not None and not (
        percent.is_finite() and 0 < percent < 100 and percent == round(percent, 2)
    ):
        found.append(
            Refused(
                "discount-out-of-bounds",
                "A bundle discount lies above 0 and below 100 percent and has at most two decimals;"
                " leave it out for none.",
            )
        )
    for rule, author in both_sides(package.items + package.optional, review_rules()):
        found.append(
            Refused(
                "reviewer-is-author",
                "Item {review} reviews item {author}: one agency would review its own work. Put"
                " them into different packages.",
                review=rule.review,
                author=author,
            )
        )
    return found


def _places(package: Package, items: Mapping[str, Item]) -> Iterator[Refused]:
    if not package.items:
        yield Refused("package-empty", "A package has at least one required item.")
    listed = Counter((*package.items, *package.optional, *package.related))
    for code, times in listed.items():
        item = items.get(code)
        if item is None:
            yield Refused("item-not-there", "The catalogue has no item {item}.", item=code)
        elif not item.active:
            yield Refused(
                "item-withdrawn",
                "Item {item} is withdrawn and cannot stand in a package.",
                item=code,
            )
        elif code in package.items and item.package not in (None, package.code):
            yield Refused(
                "item-of-another",
                "Item {item} is a required item of the package {package} already.",
                item=code,
                package=item.package,
            )
        if times > 1:
            yield Refused(
                "item-twice",
                "Item {item} stands in this package more than once. It is either required,"
                " optional or related.",
                item=code,
            )


def _waits(package: Package) -> Iterator[Refused]:
    within = {*package.items, *package.optional}
    for code, before in package.waits.items():
        for named in dict.fromkeys((code, *before)):
            if named not in within:
                yield Refused(
                    "wait-outside",
                    "Item {item} is in a wait, but it is no required or optional item of this"
                    " package.",
                    item=named,
                )
    lengths = dict.fromkeys(within, _Untimed())
    try:
        critical_path(package, lengths, package.optional)
    except Refused as circle:
        yield circle


class _Untimed:
    """Whether waits run in a circle does not depend on how long the items take."""

    working_days = None


def _lines(package: Package, standards: Mapping[str, FeeStandard]) -> Iterator[Refused]:
    within = (*package.items, *package.optional)
    priced = Counter(code for line in package.fee_lines for code in line.items)
    for code in within:
        if code not in priced:
            yield Refused("item-unpriced", "No fee line prices item {item}.", item=code)
    for code, times in priced.items():
        if times > 1:
            yield Refused(
                "item-priced-twice",
                "Item {item} stands in two fee lines: it would be paid twice.",
                item=code,
            )
        if code not in within:
            yield Refused(
                "line-outside",
                "A fee line prices item {item}, which is no required or optional item of this"
                " package.",
                item=code,
            )
    for line in package.fee_lines:
        yield from _line(line, package, standards)


def _line(
    line: FeeLine, package: Package, standards: Mapping[str, FeeStandard]
) -> Iterator[Refused]:
    named = ", ".join(line.items)
    optional = [code for code in line.items if code in package.optional]
    if optional and len(optional) < len(line.items):
        yield Refused(
            "line-half-optional",
            "Item {item} is optional, but one fee covers it together with required ones ({items}).",
            item=optional[0],
            items=named,
        )
    if not line.items or (not line.parts and len(line.items) > 1):
        yield Refused(
            "line-without-standard",
            "A county range covers exactly one item; {items} need a published standard that prices"
            " them together.",
            items=named or "–",
        )
    for part in line.parts:
        standard = standards.get(part.standard)
        if standard is None or (part.kind is not None and part.kind not in standard.kinds):
            yield Refused(
                "line-standard-unknown",
                "The fee line of {items} names a standard that is not there: {standard} {kind}.",
                items=named,
                standard=part.standard,
                kind=part.kind or "",
            )
        yield from _figures(part, named)


def _figures(part: FeePart, named: str) -> Iterator[Refused]:
    """A question can only be asked with figures that a project has."""
    numbers = (part.figure,)
    choices = [one for one in (part.kind_from, part.grade_from, *part.passes) if one is not None]
    unknown = [one for one in numbers if one not in FIELDS or FIELDS[one].type != "number"]
    unknown += [one for one in choices if one not in FIELDS or FIELDS[one].type != "choice"]
    if part.kind_from is not None and part.kind_from not in CHOSEN:
        unknown.append(part.kind_from)
    for one in dict.fromkeys(unknown):
        yield Refused(
            "line-figure-unknown",
            "The fee line of {items} asks for “{figure}”, which no project states.",
            items=named,
            figure=one,
        )
    if part.divide_by is not None and not (part.divide_by.is_finite() and part.divide_by > 0):
        yield Refused(
            "line-divisor", "The fee line of {items} divides by nothing above zero.", items=named
        )


def _texts(package: Package, items: Mapping[str, Item]) -> Iterator[Refused]:
    if not package.name_zh.strip() or not package.name_en.strip():
        yield Refused("package-unnamed", "A package needs a name in Chinese and in English.")
    if len(package.name_zh) > LONGEST_ZH or len(package.name_en) > LONGEST_EN:
        yield Refused(
            "package-name-long",
            "A name has at most {zh} characters in Chinese and {en} in English.",
            zh=LONGEST_ZH,
            en=LONGEST_EN,
        )
    for remark in (*package.pitfalls, *package.violations):
        for code in remark.items:
            if code not in items:
                yield Refused("item-not-there", "The catalogue has no item {item}.", item=code)
