"""The check-up in the real pages: the agency reads it, the centre waits, an auditor reads all."""

from pathlib import Path

from market.worker import check_ups
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.shells.check_up_queries import own_check_ups
from ratings.shells.queries import latest_screen
from tests.browser.visitors import Arrive
from tests.county import County
from tests.screened import screened_ring


async def test_a_report_is_read_by_the_agency_first(
    county: County, arrive: Arrive, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path, honest=4)
    screen = await latest_screen()
    assert screen is not None
    # The timetable does it too; whoever is second finds it done.
    await check_ups(now(), screen.id, county.app.state.settings)
    (row,) = await own_check_ups(ring.struggling.actor())

    agency = await arrive(ring.struggling.login)
    await agency.go("/workspace")
    await agency.sees("To the check-up")
    await agency.looks()
    await agency.follow(agency.says("Monthly check-ups"))
    await agency.looks()
    await agency.follow(agency.says("Check-up of {month}", month=ring.month))
    await agency.sees("Persons insured, monthly average")
    await agency.sees("Early warnings")
    await agency.looks()

    centre = await arrive(county.centre.login)
    await centre.go("/console/check-ups")
    await centre.looks()
    await centre.go(f"/check-ups/{row.id}", status=404)
    auditor = await arrive((await county.account(Role.AUDITOR)).login)
    await auditor.go(f"/check-ups/{row.id}")
    await auditor.sees("Persons insured, monthly average")
    await auditor.looks()
