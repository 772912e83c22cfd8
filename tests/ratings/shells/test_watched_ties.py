"""Ties count by whom one is tied to: how many of them would be watched for what they show."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ratings.shells.policy import WATCHED_TIES, load_policy
from ratings.shells.scorecard import Outcome
from tests.ratings.shells.test_lawful_rows import Row, firm, rows, scored

POLICY = load_policy()
Code = Callable[[int], str]


def ring(number: int, **more: object) -> Callable[[int], Row]:
    """A register entry that shares a telephone and a representative with those of its ring."""
    entry: Row = {
        "status": "active",
        "established_on": "2015-01-01",
        "phone_id": f"phone-{number}",
        "legal_rep_id": f"person-{number}",
    }
    return lambda _: entry | more


def empty(uscc: str, number: int) -> dict[str, list[Row]]:
    """It files nothing, insures nobody and is not found at its address."""
    return firm(
        uscc,
        registration=ring(number, abnormal_since="2025-01-01", annual_report_filed="false"),
        tax_filing=lambda _: {"state": "OVERDUE", "filing_cycle": "M"},
        social_insurance=lambda _: {"state": "ZERO", "insured": 0},
    )


def test_only_those_are_counted_who_would_be_watched_by_themselves(
    tmp_path: Path, code: Code
) -> None:
    shells = [empty(code(number), 1) for number in range(3)]
    beside = firm(code(3), registration=ring(1))
    family = [firm(code(4 + number), registration=ring(2)) for number in range(4)]
    alone = firm(code(9))
    found = scored(tmp_path, *shells, beside, *family, alone)
    counted = [rows(one)[WATCHED_TIES].value for one in found]
    assert counted == [2, 2, 2, 3, 0, 0, 0, 0, 0]
    assert all(score.outcome == Outcome.CASE for score in found[:3])
    # Who shares things with shells and shows nothing is looked at by nobody for that alone.
    assert [score.outcome for score in found[3:]] == [Outcome.NONE] * 6
    for score in found:
        assert sum(row.contribution for row in score.reasons) == pytest.approx(
            score.log_odds, abs=1e-9
        )


def test_a_shell_is_not_watched_for_its_ties_when_others_are_counted(
    tmp_path: Path, code: Code
) -> None:
    """A firm that is noticed only for whom it is tied to makes nobody else noticed."""
    two = [empty(code(number), 1) for number in range(2)]
    beside = [firm(code(2 + number), registration=ring(1)) for number in range(2)]
    found = scored(tmp_path, *two, *beside)
    assert [rows(one)[WATCHED_TIES].value for one in found] == [1, 1, 2, 2]


def test_missing_rows_of_the_tied_firms_can_only_lower_the_count(
    tmp_path: Path, code: Code
) -> None:
    silent = empty(code(0), 1)
    del silent["tax_filing"], silent["social_insurance"]
    found = scored(tmp_path, silent, empty(code(1), 1), firm(code(2), registration=ring(1)))
    assert [rows(one)[WATCHED_TIES].value for one in found] == [1, 0, 1]
