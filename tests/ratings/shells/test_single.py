"""One firm in plain Python and all firms in the engine: the same facts, the same score."""

import math
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from ratings.shells.facts import SHORT
from ratings.shells.policy import load_policy
from ratings.shells.screen import Screened, open_engine
from ratings.shells.single import firm_facts, rescored
from ratings.signals.cells import WINDOW, month_number, month_text
from ratings.signals.contract import FEEDS, Column, Excuse, State
from ratings.signals.engine import Tables
from ratings.signals.reading import empty_table

AS_OF = "2026-06"
NEWEST = month_number(AS_OF)
POLICY = load_policy()
FIRMS = 120
Rows = dict[str, list[dict[str, Any]]]


class Held:
    """Feeds that lie in memory."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.present = frozenset(rows)

    def attach(self, connection: Any) -> None:
        for feed, rows in self.rows.items():
            schema = empty_table(FEEDS[feed]).schema
            connection.register(f"feed_{feed}", pa.Table.from_pylist(rows, schema))


def value(column: Column, random: Random, code: Callable[[int], str]) -> Any:
    """Something the contract allows, often missing, often the same as somebody else's."""
    if random.random() < 0.12 and not column.key:
        return None
    match column.kind:
        case "count":
            return random.choice([0, 0, 1, 1, 2, 3, 5, 8, 12, 30])
        case "fen":
            return random.choice([0, 0, 145_000, 290_000, 5_000_000, 80_000_000, 9_000_000_000])
        case "amount":
            return random.choice([0.0, 0.0, 3.5, 120.0, 800.25])
        case "share":
            return random.random()
        case "flag":
            return random.random() < 0.3
        case "choice":
            return random.choice(column.choices)
        case "date":
            return date(random.randint(2022, 2026), random.randint(1, 6), random.randint(1, 28))
        case "uscc":
            return code(random.randint(0, FIRMS))
        case _:
            return f"{column.name}-{random.randint(0, FIRMS // 2)}"


def wild(random: Random, code: Callable[[int], str]) -> Rows:
    """Firms about whom nine feeds say anything at all, each with gaps of its own."""
    rows: Rows = defaultdict(list)
    for number in range(FIRMS):
        uscc, gaps = code(number), random.choice([0.0, 0.1, 0.5])
        for feed in SHORT:
            if random.random() < 0.12:
                continue
            steady = {
                column.name: value(column, random, code)
                for column in FEEDS[feed].columns
                if random.random() < 0.7
            }
            for place in range(WINDOW):
                if random.random() < gaps:
                    continue
                for person in range(random.choice([1, 3, 5]) if feed == "practitioners" else 1):
                    row = {
                        column.name: steady.get(column.name, value(column, random, code))
                        for column in FEEDS[feed].columns
                        if column.name != "received_at"
                    }
                    row |= {"uscc": uscc, "month": month_text(NEWEST - WINDOW + 1 + place)}
                    if "state" in row:
                        row["state"] = row["state"] or random.choice(list(State)).value
                    if feed == "practitioners":
                        row["person_id"] = f"person-{person}"
                    rows[feed].append(row)
        if random.random() < 0.3:
            start = NEWEST - random.randint(0, 40)
            rows["excuses"].append(
                {
                    "uscc": uscc,
                    "kind": random.choice(list(Excuse)).value,
                    "from_month": month_text(start),
                    "to_month": random.choice([None, month_text(start + 9)]),
                }
            )
    return dict(rows)


def test_one_firm_and_all_firms_agree(code: Callable[[int], str]) -> None:
    rows = wild(Random(11), code)
    connection = open_engine("duckdb")
    run = Screened(Tables(connection, Held(rows)), NEWEST, POLICY)
    firms = {row["uscc"]: row for row in run.tables.rows(run.firms)}
    scores = {score.uscc: score for score in run.some(None)}
    connection.disconnect()
    assert len(firms) == len(scores) >= FIRMS - 2
    assert any(score.outcome == "case" for score in scores.values())
    features: set[str] = set()
    for uscc, firm in firms.items():
        own = {feed: [row for row in there if row["uscc"] == uscc] for feed, there in rows.items()}
        facts = firm_facts(own, run.frame)
        for name, fact in facts.items():
            told = firm[name]
            if isinstance(fact, list):
                told, fact = sorted(told), sorted(fact)
            same = told == fact
            assert same, (uscc, name, told, fact)
        one, whole = rescored(uscc, facts, firm, run.frame, POLICY, run.shown), scores[uscc]
        assert one.log_odds == pytest.approx(whole.log_odds, abs=1e-9)
        assert (one.outcome, one.classes) == (whole.outcome, whole.classes)
        assert [(r.feature, r.bin, r.months) for r in one.reasons] == [
            (r.feature, r.bin, r.months) for r in whole.reasons
        ]
        for mine, theirs in zip(one.reasons, whole.reasons, strict=True):
            assert mine.contribution == pytest.approx(theirs.contribution, abs=1e-9)
            assert mine.value == pytest.approx(theirs.value, abs=1e-9)
            assert mine.common == theirs.common
            features |= {mine.feature} if mine.contribution else set()
        assert abs(math.fsum(r.contribution for r in one.reasons) - one.log_odds) <= 1e-9
    assert any(firm["watched_ties"] for firm in firms.values())
    assert len(features & {feature.name for feature in POLICY.features}) >= 15


def test_a_value_that_is_not_given_is_no_bound_of_it(code: Callable[[int], str]) -> None:
    """The engine's least() passes over a null; what is not known would be as large as can be."""
    rows: Rows = {
        "registration": [
            {
                "uscc": code(number),
                "month": AS_OF,
                "status": "active",
                "annual_report_filed": False,
            }
            for number in range(3)
        ],
        "judicial": [{"uscc": code(number), "month": AS_OF} for number in range(3)],
        "platform": [{"uscc": code(number), "month": AS_OF, "awards": 9} for number in range(3)],
        "social_insurance": [
            {"uscc": code(number), "month": AS_OF, "state": "POS", "insured": 1}
            for number in range(3)
        ],
    }
    connection = open_engine("duckdb")
    run = Screened(Tables(connection, Held(rows)), NEWEST, POLICY)
    scores = run.some(None)
    connection.disconnect()
    assert len(scores) == 3
    for score in scores:
        assert [r.feature for r in score.reasons if r.contribution > 0] == []
        assert not {"annual_report_missing", "register_changes", "enforcement"} & {
            r.feature for r in score.reasons
        }
        assert "orders_without_capacity" not in {r.feature for r in score.reasons}
