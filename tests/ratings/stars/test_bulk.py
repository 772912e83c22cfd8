"""The regrade of all agencies at once gives what each agency's own standing gives."""

import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ratings.evaluations.indicators import Party
from ratings.stars.bulk import Grade, regrade
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import Cap, OutsideEvent, Severity
from ratings.stars.policy import Policy, load_policy, parse_policy
from ratings.stars.standing import standing

DAY = date(2026, 6, 30)
STANDARD = load_policy("standard")
UNEVEN = parse_policy(
    (Path(__file__).parents[3] / "ratings/stars/policies/standard.toml")
    .read_text("utf-8")
    .replace("supervisor = 0.30", "supervisor = 0.333")
    .replace("owner = 0.50", "owner = 0.467"),
    origin="uneven",
)
Row = tuple[str, date, int | None, int | None, int | None]


def graded(rows: list[Row], events: list[OutsideEvent], policy: Policy) -> dict[str, Grade]:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE evaluation (uscc TEXT, settled_on DATE, supervisor INTEGER, owner INTEGER,"
        " centre INTEGER)"
    )
    connection.executemany("INSERT INTO evaluation VALUES (?, ?, ?, ?, ?)", rows)
    return regrade(connection, "evaluation", events, DAY, policy)


def one_by_one(rows: list[Row], events: list[OutsideEvent], policy: Policy) -> dict[str, Grade]:
    jobs = [
        RatedEngagement(
            engagement=str(number),
            uscc=uscc,
            trade="",
            settled_on=settled_on,
            parties={
                party: {"overall": Decimal(score).scaleb(-2)}
                for party, score in zip(Party, scores, strict=True)
                if score is not None
            },
        )
        for number, (uscc, settled_on, *scores) in enumerate(rows)
    ]
    found = {}
    for uscc in {row[0] for row in rows}:
        whole = standing(uscc, jobs, events, DAY, policy)
        score = None if whole.score is None else int(whole.score * 100)
        found[uscc] = Grade(score, whole.stars, whole.state, whole.engagements)
    return found


@pytest.mark.parametrize("policy", [STANDARD, UNEVEN], ids=["standard", "uneven shares"])
def test_all_at_once_is_each_for_itself(policy: Policy) -> None:
    chance = random.Random(20)
    rows: list[Row] = []
    for _ in range(600):
        scores = [None if chance.random() < 0.3 else chance.randint(5500, 10000) for _ in Party]
        day = DAY - timedelta(days=chance.choice([-1, 0, 1, 90, 364, 365, 366]))
        rows.append((f"A{chance.randrange(150)}", day, *scores))
    events = [
        OutsideEvent(
            f"A{chance.randrange(150)}",
            DAY - timedelta(days=chance.randrange(300)),
            "tax",
            f"T{number}",
            chance.choice(list(Severity)),
            cap=chance.choice(list(Cap)),
        )
        for number in range(40)
    ]
    assert graded(rows, events, policy) == one_by_one(rows, events, policy)


def test_half_a_hundredth_is_rounded_up_exactly() -> None:
    # 89.995 from one engagement; the mean of 90.00 and 89.99; and a hair below the edge.
    rows: list[Row] = [
        ("one", DAY, 9000, 9001, 8995),
        ("two", DAY, 9000, 9000, 9000),
        ("two", DAY, 8999, 8999, 8999),
        ("below", DAY, 9000, 9000, 8997),
    ]
    grades = graded(rows, [], STANDARD)
    assert {uscc: (one.score, one.stars) for uscc, one in grades.items()} == {
        "one": (9000, 5),
        "two": (9000, 5),
        "below": (8999, 4),
    }
    assert grades == one_by_one(rows, [], STANDARD)


def test_the_robust_method_is_not_a_sum() -> None:
    with pytest.raises(ValueError, match="robust"):
        graded([("one", DAY, 9000, 9000, 9000)], [], load_policy("robust"))
