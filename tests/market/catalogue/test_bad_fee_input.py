"""Questions a standard cannot answer, and tables that cannot be right."""

from datetime import date
from decimal import Decimal

import pytest

from market.catalogue.fees import Facts, estimate
from market.catalogue.standards import load_fee_standards, parse_fee_standard
from ratings.ledger.errors import Refused

STANDARDS = load_fee_standards()
AMOUNT = Decimal(5000)


@pytest.mark.parametrize(
    ("code", "facts", "refusal", "hint"),
    [
        ("tendering-1980", Facts(amount_wan=AMOUNT), "unknown-kind", "goods, services, works"),
        ("tendering-1980", Facts(kind="gods", amount_wan=AMOUNT), "unknown-kind", "works"),
        ("tendering-1980", Facts(kind="works"), "missing-fact", "award amount"),
        ("surveying-17", Facts(kind="setting-out"), "missing-fact", "quantity"),
        ("design-10", Facts(amount_wan=Decimal(-1)), "impossible-figure", "-1"),
        ("design-10", Facts(amount_wan=Decimal("NaN")), "impossible-figure", "NaN"),
        ("design-10", Facts(amount_wan=Decimal("Infinity")), "impossible-figure", "Infinity"),
        ("design-10", Facts(amount_wan=Decimal("1E+40")), "impossible-figure", "1E+40"),
        ("design-10", Facts(amount_wan=Decimal("1E-40")), "impossible-figure", "decimal places"),
        ("design-10", Facts(amount_wan=AMOUNT, industry="x"), "unknown-industry", "municipal"),
        (
            "design-10",
            Facts(amount_wan=AMOUNT, complexity="IV"),
            "unknown-complexity",
            "I, II, III",
        ),
        ("design-10", Facts(amount_wan=AMOUNT, extras=("x",)), "unknown-extra", "drawing-budget"),
        ("design-10", Facts(amount_wan=AMOUNT, special_topics=1), "no-special-topics", "design"),
        (
            "design-10",
            Facts(amount_wan=AMOUNT, sensitivity="ordinary"),
            "no-such-factor",
            "industry",
        ),
        (
            "design-10",
            Facts(amount_wan=AMOUNT, additional=(Decimal("0.1"), Decimal("0.2"))),
            "no-additional-factors",
            "0.1, 0.2",
        ),
        (
            "consulting-1283",
            Facts(kind="feasibility", amount_wan=AMOUNT, complexity="1.3"),
            "unknown-complexity",
            "0.8–1.2",
        ),
        (
            "consulting-1283",
            Facts(kind="feasibility", amount_wan=Decimal(100)),
            "outside-fee-table",
            "3,000",
        ),
        ("soil-water-22", Facts(kind="plan", amount_wan=Decimal(10)), "outside-fee-table", "5,000"),
        (
            "surveying-17",
            Facts(kind="planned-area", quantity=AMOUNT, grade="IV"),
            "unknown-grade",
            "I, II, III",
        ),
        ("geohazard-2004", Facts(kind="field", quantity=AMOUNT), "fee-row-not-found", "not found"),
        (
            "supervision-670",
            Facts(amount_wan=AMOUNT, altitude_m=Decimal(5000)),
            "unknown-altitude",
            "4000",
        ),
        (
            "supervision-670",
            Facts(amount_wan=AMOUNT, altitude_m=Decimal("NaN")),
            "impossible-figure",
            "altitude_m",
        ),
        (
            "supervision-670",
            Facts(amount_wan=AMOUNT, altitude_m=Decimal(-1)),
            "impossible-figure",
            "altitude_m",
        ),
        (
            "tendering-1980",
            Facts(kind="works", amount_wan=AMOUNT, as_of=date(2010, 1, 1)),
            "fee-standard-not-in-force",
            "2011-05-01",
        ),
        (
            "cost-cca35",
            Facts(kind="bill", amount_wan=AMOUNT, industry="1.3"),
            "unknown-industry",
            "0.7–1.2",
        ),
        (
            "cost-zj84",
            Facts(kind="bill", amount_wan=AMOUNT, industry="road"),
            "unknown-industry",
            "decoration",
        ),
        (
            "cost-zj84",
            Facts(kind="bill", amount_wan=AMOUNT, cut_add_wan=AMOUNT),
            "no-cut-add",
            "bill",
        ),
        (
            "cost-zj84",
            Facts(kind="settlement-review", amount_wan=AMOUNT, cut_add_wan=Decimal(-1)),
            "impossible-figure",
            "cut_add_wan",
        ),
        (
            "cost-zj84",
            Facts(kind="bill", amount_wan=AMOUNT, scope="spot-review"),
            "unknown-scope",
            "re-check",
        ),
        (
            "eia-125",
            Facts(kind="report", amount_wan=AMOUNT, scope="outline"),
            "no-such-factor",
            "industry, sensitivity",
        ),
    ],
)
def test_refused_with_what_would_be_accepted(
    code: str, facts: Facts, refusal: str, hint: str
) -> None:
    with pytest.raises(Refused) as caught:
        estimate(STANDARDS[code], facts)
    assert caught.value.code == refusal
    assert hint in str(caught.value)


HEAD = """
code = "x"
document = "x"
title_zh = "x"
title_en = "x"
issued_on = 2002-01-01
valid_from = 2002-01-01
dates_mark = "M"
status_zh = "x"
status_en = "x"
mark = "M"
[kinds.works]
name_zh = "x"
name_en = "x"
figure_zh = "x"
figure_en = "x"
[kinds.works.table]
"""


@pytest.mark.parametrize(
    ("table", "cell"),
    [
        ('method = "progressive"\nbands = [[100, 1], [100, 2]]', "bands[1][0]"),
        ('method = "progressive"\nbands = [[500, 1], [100, 2]]', "bands[1][0]"),
        ('method = "progressive"\nbands = [[100, 1], [500, -2]]', "bands[1][1]"),
        ('method = "progressive"\nbands = [[100, 1]]\nabove = -1', "bands[1][1]"),
        ('method = "progressive"\nbands = []', "bands"),
        ('method = "progressive"\nbands = [[100, "x"]]', "bands[0][1]"),
        ('method = "progressive"\nlump = [200, 6]\nbands = [[100, 1]]', "bands[0][0]"),
        ('method = "negotiation"\nbands = [[100, 5, 4]]', "bands[0]"),
        ('method = "interpolation"\npoints = [[1, 1]]', "points"),
        ('method = "interpolation"\npoints = [[1, 1], [1, 2]]', "points[1][0]"),
        ('method = "interpolation"\npoints = [[1, 3], [2, 2]]', "points[1][1]"),
        ('method = "interpolation"\npoints = [[1, -3], [2, 2]]', "points[0]"),
        ('method = "interpolation"\npoints = [[1, 1], [2, 2]]\nabove = {}', "above"),
        (
            'method = "interpolation"\npoints = [[1, 1], [2, 2]]\nabove = { rate = 1, flat = 2 }',
            "above",
        ),
        ('method = "ceiling"\nrate = 0\nrate_unit = "percent"', "rate"),
        ('method = "unit-price"\nprices = { I = 2, II = 1 }', "prices"),
        ('method = "unit-price"\nprices = { I = -2 }', "prices.I"),
        ('method = "guess"', "table.method"),
    ],
)
def test_bad_table_is_refused_naming_file_table_and_cell(table: str, cell: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_fee_standard("x.toml", HEAD + table)
    assert caught.value.code == "bad-fee-table"
    assert caught.value.params["file"] == "x.toml"
    assert str(caught.value.params["cell"]).endswith(cell)


@pytest.mark.parametrize(
    "factor",
    [
        'by = "choice"\nfact = "industry"\nname_zh = ""\nname_en = ""\nrows = [["a", "a", "a", 0]]',
        'by = "uplift"\nfact = "industry"\nname_zh = ""\nname_en = ""\nrows = [["a", "", "", -5]]',
        'by = "number"\nfact = "complexity"\nname_zh = ""\nname_en = ""\nlow = 2\nhigh = 1',
        'by = "step"\nfact = "altitude_m"\nname_zh = ""\nname_en = ""\nrows = [[9, 1], [8, 2]]',
        'by = "choice"\nfact = "industry"\npartial = true\nname_zh = ""\nname_en = ""\n'
        'rows = [["mistyped", "a", "a", 0.8]]',
        'by = "choice"\nfact = "industry"\nkinds = ["goods"]\nname_zh = ""\n'
        'name_en = ""\nrows = []',
    ],
)
def test_bad_factor_table_is_refused(factor: str) -> None:
    good = 'method = "progressive"\nbands = [[100, 1]]\n'
    with pytest.raises(Refused, match=r"x\.toml, table factors\[0\]"):
        parse_fee_standard("x.toml", f"{HEAD}{good}[[factors]]\n{factor}")


def test_progressive_table_without_an_end_is_refused_beyond_it() -> None:
    standard = parse_fee_standard("x.toml", HEAD + 'method = "progressive"\nbands = [[100, 1]]')
    assert estimate(standard, Facts(amount_wan=Decimal(100))).base_fen == 1_000_000
    with pytest.raises(Refused) as caught:
        estimate(standard, Facts(amount_wan=Decimal(101)))
    assert caught.value.code == "outside-fee-table"
