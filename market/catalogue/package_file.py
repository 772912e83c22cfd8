"""The packages that an empty catalogue begins with, read from their file and checked."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import msgspec

from market.catalogue.composition import problems
from market.catalogue.items import Item, load_items
from market.catalogue.packages import Package
from market.catalogue.standards import DATA, load_fee_standards
from ratings.ledger.errors import Refused


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
        wrong = problems(package, items, load_fee_standards())
        if wrong:
            raise _bad(file, package.code, str(wrong[0])) from wrong[0]
    return {package.code: package for package in found}
