"""The service items of the catalogue, read from their file and checked."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.standards import DATA, load_fee_standards
from ratings.ledger.errors import Fault, Refused
from ratings.ledger.text import N_

_CODE = re.compile(r"[0-9]{2}")
_MOST_DAYS = 999


Status = Literal["published", "copy", "unconfirmed"]
"""How well a statement is founded: in a published source, in an unofficial copy only, or not
confirmed. A statement that no source makes is left empty, and shown as missing."""


class LegalBasis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One document that an item rests on, with its article; `status` is that of the claim."""

    text_zh: str
    text_en: str
    status: Status


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time limit that a document sets: working days, for what, and where it stands."""

    days: int
    what_zh: str
    what_en: str
    basis_zh: str
    basis_en: str
    status: Status


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One intermediary service item (涉审中介服务事项) as one edition of the list has it.

    `working_days` is None where the length follows the project (`days_note_*` says how);
    `working_days_form` is the shorter figure for a form instead of a report; `days_basis` says
    whose figures they are. `performed_by_*` says who may do it. An item that is no longer active
    has its reason, and its `successor` where it was merged into another or replaced by one.
    `choice` marks an active item that no published list names: our own choice for the
    demonstration.
    """

    code: str
    name_zh: str
    name_en: str
    field_zh: str
    field_en: str
    kind: Literal["mandatory", "non-mandatory", "government-commissioned"]
    approval_zh: str
    approval_en: str
    item_status: Status
    legal_basis: tuple[LegalBasis, ...] = ()
    qualification_zh: str = ""
    qualification_en: str = ""
    qualification_status: Status = "unconfirmed"
    performed_by_zh: str = ""
    performed_by_en: str = ""
    performed_by_status: Status = "unconfirmed"
    working_days: int | None = None
    working_days_form: int | None = None
    days_basis: Literal["statutory", "promised", "proposal"] = "proposal"
    days_note_zh: str = ""
    days_note_en: str = ""
    limits: tuple[Limit, ...] = ()
    fee_basis_zh: str = ""
    fee_basis_en: str = ""
    fee_status: Status = "unconfirmed"
    fee_standard: str | None = None
    fee_kinds: tuple[str, ...] = ()
    package: str | None = None
    starred: bool = False
    active: bool = True
    ended: Literal["", "withdrawn", "merged", "replaced"] = ""
    successor: str | None = None
    withdrawn_reason_zh: str = ""
    withdrawn_reason_en: str = ""
    choice: Literal["", "demonstration"] = ""
    note_zh: str = ""
    note_en: str = ""


class FirstEdition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list that the register begins with; its day of effect may be published nowhere."""

    id: str
    title_zh: str
    title_en: str
    note_zh: str
    note_en: str


class _ItemsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edition: FirstEdition
    items: tuple[Item, ...]


@cache
def load_items() -> dict[str, Item]:
    """All items by code, active and withdrawn."""
    return parse_items((DATA / "items.toml").read_text(encoding="utf-8"))


@cache
def load_first_edition() -> FirstEdition:
    """What the list of the data file is called, and what is not known of it."""
    return _items_file((DATA / "items.toml").read_text(encoding="utf-8"), "items.toml").edition


def _bad(file: str, record: str, problem: str) -> Refused:
    return Refused(
        "bad-catalogue-file",
        "{file}, record {record}: {problem}",
        file=file,
        record=record,
        problem=problem,
    )


def _items_file(text: str, file: str) -> _ItemsFile:
    try:
        return msgspec.convert(tomllib.loads(text, parse_float=Decimal), _ItemsFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _bad(file, "-", str(error)) from error


def parse_items(text: str, file: str = "items.toml") -> dict[str, Item]:
    """Items from the text of a file. Raises Refused naming file and record."""
    found = _items_file(text, file).items
    items = {item.code: item for item in found}
    if len(items) != len(found):
        raise _bad(file, "-", "a code stands there twice")
    standards = load_fee_standards()
    for item in found:
        for fault in faults_of(item, standards):
            raise _bad(file, item.code, f"{fault.pointer}: {fault.message}")
    return items


def faults_of(item: Item, standards: Mapping[str, FeeStandard]) -> list[Fault]:
    """What is wrong with a record, each with its field; nothing when it may stand in a list."""
    faults = [
        Fault(f"/{name}", "missing", N_("Please fill this in."))
        for name in ("name_zh", "name_en", "field_zh", "field_en", "approval_zh", "approval_en")
        if not getattr(item, name).strip()
    ]
    if not _CODE.fullmatch(item.code):
        faults.append(Fault("/code", "item-code", N_("The number of an item has two digits.")))
    for name, longest in (("name_zh", 80), ("name_en", 160)):
        if len(getattr(item, name)) > longest:
            faults.append(Fault(f"/{name}", "too-long", N_("This is too long.")))
    standard = standards.get(item.fee_standard or "")
    if item.fee_standard is not None and standard is None:
        faults.append(
            Fault("/fee_standard", "fee-standard-unknown", N_("There is no such fee standard."))
        )
    if any(standard is None or kind not in standard.kinds for kind in item.fee_kinds):
        faults.append(
            Fault("/fee_kinds", "fee-kind-unknown", N_("The fee standard has no such kind."))
        )
    if item.working_days is None and not item.days_note_zh.strip():
        faults.append(
            Fault(
                "/working_days",
                "days-missing",
                N_("State the working days, or in a note what they follow."),
            )
        )
    for name in ("working_days", "working_days_form"):
        days = getattr(item, name)
        if days is not None and not 1 <= days <= _MOST_DAYS:
            faults.append(Fault(f"/{name}", "days-range", N_("Working days run from 1 to 999.")))
    for index, limit in enumerate(item.limits):
        if not 1 <= limit.days <= _MOST_DAYS:
            faults.append(
                Fault(f"/limits/{index}/days", "days-range", N_("Working days run from 1 to 999."))
            )
    if {bool(item.ended), bool(item.withdrawn_reason_zh)} != {not item.active}:
        faults.append(
            Fault(
                "/withdrawn_reason_zh",
                "item-state",
                N_("An item is either active or withdrawn with a reason."),
            )
        )
    if (item.ended in ("merged", "replaced")) != (item.successor is not None):
        faults.append(
            Fault(
                "/successor",
                "successor-missing",
                N_("An item that was merged or replaced names the one that takes its place."),
            )
        )
    return faults
