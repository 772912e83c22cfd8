"""People who come from elsewhere: who cannot be asked is not blamed."""

from collections.abc import Callable, Iterable
from pathlib import Path

from ratings.shells.policy import load_policy
from ratings.shells.scorecard import Reason
from ratings.shells.screen import screen_directory
from ratings.signals.cells import WINDOW, month_number, month_text
from tests.ratings.shells.test_screen import Row, written

AS_OF = "2026-06"
NEWEST = month_number(AS_OF)
STAFF = 8
WAGE = load_policy().minimum_wage_fen

Code = Callable[[int], str]


def county(firms: dict[str, dict[str, object]]) -> dict[str, list[Row]]:
    """Firms that claim eight people and insure one; `labour` in fen by month back, None for a
    month of which no invoice is known."""
    tables: dict[str, list[Row]] = {
        "registration": [],
        "social_insurance": [],
        "invoices": [],
        "tax_filing": [],
    }
    for uscc, firm in firms.items():
        labour = firm["labour"]
        assert callable(labour)
        for back in range(WINDOW):
            cell: Row = {"uscc": uscc, "month": month_text(NEWEST - back)}
            register = {
                "status": "active",
                "legal_form": firm.get("form", "company"),
                "established_on": "2015-01-01",
                "annual_report_filed": True,
                "annual_report_staff": STAFF,
            }
            tables["registration"].append(cell | register)
            tables["social_insurance"].append(cell | {"insured": 1})
            tables["tax_filing"].append(cell | {"state": "POS", "sales_fen": 50_000_000})
            bought = labour(back)
            if bought is not None:
                own = {"out_count": 9, "out_fen": 50_000_000, "labour_service_in_fen": bought}
                tables["invoices"].append(cell | own)
    return tables


def contributions(folder: Path, firms: dict[str, dict[str, object]]) -> list[dict[str, float]]:
    """Feature -> contribution, of each firm in its order; what cannot be said has no row."""
    found = screen_directory(written(folder, county(firms)), AS_OF)
    scores = {score.uscc: score for score in found.scores}
    return [{row.feature: row.contribution for row in scores[uscc].reasons} for uscc in firms]


def none(back: int) -> int | None:
    return 0


def unknown(back: int) -> int | None:
    return None


def every_other(back: int) -> int | None:
    """Six months of twelve are known, each with the labour of six of the eight."""
    return 6 * WAGE if back % 2 else None


def test_staff_claimed_and_not_insured_speaks_only_where_it_can_be_checked(
    tmp_path: Path, code: Code
) -> None:
    company, silent, partners = contributions(
        tmp_path,
        {
            code(1): {"labour": none},
            code(2): {"labour": unknown},
            code(3): {"labour": none, "form": "partnership"},
        },
    )
    assert company["claimed_staff"] > 0.5
    assert "claimed_staff" not in silent
    assert "claimed_staff" not in partners


def test_labour_is_bought_in_the_months_not_known_as_in_those_known(
    tmp_path: Path, code: Code
) -> None:
    half, nothing = contributions(
        tmp_path, {code(1): {"labour": every_other}, code(2): {"labour": none}}
    )
    assert "labour_dispatch" in half
    assert "claimed_staff" not in half
    assert "labour_dispatch" not in nothing


def test_where_nobodys_invoices_are_known_people_say_nothing(tmp_path: Path, code: Code) -> None:
    firms: dict[str, dict[str, object]] = {code(n): {"labour": none} for n in range(12)}
    tables = county(firms)
    for row in tables["social_insurance"]:
        row["insured"] = 0
    whole = screen_directory(written(tmp_path / "whole", tables), AS_OF)
    del tables["invoices"]
    dark = screen_directory(written(tmp_path / "dark", tables), AS_OF)

    def of_people(reasons: Iterable[Reason]) -> float:
        return sum(row.contribution for row in reasons if row.signal_class == "people")

    for before, after in zip(whole.scores, dark.scores, strict=True):
        assert of_people(before.reasons) > 0.5
        assert of_people(after.reasons) == 0
        assert after.log_odds < before.log_odds
