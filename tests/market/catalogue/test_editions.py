"""Acts on items, and what differs between two lists: nothing is lost, nothing is guessed."""

import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.editions import (
    Change,
    apply_changes,
    apply_differences,
    differences,
)
from market.catalogue.items import Item, load_items
from market.catalogue.standards import load_fee_standards
from ratings.ledger.errors import Conflict, NotFound, Refused, SteelyardError

ITEMS = load_items()
STANDARDS = load_fee_standards()
NEW = {
    "name_zh": "海绵城市专项设计",
    "name_en": "Sponge-city design",
    "field_zh": "勘察设计",
    "field_en": "Survey and design",
    "kind": "non-mandatory",
    "approval_zh": "方案审查",
    "approval_en": "Scheme review",
    "item_status": "published",
    "working_days": 10,
}
_TEXT = st.text(string.ascii_letters + "编制评估报告", min_size=1, max_size=12)
_CODES = st.sampled_from([*ITEMS, "50", "51", "99"])


def change(kind: str, code: str, **more: object) -> Change:
    return msgspec.convert(
        {"kind": kind, "code": code, "reason_zh": "理由", "reason_en": "reason", **more}, Change
    )


@st.composite
def any_change(draw: st.DrawFn) -> Change:
    kind = draw(st.sampled_from(["add", "amend", "withdraw", "merge", "replace", "restore"]))
    fields: dict[str, object] = {}
    if kind == "add":
        fields = {**NEW, "name_zh": draw(_TEXT)}
    if kind == "amend":
        days = st.integers(1, 99)
        fields = draw(
            st.fixed_dictionaries(
                {}, optional={"name_zh": _TEXT, "working_days": days, "note_en": _TEXT}
            )
        )
    return change(kind, draw(_CODES), successor=draw(st.none() | _CODES), fields=fields)


def apply_what_can_be(items: dict[str, Item], changes: list[Change]) -> dict[str, Item]:
    for one in changes:
        try:
            items = apply_changes(items, [one], STANDARDS)
        except SteelyardError:
            continue
    return items


@given(st.lists(any_change(), max_size=12), st.lists(any_change(), max_size=12))
def test_the_differences_make_the_later_list_from_the_earlier(
    first: list[Change], second: list[Change]
) -> None:
    earlier = apply_what_can_be(dict(ITEMS), first)
    later = apply_what_can_be(earlier, second)
    assert ITEMS.keys() <= earlier.keys() <= later.keys(), "an item is never lost"
    assert apply_differences(earlier, differences(earlier, later)) == later
    assert apply_differences(ITEMS, differences(ITEMS, later)) == later
    assert differences(later, later) == differences(ITEMS, ITEMS)


@given(st.lists(any_change(), max_size=15))
def test_whatever_is_done_every_item_is_active_or_says_why_not(changes: list[Change]) -> None:
    made = apply_what_can_be(dict(ITEMS), changes)
    for item in made.values():
        assert item.active != bool(item.ended)
        assert item.active != bool(item.withdrawn_reason_zh)
        assert (item.successor is None) != (item.ended in ("merged", "replaced"))
        assert item.successor is None or (item.successor in made and item.successor != item.code)


def test_each_act_does_what_it_says() -> None:
    made = apply_changes(
        ITEMS,
        [
            change("add", "50", fields=NEW),
            change("amend", "02", fields={"working_days": 12, "days_basis": "promised"}),
            change("withdraw", "01"),
            change("merge", "03", successor="02"),
            change("replace", "09", successor="50"),
            change("restore", "18"),
        ],
        STANDARDS,
    )
    found = differences(ITEMS, made)
    assert [item.code for item in found.added] == ["50"]
    assert {one.code: (one.kind, one.successor) for one in found.changed} == {
        "01": ("withdrawn", None),
        "02": ("amended", None),
        "03": ("merged", "02"),
        "09": ("replaced", "50"),
        "18": ("restored", None),
    }
    amended = next(one for one in found.changed if one.code == "02")
    assert [(one.field, one.old, one.new) for one in amended.fields] == [
        ("working_days", 20, 12),
        ("days_basis", "proposal", "promised"),
    ]
    assert made["01"].withdrawn_reason_en == "reason"


@pytest.mark.parametrize(
    ("wanted", "kind", "code"),
    [
        (change("add", "02", fields=NEW), Conflict, "item-known"),
        (change("add", "5", fields=NEW), Refused, "item-invalid"),
        (change("add", "50", fields={**NEW, "active": False}), Refused, "field-fixed"),
        (change("add", "50", fields={"name_zh": "名"}), Refused, "item-invalid"),
        (change("add", "50", fields={**NEW, "kind": "usual"}), Refused, "item-invalid"),
        (change("amend", "50", fields={"name_zh": "名"}), NotFound, "item-unknown"),
        (change("amend", "18", fields={"name_zh": "名"}), Conflict, "item-state"),
        (change("amend", "02", fields={"working_days": 20}), Refused, "nothing-changed"),
        (change("amend", "02", fields={"working_days": 0}), Refused, "item-invalid"),
        (change("amend", "02", fields={"colour": "red"}), Refused, "item-invalid"),
        (change("amend", "02", fields={"package": "design"}), Refused, "field-fixed"),
        (change("amend", "02", fields={"fee_standard": "none"}), Refused, "item-invalid"),
        (change("withdraw", "18"), Conflict, "item-state"),
        (change("withdraw", "02", reason_zh=" "), Refused, "reason-missing"),
        (change("restore", "02"), Conflict, "item-state"),
        (change("merge", "02"), Refused, "successor-unknown"),
        (change("merge", "02", successor="02"), Refused, "successor-unknown"),
        (change("replace", "02", successor="18"), Refused, "successor-unknown"),
    ],
)
def test_what_cannot_be_is_refused(wanted: Change, kind: type[SteelyardError], code: str) -> None:
    with pytest.raises(kind) as caught:
        apply_changes(ITEMS, [wanted], STANDARDS)
    assert caught.value.code == code


def test_a_list_that_lost_an_item_is_no_later_edition() -> None:
    with pytest.raises(ValueError, match="lacks 49"):
        differences(ITEMS, {code: item for code, item in ITEMS.items() if code != "49"})
