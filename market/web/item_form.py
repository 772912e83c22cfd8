"""The record of an item as a form: what it shows, and the fields that were typed."""

from collections.abc import Mapping
from typing import Any

import msgspec

from market.catalogue.items import Item
from market.web.forms import Form

_TEXTS = (
    "name_zh",
    "name_en",
    "field_zh",
    "field_en",
    "approval_zh",
    "approval_en",
    "qualification_zh",
    "qualification_en",
    "performed_by_zh",
    "performed_by_en",
    "days_note_zh",
    "days_note_en",
    "fee_basis_zh",
    "fee_basis_en",
    "note_zh",
    "note_en",
)
_CHOICES = (
    "kind",
    "item_status",
    "qualification_status",
    "performed_by_status",
    "days_basis",
    "fee_status",
)
_NUMBERS = ("working_days", "working_days_form")
_BASIS = ("text_zh", "text_en", "status")
_LIMIT = ("days", "what_zh", "what_en", "basis_zh", "basis_en", "status")
# A list in the form has some empty rows to fill, and never more than so many.
_SPARE, MOST_ROWS = 2, 8


def typed_from(item: Item | None) -> dict[str, str]:
    """The fields of the form as an item fills them; of none, those of an empty record."""
    record: dict[str, Any] = msgspec.to_builtins(item) if item else {}
    typed = {
        name: "" if record.get(name) is None else str(record[name])
        for name in (*_TEXTS, *_CHOICES, *_NUMBERS, "fee_standard")
    }
    typed["fee_kinds"] = " ".join(record.get("fee_kinds", ()))
    typed["starred"] = "yes" if record.get("starred") else ""
    for name, parts in (("legal_basis", _BASIS), ("limits", _LIMIT)):
        for index, row in enumerate(record.get(name, ())):
            typed |= {f"{name}-{index}-{part}": str(row[part]) for part in parts}
    return typed


def rows_shown(typed: Mapping[str, str], name: str) -> int:
    """How many rows of a list the form shows: those that are filled, and some empty ones."""
    filled = [
        index
        for index in range(MOST_ROWS)
        if any(
            value.strip()
            for key, value in typed.items()
            if key.startswith(f"{name}-{index}-") and not key.endswith("-status")
        )
    ]
    return min(max(filled, default=-1) + 1 + _SPARE, MOST_ROWS)


def typed_fields(form: Form) -> dict[str, object]:
    """The record that was typed, as the fields of a change; faults stay with the form."""
    fields: dict[str, object] = {name: form.text(name) for name in _TEXTS}
    fields |= {name: form.text(name) for name in _CHOICES if form.text(name)}
    fields |= {name: form.whole(name) if form.text(name) else None for name in _NUMBERS}
    fields["fee_standard"] = form.text("fee_standard") or None
    fields["fee_kinds"] = form.text("fee_kinds").replace(",", " ").split()
    fields["starred"] = form.text("starred") == "yes"
    fields["legal_basis"] = _rows(form, "legal_basis", _BASIS)
    fields["limits"] = _rows(form, "limits", _LIMIT)
    return fields


def _rows(form: Form, name: str, parts: tuple[str, ...]) -> list[dict[str, object]]:
    """The rows of a list that are not empty."""
    found = []
    for index in range(MOST_ROWS):
        key = f"{name}-{index}-"
        row: dict[str, object] = {part: form.text(key + part) for part in parts}
        if any(value for part, value in row.items() if part != "status"):
            if "days" in row:
                row["days"] = form.whole(key + "days")
            found.append(row)
    return found


def changed_fields(item: Item, fields: Mapping[str, object]) -> dict[str, object]:
    """Those that an item does not say already."""
    record = msgspec.to_builtins(item)
    return {name: value for name, value in fields.items() if record[name] != value}
