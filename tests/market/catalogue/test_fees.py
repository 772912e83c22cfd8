"""Worked examples of the fee standards, each named by the document and where it was printed.

Amounts in 万元. "Computed" examples follow from a found table; the others were printed.
"""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from market.catalogue.fees import Facts, estimate
from market.catalogue.standards import load_fee_standards

STANDARDS = load_fee_standards()


def base(code: str, kind: str | None, amount: str, **facts: object) -> Decimal:
    """The base fee in 万元."""
    found = estimate(
        STANDARDS[code],
        Facts(kind=kind, amount_wan=Decimal(amount), **facts),  # type: ignore[arg-type]
    )
    assert found.base_fen is not None
    return Decimal(found.base_fen) / 1_000_000


def test_1980_official_example_works_of_6000() -> None:
    found = estimate(STANDARDS["tendering-1980"], Facts(kind="works", amount_wan=Decimal(6000)))
    parts = [line.value for line in found.workings if line.kind == "bracket"]
    assert parts == [1, Decimal("2.8"), Decimal("2.75"), 14, 2]
    assert (found.low_fen, found.base_fen, found.high_fen) == (18_040_000, 22_550_000, 27_060_000)
    assert found.label == "参考测算"
    assert found.document == "计价格〔2002〕1980号"


@pytest.mark.parametrize(("award", "fee"), [("1400", "5.565"), ("26.91", "0.18837")])
def test_1980_real_contracts_at_70_percent(award: str, fee: str) -> None:
    assert base("tendering-1980", "works", award) * Decimal("0.7") == Decimal(fee)


@pytest.mark.parametrize(
    ("kind", "amount", "fee"),
    [
        ("works", "100", "1"),
        ("works", "500", "3.8"),
        ("works", "1000", "6.55"),
        ("works", "5000", "20.55"),
        ("works", "10000", "30.55"),
        ("works", "50000", "50.55"),
        ("works", "100000", "68.05"),
        ("works", "500000", "100.05"),
        ("works", "1000000", "130.05"),
        ("goods", "100", "1.5"),
        ("goods", "500", "5.9"),
        ("goods", "1000", "9.9"),
        ("goods", "5000", "29.9"),
        ("goods", "10000", "42.4"),
        ("goods", "50000", "62.4"),
        ("goods", "100000", "79.9"),
        ("goods", "500000", "111.9"),
        ("goods", "1000000", "141.9"),
    ],
)
def test_1980_computed_at_the_limits(kind: str, amount: str, fee: str) -> None:
    assert base("tendering-1980", kind, amount) == Decimal(fee)


def test_1980_documents_only_is_30_percent() -> None:
    assert base("tendering-1980", "works", "6000", scope="documents-only") == Decimal("6.765")


@pytest.mark.parametrize(("kind", "cap"), [("goods", 350), ("services", 300), ("works", 450)])
def test_534_caps_a_tender(kind: str, cap: int) -> None:
    found = estimate(STANDARDS["tendering-1980"], Facts(kind=kind, amount_wan=Decimal(100_000_000)))
    assert found.base_fen == found.high_fen == cap * 1_000_000
    assert found.low_fen == cap * 800_000


def test_1283_copies_feasibility_of_4000() -> None:
    assert base("consulting-1283", "feasibility", "4000") == Decimal("14.285714")


def test_1283_local_practice_proposal_of_1984() -> None:
    assert base("consulting-1283", "proposal", "1984") == Decimal("4.476")
    assert base("consulting-1283", "proposal", "1984", industry="municipal") == Decimal("3.1332")


def test_1283_boundary_3000_belongs_to_the_first_band() -> None:
    found = estimate(STANDARDS["consulting-1283"], Facts(kind="proposal", amount_wan=Decimal(3000)))
    assert found.base_fen == 6_000_000
    assert "惯例" not in found.workings[1].zh


def test_1283_open_top_band_is_a_range_with_its_upper_figure() -> None:
    found = estimate(
        STANDARDS["consulting-1283"], Facts(kind="feasibility", amount_wan=Decimal(600_000))
    )
    assert (found.low_fen, found.base_fen, found.high_fen) == (
        200_000_000,
        250_000_000,
        250_000_000,
    )


def test_252_is_a_range_without_a_base() -> None:
    found = estimate(
        STANDARDS["consulting-zj252"], Facts(kind="feasibility", amount_wan=Decimal(4000))
    )
    assert (found.low_fen, found.base_fen, found.high_fen) == (8_000_000, None, 22_400_000)


# Printed table of the EIA form, industry factor only; industries that 534 leaves alone.
EIA_FORM = [
    ("1000", ("1.60", "1.47", "1.33", "1.07")),
    ("2000", ("2.00", "1.83", "1.67", "1.33")),
    ("10000", ("3.39", "3.11", "2.82", "2.26")),
    ("20000", ("4.80", "4.40", "4.00", "3.20")),
    ("30000", ("5.25", "4.81", "4.38", "3.50")),
]


@pytest.mark.parametrize(("amount", "row"), EIA_FORM)
def test_125_published_table_of_the_form(amount: str, row: tuple[str, ...]) -> None:
    industries = ("chem", "petrochem", "transport", "machinery")
    found = [
        base("eia-125", "form", amount, industry=industry).quantize(
            Decimal("0.01"), rounding=ROUND_HALF_UP
        )
        for industry in industries
    ]
    assert found == [Decimal(cell) for cell in row]


def test_125_lower_limit_excluded_upper_included() -> None:
    assert base("eia-125", "report", "3000") == 6
    assert base("eia-125", "report", "1000000") == 110
    assert base("eia-125", "report", "2000000") == 110


def test_534_lowers_some_industries_by_a_fifth_only_when_given() -> None:
    assert base("eia-125", "form", "20000") == 4
    assert base("eia-125", "form", "20000", industry="municipal") == Decimal("3.2")
    assert base("eia-125", "review-form", "20000", industry="municipal") == Decimal("1.5")
    assert base("eia-125", "report", "1000001", industry="municipal") == 110


def test_125_review_of_an_outline_is_40_percent() -> None:
    assert base("eia-125", "review-report", "20000", scope="outline") == Decimal("1.2")


@pytest.mark.parametrize("amount", ["1000000", "5000000"])
def test_125_report_ends_at_110_with_a_fifth_either_way(amount: str) -> None:
    found = estimate(STANDARDS["eia-125"], Facts(kind="report", amount_wan=Decimal(amount)))
    assert (found.low_fen, found.high_fen) == (88_000_000, 132_000_000)


def test_125_sensitivity_and_topics() -> None:
    assert base("eia-125", "form", "20000", sensitivity="sensitive") == Decimal("4.8")
    assert base("eia-125", "form", "20000", special_topics=2) == 8


@pytest.mark.parametrize(
    ("amount", "fee"),
    [("6000", "192.466667"), ("5000", "163.9"), ("150", "6.75"), ("2000000", "34948.9")],
)
def test_10_copies(amount: str, fee: str) -> None:
    assert base("design-10", None, amount) == Decimal(fee)


def test_10_copies_3000_of_the_third_grade() -> None:
    assert base("design-10", "design", "3000", complexity="III") == Decimal("119.37")
    assert base("design-10", "design", "3000", complexity="1.15") == Decimal("119.37")


def test_10_falls_beyond_its_table_as_the_document_says() -> None:
    assert base("design-10", None, "2000001") == Decimal("32000.016")


def test_10_other_work_is_a_share_of_the_design_fee() -> None:
    work = ("overall-design", "coordination", "drawing-budget", "as-built-drawings")
    for count, share in enumerate(("1.05", "1.10", "1.20", "1.28"), start=1):
        found = base("design-10", None, "5000", extras=work[:count])
        assert found == Decimal("163.9") * Decimal(share)


def test_10_additional_factors_are_added_less_count_plus_one() -> None:
    two = (Decimal("1.1"), Decimal("1.2"))
    assert base("design-10", None, "5000", additional=two) == Decimal("163.9") * Decimal("1.3")


@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        ("600", "19.22"),
        ("1100", "32.5"),
        ("3100", "80.235"),
        ("5200", "124.813333"),
        ("7000", "160.933333"),
        ("9000", "199.8"),
        ("15000", "306.0"),
        ("33000", "598.02"),
        ("50000", "849.8"),
        ("70000", "1123.6"),
    ],
)
def test_670_published_dense_table(amount: str, fee: str) -> None:
    assert base("supervision-670", None, amount) == Decimal(fee)


def test_670_below_is_a_rate_and_not_flat_and_above_is_of_the_whole() -> None:
    assert base("supervision-670", None, "100") == Decimal("3.3")
    assert base("supervision-670", None, "1200000") == Decimal("12468")


@pytest.mark.parametrize("amount", range(70_000, 400_001, 5_000))
def test_670_never_gives_the_figures_of_the_copy_that_contradicts_its_own_table(
    amount: int,
) -> None:
    found = base("supervision-670", None, str(amount))
    assert found not in (Decimal("1120.3"), Decimal("1377.19"), Decimal("4068.75"))


def test_670_bugs_seen_elsewhere() -> None:
    """A flat 16.5 below 500, and the table's end plus 1.039% of the excess above 1,000,000."""
    assert base("supervision-670", None, "499") == Decimal("16.467")
    assert base("supervision-670", None, "2000000") == 20780
    assert base("supervision-670", None, "2000000") != Decimal("10390.1") + 10390


@pytest.mark.parametrize(
    ("metres", "fee"),
    [
        (0, "30.1"),
        (2000, "30.1"),
        (2001, "33.11"),
        (3000, "33.11"),
        (3500, "36.12"),
        (4000, "39.13"),
    ],
)
def test_670_altitude(metres: int, fee: str) -> None:
    assert base("supervision-670", None, "1000", altitude_m=Decimal(metres)) == Decimal(fee)


@pytest.mark.parametrize("code", ["design-10", "supervision-670"])
@pytest.mark.parametrize(
    ("grade", "factor"),
    [("I", ".85"), ("Ⅱ", "1"), ("III", "1.15"), ("0.85", ".85"), ("1.15", "1.15"), ("一般", ".85")],
)
def test_complexity_by_grade_and_by_factor(code: str, grade: str, factor: str) -> None:
    assert base(code, None, "5000", complexity=grade) == base(code, None, "5000") * Decimal(factor)


def test_22_computed_plan_of_15000() -> None:
    assert base("soil-water-22", "plan", "15000") == 62


def test_17_unit_price_times_quantity() -> None:
    found = estimate(STANDARDS["surveying-17"], Facts(kind="setting-out", quantity=Decimal(3)))
    assert found.base_fen == 983_655
    least = estimate(STANDARDS["surveying-17"], Facts(kind="setting-out", quantity=Decimal("0.5")))
    assert least.base_fen == 327_885
    graded = estimate(
        STANDARDS["surveying-17"],
        Facts(kind="planned-area", quantity=Decimal(10), grade="III"),
    )
    assert graded.low_fen == graded.high_fen == 2_263_690
    ungraded = estimate(STANDARDS["surveying-17"], Facts(kind="planned-area", quantity=Decimal(10)))
    assert (ungraded.low_fen, ungraded.base_fen, ungraded.high_fen) == (
        1_824_670,
        2_029_550,
        2_263_690,
    )


def test_17_ordinary_ground_is_72_percent_of_the_property_map_only() -> None:
    facts = Facts(kind="property-survey-map", quantity=Decimal(1), grade="II", ground="ordinary")
    assert estimate(STANDARDS["surveying-17"], facts).base_fen == 1_379_288


@pytest.mark.parametrize(
    ("kind", "half"), [("housing", 68), ("commercial", 75), ("mixed", 90), ("factory", 40)]
)
def test_property_pre_survey_is_half(kind: str, half: int) -> None:
    """The real list prints 0.68, 0.75, 0.9 and 0.4 yuan."""
    facts = Facts(kind=kind, quantity=Decimal(100), stage="pre-survey")
    assert estimate(STANDARDS["property-survey"], facts).base_fen == half * 100


def test_534_drawing_review_is_a_ceiling() -> None:
    found = estimate(
        STANDARDS["drawing-review-534"], Facts(kind="by-estimate", amount_wan=Decimal(5000))
    )
    assert (found.low_fen, found.high_fen) == (0, 10_000_000)


@pytest.mark.parametrize(("amount", "fee"), [("3000", "8.28"), ("6000", "15.18")])
def test_zj84_computed_bill_and_control(amount: str, fee: str) -> None:
    assert base("cost-zj84", "bill-and-control", amount) == Decimal(fee)


def test_zj84_review_earns_on_cuts_and_additions_above_5_percent() -> None:
    plain = base("cost-zj84", "settlement-review", "1000")
    assert plain == Decimal("2.38")
    for cut, more in (("50", "0"), ("51", "0.05"), ("150", "5")):
        found = base("cost-zj84", "settlement-review", "1000", cut_add_wan=Decimal(cut))
        assert found == plain + Decimal(more)


@pytest.mark.parametrize(("scope", "fee"), [("re-check", "2.618"), ("spot-review", "0.952")])
def test_zj84_re_check_and_spot_review(scope: str, fee: str) -> None:
    assert base("cost-zj84", "settlement-review", "1000", scope=scope) == Decimal(fee)


@pytest.mark.parametrize("trade", ["decoration", "installation", "landscape", "antique"])
def test_zj84_a_trade_alone_may_rise_by_a_fifth(trade: str) -> None:
    facts = Facts(kind="bill", amount_wan=Decimal(100), industry=trade)
    found = estimate(STANDARDS["cost-zj84"], facts)
    assert (found.low_fen, found.base_fen, found.high_fen) == (290_000, 290_000, 348_000)


def test_35_takes_the_factor_of_a_speciality_as_a_number() -> None:
    assert base("cost-cca35", "bill", "200", industry="1.2") == Decimal("1.2")


def test_social_stability_examples_printed_in_the_document() -> None:
    assert base("social-stability", "compile", "10000") == 6
    assert base("social-stability", "compile", "50000") == 16
    assert base("social-stability", "review", "10000") == 4


def test_social_stability_pieces_end_in_the_printed_sum_above_five_billion() -> None:
    assert base("social-stability", "compile", "500000") == 50
    assert base("social-stability", "review", "900000") == 25


@pytest.mark.parametrize(("amount", "fee"), [("1000", "20"), ("10000", "140"), ("100000", "940")])
def test_504_printed_examples(amount: str, fee: str) -> None:
    assert base("construction-management-504", None, amount) == Decimal(fee)


def test_zj85_is_125_less_35_percent() -> None:
    assert base("eia-zj85", "report", "3000") == Decimal("3.9")
    assert base("eia-zj85", "form", "20000", industry="municipal") == Decimal("2.08")


def test_zj267_without_the_class_of_protection_is_a_range_without_a_base() -> None:
    found = estimate(STANDARDS["lightning-zj267"], Facts(kind="new-build", quantity=Decimal(1000)))
    assert (found.low_fen, found.base_fen, found.high_fen) == (80_000, None, 104_000)


@pytest.mark.parametrize(
    ("kind", "grade", "fee"),
    [("report", "1", 8_000_000), ("report", "II", 4_500_000), ("review", "三级", 1_000_000)],
)
@pytest.mark.parametrize("area", [None, "0.5", "5"])
def test_geohazard_price_is_that_of_the_whole_job(
    kind: str, grade: str, fee: int, area: str | None
) -> None:
    quantity = None if area is None else Decimal(area)
    found = estimate(STANDARDS["geohazard-2004"], Facts(kind=kind, quantity=quantity, grade=grade))
    assert found.base_fen == fee


@pytest.mark.parametrize("grade", ["I", "II", "1", "2", "I-II", "一级"])
def test_lightning_classes_1_and_2_are_one_grade(grade: str) -> None:
    facts = Facts(kind="new-build", quantity=Decimal(1000), grade=grade)
    assert estimate(STANDARDS["lightning-zj267"], facts).base_fen == 104_000
