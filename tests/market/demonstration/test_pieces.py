"""The pure pieces of the demonstration: firms, opinions, documents, the calendar, accounts."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from market.demonstration.accounts import ACCOUNTS, PASSWORD, table_of_accounts
from market.demonstration.calendar import Calendar, office_hour
from market.demonstration.documents import pdf
from market.demonstration.firms import (
    AGENCIES,
    DEPARTMENTS,
    ENTERPRISES,
    REGION,
    agency_plans,
    enterprise_plans,
)
from market.demonstration.opinions import opinion
from ratings.evaluations.indicators import Party, check_answer
from ratings.evaluations.rules import check_reasons
from ratings.ledger.actors import Role
from ratings.ledger.clock import SHANGHAI
from ratings.ledger.uscc import parse_uscc

TODAY = date(2026, 11, 23)
START = datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_firms_are_the_same_every_time_and_only_their_dates_move() -> None:
    first = agency_plans(TODAY, Random(1))
    later = agency_plans(TODAY + timedelta(days=10), Random(1))
    assert first == agency_plans(TODAY, Random(1))
    assert [plan.name for plan in first] == [plan.name for plan in later]
    assert {b.established_on - a.established_on for a, b in zip(first, later, strict=True)} == {
        timedelta(days=10)
    }


def test_firms_are_many_and_distinct() -> None:
    agencies = agency_plans(TODAY, Random(1))
    enterprises = enterprise_plans(Random(1))
    assert len(agencies) == AGENCIES == 60
    assert len(enterprises) == ENTERPRISES == 25
    everybody = [*agencies, *enterprises]
    for field in ("uscc", "login", "name", "name_en"):
        assert len({getattr(firm, field) for firm in everybody}) == 85, field


def test_codes_are_valid_and_of_no_real_region() -> None:
    for firm in [*agency_plans(TODAY, Random(1)), *enterprise_plans(Random(1))]:
        assert parse_uscc(firm.uscc) == firm.uscc
        assert firm.uscc[2:8] == REGION


def test_contacts_are_clearly_invented() -> None:
    for plan in agency_plans(TODAY, Random(1)):
        assert plan.phone.startswith("0000-")
        assert "虚构" in plan.address


def test_no_agency_reviews_what_it_writes() -> None:
    for plan in agency_plans(TODAY, Random(1)):
        assert not {"review", "consulting"} <= set(plan.packages)


def test_every_package_has_one_department() -> None:
    supervised = [package for department in DEPARTMENTS for package in department.packages]
    assert sorted(supervised) == ["as-built-survey", "consulting", "design", "review"]


@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize("quality", [0.0, 45.0, 60.0, 75.0, 88.0, 96.0, 100.0])
def test_opinions_are_answers_that_are_taken(party: Party, quality: float) -> None:
    for seed in range(30):
        given = opinion(party, quality, Random(seed))
        decimals = {code: Decimal(score) for code, score in given.scores.items()}
        check_answer(party, decimals)
        check_reasons(decimals, given.reasons)


@pytest.mark.parametrize(
    ("title", "note"), [("竣工测绘报告", "示范"), ("Report", "(a) \\ b"), ("", "")]
)
def test_pdf_has_its_parts_where_its_table_says(title: str, note: str) -> None:
    content = pdf(title, note)
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    start = int(re.search(rb"startxref\n(\d+)\n", content)[1])  # type: ignore[index]
    assert content[start:].startswith(b"xref\n")
    offsets = [int(m) for m in re.findall(rb"(\d{10}) 00000 n ", content)]
    for number, offset in enumerate(offsets, start=1):
        assert content[offset:].startswith(b"%d 0 obj\n" % number)
    length = int(re.search(rb"/Length (\d+)", content)[1])  # type: ignore[index]
    stream = content[content.index(b"stream\n") + 7 :]
    assert stream[length:].startswith(b"endstream")
    assert title.encode("utf-16-be").hex().upper().encode() in content


async def test_stories_are_told_in_the_order_of_time_up_to_now() -> None:
    told: list[str] = []

    async def story(name: str, *days: int) -> AsyncGenerator[datetime, None]:
        for day in days:
            yield START + timedelta(days=day)
            told.append(f"{name}{day}")

    calendar = Calendar(START)
    calendar.add(story("a", 1, 4, 9))
    calendar.add(story("b", 2, 3, 7))
    await calendar.run(START + timedelta(days=7), lambda line: None)
    assert told == ["a1", "b2", "b3", "a4"]


async def test_no_story_goes_back_in_time() -> None:
    async def story() -> AsyncGenerator[datetime, None]:
        yield START + timedelta(days=2)
        yield START + timedelta(days=1)

    calendar = Calendar(START)
    calendar.add(story())
    with pytest.raises(ValueError, match="go back"):
        await calendar.run(START + timedelta(days=9), lambda line: None)


def test_office_hours_are_the_countys() -> None:
    for seed in range(50):
        moment = office_hour(TODAY, Random(seed)).astimezone(SHANGHAI)
        assert moment.date() == TODAY
        assert 9 <= moment.hour <= 17


def test_every_role_has_an_account_and_the_table_names_it() -> None:
    assert {account.role for account in ACCOUNTS} == set(Role) - {Role.PUBLIC, Role.SYSTEM}
    table = table_of_accounts()
    assert PASSWORD in table
    assert all(table.count(account.login) == 2 for account in ACCOUNTS)
