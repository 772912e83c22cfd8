"""Every cell of the published tables, typed a second time from the sources and reckoned apart.

Nothing of the program is used to work the expected fee out: only `Fraction` and the rule in words.
Amounts in 万元.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from market.catalogue.fees import Facts, estimate
from market.catalogue.standards import load_fee_standards

STANDARDS = load_fee_standards()

# (code, kind): upper limits, rates, 1 / unit of the rate.
Bands = tuple[Sequence[float], Sequence[str], int]
_TENDER = (100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
_ZJ84 = (100, 500, 1000, 2000, 5000, 10_000)
_CCA35 = (200, 500, 2000, 10_000, 50_000)
_HOUSING = (50_000, 100_000, 150_000, 250_000, 500_000)
_PUBLIC = (30_000, 50_000, 100_000, 150_000, 250_000, 500_000)


def _row(limits: Sequence[float], rates: str, per: int) -> Bands:
    return limits, rates.split(), per


PROGRESSIVE: dict[tuple[str, str], Bands] = {
    ("tendering-1980", "goods"): _row(
        _TENDER, "1.5 1.1 0.8 0.5 0.25 0.05 0.035 0.008 0.006 0.004", 100
    ),
    ("tendering-1980", "services"): _row(
        _TENDER, "1.5 0.8 0.45 0.25 0.1 0.05 0.035 0.008 0.006 0.004", 100
    ),
    ("tendering-1980", "works"): _row(
        _TENDER, "1.0 0.7 0.55 0.35 0.2 0.05 0.035 0.008 0.006 0.004", 100
    ),
    ("construction-management-504", "management"): _row(
        (1000, 5000, 10_000, 50_000, 100_000), "2 1.5 1.2 1 0.8 0.4", 100
    ),
    ("cost-zj84", "estimate"): _row(_ZJ84, "1.3 1.1 0.9 0.7 0.6 0.5 0.4", 1000),
    ("cost-zj84", "budget-estimate"): _row(_ZJ84, "1.7 1.5 1.3 1.1 1.0 0.9 0.8", 1000),
    ("cost-zj84", "bill"): _row(_ZJ84, "2.9 2.7 2.5 2.3 2.1 1.9 1.7", 1000),
    ("cost-zj84", "bid-price"): _row(_ZJ84, "1.4 1.2 1.0 0.8 0.6 0.5 0.4", 1000),
    ("cost-zj84", "bill-and-control"): _row(_ZJ84, "3.6 3.3 3.0 2.7 2.4 2.1 1.8", 1000),
    ("cost-zj84", "quota-budget"): _row(_ZJ84, "3.0 2.5 2.3 2.1 1.9 1.7 1.5", 1000),
    ("cost-zj84", "settlement"): _row(_ZJ84, "2.5 2.2 1.9 1.6 1.3 1.0 0.7", 1000),
    ("cost-zj84", "settlement-review"): _row(_ZJ84, "2.8 2.5 2.2 1.9 1.6 1.3 1.0", 1000),
    ("cost-zj84", "final-accounts"): _row(_ZJ84, "2.0 1.6 1.2 0.8 0.5 0.3 0.1", 1000),
    ("cost-zj84", "whole-stage"): _row(_ZJ84, "12 11 10 9 7 6 5", 1000),
    ("cost-cca35", "estimate"): _row(_CCA35, "3 2.5 2 1.8 1.6 1.5", 1000),
    ("cost-cca35", "bill"): _row(_CCA35, "5 4 3 2.2 1.8 1.5", 1000),
    ("cost-cca35", "control-price"): _row(_CCA35, "2 1.8 1.6 1.4 1.2 1", 1000),
    ("cost-cca35", "budget"): _row(_CCA35, "4 3.5 3 2.5 2 1.5", 1000),
    ("cost-cca35", "settlement-review"): _row(_CCA35, "8 7 6 5 4 3", 1000),
    ("cost-cca35", "whole-process"): _row(_CCA35, "12 12 12 12 10 8", 1000),
    ("cost-cca35", "final-accounts"): _row(_CCA35, "2 1.5 1.2 1 0.8 0.6", 1000),
    ("cost-cca35", "dispute"): _row(_CCA35, "12 10 8 6 5 4", 1000),
    ("building-energy-zj84", "housing"): _row(_HOUSING, "2.0 1.75 1.55 1.3 1.05 0.85", 1),
    ("building-energy-zj84", "public"): _row(_PUBLIC, "3.0 2.3 1.85 1.65 1.4 1.2 0.95", 1),
    ("lightning-zj267", "risk"): _row((1000, 5000, 10_000, 100_000), ".12 .09 .06 .03 .01", 100),
}
CAPS = {"goods": 350, "services": 300, "works": 450}

_DESIGN = (
    "200:9.0 500:20.9 1000:38.8 3000:103.8 5000:163.9 8000:249.6 10000:304.8 20000:566.8"
    " 40000:1054.0 60000:1515.2 80000:1960.1 100000:2393.4 200000:4450.8 400000:8276.7"
    " 600000:11897.5 800000:15391.4 1000000:18793.8 2000000:34948.9"
)
_SUPERVISION = (
    "500:16.5 1000:30.1 3000:78.1 5000:120.8 8000:181.0 10000:218.6 20000:393.4 40000:708.2"
    " 60000:991.4 80000:1255.8 100000:1507.0 200000:2712.5 400000:4882.6 600000:6835.6"
    " 800000:8658.4 1000000:10390.1"
)
_WATER = ("0.5", *(str(one) for one in range(1, 21)))


def _points(text: str) -> list[tuple[Fraction, Fraction]]:
    pairs = (one.split(":") for one in text.split())
    return [(Fraction(x), Fraction(y)) for x, y in pairs]


def _water(fees: str) -> list[tuple[Fraction, Fraction]]:
    pairs = zip(_WATER, fees.split(","), strict=True)
    return [(Fraction(x) * 10_000, Fraction(y)) for x, y in pairs]


def _bands(edges: str, fees: str) -> list[tuple[Fraction, Fraction]]:
    """Edges in 亿元 beside the fee at each of them."""
    pairs = zip(edges.split(), fees.split(), strict=True)
    return [(Fraction(x) * 10_000, Fraction(y)) for x, y in pairs]


_INVEST = "0.3 1 5 10 50"
_EIA = "0 0.3 2 10 50 100"
INTERPOLATED: dict[tuple[str, str], list[tuple[Fraction, Fraction]]] = {
    ("design-10", "design"): _points(_DESIGN),
    ("supervision-670", "supervision"): _points(_SUPERVISION),
    ("consulting-1283", "proposal"): _bands(_INVEST, "6 14 37 55 100"),
    ("consulting-1283", "feasibility"): _bands(_INVEST, "12 28 75 110 200"),
    ("consulting-1283", "appraise-proposal"): _bands(_INVEST, "4 8 12 15 17"),
    ("consulting-1283", "appraise-feasibility"): _bands(_INVEST, "5 10 15 20 25"),
    ("eia-125", "report"): _bands(_EIA, "5 6 15 35 75 110"),
    ("eia-125", "form"): _bands("0 0.3 2 10", "1 2 4 7"),
    ("eia-125", "review-report"): _bands(_EIA, "0.8 1.5 3 7 9 13"),
    ("eia-125", "review-form"): _bands("0 0.3 2 10", "0.5 0.8 1.5 2"),
    ("eia-zj85", "report"): _bands(_EIA, "3.2 3.9 9.7 22.7 48.7 71.5"),
    ("eia-zj85", "form"): _bands("0 0.3 2 10", "0.65 1.3 2.6 4.5"),
    ("soil-water-22", "plan"): _water(
        "30,52,72,82,95,104,116,119,132,156,171,185,200,220,230,245,259,270,290,320,350"
    ),
    ("soil-water-22", "monitoring"): _water(
        "30,60,90,140,180,220,275,310,350,385,420,460,490,525,560,600,640,680,710,735,760"
    ),
    ("soil-water-22", "acceptance"): _water(
        "10,18,30,36,42,48,54,60,66,72,78,84,107,111,116,119,126,130,144,150,160"
    ),
    ("soil-water-22", "advice"): _water(
        "1,1.5,2,2.5,2.9,3.2,3.5,3.8,4,4.8,5.2,5.6,6,6.5,7,7.5,7.8,8.3,8.5,9,9.5"
    ),
}
# Beyond the last point: of the whole amount, or one figure.
BEYOND: dict[tuple[str, str], tuple[Fraction, Fraction]] = {
    ("design-10", "design"): (Fraction("0.016"), Fraction(0)),
    ("supervision-670", "supervision"): (Fraction("0.01039"), Fraction(0)),
    ("consulting-1283", "proposal"): (Fraction(0), Fraction(125)),
    ("consulting-1283", "feasibility"): (Fraction(0), Fraction(250)),
    ("consulting-1283", "appraise-proposal"): (Fraction(0), Fraction(20)),
    ("consulting-1283", "appraise-feasibility"): (Fraction(0), Fraction(35)),
    ("eia-125", "report"): (Fraction(0), Fraction(110)),
    ("eia-125", "form"): (Fraction(0), Fraction(7)),
    ("eia-125", "review-report"): (Fraction(0), Fraction(13)),
    ("eia-125", "review-form"): (Fraction(0), Fraction(2)),
    ("eia-zj85", "report"): (Fraction(0), Fraction("71.5")),
    ("eia-zj85", "form"): (Fraction(0), Fraction("4.5")),
}

NEGOTIATED = {
    "proposal": "0.8–2 1.7–4.8 4–11.2 9.5–30 25–44 37.5–80 68–100",
    "feasibility": "1.6–4 3.4–9.6 8–22.4 19–60 50–88 75–160 136–200",
    "appraise-proposal": "0.5–1.2 1–3.2 2.7–6.4 5.4–9.6 8–12 10–13.6 11.5–16",
    "appraise-feasibility": "0.8–2 1.7–4 3.4–8 6.8–12 10–16 13.6–20 17–28",
    "appraise-design": "0.8–2 1.7–4 3.4–8 6.8–12 10–16 13.6–20 17–28",
}

UNIT_PRICES = {
    ("surveying-17", "planning-stake-out"): {None: "4371.10", "II": "4371.10"},
    ("surveying-17", "setting-out"): {None: "3278.85"},
    ("surveying-17", "check-plane-position"): {None: "3150.59"},
    ("surveying-17", "check-height"): {None: "2849.06"},
    ("surveying-17", "planned-area"): {"I": "1824.67", "II": "2029.55", "III": "2263.69"},
    ("surveying-17", "mapping-built-up"): {"I": "7077.94", "II": "9795.05", "III": "13058.93"},
    ("surveying-17", "mapping-ordinary"): {"I": "3544.96", "II": "5443.61", "III": "7915.79"},
    ("surveying-17", "property-survey-map"): {
        "I": "16166.84",
        "II": "19156.78",
        "III": "22827.67",
    },
    ("surveying-17", "urban-cadastre"): {"I": "12957.24", "II": "15369.50", "III": "19179.22"},
    ("property-survey", "housing"): {None: "1.36"},
    ("property-survey", "commercial"): {None: "1.5"},
    ("property-survey", "mixed"): {None: "1.8"},
    ("property-survey", "factory"): {None: "0.8"},
    ("property-survey", "boundary"): {None: "0.227"},
    ("lightning-zj267", "test-point"): {None: "100"},
    ("lightning-zj267", "new-build"): {"1": "1.04", "2": "1.04", "3": "0.8"},
    ("lightning-zj267", "design-review"): {"Ⅰ": "0.195", "Ⅱ": "0.195", "Ⅲ": "0.15"},
    ("drawing-review-534", "by-area"): {None: "2"},
}
WHOLE_JOBS = {"report": "8.0 4.5 2.6", "review": "2.0 1.5 1.0"}

# Each industry list with its factors, as the copies print it.
INDUSTRIES = {
    "consulting-1283": {
        "1.3": "petrochem chem steel",
        "1.2": "oil gas water hydropower waterway chemical-fibre",
        "1.0": "non-ferrous gold textile light telecom broadcasting pharma coal thermal nuclear"
        " machinery",
        "0.8": "forestry commerce grain building",
        "0.7": "building-materials road rail municipal",
    },
    "eia-125": {
        "1.2": "chem metallurgy non-ferrous gold coal mining textile chemical-fibre light pharma"
        " area",
        "1.1": "petrochem oil gas water hydropower tourism",
        "1.0": "forestry livestock fishery farming transport rail aviation pipeline"
        " building-materials municipal tobacco arms",
        "0.8": "telecom broadcasting aviation-industry machinery ships space electronics"
        " exploration social thermal",
        "0.6": "grain building it storage",
    },
    "design-10": {
        "1.0": "building municipal telecom thermal",
        "1.1": "civil-defence landscaping broadcasting waterway metro bridge tunnel mining",
        "0.9": "road city-road farming",
        "1.3": "cableway coal-dressing",
        "0.8": "airfield wind water forestry",
        "1.2": "petrochem pharma hydropower reservoir transmission coal smelting",
        "1.6": "nuclear",
    },
    "supervision-670": {
        "0.8": "landscaping",
        "0.9": "mining smelting oil wind water airfield farming forestry",
        "1.0": "coal building civil-defence municipal telecom road rail thermal chem",
        "1.1": "shaft waterway metro bridge tunnel cableway",
        "1.2": "nuclear hydropower reservoir",
    },
    "social-stability": {"1.2": "environment energy", "1.0": "other"},
}
# 534 lowers these by a fifth in the report and the form, up to 100 亿元.
LOWERED = {
    *("farming", "forestry", "fishery", "water", "building-materials", "municipal", "real-estate"),
    *("storage", "tobacco", "telecom", "broadcasting", "electronics-assembly", "social"),
}


def fen(wan: Fraction, per: int = 1_000_000) -> int:
    return (wan * per + Fraction(1, 2)).__floor__()


def ask(code: str, kind: str, figure: Fraction | int, **facts: object) -> tuple[int, int, int]:
    """Low, base and high in fen; the base is low again where there is none."""
    driver = STANDARDS[code].kinds[kind].driver
    field = "amount_wan" if driver == "amount" else "quantity"
    exact = Decimal(Fraction(figure).numerator) / Decimal(Fraction(figure).denominator)
    found = estimate(STANDARDS[code], Facts(kind=kind, **{field: exact}, **facts))  # type: ignore[arg-type]
    base = found.low_fen if found.base_fen is None else found.base_fen
    return found.low_fen, base, found.high_fen


def _around(edges: Sequence[Fraction]) -> list[Fraction]:
    """Each edge, its neighbours on either side and the middle of every piece."""
    near = [edge + step for edge in edges for step in (-Fraction(1, 100), 0, Fraction(1, 100))]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    return sorted({one for one in (*near, *middles, edges[-1] * 3) if one >= 0})


@pytest.mark.parametrize("which", PROGRESSIVE, ids="/".join)
def test_every_band_of_the_progressive_tables(which: tuple[str, str]) -> None:
    code, kind = which
    limits, rates, per = PROGRESSIVE[which]
    unit = 100 if STANDARDS[code].kinds[kind].driver == "quantity" else 1_000_000
    edges = [Fraction(0), *map(Fraction, limits)]
    for figure in _around(edges):
        expected = Fraction(0)
        for low, high, rate in zip(edges, [*edges[1:], None], rates, strict=True):
            part = (figure if high is None else min(figure, high)) - low
            expected += max(part, Fraction(0)) * Fraction(rate) / per
        if code == "tendering-1980":
            expected = min(expected, Fraction(CAPS[kind]))
        assert ask(code, kind, figure)[1] == fen(expected, unit), (which, figure)


@pytest.mark.parametrize("which", INTERPOLATED, ids="/".join)
def test_every_point_of_the_interpolated_tables(which: tuple[str, str]) -> None:
    points = INTERPOLATED[which]
    for figure in _around([x for x, _ in points]):
        if figure < points[0][0] or (figure > points[-1][0] and which not in BEYOND):
            continue
        if figure > points[-1][0]:
            rate, flat = BEYOND[which]
            expected = figure * rate + flat
        else:
            (x0, y0), (x1, y1) = next(pair for pair in pairwise(points) if figure <= pair[1][0])
            expected = y0 + (figure - x0) / (x1 - x0) * (y1 - y0)
        assert ask(*which, figure)[1] == fen(expected), (which, figure)


@pytest.mark.parametrize("kind", NEGOTIATED)
def test_every_range_of_zj252(kind: str) -> None:
    ranges = [tuple(map(Fraction, one.split("–"))) for one in NEGOTIATED[kind].split()]
    limits = [Fraction(one) for one in (0, 1000, 3000, 10_000, 50_000, 100_000, 500_000)]
    for figure in _around(limits):
        place = sum(figure > limit for limit in limits[1:])
        low, high = ranges[place]
        assert ask("consulting-zj252", kind, figure) == (fen(low), fen(low), fen(high)), figure


@pytest.mark.parametrize("which", UNIT_PRICES, ids="/".join)
def test_every_unit_price(which: tuple[str, str]) -> None:
    for grade, price in UNIT_PRICES[which].items():
        for quantity in (1, 7, 1250):
            expected = fen(Fraction(price) * quantity, 100)
            assert ask(*which, quantity, grade=grade)[1:] == (expected, expected), grade


@pytest.mark.parametrize("kind", WHOLE_JOBS)
def test_every_price_of_the_geological_report(kind: str) -> None:
    for grade, wan in zip(("1", "2", "3"), WHOLE_JOBS[kind].split(), strict=True):
        for area in (Fraction(1, 2), 1, 30):
            assert ask("geohazard-2004", kind, area, grade=grade)[1] == fen(Fraction(wan))
            zhejiang = ask("geohazard-2004", kind, area, grade=grade, ground="zhejiang")
            assert zhejiang[1] == fen(Fraction(wan) * Fraction("1.4"))


@pytest.mark.parametrize("code", INDUSTRIES)
def test_every_industry_of_every_list(code: str) -> None:
    kind = {"consulting-1283": "proposal", "eia-125": "review-form", "social-stability": "review"}
    name = kind.get(code) or next(iter(STANDARDS[code].kinds))
    plain = ask(code, name, 10_000)[1]
    for factor, names in INDUSTRIES[code].items():
        for industry in names.split():
            expected = fen(Fraction(plain, 1_000_000) * Fraction(factor))
            for spelled in (industry, industry.replace("-", " ").upper()):
                found = ask(code, name, 10_000, industry=spelled)[1]
                assert abs(found - expected) <= 1, (code, spelled)


@pytest.mark.parametrize("code", ["eia-125", "eia-zj85"])
@pytest.mark.parametrize("kind", ["report", "form"])
def test_534_lowers_its_industries_in_report_and_form_only(code: str, kind: str) -> None:
    factors = {one: f for f, row in INDUSTRIES["eia-125"].items() for one in row.split()}
    # 125 has no row of its own for these two; each takes that of the trade it belongs to.
    factors |= {"real-estate": factors["building"], "electronics-assembly": factors["electronics"]}
    for industry, factor in factors.items():
        fifth = Fraction("0.8") if industry in LOWERED else 1
        expected = fen(INTERPOLATED[code, kind][2][1] * Fraction(factor) * fifth)
        assert ask(code, kind, 20_000, industry=industry)[1] == expected, industry


def test_125_printed_table_of_the_form_140_values() -> None:
    """0.5–3.9 亿元 in steps of 0.1 by four industry factors, printed to two places."""
    points = INTERPOLATED["eia-125", "form"]
    seen = 0
    for tenth in range(5, 40):
        figure = Fraction(tenth) * 1000
        (x0, y0), (x1, y1) = next(pair for pair in pairwise(points) if figure <= pair[1][0])
        base = y0 + (figure - x0) / (x1 - x0) * (y1 - y0)
        for industry, factor in zip(
            ("chem", "petrochem", "transport", "machinery"), ("1.2", "1.1", "1", "0.8"), strict=True
        ):
            expected = (base * Fraction(factor) * 100 + Fraction(1, 2)).__floor__()
            found = Decimal(ask("eia-125", "form", figure, industry=industry)[1]) / 10_000
            assert found.to_integral_value(ROUND_HALF_UP) == expected, (tenth, industry)
            seen += 1
    assert seen == 140


def test_every_kind_of_every_standard_stands_in_one_of_these_tables() -> None:
    known = {*PROGRESSIVE, *INTERPOLATED, *UNIT_PRICES}
    known |= {("consulting-zj252", kind) for kind in NEGOTIATED}
    known |= {("geohazard-2004", kind) for kind in (*WHOLE_JOBS, "field")}
    known |= {("social-stability", kind) for kind in ("compile", "review")}
    known |= {("drawing-review-534", kind) for kind in ("by-fee", "by-estimate")}
    assert known == {(code, kind) for code, one in STANDARDS.items() for kind in one.kinds}
