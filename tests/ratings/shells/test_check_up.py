"""Check-ups: figures from known months only, quartiles of a trade, and who reads them when."""

import statistics
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.files.store import open_store
from market.worker import check_ups
from ratings.ledger.actors import Role, system
from ratings.ledger.clock import add_working_days, local_date, now
from ratings.ledger.database import execute, fetchval
from ratings.ledger.errors import NotFound
from ratings.ledger.queries import history
from ratings.shells.check_up import (
    INDICATORS,
    Measured,
    Place,
    Range,
    Trade,
    WarningRule,
    centre_reads_from,
    check_up,
    check_up_policy,
    figure,
    placed,
    usual_range,
)
from ratings.shells.check_up_actions import make_check_ups
from ratings.shells.check_up_figures import measured
from ratings.shells.check_up_queries import (
    check_up_months,
    check_ups_of,
    own_check_ups,
    visible_check_up,
)
from ratings.shells.queries import latest_screen
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS
from ratings.signals.reading import empty_table
from tests.conftest import make_uscc
from tests.county import County, at, refused
from tests.screened import screened_ring

POLICY = check_up_policy()
AS_OF = "2026-06"
MONTHS = [month_text(month_number(AS_OF) - back) for back in range(WINDOW)]
Code = Callable[[int], str]
NUMBERS = st.floats(-1e9, 1e9)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(0, 9))
def test_a_figure_lies_on_one_side_of_the_middle_half(
    value: float, one: float, two: float, three: float, firms: int
) -> None:
    low, middle, high = sorted((one, two, three))
    usual = usual_range((low, middle, high), firms, POLICY.least_firms)
    place = placed(value, usual)
    assert (place is Place.ALONE) == (firms < POLICY.least_firms)
    if usual is not None:
        assert (place is Place.WITHIN) == (low <= value <= high)
        assert (place is Place.BELOW) == (value < low)
        assert placed(None, usual) is Place.UNKNOWN


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("sales", 9.0, True),
        ("sales", 1.0, False),
        ("sales", 5.0, None),
        ("arrears", 9.0, False),
        ("arrears", 1.0, True),
        ("power", 1.0, None),
        ("power", 9.0, None),
    ],
)
def test_which_side_is_better_depends_on_the_indicator(
    name: str, value: float, good: bool | None
) -> None:
    indicator = next(one for one in INDICATORS if one.name == name)
    assert figure(indicator, value, None, Range(9, 4, 5, 6), 9).good is good


def test_a_small_trade_has_no_comparison_and_says_how_small_it_is() -> None:
    firm = Measured("X", "7481", {"sales": 5.0}, {})
    trade = Trade(4, {"sales": 4}, {"sales": (1.0, 2.0, 3.0)})
    report = check_up(firm, AS_OF, trade, POLICY)
    sales = next(one for one in report.figures if one.indicator == "sales")
    assert (sales.place, sales.usual, sales.firms) == (Place.ALONE, None, 4)
    assert {one.place for one in report.figures} == {Place.ALONE, Place.UNKNOWN}
    assert len(report.figures) == len(INDICATORS)


def test_the_lead_of_the_agency_is_whole_working_days() -> None:
    made = datetime(2026, 9, 3, 9, tzinfo=UTC)
    opens = centre_reads_from(made, POLICY)
    last = add_working_days(date(2026, 9, 3), POLICY.lead_working_days)
    assert local_date(opens - timedelta(seconds=1)) == last
    assert local_date(opens) == last + timedelta(days=1)


class Held:
    """Feeds that lie in memory."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        self.rows = rows
        self.present = frozenset(rows)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> None:
        for feed, rows in self.rows.items():
            schema = empty_table(FEEDS[feed]).schema
            connection.register(f"feed_{feed}", pa.Table.from_pylist(rows, schema))


def registered(code: Code, firms: range, sector: str | None = None) -> list[dict[str, Any]]:
    return [{"uscc": code(n), "month": AS_OF, "sector": sector} for n in firms]


def insured(code: Code, n: int, months: list[str], persons: int | None, state: str) -> list[Any]:
    return [
        {"uscc": code(n), "month": month, "state": state, "insured": persons} for month in months
    ]


def test_what_is_not_known_is_no_zero(code: Code) -> None:
    rows = [
        *insured(code, 0, MONTHS[:6], 8, "POS"),
        *insured(code, 0, MONTHS[6:12], None, "EXEMPT"),
        *insured(code, 0, MONTHS[12:], 2, "POS"),
        *insured(code, 1, MONTHS[:2], 8, "POS"),
        *insured(code, 2, MONTHS[:6], 0, "ZERO"),
        *insured(code, 3, MONTHS[:4], None, "OVERDUE"),
        # That the county's other months came at all.
        *insured(code, 4, MONTHS, 1, "POS"),
    ]
    feeds = Held({"registration": registered(code, range(5)), "social_insurance": rows})
    found = measured(feeds, AS_OF, [code(n) for n in range(5)], POLICY.least_months)
    firms = {one.uscc: one for one in found.firms}
    assert (firms[code(0)].now["insured"], firms[code(0)].before["insured"]) == (8.0, 2.0)
    assert firms[code(1)].now["insured"] is None
    assert firms[code(2)].now["insured"] == 0.0
    assert firms[code(3)].now["insured"] is None
    assert firms[code(3)].now["late_insurance"] == 4.0
    assert firms[code(2)].now["late_insurance"] == 0.0
    assert all(one.now["sales"] is None for one in found.firms)


def test_a_quarterly_filer_has_the_sales_of_a_month(code: Code) -> None:
    rows = [
        {"uscc": code(0), "month": month, "state": "POS", "sales_fen": 300, "filing_cycle": "Q"}
        for month in MONTHS[:12:3]
    ]
    rows += [
        {"uscc": code(1), "month": month, "state": "POS", "sales_fen": 100, "filing_cycle": "M"}
        for month in MONTHS
    ]
    feeds = Held({"registration": registered(code, range(2)), "tax_filing": rows})
    found = measured(feeds, AS_OF, [code(0), code(1)], POLICY.least_months)
    assert [one.now["sales"] for one in found.firms] == [100.0, 100.0]


@settings(max_examples=12)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=12))
def test_the_middle_half_is_that_of_the_trade(persons: list[int]) -> None:
    def code(number: int) -> str:
        return make_uscc(8_000_000 + number)

    trade = registered(code, range(len(persons)), "7481")
    others = registered(code, range(100, 103), "7482")
    rows = [
        row
        for n, count in enumerate(persons)
        for row in insured(code, n, MONTHS[:12], count, "POS" if count else "ZERO")
    ]
    rows += [row for n in range(100, 103) for row in insured(code, n, MONTHS[:12], 9_999, "POS")]
    feeds = Held({"registration": trade + others, "social_insurance": rows})
    county = measured(feeds, AS_OF, [code(0)], POLICY.least_months)
    assert set(county.trades) == {"", "7481"}
    found = county.trades["7481"]
    assert (found.firms, found.known["insured"]) == (len(persons), len(persons))
    quartiles = statistics.quantiles(persons, n=4, method="inclusive")
    assert found.quartiles["insured"] == pytest.approx(tuple(quartiles))
    assert county.trades[""].firms == len(persons) + 3


@given(st.sampled_from(POLICY.warnings), NUMBERS, NUMBERS)
def test_only_what_has_grown_worse_is_warned_of(
    rule: WarningRule, value: float, before: float
) -> None:
    worse = value < before if rule.falls_by else value > before
    if rule.warns(value, before) and value >= 0:
        assert worse
    assert not rule.warns(None, before)
    assert not rule.warns(value, None)


@pytest.mark.parametrize(
    ("indicator", "before", "value", "warned"),
    [
        ("insured", 10.0, 7.0, True),
        ("insured", 10.0, 7.1, False),
        ("insured", 2.0, 0.0, False),
        ("sales", 1_000_000.0, 500_000.0, True),
        ("sales", 999_999.0, 0.0, False),
        ("late_returns", 1.0, 2.0, True),
        ("late_returns", 2.0, 2.0, False),
        ("late_returns", 0.0, 1.0, False),
        ("late_orders", 0.1, 0.2, True),
        ("penalties", 0.0, 1.0, True),
        ("penalties", 2.0, 1.0, False),
        ("arrears", 0.0, 5.0, True),
    ],
)
def test_each_limit_is_the_documents(
    indicator: str, before: float, value: float, warned: bool
) -> None:
    firm = Measured("X", "", {indicator: value}, {indicator: before})
    feed = next(one.feed for one in INDICATORS if one.name == indicator)
    trade = Trade(9, {}, {})
    report = check_up(firm, AS_OF, trade, POLICY)
    assert [one.indicator for one in report.warnings] == ([indicator] if warned else [])
    # Whoever is flagged has a case, and whoever is excused has a reason.
    assert check_up(firm, AS_OF, trade, POLICY, flagged=True).warnings == ()
    assert check_up(firm, AS_OF, trade, POLICY, excused={feed}).warnings == ()


@pytest.mark.parametrize(
    "wrong", [{}, {"falls_by": 0.1, "reaches": 1.0}, {"indicator": "luck", "reaches": 1.0}]
)
def test_a_rule_that_says_nothing_is_no_rule(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs a fall or a level|no figure"):
        WarningRule(**{"name": "x", "indicator": "sales"} | wrong)


async def test_one_report_a_month_read_by_the_agency_first(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path, honest=4)
    screen = await latest_screen()
    assert screen is not None
    agencies = frozenset(
        one.uscc or "" for one in (ring.shell, ring.other, ring.struggling, *ring.honest)
    )
    made = await check_ups(now(), screen.id, county.app.state.settings)
    assert set(made) == agencies
    store = open_store(county.app.state.settings.files)
    assert await make_check_ups(system(now()), screen.id, agencies, store) == []
    missing = make_check_ups(
        system(now()), "0" * 8 + "-0000-0000-0000-" + "0" * 12, agencies, store
    )
    await refused(missing, NotFound, "screen-unknown")

    own, centre = ring.honest[0].actor(), county.centre.actor()
    auditor = (await county.account(Role.AUDITOR)).actor()
    (row,) = await own_check_ups(own)
    assert row.readable
    shown = await visible_check_up(own, row.id)
    assert shown.report.month == ring.month == screen.as_of_month
    values = {one.indicator: one for one in shown.report.figures}
    assert values["insured"].value is not None
    assert values["insured"].usual is not None
    assert values["insured"].firms == len(agencies)
    assert values["awards"].place is Place.UNKNOWN
    # Nobody else, and the centre only after the lead.
    assert (await visible_check_up(auditor, row.id)).report == shown.report
    others = [ring.honest[1].actor(), county.enterprise.actor(), county.supervisor.actor(), centre]
    for other in others:
        await refused(visible_check_up(other, row.id), NotFound, "check-up-unknown")
    assert not any(one.readable for one in await check_ups_of(centre, ring.month))
    assert all(one.readable for one in await check_ups_of(auditor, ring.month))
    just_before = at(centre, row.centre_from - timedelta(microseconds=1))
    await refused(visible_check_up(just_before, row.id), NotFound, "check-up-unknown")
    later = at(centre, row.centre_from)
    assert (await visible_check_up(later, row.id)).report == shown.report
    assert all(one.readable for one in await check_ups_of(later, ring.month))
    assert await check_up_months() == [ring.month]

    # Whoever grows worse is warned; the flagged, whose returns stopped, have a case instead.
    (worse,) = await own_check_ups(ring.struggling.actor())
    warned = (await visible_check_up(ring.struggling.actor(), worse.id)).report.warnings
    assert "insured" in {one.indicator for one in warned}
    (flagged,) = await own_check_ups(ring.shell.actor())
    case = (await visible_check_up(ring.shell.actor(), flagged.id)).report
    late = next(one for one in case.figures if one.indicator == "late_returns")
    assert (late.value, late.before, case.warnings) == (late.value or 99, 0.0, ())

    # The ledger tells that it was made, and no figure of it.
    (told,) = [one for one in await history("agency", row.uscc) if one.act == "check_up.made"]
    assert set(told.fact()) == {"check_up", "month", "policy"}
    with pytest.raises(Exception, match="append-only"):
        await execute("UPDATE check_up_report SET month = '2020-01'")
    assert await fetchval("SELECT count(*) FROM check_up_report") == len(agencies)
    assert b"ring" not in msgspec.json.encode(shown)
