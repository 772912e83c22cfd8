"""Standings: provisional, then rated; one star opens a case; every step in the ledger."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from market.worker import consider_case
from ratings.evaluations.actions import answer
from ratings.evaluations.indicators import Party
from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.database import execute
from ratings.ledger.errors import Conflict, Refused
from ratings.ledger.queries import history
from ratings.sanctions.queries import case_files
from ratings.stars.actions import CONSIDER_CASE, ReportedEvent, report_event, restand
from ratings.stars.feedback import Cap, Severity
from ratings.stars.queries import current, published
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, jobs, marks, picture, refused


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


@pytest.fixture
async def listing(county: County, agency: Account) -> str:
    return await county.listing(agency)


async def test_three_engagements_make_a_rating(
    county: County, agency: Account, listing: str
) -> None:
    uscc = agency.uscc or ""
    states = []
    for score in (95, 85, 75):
        await county.evaluated(agency, listing, score)
        states.append((await restand(system(now()), uscc)).state.value)
    assert states == ["provisional", "provisional", "rated"]
    row = await current(uscc)
    assert row is not None
    assert (row.score, row.stars, row.engagements) == (Decimal("85.00"), 4, 3)
    assert sum(step.points for step in row.waterfall) == row.score
    assert len(await published(uscc)) == 3
    acts = [entry.act for entry in await history("agency", uscc)]
    assert acts.count("standing.published") == 3
    assert (await verify()).faults == []


async def test_what_is_unchanged_is_not_published_again(
    county: County, agency: Account, listing: str
) -> None:
    uscc = agency.uscc or ""
    await county.evaluated(agency, listing, 90)
    await restand(system(now()), uscc)
    before = await picture()
    await restand(system(now()), uscc)
    assert await picture() == before


async def test_the_shares_of_the_parties(county: County, agency: Account, listing: str) -> None:
    """0.3 · supervisor + 0.5 · owner + 0.2 · centre."""
    opened = await county.settled(agency, listing)
    for party, score in ((Party.SUPERVISOR, 100), (Party.OWNER, 80), (Party.CENTRE, 70)):
        await answer(county.party(party).actor(), opened, marks(party, score), final=True)
    assert (await restand(system(now()), agency.uscc or "")).score == Decimal("84.00")


async def test_one_star_opens_one_case(county: County, agency: Account, listing: str) -> None:
    uscc = agency.uscc or ""
    for _ in range(2):
        await county.evaluated(agency, listing, 20)
        await restand(system(now()), uscc)
    assert await jobs(CONSIDER_CASE) == 0
    assert await consider_case(now(), uscc) is None
    await county.evaluated(agency, listing, 20)
    assert (await restand(system(now()), uscc)).stars == 1
    assert await jobs(CONSIDER_CASE) == 1
    assert await consider_case(now(), uscc) is not None
    assert await consider_case(now(), uscc) is None
    (case,) = await case_files(uscc=uscc)
    assert (case.kind.value, case.state) == ("one-star", "open")
    assert "20.00" in case.reasons[0].zh
    assert "20.00" in case.reasons[0].en


async def test_a_standing_changed_behind_its_back_is_found(
    county: County, agency: Account, listing: str
) -> None:
    await county.evaluated(agency, listing, 60)
    await restand(system(now()), agency.uscc or "")
    assert (await verify()).faults == []
    await execute("UPDATE standing SET stars = 5, score = 99")
    assert any("recomputed" in fault for fault in (await verify()).faults)


def event(agency: Account, **changes: Any) -> ReportedEvent:
    wanted = ReportedEvent(
        uscc=agency.uscc or "",
        on=date(2026, 11, 2),
        source="云溪县税务局（示范）",
        document="云税处〔2026〕7号",
        severity=Severity.GENERAL,
    )
    return msgspec.structs.replace(wanted, **changes)


async def test_an_outside_event_counts_once(county: County, agency: Account, listing: str) -> None:
    uscc = agency.uscc or ""
    for _ in range(3):
        await county.evaluated(agency, listing, 90)
    await report_event(county.centre.actor(), event(agency))
    assert (await restand(system(now()), uscc)).score == Decimal("82.00")
    again = report_event(county.centre.actor(), event(agency))
    await refused(again, Conflict, "event-known")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uscc": "1"}, "uscc-length"),
        ({"on": date(2999, 1, 1)}, "event-later"),
        ({"document": " "}, "document-missing"),
    ],
)
async def test_a_faulty_event_leaves_nothing(
    county: County, agency: Account, changes: dict[str, Any], code: str
) -> None:
    await refused(report_event(county.centre.actor(), event(agency, **changes)), Refused, code)


async def test_a_cap_opens_a_case_without_any_engagement(county: County, agency: Account) -> None:
    capped = event(agency, severity=Severity.NONE, cap=Cap.ONE_STAR)
    told = await county.centre.client.post(
        "/api/v1/outside-events", json=msgspec.to_builtins(capped)
    )
    assert told.status_code == 201, told.text
    computed = await restand(system(now()), agency.uscc or "")
    assert (computed.stars, computed.score) == (1, None)
    assert await jobs(CONSIDER_CASE) == 1


async def test_an_old_engagement_leaves_the_window(
    county: County, agency: Account, listing: str
) -> None:
    uscc = agency.uscc or ""
    for _ in range(3):
        await county.evaluated(agency, listing, 90)
    await restand(system(now()), uscc)
    later = await restand(system(now() + timedelta(days=400)), uscc)
    assert (later.score, later.stars, later.engagements) == (None, None, 0)


async def test_over_http(county: County, agency: Account, listing: str) -> None:
    for _ in range(3):
        await county.evaluated(agency, listing, 91)
    await restand(system(now()), agency.uscc or "")
    client = county.enterprise.client
    shown = (await client.get(f"/api/v1/agencies/{agency.uscc}/standing")).json()
    assert (shown["score"], shown["stars"], shown["state"]) == ("91.00", 5, "rated")
    assert sum(Decimal(step["points"]) for step in shown["waterfall"]) == Decimal("91.00")
    found = await client.get("/api/v1/agencies", params={"stars": 5})
    assert [row["uscc"] for row in found.json()["items"]] == [agency.uscc]
    entries = (await client.get(f"/api/v1/agencies/{agency.uscc}/history")).json()["items"]
    assert entries[0]["act"] == "standing.published"
    assert all(entry["person"] is None for entry in entries)
