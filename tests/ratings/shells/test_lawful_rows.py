"""What a firm's rows may not be misread as: quarters, mistakes of unit, reasons of the register."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ratings.shells.scorecard import Outcome, Reason, Score
from ratings.shells.screen import screen_directory
from ratings.signals.cells import WINDOW, month_number, month_text
from tests.ratings.shells.test_screen import Row, written

AS_OF = "2026-06"
NEWEST = month_number(AS_OF)
Code = Callable[[int], str]


def months() -> list[tuple[int, str]]:
    """(months back, month) of the window, the oldest first."""
    return [(back, month_text(NEWEST - back)) for back in range(WINDOW - 1, -1, -1)]


def firm(uscc: str, **change: Callable[[int], Row]) -> dict[str, list[Row]]:
    """A firm like others; a feed of `change` says something else of a month so many back."""
    usual: dict[str, Callable[[int], Row]] = {
        "registration": lambda _: {"status": "active", "established_on": "2015-01-01"},
        "tax_filing": lambda _: {"state": "POS", "filing_cycle": "M", "sales_fen": 30_000_000},
        "invoices": lambda _: {
            "out_count": 9,
            "out_fen": 30_000_000,
            "in_fen": 12_000_000,
            "distinct_buyers": 5,
            "top_buyer_share": 0.4,
        },
        "social_insurance": lambda _: {"insured": 6, "due_fen": 900_000},
    }
    return {
        feed: [{"uscc": uscc, "month": month} | of(back) for back, month in months()]
        for feed, of in (usual | change).items()
    }


def scored(folder: Path, *firms: dict[str, list[Row]]) -> list[Score]:
    tables: dict[str, list[Row]] = {}
    for one in firms:
        for feed, rows in one.items():
            tables.setdefault(feed, []).extend(rows)
    keys = {
        feed: list(dict.fromkeys(k for row in rows for k in row)) for feed, rows in tables.items()
    }
    whole = {
        feed: [{key: row.get(key, "") for key in keys[feed]} for row in rows]
        for feed, rows in tables.items()
    }
    found = {one.uscc: one for one in screen_directory(written(folder, whole), AS_OF).scores}
    return [found[str(one["registration"][0]["uscc"])] for one in firms]


def rows(score: Score) -> dict[str, Reason]:
    return {row.feature: row for row in score.reasons}


def by_the_quarter(state: str) -> Callable[[int], Row]:
    """June is the newest month, so a quarter is filed for where `back` is a multiple of three."""

    def row(back: int) -> Row:
        return {
            "state": state if back % 3 == 0 else "NOT_DUE",
            "filing_cycle": "Q",
            "sales_fen": "",
        }

    return row


@pytest.mark.parametrize(
    ("state", "feature", "months"),
    [("ZERO", "tax_zero_run", WINDOW), ("OVERDUE", "tax_overdue_run", WINDOW - 2)],
)
def test_a_return_by_the_quarter_speaks_about_its_three_months(
    tmp_path: Path, code: Code, state: str, feature: str, months: int
) -> None:
    monthly = firm(code(1), tax_filing=lambda _: {"state": state, "filing_cycle": "M"})
    quarterly = firm(code(2), tax_filing=by_the_quarter(state))
    trading = firm(code(3), tax_filing=by_the_quarter("POS"))
    one, other, honest = map(rows, scored(tmp_path, monthly, quarterly, trading))
    assert one[feature].value == WINDOW
    assert other[feature].value == months
    assert one[feature].contribution == other[feature].contribution > 0
    assert honest[feature].value == 0
    assert honest["tax_zero_share"].value == 0
    if state == "ZERO":
        assert other["tax_zero_share"].value == 1.0


def test_the_return_of_a_quarter_that_is_missing_makes_the_share_no_higher(
    tmp_path: Path, code: Code
) -> None:
    """Between its months nothing is due; of the quarter whose return is missing nobody knows."""

    def quarters(uscc: str, missing: bool) -> dict[str, list[Row]]:
        own = firm(
            uscc, tax_filing=lambda back: by_the_quarter("POS" if back == 3 else "ZERO")(back)
        )
        if missing:
            own["tax_filing"] = [row for row in own["tax_filing"] if row["state"] != "POS"]
        return own

    whole, lacking = scored(tmp_path, quarters(code(1), False), quarters(code(2), True))
    one, other = (rows(score)["tax_zero_share"] for score in (whole, lacking))
    assert one.value == other.value == 0.75
    assert one.contribution == other.contribution


@pytest.mark.parametrize(("missed", "run"), [((3,), 1), ((3, 6), 4), ((3, 9), 1)])
def test_one_quarter_not_filed_is_one_return_not_filed(
    tmp_path: Path, code: Code, missed: tuple[int, ...], run: int
) -> None:
    def row(back: int) -> Row:
        return by_the_quarter("OVERDUE" if back in missed else "POS")(back)

    (found,) = map(rows, scored(tmp_path, firm(code(1), tax_filing=row)))
    assert found["tax_overdue_run"].value == run
    assert (found["tax_overdue_run"].contribution > 0) is (run > 3)


def test_one_large_purchase_does_not_count_less(tmp_path: Path, code: Code) -> None:
    def invoices(once: int) -> Callable[[int], Row]:
        return lambda back: {
            "out_count": 9,
            "out_fen": 30_000_000,
            "in_fen": once if back == 5 else 100_000,
        }

    bought, none = (
        firm(code(1), invoices=invoices(360_000_000)),
        firm(code(2), invoices=invoices(0)),
    )
    one, other = map(rows, scored(tmp_path, bought, none))
    assert one["purchases"].contribution == 0 < other["purchases"].contribution


def test_a_quarter_of_which_nothing_is_known_is_not_made_up(tmp_path: Path, code: Code) -> None:
    quarterly = firm(code(2), tax_filing=by_the_quarter("ZERO"))
    gone = [row for row in quarterly["tax_filing"] if row["month"] != month_text(NEWEST - 12)]
    (found,) = map(rows, scored(tmp_path, quarterly | {"tax_filing": gone}))
    assert found["tax_zero_run"].value == 12


def test_months_before_a_firm_was_there_are_no_months_with_staff(
    tmp_path: Path, code: Code
) -> None:
    young = firm(
        code(1),
        registration=lambda _: {"status": "active", "established_on": "2025-05-03"},
        social_insurance=lambda _: {"insured": 0, "due_fen": 0},
    )
    young = {
        feed: [row for row in of if str(row["month"]) >= "2025-05"] for feed, of in young.items()
    }
    (found,) = map(rows, scored(tmp_path, young))
    assert found["insured_zero_share"].value == 1.0
    assert found["insured_zero_share"].months == "2025-11..2026-06"


def test_one_month_a_thousand_times_too_large_is_one_like_the_others(
    tmp_path: Path, code: Code
) -> None:
    def wrong(back: int) -> Row:
        amount = 30_000_000 * (10_000 if back == 4 else 1)
        return {"out_count": 9, "out_fen": amount, "in_fen": 12_000_000}

    usual = firm(code(1), invoices=lambda _: wrong(0))
    odd = firm(code(2), invoices=wrong)
    grown = firm(
        code(3),
        invoices=lambda back: {"out_count": 9, "out_fen": 30_000_000 * (60 if back < 3 else 1)},
    )
    one, other, third = map(rows, scored(tmp_path, usual, odd, grown))
    for feature in ("invoice_ratio", "purchases"):
        assert other[feature].value == pytest.approx(one[feature].value)
        assert other[feature].contribution == one[feature].contribution
    value = third["invoice_ratio"].value
    assert value is not None
    assert value > 10, "what has grown is no mistake"


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        ("通过登记的住所或者经营场所无法联系", True),
        ("cannot be reached at the address", True),
        ("", True),
        ("未依照规定期限公示年度报告", False),
        ("未按规定公示企业信息", False),
        ("公示信息隐瞒真实情况、弄虚作假", False),
        ("annual report not published", False),
    ],
)
def test_only_who_cannot_be_reached_is_at_no_address(
    tmp_path: Path, code: Code, reason: str, counts: bool
) -> None:
    listed = firm(
        code(1),
        registration=lambda _: {
            "status": "active",
            "established_on": "2015-01-01",
            "abnormal_since": "2025-10-01",
            "abnormal_reason": reason,
        },
    )
    (found,) = map(rows, scored(tmp_path, listed))
    assert found["abnormal_address"].value == (1 if counts else 0)


def test_changes_long_enough_ago_to_be_counted_no_more_still_were(
    tmp_path: Path, code: Code
) -> None:
    moved = firm(
        code(1),
        registration=lambda back: {
            "status": "active",
            "established_on": "2015-01-01",
            "changes_12m": 4 if 3 <= back <= 5 else 1,
        },
    )
    (found,) = map(rows, scored(tmp_path, moved))
    assert found["register_changes"].value == 4


def test_few_buyers_are_seen_and_unknown_months_have_many(tmp_path: Path, code: Code) -> None:
    def one_buyer(back: int) -> Row:
        return {"out_count": 3, "out_fen": 9_000_000, "distinct_buyers": 1, "top_buyer_share": 1.0}

    lone, other = firm(code(1), invoices=one_buyer), firm(code(2), invoices=one_buyer)
    other["invoices"] = other["invoices"][:-4]
    usual = firm(code(3))
    one, half, many = map(rows, scored(tmp_path, lone, other, usual))
    assert one["few_buyers"].value == 1.0
    assert one["few_buyers"].contribution > many["few_buyers"].contribution == 0
    assert one["top_buyer"].value == 1.0
    value = half["few_buyers"].value
    assert value is not None
    assert value > 3


def test_each_value_lies_in_its_bin(tmp_path: Path, code: Code) -> None:
    """Months are missing here and there: what is shown is what was counted."""
    gap = firm(code(1), social_insurance=lambda back: {"insured": 5 if back > 5 else 0})
    gap["social_insurance"] = [
        row for row in gap["social_insurance"] if row["month"] != month_text(NEWEST - 3)
    ]
    gap["invoices"] = gap["invoices"][:-5]
    (score,) = scored(tmp_path, gap)
    assert score.outcome is not Outcome.CASE
    checked = 0
    for row in score.reasons:
        if row.value is not None and row.bin and row.signal_class != "excuse":
            checked += 1
            low, high = -float("inf"), float("inf")
            for part in row.bin.split("–"):
                mark, _, number = part.strip().rpartition(" ")
                if mark == "<":
                    high = float(number)
                else:
                    low = float(number)
            assert low <= row.value < high, row
    assert checked > 8
