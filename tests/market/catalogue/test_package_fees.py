"""The fee range of a package: lines by standard or by county range, and their plain sum."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.county import (
    CountyRange,
    check_county_range,
    county_range,
    demonstration_county_ranges,
    size_class,
)
from market.catalogue.package_fees import PackageRange, package_range
from market.catalogue.package_file import load_packages
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.project_form import facts_needed
from market.catalogue.standards import load_fee_standards
from ratings.ledger.errors import Refused

PACKAGES = load_packages()
DAY = date(2026, 5, 1)
MEDIUM = ProjectFacts(investment_wan=Decimal(8000), building_area_m2=Decimal(20000))


def reckon(package: str, facts: ProjectFacts = MEDIUM, as_of: date = DAY) -> PackageRange:
    return package_range(
        PACKAGES[package], facts, load_fee_standards(), demonstration_county_ranges(), as_of
    )


@pytest.mark.parametrize("package", PACKAGES)
@settings(max_examples=40)
@given(
    investment=st.decimals(min_value=1, max_value=150_000, places=2),
    area=st.decimals(min_value=1, max_value=500_000, places=2),
    percent=st.none() | st.decimals(min_value="0.01", max_value="99.99", places=2),
    with_options=st.booleans(),
)
def test_totals_are_the_sums_of_the_lines_less_the_discount(
    package: str, investment: Decimal, area: Decimal, percent: Decimal | None, with_options: bool
) -> None:
    wanted = msgspec.structs.replace(PACKAGES[package], discount_percent=percent)
    found = package_range(
        wanted,
        ProjectFacts(investment_wan=investment, building_area_m2=area),
        load_fee_standards(),
        demonstration_county_ranges(),
        DAY,
        wanted.optional if with_options else (),
    )
    assert (found.discount is None) == (percent is None)
    for edge in ("low_fen", "base_fen", "high_fen"):
        total = sum(getattr(line, edge) for line in found.lines)
        off = getattr(found.discount, edge) if found.discount else 0
        assert getattr(found, edge) == total - off
        # Half up to the fen, by integers alone.
        assert off == (2 * total * int((percent or 0) * 100) + 10_000) // 20_000
    assert 0 <= found.low_fen <= found.base_fen <= found.high_fen
    counted = {code for line in found.lines for code in line.items}
    assert counted == {*wanted.items, *(wanted.optional if with_options else ())}
    for line in found.lines:
        assert line.low_fen <= line.base_fen <= line.high_fen
        assert line.workings


def test_an_option_that_is_none_is_named() -> None:
    with pytest.raises(Refused, match="Item 02 is no optional item of the package consulting"):
        package_range(
            PACKAGES["consulting"],
            MEDIUM,
            load_fee_standards(),
            demonstration_county_ranges(),
            DAY,
            ["02"],
        )


def test_the_discount_by_hand() -> None:
    plain = reckon("as-built-survey")
    dear = msgspec.structs.replace(PACKAGES["as-built-survey"], discount_percent=Decimal("7.5"))
    found = package_range(dear, MEDIUM, load_fee_standards(), demonstration_county_ranges(), DAY)
    assert found.discount is not None
    assert found.discount.high_fen == (plain.high_fen * 75 + 500) // 1000
    assert found.high_fen == plain.high_fen - found.discount.high_fen
    assert "7.5%" in found.discount.workings[2].zh


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_invented_is_shown_as_published(package: str) -> None:
    for line in reckon(package).lines:
        if line.basis == "county-range":
            assert line.demonstration
            assert line.label == "收费区间"
            assert not line.documents
            assert "示范" in line.workings[-1].zh
        else:
            assert not line.demonstration
            assert line.label == "参考测算"
            assert line.documents


def test_design_package_by_hand() -> None:
    investigation, design = reckon("design").lines
    assert investigation.basis == "county-range"
    assert design.items == ("29", "05", "30")
    assert (design.low_fen, design.base_fen, design.high_fen) == (
        199_680_000,
        249_600_000,
        299_520_000,
    )
    assert "项目总投资 = 8,000" in design.workings[0].zh


def test_as_built_survey_by_hand() -> None:
    facts = ProjectFacts(
        investment_wan=Decimal(8000),
        building_area_m2=Decimal(20000),
        buildings=Decimal(2),
        sides=Decimal(6),
        survey_grade="I",
        building_use="commercial",
    )
    lines = {line.items: line for line in reckon("as-built-survey", facts).lines}
    assert lines[("39",)].base_fen == 2 * 327_885
    assert lines[("40",)].base_fen == 6 * 315_059 + 2 * 284_906 + 20 * 182_467
    assert lines[("41",)].base_fen == 3_000_000


def test_a_negotiation_range_takes_its_middle_and_says_so() -> None:
    feasibility = reckon("consulting").lines[0]
    assert feasibility.base_is_middle
    assert (feasibility.low_fen, feasibility.base_fen, feasibility.high_fen) == (
        8_000_000,
        15_200_000,
        22_400_000,
    )


def test_a_small_project_below_the_published_table_takes_the_county_range() -> None:
    small = reckon("consulting", ProjectFacts(investment_wan=Decimal(2000)))
    soil = next(line for line in small.lines if line.items == ("12",))
    assert soil.basis == "county-range"
    assert "保监〔2005〕22号" in soil.workings[0].zh


def test_drawing_review_goes_by_area_or_else_by_the_estimate() -> None:
    by_area = reckon("review").lines[-1]
    assert by_area.high_fen == 4_000_000
    by_estimate = reckon("review", ProjectFacts(investment_wan=Decimal(8000))).lines[-1]
    assert by_estimate.high_fen == 16_000_000


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(Refused, match="building_area_m2"):
        reckon("as-built-survey", ProjectFacts(investment_wan=Decimal(8000)))
    with pytest.raises(Refused, match="investment_wan"):
        reckon("design", ProjectFacts())


@pytest.mark.parametrize("package", PACKAGES)
def test_the_required_facts_are_enough(package: str) -> None:
    fields = facts_needed(PACKAGES[package], load_fee_standards())
    required = {field.name: Decimal(9000) for field in fields if field.required}
    assert reckon(package, ProjectFacts(**required)).high_fen > 0  # type: ignore[arg-type]
    for field in fields:
        assert field.required or field.default_zh
        assert (field.type == "choice") == bool(field.choices)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_offered_choice_is_accepted(package: str) -> None:
    for field in facts_needed(PACKAGES[package], load_fee_standards()):
        for choice in field.choices:
            facts = ProjectFacts(
                investment_wan=Decimal(8000),
                building_area_m2=Decimal(20000),
                **{field.name: choice.code},  # type: ignore[arg-type]
            )
            assert reckon(package, facts).high_fen > 0


def test_size_classes_include_their_upper_limit() -> None:
    assert size_class(Decimal(3000)) == "small"
    assert size_class(Decimal("3000.01")) == "medium"
    assert size_class(Decimal(20000)) == "medium"
    assert size_class(Decimal("20000.01")) == "large"


def county(set_on: date, low: int, high: int, reason: str = "agreed") -> CountyRange:
    return CountyRange(
        item="07",
        size_class="small",
        low_fen=low,
        high_fen=high,
        set_on=set_on,
        reason=reason,
        demonstration=False,
    )


def test_the_county_range_of_the_day_is_the_latest_set() -> None:
    ranges = [county(date(2026, 1, 1), 10, 20), county(date(2025, 1, 1), 5, 9)]
    assert county_range(ranges, "07", "small", date(2025, 12, 31)).high_fen == 9
    assert county_range(ranges, "07", "small", date(2026, 1, 1)).high_fen == 20
    with pytest.raises(Refused, match="No county range"):
        county_range(ranges, "07", "small", date(2024, 12, 31))


@pytest.mark.parametrize(
    ("low", "high", "reason"), [(2, 1, "x"), (-1, 1, "x"), (0, 0, "x"), (1, 2, " ")]
)
def test_a_bad_county_range_is_refused(low: int, high: int, reason: str) -> None:
    with pytest.raises(Refused):
        check_county_range(county(date(2026, 1, 1), low, high, reason))
