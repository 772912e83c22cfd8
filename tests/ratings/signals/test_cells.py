"""Every state of a cell, each from the rows that cause it."""

import functools
import operator
from collections.abc import Iterator

import ibis
import pytest

from ratings.ledger.errors import Refused
from ratings.ledger.uscc import check_character
from ratings.shells.facts import SHORT
from ratings.shells.firms import frame_of, framed, gathered
from ratings.shells.numbers import with_numbers
from ratings.shells.policy import load_policy
from ratings.shells.screen import open_engine
from ratings.signals.cells import (
    WINDOW,
    late_months,
    month_number,
    month_text,
)
from ratings.signals.contract import FEEDS
from ratings.signals.engine import Tables, missing_months
from ratings.signals.files import read_directory

NEWEST = month_number("2026-06")
POLICY = load_policy()
STATES = ("positive", "zero", "overdue", "not_due", "exempt", "away")


def code(number: int, region: str = "330281") -> str:
    first = f"91{region}MA2{number:06d}"
    return first + check_character(first)


OLD, YOUNG, CLOSED, QUARTERLY, SOLE, COMPANY, FOREIGN, NOBODY, DORMANT_TRADER = (
    code(1),
    code(2),
    code(3),
    code(4),
    code(5),
    code(6),
    code(7, "330282"),
    code(8),
    code(9),
)

TAX = f"""uscc,month,state,filing_cycle
{OLD},2026-01,POS,M
{OLD},2026-02,ZERO,M
{OLD},2026-03,OVERDUE,M
{OLD},2026-04,POS,M
{YOUNG},2026-03,ZERO,M
{YOUNG},2026-04,POS,M
{CLOSED},2025-12,ZERO,M
{CLOSED},2026-01,ZERO,M
{CLOSED},2026-02,OVERDUE,M
{QUARTERLY},2026-01,ZERO,Q
{QUARTERLY},2026-03,ZERO,Q
{DORMANT_TRADER},2026-02,POS,M
{NOBODY},2026-02,ZERO,M
{NOBODY},2026-01,POS,M
"""
INSURED = f"""uscc,month,insured
{SOLE},2026-01,0
{SOLE},2024-12,0
{COMPANY},2026-01,0
{OLD},2026-01,
{OLD},2026-02,4
{OLD},2026-03,0
"""
REGISTER = "\n".join(
    (
        "uscc,month,status,established_on,legal_form,dormant_from,dormant_to",
        f"{OLD},2026-01,active,2010-01-01,company,,",
        f"{YOUNG},2026-01,active,2025-11-20,company,,",
        f"{CLOSED},2026-01,dormant,2010-01-01,company,2026-01-15,",
        f"{DORMANT_TRADER},2026-01,dormant,2010-01-01,company,2026-01-15,2026-12-31",
        f"{QUARTERLY},2026-01,active,2010-01-01,company,,",
        f"{SOLE},2026-01,active,2010-01-01,sole,,",
        f"{COMPANY},2026-01,active,2010-01-01,company,,",
        f"{FOREIGN},2026-01,active,2010-01-01,company,,",
    )
)
EXCUSES = f"""uscc,kind,from_month,to_month
{SOLE},sole_practitioner,2025-06,
{COMPANY},sole_practitioner,2025-06,
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    folder = tmp_path_factory.mktemp("feeds")
    for name, text in (
        ("tax_filing", TAX),
        ("social_insurance", INSURED),
        ("registration", REGISTER),
        ("excuses", EXCUSES),
        (
            "manifest",
            "feed,month,received_at,coverage,ok\n"
            + "".join(
                f"social_insurance,{month_text(NEWEST - age)},2026-06-01T00:00:00Z,"
                f"{'0.5' if age == 3 else '0.9'},{'false' if age == 6 else 'true'}\n"
                for age in range(WINDOW)
                if age != 8
            ),
        ),
    ):
        (folder / f"{name}.csv").write_text(text)
    connection = open_engine("duckdb")
    yield Tables(connection, read_directory(folder))
    connection.disconnect()


@pytest.fixture(scope="module")
def masks(tables: Tables) -> dict[str, dict[str, int]]:
    """agency -> column -> mask"""
    frame = frame_of(tables, NEWEST)
    firms = gathered(tables, frame, POLICY)
    states = with_numbers(framed(firms))
    wanted = [
        f"{short}_{state}"
        for short in ("tax", "insured", "register")
        for state in (*STATES, "covered", "late", "heard")
    ]
    query = ibis.to_sql(states.select("uscc", *wanted), dialect="duckdb")
    return {row.pop("uscc"): row for row in tables.rows(str(query))}


@pytest.mark.parametrize(
    ("feed", "uscc", "month", "state"),
    [
        ("tax_filing", OLD, "2026-01", "positive"),
        ("tax_filing", OLD, "2026-02", "zero"),
        ("tax_filing", OLD, "2026-03", "overdue"),
        ("tax_filing", OLD, "2025-12", "unknown"),
        ("tax_filing", OLD, "2025-10", "unknown"),
        ("tax_filing", OLD, "2026-05", "late"),
        ("tax_filing", OLD, "2026-06", "late"),
        ("tax_filing", YOUNG, "2025-10", "unknown"),
        ("tax_filing", YOUNG, "2026-03", "exempt"),
        ("tax_filing", YOUNG, "2026-04", "positive"),
        ("tax_filing", CLOSED, "2025-12", "zero"),
        ("tax_filing", CLOSED, "2026-01", "exempt"),
        ("tax_filing", CLOSED, "2026-02", "exempt"),
        ("tax_filing", CLOSED, "2026-03", "exempt"),
        ("tax_filing", DORMANT_TRADER, "2026-02", "positive"),
        ("tax_filing", QUARTERLY, "2026-01", "not_due"),
        ("tax_filing", QUARTERLY, "2026-03", "zero"),
        ("tax_filing", FOREIGN, "2026-01", "unknown"),
        ("tax_filing", NOBODY, "2026-01", "positive"),
        ("tax_filing", NOBODY, "2026-02", "unknown"),
        ("social_insurance", YOUNG, "2025-09", "not_due"),
        ("social_insurance", YOUNG, "2026-01", "exempt"),
        ("social_insurance", SOLE, "2026-01", "exempt"),
        ("social_insurance", SOLE, "2024-12", "zero"),
        ("social_insurance", COMPANY, "2026-01", "zero"),
        ("social_insurance", OLD, "2026-01", "unknown"),
        ("social_insurance", OLD, "2026-02", "positive"),
        ("social_insurance", OLD, "2026-03", "unknown"),
        ("registration", OLD, "2026-01", "positive"),
        ("registration", NOBODY, "2026-01", "unknown"),
    ],
)
def test_the_state_of_a_cell(
    masks: dict[str, dict[str, int]], feed: str, uscc: str, month: str, state: str
) -> None:
    own, bit = masks[uscc], 1 << (month_number(month) - NEWEST + WINDOW - 1)
    found = [name for name in STATES if own[f"{SHORT[feed]}_{name}"] & bit]
    assert found == ([state] if state in STATES else [])
    covered = bool(own[f"{SHORT[feed]}_covered"] & bit)
    assert covered is (state in STATES and state != "away")
    assert bool(own[f"{SHORT[feed]}_late"] & bit) is (state == "late")


def test_a_month_is_in_one_state_at_most(masks: dict[str, dict[str, int]]) -> None:
    assert len(masks) == 9
    for own in masks.values():
        for short in ("tax", "insured", "register"):
            states = [own[f"{short}_{name}"] for name in STATES]
            assert sum(states) == functools.reduce(operator.or_, states)
            assert own[f"{short}_heard"] & ~own[f"{short}_covered"] == 0


def test_a_batch_that_failed_never_came_or_shrank_is_missing(tables: Tables) -> None:
    missing = {
        month_text(month) for month in missing_months(tables, FEEDS["social_insurance"], NEWEST)
    }
    assert missing == {"2026-03", "2025-12", "2025-10"}


def test_a_feed_that_never_came_is_missing_throughout(tables: Tables) -> None:
    assert len(missing_months(tables, FEEDS["utilities"], NEWEST)) == WINDOW


def test_late_is_what_the_source_has_not_sent_by_the_end_of_the_month() -> None:
    assert {month_text(month) for month in late_months(FEEDS["tax_filing"], NEWEST)} == {
        "2026-05",
        "2026-06",
    }
    assert late_months(FEEDS["platform"], NEWEST) == set()


def test_a_wrong_as_of_month_is_refused() -> None:
    with pytest.raises(Refused, match="“2026-13” is not a month"):
        month_number("2026-13")


def test_months_are_counted_without_gaps() -> None:
    assert month_text(month_number("2025-12") + 1) == "2026-01"
