"""The drawing of a fee table: what it shows, whatever the table and the figure."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.fees import Facts
from market.catalogue.shapes import Missing
from market.catalogue.standards import load_fee_standards
from market.web.curve import HEIGHT, WIDTH, curve_of

STANDARDS = load_fee_standards()
KINDS = [
    (code, name)
    for code, standard in STANDARDS.items()
    for name, kind in standard.kinds.items()
    if not isinstance(kind.table, Missing)
]
PLACE = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


@pytest.mark.parametrize(("code", "name"), KINDS)
@settings(max_examples=3)
@given(figure=st.decimals(min_value="0.01", max_value=10**9, places=2))
def test_every_table_is_drawn_within_its_box(code: str, name: str, figure: Decimal) -> None:
    standard = STANDARDS[code]
    field = "amount_wan" if standard.kinds[name].driver == "amount" else "quantity"
    curve = curve_of(standard, Facts(kind=name, **{field: figure}))  # type: ignore[arg-type]
    assert curve is not None
    assert curve.line
    for path in (curve.line, curve.band):
        for x, y in PLACE.findall(path):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
    assert sum(row.here for row in curve.rows) == 1
    # A curve of less than a decade may have one round figure on its axis; the table has them all.
    assert 1 <= len(curve.xs) <= 9
    assert len(curve.rows) <= 20


def test_the_project_lies_on_the_line() -> None:
    facts = Facts(kind="works", amount_wan=Decimal(6000))
    curve = curve_of(STANDARDS["tendering-1980"], facts)
    assert curve is not None
    assert curve.mark is not None
    assert f"{curve.mark.x} {curve.mark.y}" in curve.line
    (here,) = [row for row in curve.rows if row.here]
    assert here.fee is not None
    assert here.fee.base_fen == 22_550_000


def test_a_range_has_two_ends_and_no_base_line() -> None:
    facts = Facts(kind="proposal", amount_wan=Decimal(4000))
    curve = curve_of(STANDARDS["consulting-zj252"], facts)
    assert curve is not None
    assert not curve.has_base
    assert curve.line.count("M") == 2
    assert curve.mark is not None
    assert curve.mark.low is not None


def test_the_old_line_stands_beside_the_new() -> None:
    standard = STANDARDS["design-10"]
    curve = curve_of(standard, Facts(kind="design"), old=standard)
    assert curve is not None
    assert curve.old == curve.line
    assert all(row.old == row.fee for row in curve.rows)
    assert curve.mark is None
