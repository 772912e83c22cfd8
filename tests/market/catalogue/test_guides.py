"""What a guide says and lacks, and what one version changes in another."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.guide_file import first_guides, parse_guides
from market.catalogue.guides import (
    SECTIONS,
    GuideFact,
    GuideMaterial,
    GuideStep,
    GuideText,
    differences,
    faults_of,
    last_key,
    missing,
    statements,
    tidied,
    unfinished,
)
from market.catalogue.items import load_items
from ratings.ledger.errors import Refused

_words = st.text(alphabet="ab文 件", max_size=4)
_marks = st.sampled_from(["published", "copy", "unconfirmed", "department"])
_facts = st.builds(GuideFact, text_zh=_words, text_en=_words, mark=_marks, source=_words)
_keys = st.integers(0, 6)
_materials = st.builds(
    GuideMaterial, key=_keys, name_zh=_words, name_en=_words, note_zh=_words, mark=_marks
)
_steps = st.builds(GuideStep, key=st.integers(7, 12), text_zh=_words, text_en=_words, mark=_marks)
_texts = st.builds(
    GuideText,
    scope=_facts,
    materials=st.lists(_materials, max_size=5, unique_by=lambda one: one.key).map(tuple),
    steps=st.lists(_steps, max_size=5, unique_by=lambda one: one.key).map(tuple),
    deliverable=_facts,
    standard=_facts,
)


def rebuilt(old: GuideText, new: GuideText) -> GuideText:
    """The new text made of the old one and the differences alone, but for the order of the new."""
    made = {name: getattr(old, name) for name in ("scope", "deliverable", "standard")}
    entries: dict[str, dict[int, GuideMaterial | GuideStep]] = {
        "materials": {one.key: one for one in old.materials},
        "steps": {one.key: one for one in old.steps},
    }
    for one in differences(old, new):
        changes = {change.field: change.new for change in one.changes}
        if one.part not in entries:
            made[one.part] = msgspec.structs.replace(made[one.part], **changes)
        elif one.kind == "removed":
            del entries[one.part][one.key or 0]
        elif one.kind != "moved":
            blank = (
                GuideMaterial(key=one.key or 0)
                if one.part == "materials"
                else GuideStep(key=one.key or 0)
            )
            was = entries[one.part].get(one.key or 0, blank)
            entries[one.part][one.key or 0] = msgspec.structs.replace(was, **changes)
    return GuideText(
        **made,
        materials=tuple(entries["materials"][one.key] for one in new.materials),
        steps=tuple(entries["steps"][one.key] for one in new.steps),
    )


@given(_texts, _texts)
def test_the_differences_make_the_new_text_of_the_old(one: GuideText, other: GuideText) -> None:
    old, new = tidied(one), tidied(other)
    assert (differences(old, new) == ()) is (old == new)
    assert rebuilt(old, new) == new


@given(_texts)
def test_another_order_is_a_difference(text: GuideText) -> None:
    old = tidied(text)
    turned = msgspec.structs.replace(old, materials=old.materials[::-1])
    moved = {one.key for one in differences(old, turned)}
    middle = len(old.materials) // 2
    staying = {old.materials[middle].key} if len(old.materials) % 2 else set()
    assert moved == {one.key for one in old.materials} - staying


@given(_texts, st.integers(0, 20))
def test_a_tidied_text_stays_as_it_is_and_gives_no_key_twice(text: GuideText, last: int) -> None:
    made = tidied(text, last_key=last)
    assert tidied(made, last_key=last) == made
    assert faults_of(made) == []
    kept = {one.key for one in (*text.materials, *text.steps)} - {0}
    new = {one.key for one in (*made.materials, *made.steps)} - kept
    assert all(key > last for key in new)
    assert last_key(made) >= max(new, default=0)
    assert all(value == value.strip() for _, one in statements(made) for value in _texts_of(one))


def _texts_of(statement: object) -> list[str]:
    return [one for one in msgspec.structs.asdict(statement).values() if isinstance(one, str)]


@given(_texts)
def test_a_finished_text_says_everything_in_both_languages(text: GuideText) -> None:
    made = tidied(text)
    wanted = {fault.pointer for fault in unfinished(made)}
    for pointer, one in statements(made):
        for field, value in msgspec.structs.asdict(one).items():
            partner = field[:-3] + ("_en" if field.endswith("_zh") else "_zh")
            if field.endswith(("_zh", "_en")) and not value and getattr(one, partner):
                assert f"{pointer}/{field}" in wanted
            if value and f"{pointer}/{field}" in wanted:
                raise AssertionError(f"{field} is filled in")


def test_what_is_missing_is_named() -> None:
    item = load_items()["02"]
    assert missing(item, GuideText(), priced=False) == tuple(
        one for one in SECTIONS if one != "time-limit"
    )
    full = GuideText(
        scope=GuideFact(text_zh="一"),
        materials=(GuideMaterial(key=1, name_zh="申请表"),),
        steps=(GuideStep(key=2, text_zh="受理"),),
        deliverable=GuideFact(text_zh="报告"),
        standard=GuideFact(text_zh="标准"),
    )
    assert missing(item, full, priced=True) == ()
    timeless = msgspec.structs.replace(item, working_days=None, days_note_zh="", limits=())
    assert missing(timeless, full, priced=True) == ("time-limit",)


def test_a_document_is_named_where_a_statement_rests_on_it() -> None:
    said = GuideFact(text_zh="一", text_en="one", mark="published")
    (fault,) = unfinished(GuideText(scope=said))
    assert fault.pointer == "/scope/source"
    by_itself = msgspec.structs.replace(said, mark="department")
    assert unfinished(GuideText(scope=by_itself)) == []


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (GuideText(scope=GuideFact(text_zh="长" * 2001)), "/scope/text_zh"),
        (GuideText(scope=GuideFact(source="长" * 201)), "/scope/source"),
        (GuideText(materials=(GuideMaterial(key=1), GuideStep(key=1))[:1] * 2), "/materials/1/key"),
        (GuideText(materials=(GuideMaterial(key=3),), steps=(GuideStep(key=3),)), "/steps/0/key"),
        (GuideText(steps=(GuideStep(key=-1),)), "/steps/0/key"),
        (GuideText(steps=tuple(GuideStep(key=key) for key in range(1, 42))), "/steps"),
    ],
)
def test_what_no_draft_holds(text: GuideText, pointer: str) -> None:
    assert [fault.pointer for fault in faults_of(text)] == [pointer]


def test_the_first_guides_are_of_active_items_and_say_where_they_come_from() -> None:
    items = load_items()
    for code, text in first_guides().items():
        assert items[code].active
        for _, one in statements(text):
            if one.mark in ("published", "copy"):
                assert one.source


@pytest.mark.parametrize(
    "text",
    [
        "guides = 3",
        '[guides.01.scope]\ntext_zh = "只有中文"',
        '[guides.01.scope]\ntext_zh = "一"\ntext_en = "one"\nmark = "published"',
        '[guides.01.scope]\ntext_zh = "一"\nhow = 3',
    ],
)
def test_a_bad_file_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_guides(text)
    assert caught.value.code == "bad-catalogue-file"
