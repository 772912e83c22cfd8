"""Search of the catalogue: which items, packages and fee standards match, why, and how many.

The items that match the words are narrowed by filters. Each count beside a filter's value says how
many items there would be with it, given the words and all the other filters.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.items import Item
from market.catalogue.matching import How, Match, Text, match, plain, words
from market.catalogue.packages import Package

DAYS = (5, 10, 15, 20, 30)
"""Working days up to which a visitor may ask."""
FEES_WAN = (1, 2, 5, 10, 20, 50)
"""Fees up to which a visitor may ask, in 万元."""
FEN_PER_WAN = 1_000_000
MOST_SUGGESTIONS = 3

Filter = Literal["field", "approval", "qualification", "kind", "package", "state", "days", "fee"]
FILTERS: tuple[Filter, ...] = (
    "field",
    "qualification",
    "kind",
    "package",
    "state",
    "days",
    "fee",
    "approval",
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Words and filters; "" is "any". `field` and `approval` are the Chinese texts of the item.

    `days` is the most working days, `fee` the most that the range of the item may begin with, in
    万元; both are values of `DAYS` and `FEES_WAN` as text.
    """

    text: str = ""
    field: str = ""
    approval: str = ""
    qualification: str = ""
    kind: str = ""
    package: str = ""
    state: str = ""
    days: str = ""
    fee: str = ""


class Hit(msgspec.Struct, frozen=True):
    """An item with the places where the words were found, one for each word.

    `low_fen` and `high_fen` are its fee range for the size of project that was named; None where
    none was named or none can be reckoned.
    """

    item: Item
    because: tuple[Match, ...]
    low_fen: int | None = None
    high_fen: int | None = None


class Count(msgspec.Struct, frozen=True):
    """How many items have one value of a filter; the labels are for people."""

    value: str
    label_zh: str
    label_en: str
    count: int


class Named(msgspec.Struct, frozen=True):
    """A package or a fee standard that matches the words."""

    code: str
    name_zh: str
    name_en: str
    because: tuple[Match, ...]


class Suggestion(msgspec.Struct, frozen=True):
    """An item whose name comes near to what was looked for and not found."""

    code: str
    name_zh: str
    name_en: str


class Found(msgspec.Struct, frozen=True):
    """The answer. `without` says how many items there would be without one of the filters."""

    hits: tuple[Hit, ...]
    counts: dict[str, tuple[Count, ...]]
    without: dict[str, int]
    packages: tuple[Named, ...]
    standards: tuple[Named, ...]
    suggestions: tuple[Suggestion, ...]


def qualification_of(item: Item) -> str:
    """`certificate`, `none` (whoever is able may do it) or `not-stated`, by the item's words."""
    text = item.qualification_zh
    if not text:
        return "not-stated"
    if re.search(r"^无|无资质|取消", text):
        return "none"
    return "certificate" if re.search(r"资质|资格|认定|服务机构", text) else "none"


def parts(text: str, because: Iterable[Match]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether a word was found there."""
    found = {
        place
        for one in because
        if one.text == text
        for start, end in one.spans
        for place in range(start, end)
    }
    pieces: list[tuple[str, bool]] = []
    for place, one in enumerate(text):
        if pieces and pieces[-1][1] == (place in found):
            pieces[-1] = (pieces[-1][0] + one, pieces[-1][1])
        else:
            pieces.append((one, place in found))
    return pieces


def find(
    wanted: Wanted,
    items: Iterable[Item],
    packages: Iterable[Package],
    standards: Mapping[str, FeeStandard],
    ranges: Mapping[str, tuple[int, int]],
) -> Found:
    """What matches, the closest first; `ranges` has fee ranges in fen by item, where known."""
    items, packages = tuple(items), tuple(packages)
    asked = words(wanted.text)
    matching = sorted(
        (
            Hit(item, because, *ranges.get(item.code, (None, None)))
            for item in items
            if (because := match(asked, _texts(item, standards))) is not None
        ),
        key=lambda hit: (_distance(hit.because), hit.item.code),
    )
    tests = _tests(wanted)
    hits = tuple(hit for hit in matching if all(test(hit) for test in tests.values()))
    values = _values(items, packages)
    return Found(
        hits=hits,
        counts={name: _counts(name, values[name], matching, tests) for name in FILTERS},
        without={
            name: len(_passing(matching, tests, but=name))
            for name in tests
            if not hits and _passing(matching, tests, but=name)
        },
        packages=_named(asked, ((one.code, one.name_zh, one.name_en, "") for one in packages)),
        standards=_named(
            asked,
            ((one.code, one.title_zh, one.title_en, one.document) for one in standards.values()),
        ),
        suggestions=() if matching else _suggestions(asked, items),
    )


_AS_TYPED = (How.EXACT, How.WRITTEN)
_NEAREST = ("code", "name", "field", "approval", "document")


def _distance(because: tuple[Match, ...]) -> tuple[int, int]:
    """The name before the field, the field before a document; as written before by sound."""
    return (
        max((one.how.distance for one in because if one.how not in _AS_TYPED), default=0),
        max((_NEAREST.index(one.where) for one in because), default=0),
    )


def _texts(item: Item, standards: Mapping[str, FeeStandard]) -> tuple[Text, ...]:
    """Where an item is looked for, the most telling text first."""
    standard = standards.get(item.fee_standard or "")
    documents = [
        *(text for one in item.legal_basis for text in (one.text_zh, one.text_en)),
        *re.split("[；;]", item.fee_basis_zh),
        *((standard.document, standard.code, *standard.amended_by) if standard else ()),
    ]
    return (
        Text("code", item.code),
        Text("name", item.name_zh),
        Text("name", item.name_en),
        Text("field", item.field_zh),
        Text("field", item.field_en),
        Text("approval", item.approval_zh),
        Text("approval", item.approval_en),
        *(Text("document", one) for one in dict.fromkeys(documents) if one),
    )


def _named(asked: Sequence[str], things: Iterable[tuple[str, str, str, str]]) -> tuple[Named, ...]:
    """Packages or standards that match; none before anything was looked for."""
    if not asked:
        return ()
    found = []
    for code, name_zh, name_en, document in things:
        texts = (Text("name", name_zh), Text("name", name_en), Text("document", document))
        # A standard's own code is a text like another: "design" finds design-10.
        because = match(asked, (*texts, Text("document", code)))
        if because is not None and all(one.how != How.SHORTENED for one in because):
            found.append(Named(code, name_zh, name_en, because))
    return tuple(found)


_Test = Callable[[Hit], bool]


def _tests(wanted: Wanted) -> dict[Filter, _Test]:
    """A test for each filter that was set."""
    return {name: _test(name, value) for name in FILTERS if (value := getattr(wanted, name))}


def _test(name: Filter, value: str) -> _Test:
    if name == "days":
        return lambda hit: hit.item.working_days is not None and hit.item.working_days <= int(value)
    if name == "fee":
        most = int(value) * FEN_PER_WAN
        return lambda hit: hit.low_fen is not None and hit.low_fen <= most
    return lambda hit: _value(name, hit.item) == value


def _value(name: Filter, item: Item) -> str:
    if name == "qualification":
        return qualification_of(item)
    if name == "state":
        return "active" if item.active else "withdrawn"
    if name == "package":
        return item.package or ""
    found: str = getattr(item, {"field": "field_zh", "approval": "approval_zh"}.get(name, name))
    return found


def _passing(hits: Sequence[Hit], tests: Mapping[Filter, _Test], *, but: Filter) -> tuple[Hit, ...]:
    others = [test for name, test in tests.items() if name != but]
    return tuple(hit for hit in hits if all(test(hit) for test in others))


def _counts(
    name: Filter,
    values: Sequence[tuple[str, str, str]],
    hits: Sequence[Hit],
    tests: Mapping[Filter, _Test],
) -> tuple[Count, ...]:
    passing = _passing(hits, tests, but=name)
    return tuple(
        Count(value, zh, en, sum(map(_test(name, value), passing))) for value, zh, en in values
    )


_FIXED: dict[Filter, tuple[tuple[str, str, str], ...]] = {
    "qualification": (
        ("certificate", "须有资质或资格", "certificate needed"),
        ("none", "无资质要求", "no certificate needed"),
        ("not-stated", "来源未载明", "not stated by the sources"),
    ),
    "kind": (
        ("mandatory", "强制性", "mandatory"),
        ("non-mandatory", "非强制性", "non-mandatory"),
        ("government-commissioned", "政府委托", "government-commissioned"),
    ),
    "state": (("active", "现行", "active"), ("withdrawn", "已移出", "withdrawn")),
    "days": tuple((str(n), f"{n} 个工作日以内", f"up to {n} working days") for n in DAYS),
    "fee": tuple((str(n), f"不超过 {n} 万元", f"up to {n}0,000 yuan") for n in FEES_WAN),
}


def _values(
    items: Sequence[Item], packages: Sequence[Package]
) -> dict[Filter, tuple[tuple[str, str, str], ...]]:
    """Every value of each filter with its labels, in a constant order."""
    fields = {item.field_zh: item.field_en for item in items}
    approvals = {item.approval_zh: item.approval_en for item in items}
    return {
        **_FIXED,
        "field": tuple((zh, zh, en) for zh, en in fields.items()),
        "approval": tuple((zh, zh, en) for zh, en in approvals.items()),
        "package": tuple((one.code, one.name_zh, one.name_en) for one in packages),
    }


def _suggestions(asked: Sequence[str], items: Sequence[Item]) -> tuple[Suggestion, ...]:
    """Items that share most with what was looked for, characters or nearly the same words."""
    wanted = "".join(asked)
    characters = {one for one in wanted if not one.isascii()}
    letters = [one for one in asked if one.isascii() and len(one) > 2]

    def near(item: Item) -> float:
        shared = characters & set(plain(item.name_zh))
        known = plain(item.name_en).split()
        close = sum(bool(get_close_matches(one, known, n=1, cutoff=0.75)) for one in letters)
        return len(shared) + close

    ranked = sorted(((near(item), item) for item in items), key=lambda one: (-one[0], one[1].code))
    return tuple(
        Suggestion(item.code, item.name_zh, item.name_en)
        for score, item in ranked[:MOST_SUGGESTIONS]
        if score > 0
    )
