"""What a service guide (服务指南) says beside the record of its item, and what is missing in it.

Name, code, approval, legal basis, qualification, time limit and fee are read from the record of
the item and from the fee standards whenever the guide is shown: they are never copied into it. The
case names one of the "five unified" (五统一), the fee range; which the other four are is in no
source found, so the parts of a guide are this project's proposal.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Literal, TypeVar

import msgspec

from market.catalogue.items import Item
from ratings.ledger.errors import Fault
from ratings.ledger.text import N_

Mark = Literal["published", "copy", "unconfirmed", "department"]
"""How well a statement is founded: in a published document, in an unofficial copy of one only, not
confirmed, or laid down by the responsible department itself."""

Section = Literal["scope", "materials", "procedure", "time-limit", "fee", "deliverable", "standard"]
SECTIONS: tuple[Section, ...] = (
    "scope",
    "materials",
    "procedure",
    "time-limit",
    "fee",
    "deliverable",
    "standard",
)

MOST_MATERIALS, MOST_STEPS = 60, 40
LONGEST_TEXT, LONGEST_NAME = 2000, 200
_FOUNDED_ELSEWHERE = ("published", "copy")
_SHORT = ("name_zh", "name_en", "by_zh", "by_en", "source")
_PAIRS = (
    ("text_zh", "text_en"),
    ("name_zh", "name_en"),
    ("note_zh", "note_en"),
    ("by_zh", "by_en"),
)


class GuideFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One statement with its mark; `source` names the document that it stands in."""

    text_zh: str = ""
    text_en: str = ""
    mark: Mark = "unconfirmed"
    source: str = ""


class GuideMaterial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the applicant hands in. `key` names it within its guide for ever; 0 is a new one.

    `note_*` says how many and in which form; `template` is the id of the file to fill in.
    """

    key: int = 0
    name_zh: str = ""
    name_en: str = ""
    note_zh: str = ""
    note_en: str = ""
    needed: Literal["always", "if-applicable"] = "always"
    template: str | None = None
    mark: Mark = "unconfirmed"
    source: str = ""


class GuideStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the procedure, and by whom it is taken; `key` as in a material."""

    key: int = 0
    text_zh: str = ""
    text_en: str = ""
    by_zh: str = ""
    by_en: str = ""
    mark: Mark = "unconfirmed"
    source: str = ""


class GuideText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a department writes: an empty statement and an empty list are not collected yet."""

    scope: GuideFact = msgspec.field(default_factory=GuideFact)
    materials: tuple[GuideMaterial, ...] = ()
    steps: tuple[GuideStep, ...] = ()
    deliverable: GuideFact = msgspec.field(default_factory=GuideFact)
    standard: GuideFact = msgspec.field(default_factory=GuideFact)


Statement = GuideFact | GuideMaterial | GuideStep
S = TypeVar("S", GuideFact, GuideMaterial, GuideStep)
E = TypeVar("E", GuideMaterial, GuideStep)


class TextChange(msgspec.Struct, frozen=True):
    """A field of a statement with its old and its new text; empty where there was or is none."""

    field: str
    old: str
    new: str


class GuideChange(msgspec.Struct, frozen=True):
    """What became of one statement; `key` and `name_*` say which of a list it is.

    `moved` is one whose text is the same and whose place among the others is not.
    """

    part: Literal["scope", "materials", "steps", "deliverable", "standard"]
    key: int | None
    name_zh: str
    name_en: str
    kind: Literal["added", "removed", "changed", "moved"]
    changes: tuple[TextChange, ...]


def missing(item: Item, text: GuideText, *, priced: bool) -> tuple[Section, ...]:
    """The parts that nothing is known of; `priced` by a fee standard or a county range."""
    known = {
        "scope": bool(text.scope.text_zh),
        "materials": bool(text.materials),
        "procedure": bool(text.steps),
        "time-limit": item.working_days is not None or bool(item.days_note_zh or item.limits),
        "fee": priced,
        "deliverable": bool(text.deliverable.text_zh),
        "standard": bool(text.standard.text_zh),
    }
    return tuple(section for section in SECTIONS if not known[section])


def tidied(text: GuideText, *, last_key: int = 0) -> GuideText:
    """Blanks at the ends taken off, empty entries left out, and new entries given their keys.

    `last_key` is the highest that was ever given in the guide: a key is never given twice.
    """
    materials = [_stripped(one) for one in text.materials]
    steps = [_stripped(one) for one in text.steps]
    materials = [one for one in materials if one.name_zh or one.name_en or one.template]
    steps = [one for one in steps if one.text_zh or one.text_en]
    highest = max([last_key, *(one.key for one in materials), *(one.key for one in steps)])
    numbers = count(highest + 1)
    return GuideText(
        scope=_stripped(text.scope),
        materials=tuple(_numbered(one, numbers) for one in materials),
        steps=tuple(_numbered(one, numbers) for one in steps),
        deliverable=_stripped(text.deliverable),
        standard=_stripped(text.standard),
    )


def _stripped(statement: S) -> S:
    changes = {
        name: value.strip()
        for name, value in msgspec.structs.asdict(statement).items()
        if isinstance(value, str)
    }
    return msgspec.structs.replace(statement, **changes)


def _numbered(entry: E, numbers: Iterator[int]) -> E:
    return entry if entry.key else msgspec.structs.replace(entry, key=next(numbers))


def last_key(*texts: GuideText) -> int:
    """The highest key of the texts; 0 where none has an entry."""
    found: list[GuideMaterial | GuideStep] = []
    for text in texts:
        found += [*text.materials, *text.steps]
    return max((one.key for one in found), default=0)


def statements(text: GuideText) -> Iterator[tuple[str, Statement]]:
    """Every statement with its JSON pointer."""
    yield "/scope", text.scope
    for index, material in enumerate(text.materials):
        yield f"/materials/{index}", material
    for index, step in enumerate(text.steps):
        yield f"/steps/{index}", step
    yield "/deliverable", text.deliverable
    yield "/standard", text.standard


def faults_of(text: GuideText) -> list[Fault]:
    """What no draft may hold: too much of it, or two entries that go by one key."""
    faults = [
        Fault(
            f"{pointer}/{name}",
            "too-long",
            N_("This is too long."),
        )
        for pointer, statement in statements(text)
        for name, value in msgspec.structs.asdict(statement).items()
        if isinstance(value, str)
        and len(value) > (LONGEST_NAME if name in _SHORT else LONGEST_TEXT)
    ]
    for part, entries, most in (
        ("materials", text.materials, MOST_MATERIALS),
        ("steps", text.steps, MOST_STEPS),
    ):
        if len(entries) > most:
            faults.append(Fault(f"/{part}", "too-many", N_("These are too many.")))
    seen: set[int] = set()
    for pointer, statement in statements(text):
        key = getattr(statement, "key", 0)
        if key in seen or key < 0 or key >= 2**31:
            faults.append(
                Fault(f"{pointer}/key", "key-twice", N_("Two entries go by the same number."))
            )
        elif key:
            seen.add(key)
    return faults


def unfinished(text: GuideText) -> list[Fault]:
    """What a guide lacks to be reviewed: a statement in one language only, or without its source.

    A part that is empty as a whole is not unfinished: it is shown as not collected yet.
    """
    faults = []
    for pointer, statement in statements(text):
        fields = msgspec.structs.asdict(statement)
        said = [(zh, en) for zh, en in _PAIRS if fields.get(zh) or fields.get(en)]
        needed = [name for pair in said for name in pair]
        if said and statement.mark in _FOUNDED_ELSEWHERE:
            needed.append("source")
        if "name_zh" in fields:
            needed += ["name_zh", "name_en"]
        for name in dict.fromkeys(needed):
            if not fields[name]:
                message = (
                    N_("Name the document that this stands in.")
                    if name == "source"
                    else N_("Please fill this in.")
                )
                faults.append(Fault(f"{pointer}/{name}", "missing", message))
    return faults


def differences(old: GuideText, new: GuideText) -> tuple[GuideChange, ...]:
    """What makes the new text from the old one, part by part; nothing when they are the same."""
    found: list[GuideChange] = []
    found += _of_fact("scope", old.scope, new.scope)
    found += _of_list("materials", old.materials, new.materials)
    found += _of_list("steps", old.steps, new.steps)
    found += _of_fact("deliverable", old.deliverable, new.deliverable)
    found += _of_fact("standard", old.standard, new.standard)
    return tuple(found)


Part = Literal["scope", "materials", "steps", "deliverable", "standard"]
_EMPTY = GuideFact()


def _of_fact(part: Part, old: GuideFact, new: GuideFact) -> list[GuideChange]:
    if old == new:
        return []
    if old == _EMPTY or new == _EMPTY:
        kind: Literal["added", "removed", "changed"] = "added" if old == _EMPTY else "removed"
    else:
        kind = "changed"
    return [GuideChange(part, None, "", "", kind, _changes(old, new))]


def _of_list(
    part: Part, old: Sequence[GuideMaterial | GuideStep], new: Sequence[GuideMaterial | GuideStep]
) -> list[GuideChange]:
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    stayed = [key for key in before if key in after]
    places = {key: place for place, key in enumerate(key for key in after if key in before)}
    found = []
    for key in (*after, *(key for key in before if key not in after)):
        was, now = before.get(key), after.get(key)
        name_zh, name_en = _name(now or was)
        if was is None or now is None:
            kind: Literal["added", "removed"] = "added" if was is None else "removed"
            found.append(GuideChange(part, key, name_zh, name_en, kind, _changes(was, now)))
            continue
        if was != now:
            found.append(GuideChange(part, key, name_zh, name_en, "changed", _changes(was, now)))
        if stayed.index(key) != places[key]:
            moved = TextChange("place", str(stayed.index(key) + 1), str(places[key] + 1))
            found.append(GuideChange(part, key, name_zh, name_en, "moved", (moved,)))
    return found


def _name(entry: GuideMaterial | GuideStep | None) -> tuple[str, str]:
    if isinstance(entry, GuideMaterial):
        return entry.name_zh, entry.name_en
    return (entry.text_zh, entry.text_en) if entry else ("", "")


def _changes(old: Statement | None, new: Statement | None) -> tuple[TextChange, ...]:
    was = msgspec.structs.asdict(old) if old else {}
    now = msgspec.structs.asdict(new) if new else {}
    return tuple(
        TextChange(name, was.get(name) or "", now.get(name) or "")
        for name in (was or now)
        if name != "key" and (was.get(name) or "") != (now.get(name) or "")
    )
