"""The service packages of the catalogue, read from their file and checked."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from market.catalogue.items import Item, load_items
from market.catalogue.standards import DATA, load_fee_standards
from ratings.ledger.errors import Refused


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
    divide_by: Decimal = Decimal(1)
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


class Package(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service package (服务套餐). `waits` maps an item to those it cannot start before."""

    code: str
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str
    items: tuple[str, ...]
    waits: dict[str, tuple[str, ...]] = {}
    waits_mark: str = "proposal"
    fee_lines: tuple[FeeLine, ...]


class _PackagesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    packages: tuple[Package, ...]


@cache
def load_packages() -> dict[str, Package]:
    """The packages by code, in the order of the file."""
    text = (DATA / "packages.toml").read_text(encoding="utf-8")
    return parse_packages(text, load_items())


def _bad(file: str, record: str, problem: str) -> Refused:
    return Refused(
        "bad-catalogue-file",
        "{file}, record {record}: {problem}",
        file=file,
        record=record,
        problem=problem,
    )


def parse_packages(
    text: str, items: Mapping[str, Item], file: str = "packages.toml"
) -> dict[str, Package]:
    """Packages from the text of a file. Raises Refused naming file and record."""
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
        found = msgspec.convert(raw, _PackagesFile).packages
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _bad(file, "-", str(error)) from error
    for package in found:
        _check_package(file, package, items)
    return {package.code: package for package in found}


def _check_package(file: str, package: Package, items: Mapping[str, Item]) -> None:
    for code in package.items:
        if code not in items or items[code].package != package.code or not items[code].active:
            raise _bad(file, package.code, f"{code} is no active item of this package")
    waiting = {code for pair in package.waits.items() for code in (pair[0], *pair[1])}
    if unknown := waiting - set(package.items):
        raise _bad(file, package.code, f"waits names {', '.join(sorted(unknown))}")
    priced = [code for line in package.fee_lines for code in line.items]
    if sorted(priced) != sorted(package.items):
        raise _bad(file, package.code, "every item must stand in exactly one fee line")
    standards = load_fee_standards()
    for line in package.fee_lines:
        if not line.parts and len(line.items) != 1:
            raise _bad(file, package.code, "a county range covers exactly one item")
        for part in line.parts:
            standard = standards.get(part.standard)
            if standard is None or (part.kind is not None and part.kind not in standard.kinds):
                raise _bad(file, package.code, f"unknown {part.standard} {part.kind or ''}")
    critical_path(package, items)


def critical_path(package: Package, items: Mapping[str, Item]) -> tuple[str, ...]:
    """The chain of items that decides how long the package takes, first item first.

    Raises Refused when the waits run in a circle. An item without working days counts 0.
    """
    chains: dict[str, tuple[str, ...]] = {}

    def length(chain: tuple[str, ...]) -> int:
        return sum(items[code].working_days or 0 for code in chain)

    def chain_to(code: str, open_codes: tuple[str, ...]) -> tuple[str, ...]:
        if code in open_codes:
            raise _bad("packages.toml", package.code, f"{code} waits for itself")
        if code not in chains:
            before = [chain_to(w, (*open_codes, code)) for w in package.waits.get(code, ())]
            chains[code] = (*max(before, key=length, default=()), code)
        return chains[code]

    return max((chain_to(code, ()) for code in package.items), key=length, default=())


def package_days(package: Package, items: Mapping[str, Item]) -> int:
    """Working days of the package: its critical path, not the sum of its items."""
    return sum(items[code].working_days or 0 for code in critical_path(package, items))


def needs_county_range(item: Item, packages: Mapping[str, Package]) -> bool:
    """Whether the centre sets a range for the item: no published standard covers it, or the
    one that does has a table that does not reach every project."""
    return item.fee_standard is None or any(
        item.code in line.items and line.beyond_table == "county-range"
        for package in packages.values()
        for line in package.fee_lines
    )
