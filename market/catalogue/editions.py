"""Editions of the list of items: acts on items applied to a list, and what differs between two.

A list is a mapping of code → item, withdrawn ones included: what was once in the list stays in
every later edition, with the reason why it is no longer active.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.items import Item, faults_of
from ratings.ledger.errors import Bilingual, Conflict, NotFound, Refused

Items = Mapping[str, Item]

_OF_ITS_STATE = ("active", "ended", "successor", "withdrawn_reason_zh", "withdrawn_reason_en")
# Which package an item stands in is the composition of the package, and no act on the list.
_NOT_OF_THE_LIST = ("package",)
_FIXED = ("code", "choice", *_OF_ITS_STATE, *_NOT_OF_THE_LIST)

_STATES = {
    "active": Bilingual(zh="在用的", en="active"),
    "ended": Bilingual(zh="已取消的", en="withdrawn"),
}


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act on one item, with its reason; the English reason may be left out.

    `add` takes the whole record in `fields`, `amend` those of its fields that change; `merge` and
    `replace` name the active item that takes its place; `restore` makes a withdrawn one active.
    """

    kind: Literal["add", "amend", "withdraw", "merge", "replace", "restore"]
    code: str
    reason_zh: str
    reason_en: str = ""
    successor: str | None = None
    fields: dict[str, object] = {}


class FieldChange(msgspec.Struct, frozen=True):
    """A field of an item with what it said before and what it says now."""

    field: str
    old: object
    new: object


class ItemChange(msgspec.Struct, frozen=True):
    """An item that both editions have and that is not the same in them.

    `kind` says what became of it: whether it is still what it was (amended), or active no longer
    (withdrawn, merged or replaced), or active again (restored).
    """

    code: str
    name_zh: str
    name_en: str
    kind: Literal["amended", "withdrawn", "merged", "replaced", "restored"]
    successor: str | None
    reason_zh: str
    reason_en: str
    fields: tuple[FieldChange, ...]


class Differences(msgspec.Struct, frozen=True):
    """What makes the later list from the earlier one."""

    added: tuple[Item, ...]
    changed: tuple[ItemChange, ...]


def apply_changes(
    items: Items, changes: Iterable[Change], standards: Mapping[str, FeeStandard]
) -> dict[str, Item]:
    """The list after the changes, one after the other. Raises for the first that cannot be."""
    made = dict(items)
    for change in changes:
        made[change.code] = _changed(made, change, standards)
    return made


def _changed(items: Items, change: Change, standards: Mapping[str, FeeStandard]) -> Item:
    if not change.reason_zh.strip():
        raise Refused("reason-missing", "A decision needs its reason.")
    if change.kind == "add":
        if change.code in items:
            raise Conflict(
                "item-known",
                "The list has an item {code} already. A number is never given twice.",
                code=change.code,
            )
        _refuse_fixed(change)
        return _record({**change.fields, "code": change.code}, standards)
    item = items.get(change.code)
    if item is None:
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=change.code)
    if item.active == (change.kind == "restore"):
        raise Conflict(
            "item-state",
            "Item {code} is {state} in this edition: the act does not apply to it.",
            code=item.code,
            state=_STATES["active" if item.active else "ended"],
        )
    if change.kind == "amend":
        _refuse_fixed(change)
        amended = _record({**msgspec.to_builtins(item), **change.fields}, standards)
        if amended == item:
            raise Refused("nothing-changed", "Nothing of item {code} changes.", code=item.code)
        return amended
    if change.kind == "restore":
        return msgspec.structs.replace(
            item,
            active=True,
            ended="",
            successor=None,
            withdrawn_reason_zh="",
            withdrawn_reason_en="",
        )
    return _ended(items, item, change)


def _ended(items: Items, item: Item, change: Change) -> Item:
    successor = None
    if change.kind != "withdraw":
        successor = change.successor or ""
        other = items.get(successor)
        if other is None or not other.active or successor == item.code:
            raise _no_successor(item.code)
    return msgspec.structs.replace(
        item,
        active=False,
        ended={"withdraw": "withdrawn", "merge": "merged", "replace": "replaced"}[change.kind],
        successor=successor,
        withdrawn_reason_zh=change.reason_zh.strip(),
        withdrawn_reason_en=change.reason_en.strip(),
    )


def refuse_orphans(found: Differences, later: Items) -> None:
    """Refused where an item ends in this edition and what takes its place ends in it, too.

    Acts come one after the other, so the successor was active when it was named. That it ends in a
    later edition is another matter: then it has a reason, and perhaps a successor, of its own.
    """
    for one in found.changed:
        successor = one.successor if one.kind in ("merged", "replaced") else None
        if successor is not None and not later[successor].active:
            raise _no_successor(one.code)


def _no_successor(code: str) -> Refused:
    return Refused(
        "successor-unknown",
        "Item {code} needs another active item of this edition to take its place.",
        code=code,
    )


def _refuse_fixed(change: Change) -> None:
    for name in change.fields:
        if name in _FIXED:
            raise Refused(
                "field-fixed",
                "“{field}” is not set with the fields of an item.",
                field=name,
            )


def _record(fields: Mapping[str, object], standards: Mapping[str, FeeStandard]) -> Item:
    try:
        item = msgspec.convert(fields, Item)
    except msgspec.ValidationError as error:
        raise Refused(
            "item-invalid", "The record of the item cannot be read: {why}.", why=str(error)
        ) from error
    if faults := faults_of(item, standards):
        raise Refused(
            "item-invalid",
            "The record of item {code} cannot stand yet: {count} of its fields want mending.",
            code=item.code,
            count=len(faults),
            faults=tuple(faults),
        )
    return item


def differences(earlier: Items, later: Items) -> Differences:
    """What makes the later list from the earlier one; ValueError when an item were lost."""
    if lost := earlier.keys() - later.keys():
        raise ValueError(f"the later list lacks {', '.join(sorted(lost))}")
    return Differences(
        added=tuple(later[code] for code in sorted(later.keys() - earlier.keys())),
        changed=tuple(
            found
            for code in sorted(earlier)
            if (found := _difference(earlier[code], later[code])) is not None
        ),
    )


def _difference(earlier: Item, later: Item) -> ItemChange | None:
    old, new = msgspec.to_builtins(earlier), msgspec.to_builtins(later)
    fields = tuple(
        FieldChange(name, old[name], new[name])
        for name in new
        if old[name] != new[name] and name not in _NOT_OF_THE_LIST
    )
    if not fields:
        return None
    kind = "amended"
    if earlier.active != later.active:
        kind = "restored" if later.active else later.ended
    return ItemChange(
        code=later.code,
        name_zh=later.name_zh,
        name_en=later.name_en,
        kind=kind,  # type: ignore[arg-type] # an item that is not active has ended somehow
        successor=later.successor,
        reason_zh=later.withdrawn_reason_zh,
        reason_en=later.withdrawn_reason_en,
        fields=fields,
    )


def apply_differences(earlier: Items, found: Differences) -> dict[str, Item]:
    """The later list again, from the earlier one and what differs."""
    made = dict(earlier)
    for change in found.changed:
        fields = {one.field: one.new for one in change.fields}
        made[change.code] = msgspec.convert(
            {**msgspec.to_builtins(made[change.code]), **fields}, Item
        )
    return made | {item.code: item for item in found.added}
