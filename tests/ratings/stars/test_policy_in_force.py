"""Which policy decides on a day, and the robust one in force: frozen estimates, kept bands."""

import asyncio
import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest
from click.testing import CliRunner

from market.worker import nightly
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now, start_of_day
from ratings.ledger.database import execute, fetchval
from ratings.ledger.queries import history
from ratings.stars import estimate_actions
from ratings.stars.actions import restand
from ratings.stars.estimate_actions import freeze, freeze_all
from ratings.stars.grade_command import grade
from ratings.stars.policy import Policy, load_policy
from ratings.stars.policy_actions import (
    PolicyProposal,
    adopt_policy,
    change_policy,
    draft_policy,
    propose_policy,
)
from ratings.stars.queries import current, published, recompute
from ratings.stars.reference import quarter_of
from ratings.stars.waterfall import StepCode
from ratings.verification import verify
from tests.conftest import Account
from tests.county import County, at

ROBUST = load_policy("robust")
# Late in the last whole quarter, so that its estimates serve the thirty days before, and all of it
# has passed.
QUARTER = quarter_of(quarter_of(local_date(now())) - timedelta(days=1))
THEN = start_of_day(QUARTER) + timedelta(days=80)
LONG_AGO = THEN - timedelta(days=200)


def ago(days: int) -> datetime:
    return THEN - timedelta(days=days)


async def adopted(county: County, policy: Policy, source: str, when: datetime) -> None:
    """In force from the day after `when`."""
    author, second = at(county.centre.actor(), when), at((await county.second()).actor(), when)
    draft = await draft_policy(author, source)
    await change_policy(author, draft, policy)
    begins = local_date(when) + timedelta(days=1)
    await propose_policy(author, draft, PolicyProposal(begins, "年度评估"))
    await adopt_policy(second, draft)


@pytest.fixture
async def agency(county: County) -> Account:
    return await county.agency()


async def test_a_day_keeps_the_policy_it_had(
    county: County, agency: Account, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    uscc, listing = agency.uscc or "", await county.listing(agency)
    for _ in range(3):
        await county.evaluated(agency, listing, 92, when=ago(50))
    await restand(system(ago(45)), uscc)
    standard = load_policy("standard")
    stricter = msgspec.structs.replace(
        standard, version="2", stars=msgspec.structs.replace(standard.stars, five=Decimal(95))
    )
    await adopted(county, stricter, "standard", ago(31))
    await nightly(ago(29))
    assert [(row.stars, row.policy_version) for row in await published(uscc)] == [
        (5, "1"),
        (4, "2"),
    ]
    before, after = await recompute(uscc, ago(35)), await recompute(uscc, ago(5))
    assert (before.stars, before.policy_version) == (5, "1")
    assert (after.stars, after.policy_version) == (4, "2")
    assert before.score == after.score
    assert (await verify()).faults == []

    address = f"/api/v1/agencies/{uscc}/standing"
    days = {"then": local_date(ago(35)).isoformat(), "now": local_date(ago(5)).isoformat()}
    for day, policy, stars in (
        ("then", "", 5),
        ("now", "", 4),
        ("now", "standard-1", 5),
        ("then", "standard", 4),
        ("then", "standard-1", 5),
    ):
        asked = {"as_of": days[day], "policy": policy}
        told = await client.get(address, params={key: one for key, one in asked.items() if one})
        assert told.json()["stars"] == stars, (day, policy)
    unknown = await client.get(address, params={"policy": "strict"})
    assert unknown.status_code == 404
    assert (await client.get(address, params={"policy": "standard-1"})).json()["stars"] == 5

    # A stranger checks the score of the day with the document that was adopted for it.
    query = {"as_of": days["now"]}
    for name in ("evaluations", "events"):
        record = await client.get(f"/api/v1/agencies/{uscc}/record/{name}.csv", params=query)
        (tmp_path / f"{name}.csv").write_bytes(record.content)
    document = await client.get(f"/api/v1/policies/{stricter.key}/document")
    (tmp_path / "policy.toml").write_bytes(document.content)
    files = [str(tmp_path / "evaluations.csv"), "--events", str(tmp_path / "events.csv")]
    how = ["--policy", str(tmp_path / "policy.toml"), "--as-of", days["now"], "--out"]
    result = CliRunner().invoke(grade, [*files, *how, str(tmp_path)])
    assert result.exit_code == 0, result.output
    with (tmp_path / "scores.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["score"], row["stars"]) == (str(after.score), "4")


async def test_robust_in_force_needs_only_ones_own_answers(
    county: County, agency: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Estimates are frozen once; then the others may be as many as they like."""
    uscc = agency.uscc or ""
    listing = await county.listing(agency)
    for _ in range(2):
        await county.evaluated(agency, listing, 93, when=LONG_AGO)
    other = await county.agency()
    await county.evaluated(other, await county.listing(other), 70, when=LONG_AGO)
    own = msgspec.structs.replace(ROBUST, version="2")
    await adopted(county, own, "robust", ago(3))
    first = await restand(system(ago(2)), uscc)
    assert (first.policy_name, first.policy_version) == ("robust", "2")
    assert first.lower_bound is not None
    assert sum(step.points for step in first.waterfall) == first.score
    assert first.waterfall[0].code is StepCode.START
    acts = [entry.act for entry in await history("policy", "robust-2")]
    assert acts.count("policy.estimated") == 1
    assert (await verify()).faults == []

    def never(*_: object) -> None:
        raise AssertionError("the whole record was read for one answer")

    monkeypatch.setattr(estimate_actions, "whole_record", never)
    await county.evaluated(agency, listing, 60, when=ago(1))
    second = await restand(system(THEN), uscc)
    assert first.score is not None
    assert second.score is not None
    assert second.score < first.score
    assert second.engagements == 3
    assert sum(step.points for step in second.waterfall) == second.score
    assert (await verify()).faults == []


async def test_a_band_is_kept_with_the_stars_that_were_held(
    county: County, agency: Account
) -> None:
    uscc, listing = agency.uscc or "", await county.listing(agency)
    for _ in range(2):
        await county.evaluated(agency, listing, 92, when=LONG_AGO)
    await adopted(county, msgspec.structs.replace(ROBUST, version="2"), "robust", ago(30))
    held = await restand(system(ago(20)), uscc)
    assert (held.stars, held.score) == (5, Decimal("92.00"))
    assert not held.confirmed
    await county.evaluated(agency, listing, 80, when=ago(10))
    kept = await restand(system(ago(9)), uscc)
    assert kept.score is not None
    assert Decimal(88) < kept.score < Decimal(90)
    assert kept.stars == 5
    assert kept.waterfall[-1].code is StepCode.HYSTERESIS
    # Kept again by what was kept, and by nothing else; a drift alone is not published.
    await nightly(ago(8))
    rows = await published(uscc)
    assert rows[-1].stars == 5
    assert (await recompute(uscc, ago(6))).stars == 5
    await county.evaluated(agency, listing, 60, when=ago(5))
    left = await restand(system(ago(4)), uscc)
    assert left.score is not None
    assert left.stars == ROBUST.stars.stars(left.score) < 5
    assert (await recompute(uscc, ago(9))).stars == 5
    assert (await verify()).faults == []


async def test_before_anything_is_known_nothing_can_be_compared(
    county: County, agency: Account
) -> None:
    uscc, listing = agency.uscc or "", await county.listing(agency)
    await adopted(county, msgspec.structs.replace(ROBUST, version="2"), "robust", ago(3))
    await county.evaluated(agency, listing, 92, when=ago(1))
    waiting = await restand(system(THEN), uscc)
    assert (waiting.stars, waiting.state.value) == (None, "unrated")
    assert [step.code for step in waiting.waterfall] == [StepCode.ENGAGEMENT_WAITS]
    row = await current(uscc)
    assert row is not None
    assert not row.confirmed
    assert (await verify()).faults == []


async def test_estimates_are_made_once_and_kept(
    county: County, agency: Account, client: httpx.AsyncClient
) -> None:
    uscc, listing = agency.uscc or "", await county.listing(agency)
    for _ in range(2):
        await county.evaluated(agency, listing, 92, when=LONG_AGO)
    address = f"/api/v1/agencies/{uscc}/standing"
    early = await client.get(address, params={"policy": "robust"})
    assert early.status_code == 422
    assert early.json()["type"].endswith("estimates-missing")
    quarter = quarter_of(local_date(now()))
    await asyncio.gather(*(freeze(system(now()), ROBUST, quarter) for _ in range(4)))
    count = "SELECT count(*) FROM policy_estimate"
    assert await fetchval(count) == 1
    told = (await client.get(address, params={"policy": "robust"})).json()
    assert (told["policy"], told["score"], told["stars"]) == ("robust", "92.00", 5)
    await freeze_all(system(now()), now())
    # Every quarter since the first answer can be asked for, the present one among them.
    first = quarter_of(local_date(LONG_AGO))
    asked = {"policy": "robust", "as_of": local_date(LONG_AGO).isoformat()}
    assert (await client.get(address, params=asked)).status_code == 200
    assert await fetchval("SELECT min(quarter) FROM policy_estimate") == first
    assert (await verify()).faults == []
    with pytest.raises(asyncpg.PostgresError, match="frozen"):
        await execute("UPDATE policy_habit SET points = points + 1")
    await execute("ALTER TABLE policy_habit DISABLE TRIGGER policy_habit_is_kept")
    await execute("UPDATE policy_habit SET points = points + 1")
    faults = (await verify()).faults
    assert any("not those of the record" in fault for fault in faults)


def test_a_quarter_begins_with_its_first_day() -> None:
    assert quarter_of(date(2026, 11, 27)) == date(2026, 10, 1)
    assert quarter_of(date(2026, 1, 1)) == date(2026, 1, 1)
