"""A file of the catalogue becomes drafts: nothing of the catalogue changes by it.

Items become the draft of an edition, act by act; packages the drafts of their next versions; county
ranges proposals. A second person adopts each like any other, after reading what differs; so a wrong
file costs a draft.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from market.catalogue.county_ranges import propose_county_range
from market.catalogue.edition_actions import NewEdition, draft_edition, propose_change
from market.catalogue.edition_queries import draft_items
from market.catalogue.editions import apply_changes
from market.catalogue.items import Item
from market.catalogue.package_actions import Draft, begin_draft
from market.catalogue.queries import CountyRangeRow, county_ranges, packages
from market.catalogue.standard_versions import newest_standards
from market.oversight.catalogue_files import BadCell, Form, Row, read_rows
from market.oversight.item_files import change_of
from market.oversight.package_files import CataloguePackage, package_of, range_of
from ratings.ledger.actors import Actor
from ratings.ledger.clock import local_date
from ratings.ledger.database import tx
from ratings.ledger.errors import Fault, Refused, SteelyardError
from ratings.ledger.text import N_

Part = Literal["items", "packages", "county-ranges"]
PARTS: dict[Part, type[msgspec.Struct]] = {
    "items": Item,
    "packages": CataloguePackage,
    "county-ranges": CountyRangeRow,
}
"""What can be taken in, by the name of its file in the open data, and what a line of it is."""


class BadRow(msgspec.Struct, frozen=True):
    """A line that was not taken: its number, the column where one is to blame, and why."""

    row: int
    column: str
    error: SteelyardError


class RowsRefused(Refused):
    """Nothing was imported, because of these lines."""

    def __init__(self, rows: list[BadRow]) -> None:
        super().__init__(
            "import-refused",
            N_(
                "Nothing was imported: {count} lines cannot be taken. Mend them, or ask for the"
                " others alone."
            ),
            count=len(rows),
        )
        self.rows = rows


class Imported(msgspec.Struct, frozen=True):
    """How many drafts, proposals or acts the file has become, and the lines left out.

    `edition` is the draft that the acts on items stand in, None for the other parts.
    """

    part: Part
    edition: str | None
    changes: int
    unchanged: int
    left_out: list[BadRow]


async def import_catalogue(
    actor: Actor,
    part: Part,
    data: bytes,
    form: Form,
    wanted: NewEdition,
    *,
    leave_out_bad: bool = False,
) -> Imported:
    """Take in a file. All lines or none, unless the bad ones are to be left out.

    `wanted` names the edition that items make; its note is the reason of each act, package and
    range. Raises RowsRefused with every bad line, and Refused where the file says nothing new.
    """
    rows = read_rows(data, form, PARTS[part], part)
    if part != "items" and not wanted.note_zh.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    async with tx():
        edition = None
        if part == "items":
            edition = await draft_edition(actor, wanted)
            take = await _items(actor, edition, wanted.note_zh)
        elif part == "packages":
            take = await _packages(actor, wanted.note_zh)
        else:
            take = await _ranges(actor, wanted.note_zh)
        changes = 0
        bad: list[BadRow] = []
        for row in rows:
            try:
                # A line that fails half-way leaves nothing behind.
                async with tx():
                    changes += await take(row)
            except BadCell as cell:
                bad.append(BadRow(row.number, cell.column, cell.error))
            except SteelyardError as error:
                bad += _bad_rows(row.number, error)
        if bad and not leave_out_bad:
            raise RowsRefused(bad)
        if not changes:
            raise Refused(
                "import-nothing-new", "The file says nothing that the catalogue does not say."
            )
    left_out = len({one.row for one in bad})
    return Imported(part, edition, changes, len(rows) - changes - left_out, bad)


Take = Callable[[Row], Awaitable[bool]]
"""Does what a line asks for; False when it says what the catalogue says already."""


async def _items(actor: Actor, edition: str, reason: str) -> Take:
    items = await draft_items(edition)
    standards = await newest_standards()
    once = _Once()

    async def take(row: Row) -> bool:
        nonlocal items
        change = change_of(row, items, reason)
        if change is None:
            return False
        once.check(change.code, "code", change.code)
        after = apply_changes(items, [change], standards)
        await propose_change(actor, edition, change)
        items = after
        return True

    return take


async def _packages(actor: Actor, reason: str) -> Take:
    known = {one.code: one.record for one in await packages()}
    once = _Once()

    async def take(row: Row) -> bool:
        record = package_of(row, known)
        if record is None:
            return False
        once.check(record.code, "code", record.code)
        await begin_draft(actor, Draft(record, reason))
        return True

    return take


async def _ranges(actor: Actor, reason: str) -> Take:
    known = {(one.item, one.size_class): one for one in await county_ranges(local_date(actor.at))}
    once = _Once()

    async def take(row: Row) -> bool:
        wanted = range_of(row, known, reason)
        if wanted is None:
            return False
        once.check((wanted.item, wanted.size_class, wanted.set_on), "item", wanted.item)
        await propose_county_range(actor, wanted)
        return True

    return take


class _Once:
    """A thing that a file names twice is taken from its first line; the second is refused."""

    def __init__(self) -> None:
        self._seen: set[object] = set()

    def check(self, key: object, column: str, code: str) -> None:
        if key in self._seen:
            raise BadCell(column, Refused("import-twice", "{code} stands there twice.", code=code))
        self._seen.add(key)


def _bad_rows(number: int, error: SteelyardError) -> list[BadRow]:
    """One for each field that a rule finds wrong, or one for the line."""
    if not error.faults:
        return [BadRow(number, "", error)]
    return [BadRow(number, fault.pointer.strip("/"), _of(fault)) for fault in error.faults]


def _of(fault: Fault) -> Refused:
    return Refused(fault.code, fault.message)
