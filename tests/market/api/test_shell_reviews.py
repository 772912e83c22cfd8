"""The desk of the shell screen through the API: reviews and the lot, measures, drift, check-ups."""

from pathlib import Path

import pytest

from market.worker import check_ups
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.shells.queries import latest_screen
from tests.county import County
from tests.screened import screened_ring

_API = "/api/v1"


async def test_the_reviews_of_a_month_are_planned_once(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path)
    centre, month = county.centre.client, local_date(now()).strftime("%Y-%m")
    unplanned = await centre.get(f"{_API}/review-months/{month}")
    assert (unplanned.status_code, unplanned.json()["code"]) == (404, "reviews-unplanned")
    for budget in (0, 1001):
        wrong = await centre.post(f"{_API}/review-months", json={"budget": budget})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "review-budget")
    key = {"Idempotency-Key": "plan"}
    for _ in range(2):
        made = await centre.post(f"{_API}/review-months", json={"budget": 20}, headers=key)
        assert made.status_code == 201, made.text
    drawn = made.json()["drawn"]
    assert len(drawn) == 2
    assert not {ring.shell.uscc, ring.other.uscc} & set(drawn)
    twice = await centre.post(f"{_API}/review-months", json={"budget": 20})
    assert (twice.status_code, twice.json()["code"]) == (409, "reviews-planned")
    shown = (await centre.get(f"{_API}/review-months/{month}")).json()
    assert (shown["drawn"], shown["used"], shown["pool"]) == (sorted(drawn), 0, 2)
    assert (await centre.get(f"{_API}/review-months")).json()["items"] == [shown]
    cases = (await centre.get(f"{_API}/shell-cases")).json()["items"]
    assert sorted(one["uscc"] for one in cases if one["arm"] == "lot") == sorted(drawn)
    agency = await ring.shell.client.get(f"{_API}/review-months")
    assert agency.status_code == 403


async def test_the_desk_tells_what_its_page_shows(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path)
    centre = county.centre.client
    screen = (await centre.get(f"{_API}/screens/latest")).json()
    address = f"{_API}/screens/{screen['id']}"
    flagged = (await centre.get(f"{address}/findings", params={"outcome": "case"})).json()["items"]
    assert {one["uscc"] for one in flagged} == {ring.shell.uscc, ring.other.uscc}
    everyone = (await centre.get(f"{address}/findings", params={"limit": 1})).json()
    assert everyone["items"][0]["points"] == max(one["points"] for one in flagged)
    assert everyone["next"]
    wrong = await centre.get(f"{address}/findings", params={"outcome": "guilty"})
    assert wrong.status_code == 400
    bands = (await centre.get(f"{address}/bands")).json()["bands"]
    assert sum(one["count"] for one in bands) == sum(screen["counts"].values())
    assert sum(one["flagged"] for one in bands) == len(flagged)
    assert sum(one["watched"] for one in bands) == screen["counts"].get("watch", 0)
    measured = (await centre.get(f"{_API}/shell-case-measures")).json()
    assert (measured["decided"], measured["days_to_decision"]) == (0, None)
    assert measured["precision"] == {"value": None, "low": None, "high": None, "of": 0}
    drift = (await centre.get(f"{_API}/feed-drift")).json()["items"]
    assert max(one["month"] for one in drift) == ring.month
    assert all(one["usual"] == one["firms"] == 4 for one in drift if one["feed"] == "tax_filing")
    weights = (await centre.get(f"{address}/weights")).json()
    assert weights["policy_digest"] == screen["policy_digest"]
    begins = weights["beginning"]
    bases = [row for row in flagged[0]["reasons"] if row["signal_class"] == "base"]
    assert [row["value"] for row in bases] == [pytest.approx(begins["base_rate_here"])]
    # Four firms are too few to say what electricity is usual.
    assert "power_low" in {one["feature"] for one in begins["lowered"]}
    assert begins["base_rate_here"] < begins["base_rate"]
    here = {
        (feature["feature"], bin["bin"]): bin
        for feature in weights["features"]
        for bin in feature["bins"]
    }
    told = 0
    for row in (row for one in flagged for row in one["reasons"]):
        known = here.get((row["feature"], row["bin"]))
        if known and row["contribution"]:
            assert row["contribution"] == known["weight_here"]
            if row["common"]:
                told += 1
                assert row["common"]["factor"] == pytest.approx(
                    known["weight_here"] / known["weight"]
                )
                assert (row["common"]["share"], row["common"]["usual"]) == (
                    known["share"],
                    known["usual"],
                )
    assert told > 0
    for path in (f"{address}/weights", f"{address}/bands", f"{_API}/shell-case-measures"):
        assert (await ring.shell.client.get(path)).status_code == 403


async def test_the_centre_reads_a_check_up_after_the_agency(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path)
    screen = await latest_screen()
    assert screen is not None
    await check_ups(now(), screen.id, county.app.state.settings)
    agency, centre = ring.struggling.client, county.centre.client
    (own,) = (await agency.get(f"{_API}/check-ups")).json()["items"]
    assert (own["uscc"], own["readable"]) == (ring.struggling.uscc, True)
    address = f"{_API}/check-ups/{own['id']}"
    report = (await agency.get(address)).json()["report"]
    assert len(report["figures"]) == 12
    assert "insured" in {one["indicator"] for one in report["warnings"]}
    paper = await agency.get(f"{address}/paper", params={"lang": "en"})
    assert paper.content.startswith(b"%PDF")
    listed = (await centre.get(f"{_API}/check-ups", params={"month": ring.month})).json()["items"]
    assert len(listed) == 4
    assert not any(one["readable"] for one in listed)
    assert (await centre.get(f"{_API}/check-ups", params={"month": "2020-01"})).json()[
        "items"
    ] == []
    for early in (centre, ring.shell.client):
        hidden = await early.get(address)
        assert (hidden.status_code, hidden.json()["code"]) == (404, "check-up-unknown")
    auditor = await county.account(Role.AUDITOR)
    assert (await auditor.client.get(address)).json()["report"] == report
