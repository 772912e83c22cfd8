"""What must hold for every standard and every figure, not only for the printed examples."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.fee_standards import FeeKind
from market.catalogue.fees import Estimate, Facts, estimate
from market.catalogue.shapes import Interpolation, Missing, Negotiation, UnitPrice
from market.catalogue.standards import load_fee_standards
from market.catalogue.workings import FEN_PER, Line

STANDARDS = load_fee_standards()
KINDS = [
    (code, name)
    for code, standard in STANDARDS.items()
    for name, kind in standard.kinds.items()
    if not isinstance(kind.table, Missing)
]
AMOUNTS = st.decimals(min_value=0, max_value=3_000_000, places=4, allow_nan=False)

# These two documents themselves fall at the end of their tables; each side of it is monotone.
FALLS = {"design-10": Decimal(2_000_000), "supervision-670": Decimal(1_000_000)}

which = pytest.mark.parametrize(("code", "name"), KINDS)


def reaches(kind: FeeKind, amount: Decimal) -> Decimal:
    """The amount, pulled into the table where the standard says nothing beyond it."""
    table = kind.table
    if isinstance(table, Interpolation):
        low = table.points[0][0] if table.below is None else Decimal(0)
        high = table.points[-1][0] if table.above is None else amount
        return min(max(amount, low), max(high, low))
    return amount


def ask(code: str, name: str, amount: Decimal, **facts: object) -> Estimate:
    kind = STANDARDS[code].kinds[name]
    field = "amount_wan" if kind.driver == "amount" else "quantity"
    asked = {"kind": name, field: reaches(kind, amount), **facts}
    return estimate(STANDARDS[code], Facts(**asked))  # type: ignore[arg-type]


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def replay(lines: tuple[Line, ...]) -> tuple[int, int | None, int]:
    """Work the printed figures out again, as a person with a calculator would."""
    low = high = total = Fraction(0)
    base: Fraction | None = Fraction(0)
    unit = "wan"
    for line in lines:
        f = {name: Fraction(figure) for name, figure in line.figures.items()}
        unit = line.unit or unit
        match line.kind:
            case "lump":
                total += f["sum"]
            case "bracket":
                total += f["part"] * f["rate"] / f["per"]
            case "subtotal":
                low = base = high = total
            case "interval":
                slope = (f["y1"] - f["y0"]) / (f["x1"] - f["x0"])
                low = base = high = f["y0"] + slope * (f["amount"] - f["x0"])
            case "rate":
                low = base = high = f["amount"] * f["rate"] / f["per"]
            case "ceiling":
                low, base, high = Fraction(0), *(f["amount"] * f["rate"] / f["per"],) * 2
            case "flat":
                low = base = high = f["sum"]
            case "open":
                low, base, high = f["low"], f["high"], f["high"]
            case "range":
                low, base, high = f["low"], None, f["high"]
            case "price":
                low = base = high = f["price"] * f["quantity"]
            case "price-range":
                q = f["quantity"]
                low, high = f["low"] * q, f["high"] * q
                base = f["base"] * q if "base" in f else None
            case "factor":
                low, high = low * f["factor"], high * f["factor"]
                base = None if base is None else base * f["factor"]
            case "uplift":
                high *= f["high"]
            case "cut-add":
                more = f["over"] * f["rate"] / f["per"]
                low, high = low + more, high + more
                base = None if base is None else base + more
            case "cap":
                low, high = min(low, f["cap"]), min(high, f["cap"])
                base = None if base is None else min(base, f["cap"])
            case "float":
                low, high = low * (1 - f["percent"] / 100), high * (1 + f["percent"] / 100)
            case _:
                assert line.kind in ("question", "assumption", "result")
    per = FEN_PER[unit]
    return half_up(low * per), None if base is None else half_up(base * per), half_up(high * per)


@which
@settings(max_examples=30)
@given(amount=AMOUNTS)
def test_workings_give_the_result_exactly(code: str, name: str, amount: Decimal) -> None:
    found = ask(code, name, amount)
    assert replay(found.workings) == (found.low_fen, found.base_fen, found.high_fen)


@which
@settings(max_examples=30)
@given(amount=AMOUNTS)
def test_low_base_high_are_in_order(code: str, name: str, amount: Decimal) -> None:
    found = ask(code, name, amount)
    middle = found.low_fen if found.base_fen is None else found.base_fen
    assert 0 <= found.low_fen <= middle <= found.high_fen


@which
@settings(max_examples=30)
@given(amounts=st.tuples(AMOUNTS, AMOUNTS))
def test_more_never_costs_less(code: str, name: str, amounts: tuple[Decimal, Decimal]) -> None:
    less, more = sorted(amounts)
    end = FALLS.get(code)
    if end is not None and more > end:
        less = max(less, end + Decimal("0.0001"))
        more = max(less, more)
    before, after = ask(code, name, less), ask(code, name, more)
    assert before.low_fen <= after.low_fen
    assert before.high_fen <= after.high_fen
    if before.base_fen is not None and after.base_fen is not None:
        assert before.base_fen <= after.base_fen


def limits(kind: FeeKind) -> list[Decimal]:
    """Where the pieces of a table meet."""
    table = kind.table
    if isinstance(table, Interpolation):
        return [x for x, _ in table.points[1:-1]]
    return [band[0] for band in getattr(table, "bands", ())]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pair
        for pair in KINDS
        if not isinstance(STANDARDS[pair[0]].kinds[pair[1]].table, (Negotiation, UnitPrice))
    ],
)
def test_pieces_of_a_table_meet(code: str, name: str) -> None:
    """A ten-thousandth of the driver across a limit moves the fee by a few fen at most."""
    step = Decimal("0.0001")
    for limit in limits(STANDARDS[code].kinds[name]):
        around = [ask(code, name, limit + move).base_fen for move in (-step, step * 0, step)]
        for before, after in pairwise(around):
            assert before is not None
            assert after is not None
            assert 0 <= after - before <= 5


@pytest.mark.parametrize("code", ["design-10", "supervision-670"])
def test_practice_below_meets_the_table(code: str) -> None:
    first = {"design-10": Decimal(200), "supervision-670": Decimal(500)}[code]
    name = next(iter(STANDARDS[code].kinds))
    below, at = ask(code, name, first - Decimal("0.0001")), ask(code, name, first)
    assert below.base_fen is not None
    assert at.base_fen is not None
    assert 0 <= at.base_fen - below.base_fen <= 5
    assert "惯例" in below.workings[1].zh


@given(amount=AMOUNTS, industry=st.sampled_from(["municipal", "chem", "social"]))
def test_workings_hold_with_factors(amount: Decimal, industry: str) -> None:
    found = ask("eia-125", "form", amount, industry=industry, sensitivity="sensitive")
    assert replay(found.workings) == (found.low_fen, found.base_fen, found.high_fen)


@pytest.mark.parametrize("code", FALLS)
def test_a_document_that_falls_at_the_end_of_its_table_says_so(code: str) -> None:
    name = next(iter(STANDARDS[code].kinds))
    at, beyond = (ask(code, name, FALLS[code] + step) for step in (Decimal(0), Decimal("0.0001")))
    assert at.base_fen is not None
    assert beyond.base_fen is not None
    assert beyond.base_fen < at.base_fen
    assert any("原文如此" in note for note in beyond.notes_zh)


@given(
    amount=st.decimals(min_value=0, max_value=10**6, places=2),
    cut=st.decimals(min_value=0, max_value=10**6, places=2),
    scope=st.sampled_from([None, "full", "re-check", "spot-review"]),
    industry=st.sampled_from([None, "decoration", "antique"]),
)
def test_workings_hold_for_a_review_with_everything_on_top(
    amount: Decimal, cut: Decimal, scope: str | None, industry: str | None
) -> None:
    facts = {"cut_add_wan": cut, "scope": scope, "industry": industry}
    found = ask("cost-zj84", "settlement-review", amount, **facts)
    assert replay(found.workings) == (found.low_fen, found.base_fen, found.high_fen)


@which
@settings(max_examples=10)
@given(yuan=st.integers(min_value=0, max_value=3 * 10**10))
def test_units_agree(code: str, name: str, yuan: int) -> None:
    """A figure in yuan, written as 万元, is answered with fen of the value in the last line."""
    found = ask(code, name, Decimal(yuan) / 10_000)
    last = [line for line in found.workings if line.unit is not None][-1]
    assert {line.unit for line in found.workings if line.unit} == {last.unit}
    per = 1_000_000 if STANDARDS[code].kinds[name].driver == "amount" else 100
    assert last.unit is not None
    assert FEN_PER[last.unit] == per
    if found.base_fen is not None:
        assert last.value is not None
        assert abs(Fraction(last.value) * per - found.base_fen) <= Fraction(1, 2) + Fraction(1, 100)


@given(amount=st.decimals(min_value=0, max_value=10**9, places=2))
def test_caps_hold_for_any_award(amount: Decimal) -> None:
    found = ask("tendering-1980", "services", amount)
    assert found.high_fen <= 300 * 1_000_000
    assert replay(found.workings) == (found.low_fen, found.base_fen, found.high_fen)
