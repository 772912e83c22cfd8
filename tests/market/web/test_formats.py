"""Amounts, numbers and times in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from market.web import formats
from market.web.text import EN, ZH


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (0, "0 元", "¥0"),
        (1, "0.01 元", "¥0.01"),
        (1_280_000, "12,800 元", "¥12,800"),
        (-150, "-1.50 元", "-¥1.50"),
        (Decimal("100.5"), "1.01 元", "¥1.01"),
    ],
)
def test_yuan(fen: int | Decimal, chinese: str, english: str) -> None:
    assert formats.yuan(ZH, fen) == chinese
    assert formats.yuan(EN, fen) == english


def test_ten_thousands_are_a_chinese_unit() -> None:
    assert formats.wan(ZH, 1_284_999) == "1.28 万元"
    assert formats.wan(ZH, 1_285_000) == "1.29 万元"
    assert formats.wan(EN, 1_285_049) == "¥12,850"


def test_a_utc_evening_is_the_next_day_in_shanghai() -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert formats.day(ZH, late) == "2026年11月24日"
    assert formats.day(EN, late) == "24 Nov 2026"
    assert formats.moment(ZH, late) == "2026年11月24日 00:30"
    assert formats.short_day(EN, late) == "2026-11-24"
    assert formats.month(EN, date(2026, 11, 1)) == "Nov 2026"


def test_numbers_round_half_up_and_keep_their_decimals() -> None:
    assert formats.number(ZH, Decimal("89.995"), 2) == "90.00"
    assert formats.number(EN, Decimal("4882")) == "4,882"
    assert formats.number(EN, Decimal("1.20")) == "1.20"
    assert formats.percent(ZH, Decimal("0.345")) == "35%"


def test_file_sizes() -> None:
    assert formats.file_size(EN, 900) == "900 B"
    assert formats.file_size(EN, 5 * 1024 * 1024 // 2) == "2.5 MB"


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (1.0, "100%"),
        (0.123, "12%"),
        (0.034, "3.4%"),
        (0.01, "1.0%"),
        (0.0035, "0.35%"),
        (1e-6, "0.00%"),
    ],
)
def test_small_shares_keep_two_digits_that_count(share: float, told: str) -> None:
    assert formats.fine_percent(ZH, share) == formats.fine_percent(EN, share) == told
