"""The catalogue as data: counts of the lists, packages and their critical paths."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import msgspec
import pytest

from market.catalogue.county import demonstration_county_ranges
from market.catalogue.items import load_items, parse_items
from market.catalogue.package_file import load_packages, parse_packages
from market.catalogue.packages import needs_county_range
from market.catalogue.schedule import critical_path, package_days
from market.catalogue.standards import DATA, load_fee_standards
from market.web.extract import half_width
from ratings.ledger.errors import Refused

ITEMS = load_items()
PACKAGES = load_packages()


def test_counts_of_the_lists() -> None:
    assert len(ITEMS) == 49
    active = [item for item in ITEMS.values() if item.active]
    assert len(active) == 39
    assert sum(item.starred for item in active) == 19
    assert sum(item.choice == "demonstration" for item in active) == 20
    withdrawn = [item for item in ITEMS.values() if not item.active]
    assert len(withdrawn) == 10
    assert {item.withdrawn_reason_en for item in withdrawn} == {"not on the current list"}
    assert list(ITEMS) == [f"{number:02d}" for number in range(1, 50)]


def test_starred_items_stand_in_the_four_packages() -> None:
    sizes = {code: len(package.items) for code, package in PACKAGES.items()}
    assert sizes == {"consulting": 5, "review": 5, "design": 4, "as-built-survey": 5}
    packaged = [code for package in PACKAGES.values() for code in package.items]
    assert sorted(packaged) == [item.code for item in ITEMS.values() if item.starred]


def test_all_eighteen_standards_are_loaded() -> None:
    assert len(load_fee_standards()) == 18


def test_design_fee_of_document_10_is_counted_once() -> None:
    lines = [
        line
        for line in PACKAGES["design"].fee_lines
        if any(part.standard == "design-10" for part in line.parts)
    ]
    assert [line.items for line in lines] == [("29", "05", "30")]


@pytest.mark.parametrize(
    ("package", "path", "days"),
    [
        ("consulting", ("10",), 25),
        ("review", ("04", "06", "31"), 40),
        ("design", ("29", "05", "30"), 80),
        ("as-built-survey", ("39", "40"), 10),
    ],
)
def test_working_days_are_the_critical_path(package: str, path: tuple[str, ...], days: int) -> None:
    assert critical_path(PACKAGES[package], ITEMS) == path
    assert package_days(PACKAGES[package], ITEMS) == days


def test_every_active_item_without_a_standard_has_a_demonstration_range_of_each_size() -> None:
    known = Counter(county.item for county in demonstration_county_ranges())
    for item in ITEMS.values():
        if item.active and item.fee_standard is None:
            assert known[item.code] == 3, item.code


def test_demonstration_ranges_are_marked_and_reasoned() -> None:
    for county in demonstration_county_ranges():
        assert county.demonstration
        assert "示范" in county.reason
        assert "invented" in county.reason
        assert county.set_on == date(2020, 1, 1)
        assert county.low_fen < county.high_fen
        assert ITEMS[county.item].active


def edited(file: str, old: str, new: str) -> str:
    text = (DATA / file).read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ('code = "02"', 'code = "01"', "twice"),
        ('fee_standard = "tendering-1980"', 'fee_standard = "tendering"', "34: /fee_standard"),
        ('fee_kinds = ["proposal"]', 'fee_kinds = ["proposals"]', "01: /fee_kinds"),
        ("working_days = 10\n", "", "working days"),
        ("active = false", "active = true", "withdrawn"),
        ('ended = "withdrawn"', 'ended = "merged"', "18: /successor"),
        ('code = "02"', 'code = "2"', "two digits"),
        ("days = 30", "days = 0", "04: /limits/0/days"),
        ('status = "published"', 'status = "law"', "status"),
        ('kind = "mandatory"', 'kind = "usual"', "mandatory|enum|Invalid"),
    ],
)
def test_bad_items_are_refused(old: str, new: str, hint: str) -> None:
    with pytest.raises(Refused, match=hint):
        parse_items(edited("items.toml", old, new))


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        (
            'items = ["28", "29", "05", "30"]',
            'items = ["28", "29", "05", "36"]',
            "Item 30 is in a wait",
        ),
        ('"30" = ["05"]', '"30" = ["99"]', "99"),
        ('"30" = ["05"]', '"30" = ["05"], "29" = ["30"]', "waits for itself"),
        ('items = ["29", "05", "30"]', 'items = ["29", "05"]', "No fee line prices item 30"),
        ('items = ["28", "29", "05", "30"]', 'items = ["28", "29", "05", "30", "30"]', "more than"),
        ('items = ["28"]', 'items = ["28", "28"]', "paid twice"),
        ('related = ["06", "31", "32"]', 'related = ["06", "31", "18"]', "Item 18 is withdrawn"),
        ('related = ["06", "31", "32"]', 'optional = ["31"]', "review its own work|prices item 31"),
        ('standard = "design-10"', 'standard = "design-11"', "design-11"),
    ],
)
def test_bad_packages_are_refused(old: str, new: str, hint: str) -> None:
    with pytest.raises(Refused, match=hint):
        parse_packages(edited("packages.toml", old, new), ITEMS)


def test_a_county_range_is_set_where_no_published_table_reaches() -> None:
    assert needs_county_range(ITEMS["07"], PACKAGES.values())
    assert needs_county_range(ITEMS["12"], PACKAGES.values())
    assert not needs_county_range(ITEMS["02"], PACKAGES.values())


def chinese(data: object, key: str = "") -> Iterator[str]:
    """Every text under a key that says it is Chinese, and the words of the factor rows."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from chinese(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from chinese(value, key)
    elif isinstance(data, str) and (key.endswith("_zh") or key in ("rows", "extras", "document")):
        yield data


@pytest.mark.parametrize(
    "data", [load_fee_standards(), ITEMS, PACKAGES], ids=["standards", "items", "packages"]
)
def test_chinese_texts_are_punctuated_as_chinese(data: object) -> None:
    texts = list(chinese(msgspec.to_builtins(data)))
    assert texts
    assert [text for text in texts if half_width(text)] == []
