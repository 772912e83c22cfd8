"""The packages and county ranges that the lines of a file ask for.

The column `record` is a package as a whole. What a spreadsheet shows of it in columns of its own
has to say the same, so that nobody mends the one and believes to have mended the other.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from market.catalogue.county_ranges import NewCountyRange
from market.catalogue.packages import Package
from market.catalogue.queries import CountyRangeRow
from market.oversight.catalogue_files import BadCell, Row, read_cell
from ratings.ledger.errors import Refused

_SHOWN_OF_THE_RECORD = ("code", "name_zh", "name_en", "items")
_OF_A_RANGE = ("item", "size_class", "low_fen", "high_fen", "set_on")


class CataloguePackage(msgspec.Struct, frozen=True):
    """A package; `record` is the whole of it, as the catalogue keeps it."""

    code: str
    name_zh: str
    name_en: str
    items: tuple[str, ...]
    working_days: int
    supervisor_name: str | None
    record: dict[str, Any]


def package_of(row: Row, packages: Mapping[str, Package]) -> Package | None:
    """The package of a line; None when the catalogue has it so. Days follow from the items, and
    the supervisor is appointed elsewhere, so these columns change nothing.
    """
    if not row.cells.get("record"):
        raise BadCell(
            "record",
            Refused("import-record-missing", "The line lacks its record, the package as a whole."),
        )
    whole = read_cell(row, "record", CataloguePackage)
    try:
        record = msgspec.convert(whole, Package, strict=False)
    except msgspec.ValidationError as error:
        raise BadCell(
            "record",
            Refused(
                "import-record", "The record is no package of the catalogue: {why}.", why=str(error)
            ),
        ) from error
    for column in _SHOWN_OF_THE_RECORD:
        if column in row.cells:
            shown = read_cell(row, column, CataloguePackage)
            if shown != msgspec.to_builtins(getattr(record, column)):
                raise BadCell(
                    column,
                    Refused(
                        "import-record-differs",
                        "The column {column} says something else than the record. Change both.",
                        column=column,
                    ),
                )
    return None if packages.get(record.code) == record else record


def range_of(
    row: Row, ranges: Mapping[tuple[str, str], CountyRangeRow], reason: str
) -> NewCountyRange | None:
    """The range of a line; None when it is in force so. `reason` stands in for an empty one."""
    for column in _OF_A_RANGE:
        if row.cells.get(column) in ("", None):
            raise BadCell(
                column,
                Refused("import-cell-missing", "The column {column} is empty.", column=column),
            )
    given = {column: read_cell(row, column, CountyRangeRow) for column in _OF_A_RANGE}
    said = read_cell(row, "reason", CountyRangeRow) if "reason" in row.cells else ""
    try:
        wanted = msgspec.convert(given | {"reason": said or reason}, NewCountyRange)
    except msgspec.ValidationError as error:
        raise BadCell(
            "size_class", Refused("import-size", "There is no such size class: {why}.", why=error)
        ) from error
    known = ranges.get((wanted.item, wanted.size_class))
    if known and (known.low_fen, known.high_fen, known.set_on) == (
        wanted.low_fen,
        wanted.high_fen,
        wanted.set_on,
    ):
        return None
    return wanted
