"""The service items of the catalogue, read from their file and checked."""

import tomllib
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from market.catalogue.standards import DATA, load_fee_standards
from ratings.ledger.errors import Refused


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One intermediary service item (涉审中介服务事项).

    `working_days` is None where the length follows the project (`days_note_*` says how);
    `working_days_form` is the shorter figure for a form instead of a report. `choice` marks
    an active item that no published list names: our own choice for the demonstration.
    """

    code: str
    name_zh: str
    name_en: str
    field_zh: str
    field_en: str
    kind: Literal["mandatory", "non-mandatory", "government-commissioned"]
    approval_zh: str
    approval_en: str
    legal_basis_zh: str
    qualification_zh: str
    qualification_en: str
    working_days: int | None = None
    working_days_form: int | None = None
    days_note_zh: str = ""
    days_note_en: str = ""
    fee_basis_zh: str
    fee_standard: str | None = None
    fee_kinds: tuple[str, ...] = ()
    package: str | None = None
    starred: bool
    active: bool
    withdrawn_reason_zh: str = ""
    withdrawn_reason_en: str = ""
    choice: Literal["", "demonstration"] = ""
    mark: str
    note_zh: str = ""
    note_en: str = ""


class _ItemsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: str
    working_days_mark: str
    field_mark: str
    items: tuple[Item, ...]


@cache
def load_items() -> dict[str, Item]:
    """All items by code, active and withdrawn."""
    return parse_items((DATA / "items.toml").read_text(encoding="utf-8"))


def _bad(file: str, record: str, problem: str) -> Refused:
    return Refused(
        "bad-catalogue-file",
        "{file}, record {record}: {problem}",
        file=file,
        record=record,
        problem=problem,
    )


def parse_items(text: str, file: str = "items.toml") -> dict[str, Item]:
    """Items from the text of a file. Raises Refused naming file and record."""
    try:
        found = msgspec.convert(tomllib.loads(text, parse_float=Decimal), _ItemsFile).items
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _bad(file, "-", str(error)) from error
    items = {item.code: item for item in found}
    if len(items) != len(found):
        raise _bad(file, "-", "a code stands there twice")
    standards = load_fee_standards()
    for item in found:
        standard = None if item.fee_standard is None else standards.get(item.fee_standard)
        if item.fee_standard is not None and standard is None:
            raise _bad(file, item.code, f"unknown fee standard {item.fee_standard}")
        for kind in item.fee_kinds:
            if standard is None or kind not in standard.kinds:
                raise _bad(file, item.code, f"unknown kind {kind}")
        if item.active == bool(item.withdrawn_reason_zh):
            raise _bad(file, item.code, "an item is either active or withdrawn with a reason")
        if item.working_days is None and not item.days_note_zh:
            raise _bad(file, item.code, "neither working days nor a note")
    return items
