from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.stars.feedback import (
    Cap,
    OutsideEvent,
    Severity,
    caps_in_force,
    effects,
    known_events,
)
from ratings.stars.policy import load_policy

STANDARD = load_policy("standard")
AGENCY = "91330281MA2AAAAA1X"


def event(
    on: str,
    severity: str,
    repaired_on: str | None = None,
    *,
    document: str = "D1",
    cap: str = "none",
    withdrawn_on: str | None = None,
) -> OutsideEvent:
    return OutsideEvent(
        uscc=AGENCY,
        on=date.fromisoformat(on),
        source="tax",
        document=document,
        severity=Severity(severity),
        repaired_on=date.fromisoformat(repaired_on) if repaired_on else None,
        cap=Cap(cap),
        withdrawn_on=date.fromisoformat(withdrawn_on) if withdrawn_on else None,
    )


def points(as_of: str, *events: OutsideEvent) -> Fraction:
    day = date.fromisoformat(as_of)
    found = effects(known_events(events, day), day, STANDARD)
    return sum((effect.points for effect in found), Fraction(0))


def test_each_severity_takes_its_points_from_the_day_of_the_event() -> None:
    first = event("2020-01-01", "minor", document="D0")
    assert points("2026-02-28", first, event("2026-03-01", "general")) == 0
    assert points("2026-03-01", first, event("2026-03-01", "minor")) == -3
    assert points("2026-03-01", first, event("2026-03-01", "general")) == -8
    assert points("2026-03-01", first, event("2026-03-01", "serious")) == -20
    assert points("2026-03-01", first, event("2026-03-01", "none")) == 0
    assert points("2026-03-01", first, event("2026-03-01", "bonus")) == 2


def test_only_the_earliest_minor_event_is_waived_by_day_then_document() -> None:
    early = event("2026-03-01", "minor", document="A")
    same_day = event("2026-03-01", "minor", document="B")
    found = effects(known_events((same_day, early), date(2026, 3, 2)), date(2026, 3, 2), STANDARD)
    assert [(effect.event.document, effect.waived, effect.points) for effect in found] == [
        ("A", True, 0),
        ("B", False, -3),
    ]


def test_an_old_minor_event_has_used_up_the_waiver_and_a_withdrawn_one_has_not() -> None:
    later = event("2026-03-01", "minor", document="B")
    assert points("2026-03-02", event("2011-01-01", "minor", "2011-02-01"), later) == -3
    withdrawn = event("2026-01-01", "minor", withdrawn_on="2026-03-02")
    assert points("2026-03-01", withdrawn, later) == -3
    assert points("2026-03-02", withdrawn, later) == 0


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-02-28", Fraction(-8)),  # The repair of the next day is not yet known.
        ("2026-03-01", Fraction(-8)),
        ("2026-03-02", Fraction(-8 * 364, 365)),
        ("2026-09-01", Fraction(-8 * (365 - 184), 365)),
        ("2027-02-28", Fraction(-8, 365)),
        ("2027-03-01", Fraction(0)),
    ],
)
def test_a_repaired_event_fades_by_the_day_to_the_same_day_next_year(
    as_of: str, expected: Fraction
) -> None:
    assert points(as_of, event("2026-02-01", "general", "2026-03-01")) == expected


def test_a_repair_on_29_february_fades_to_28_february() -> None:
    repaired = event("2024-02-01", "serious", "2024-02-29")
    assert points("2025-02-27", repaired) == Fraction(-20, 365)
    assert points("2025-02-28", repaired) == 0


@pytest.mark.parametrize(
    ("severity", "last_day", "full"),
    [
        ("minor", "2026-04-30", -3),
        ("general", "2027-01-30", -8),
        ("serious", "2029-01-30", -20),
    ],
)
def test_what_nobody_repairs_ends_at_the_longest_publication(
    severity: str, last_day: str, full: int
) -> None:
    first = event("2020-01-01", "minor", document="D0")
    unrepaired = event("2026-01-31", severity)
    # Three months after 31 January is 30 April.
    day = date.fromisoformat(last_day) - timedelta(days=severity == "minor")
    assert points(day.isoformat(), first, unrepaired) == full
    assert points((day + timedelta(days=1)).isoformat(), first, unrepaired) == 0


def test_a_repair_after_the_longest_publication_brings_nothing_back() -> None:
    late = event("2025-01-01", "general", "2026-01-01")
    assert points("2026-01-02", late) == 0


def test_one_bonus_at_a_time_for_twelve_months() -> None:
    first, second = event("2025-06-01", "bonus"), event("2025-12-01", "bonus", document="D2")
    assert points("2026-01-01", first, second) == 2
    assert points("2026-06-01", first, second) == 2
    assert points("2026-05-31", first) == 2
    assert points("2026-06-01", first) == 0
    assert points("2026-12-01", first, second) == 0


def test_a_withdrawn_event_has_no_effect_at_all() -> None:
    granted = event("2026-01-01", "serious", cap="one-star", withdrawn_on="2026-02-01")
    assert points("2026-01-31", granted) == -20
    assert caps_in_force(known_events((granted,), date(2026, 1, 31)))
    assert known_events((granted,), date(2026, 2, 1)) == ()


def test_a_cap_holds_until_the_day_of_the_repair() -> None:
    capped = event("2026-01-01", "none", "2026-05-01", cap="two-star")
    assert not caps_in_force(known_events((capped,), date(2025, 12, 31)))
    assert caps_in_force(known_events((capped,), date(2026, 1, 1)))
    assert caps_in_force(known_events((capped,), date(2026, 4, 30)))
    assert not caps_in_force(known_events((capped,), date(2026, 5, 1)))


@given(st.sampled_from(["minor", "general", "serious"]), st.integers(0, 1200), st.integers(0, 1200))
def test_a_deduction_never_grows_with_time(severity: str, repaired: int, later: int) -> None:
    start = date(2023, 3, 1)
    used = event("2020-01-01", "minor", document="D0")
    repaired_on = (start + timedelta(days=repaired)).isoformat()
    one = event(start.isoformat(), severity, repaired_on)
    day = start + timedelta(days=later)
    today = points(day.isoformat(), used, one)
    tomorrow = points((day + timedelta(days=1)).isoformat(), used, one)
    assert -Decimal(20) <= today <= tomorrow <= 0
