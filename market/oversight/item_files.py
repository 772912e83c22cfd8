"""The act on the list that a line of items asks for.

A file may hold some columns and some rows only: a column that is missing changes nothing, an empty
cell empties its field, and an item that is not named stays as it is.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from market.catalogue.editions import Change, Items
from market.catalogue.items import Item
from market.oversight.catalogue_files import BadCell, Row, read_cell
from ratings.ledger.errors import Refused

# Whether and how an item has ended follows from the act that the row becomes.
_OF_ITS_STATE = ("active", "ended", "successor", "withdrawn_reason_zh", "withdrawn_reason_en")
_NOT_SET_HERE = ("code", "choice", "package", *_OF_ITS_STATE)


def change_of(row: Row, items: Items, reason: str) -> Change | None:
    """The act on the list that a line asks for; None when it says what the list says already.

    BadCell names the column that cannot be read. Whether the act can follow is for
    `editions.apply_changes` to say.
    """
    code = read_cell(row, "code", Item)
    if not code:
        raise BadCell("code", Refused("import-code-missing", "The line names no item."))
    given = {name: read_cell(row, name, Item) for name in row.cells}
    fields = {name: value for name, value in given.items() if name not in _NOT_SET_HERE}
    item = items.get(code)
    if item is None:
        return Change(kind="add", code=code, reason_zh=reason, fields=fields)
    before = msgspec.to_builtins(item)
    if "active" in given and given["active"] != item.active:
        return _of_state(code, given, reason)
    changed = {name: value for name, value in fields.items() if value != before[name]}
    if not changed:
        return None
    return Change(kind="amend", code=code, reason_zh=reason, fields=changed)


def _of_state(code: str, given: Mapping[str, Any], reason: str) -> Change:
    """Withdrawn, merged, replaced or restored: an item that ends states its own reason."""
    if given["active"]:
        return Change(kind="restore", code=code, reason_zh=reason)
    why = given.get("withdrawn_reason_zh") or ""
    if not why:
        raise BadCell(
            "withdrawn_reason_zh",
            Refused("import-reason-missing", "An item that ends needs its reason."),
        )
    ended: Literal["withdraw", "merge", "replace"] = "withdraw"
    if given.get("ended") in ("merged", "replaced"):
        ended = "merge" if given["ended"] == "merged" else "replace"
    return Change(
        kind=ended,
        code=code,
        reason_zh=why,
        reason_en=given.get("withdrawn_reason_en") or "",
        successor=given.get("successor") if ended != "withdraw" else None,
    )
