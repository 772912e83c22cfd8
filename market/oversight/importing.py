"""A file of items becomes the draft of an edition: what differs from the list, act by act.

Nothing of the list changes by it. A second person adopts the draft like any other, after reading
what differs; so a wrong file costs a draft.
"""

import msgspec

from market.catalogue.edition_actions import NewEdition, draft_edition, propose_change
from market.catalogue.edition_queries import draft_items
from market.catalogue.editions import Change, apply_changes
from market.catalogue.standards import load_fee_standards
from market.oversight.item_files import BadCell, Form, change_of, read_rows
from ratings.ledger.actors import Actor
from ratings.ledger.database import tx
from ratings.ledger.errors import Fault, Refused, SteelyardError
from ratings.ledger.text import N_


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
    """The draft that the file has become, how many acts it has, and the lines left out."""

    edition: str
    changes: int
    unchanged: int
    left_out: list[BadRow]


async def import_items(
    actor: Actor, data: bytes, form: Form, wanted: NewEdition, *, leave_out_bad: bool = False
) -> Imported:
    """Draft an edition from a file. All lines or none, unless the bad ones are to be left out.

    Raises RowsRefused with every bad line, and Refused where the file says nothing new.
    """
    rows = read_rows(data, form)
    async with tx():
        edition = await draft_edition(actor, wanted)
        items = await draft_items(edition)
        changes: list[Change] = []
        bad: list[BadRow] = []
        seen: set[str] = set()
        for row in rows:
            try:
                change = change_of(row, items, wanted.note_zh)
                if change is None:
                    continue
                if change.code in seen:
                    raise BadCell(
                        "code",
                        Refused(
                            "import-twice", "Item {code} stands there twice.", code=change.code
                        ),
                    )
                seen.add(change.code)
                items = apply_changes(items, [change], load_fee_standards())
                changes.append(change)
            except BadCell as cell:
                bad.append(BadRow(row.number, cell.column, cell.error))
            except SteelyardError as error:
                bad += _bad_rows(row.number, error)
        if bad and not leave_out_bad:
            raise RowsRefused(bad)
        if not changes:
            raise Refused("import-nothing-new", "The file says nothing that the list does not say.")
        for change in changes:
            await propose_change(actor, edition, change)
    return Imported(
        edition, len(changes), len(rows) - len(changes) - len({b.row for b in bad}), bad
    )


def _bad_rows(number: int, error: SteelyardError) -> list[BadRow]:
    """One for each field that a rule finds wrong, or one for the line."""
    if not error.faults:
        return [BadRow(number, "", error)]
    return [BadRow(number, fault.pointer.strip("/"), _of(fault)) for fault in error.faults]


def _of(fault: Fault) -> Refused:
    return Refused(fault.code, fault.message)
