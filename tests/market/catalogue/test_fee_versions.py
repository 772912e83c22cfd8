"""A standard is valid between dates: what it gives is judged by the version of the day."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from market.catalogue.fees import Estimate, Facts, estimate
from market.catalogue.standards import in_force, shipped_versions


def on(day: str, code: str, kind: str, amount: str, **facts: object) -> Estimate:
    """What the version of that day gives."""
    then = date.fromisoformat(day)
    asked = Facts(kind=kind, amount_wan=Decimal(amount), as_of=then, **facts)  # type: ignore[arg-type]
    return estimate(in_force(shipped_versions(), then)[code], asked)


@pytest.mark.parametrize(
    ("amount", "before", "since"),
    [
        ("10000", "30.55", "30.55"),
        ("50000", "50.55", "50.55"),
        ("100000", "75.55", "68.05"),
        ("1000000", "165.55", "130.05"),
    ],
)
def test_534_changed_the_bands_above_10000(amount: str, before: str, since: str) -> None:
    """The old table: 0.05% to 100,000, 0.01% above."""
    for day, fee in (("2003-01-01", before), ("2011-04-30", before), ("2011-05-01", since)):
        assert on(day, "tendering-1980", "works", amount).base_fen == Decimal(fee) * 1_000_000


def test_before_534_there_was_no_cap() -> None:
    assert on("2010-01-01", "tendering-1980", "works", "100000000").base_fen == 10_065_550_000
    assert on("2012-01-01", "tendering-1980", "works", "100000000").base_fen == 450_000_000


def test_534_lowered_the_eia_from_its_day_on() -> None:
    for day, fee in (("2011-04-30", 4_000_000), ("2011-05-01", 3_200_000)):
        found = on(day, "eia-125", "form", "20000", industry="municipal")
        assert found.base_fen == fee
        assert bool(found.amended_by) == (fee == 3_200_000)


def test_299_is_told_of_days_since_it_only() -> None:
    before, since = (on(day, "design-10", "design", "5000") for day in ("2015-02-28", "2015-03-01"))
    assert "当时按本文件收费" in before.status_zh
    assert since.status_zh.startswith("自发改价格〔2015〕299号起实行市场调节价")
    assert before.label == since.label == "参考测算"
    assert before.base_fen == since.base_fen


def test_versions_of_a_standard_follow_one_another_without_overlap() -> None:
    for one, other in pairwise(shipped_versions()):
        if one.code == other.code:
            assert one.valid_to is not None
            assert (other.valid_from - one.valid_to).days == 1
