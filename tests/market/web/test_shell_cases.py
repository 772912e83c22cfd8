"""The page of a shell case: what its forms take and what they refuse; the overview of a screen."""

import re
from pathlib import Path

import pytest

from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.case_queries import shell_case
from ratings.shells.policy import load_policy
from ratings.shells.scorecard import Outcome, points_at
from ratings.shells.screen import screen_directory
from tests.county import County
from tests.screened import screened_ring


async def test_a_case_is_given_to_people_of_the_centre_and_nobody_else(county: County) -> None:
    agency = await county.agency()
    reason = [Bilingual(zh="理由", en="reason")]
    case = await open_case(system(now()), str(agency.uscc), Kind.SHELL, reason)
    assert case is not None
    page, centre = f"/console/shell-cases/{case}", county.centre
    for owner in ("", "nobody", "x' OR 1", county.enterprise.person, agency.person):
        refused = await centre.browser.post(page, data={"step": "assign", "owner": owner})
        assert refused.status_code == 422, owner
        assert 'id="owner-error"' in refused.text
    assert (await shell_case(case, now())).owner == ""
    given = await centre.browser.post(page, data={"step": "assign", "owner": centre.person})
    assert given.status_code == 303
    assert (await shell_case(case, now())).owner == centre.person


async def test_the_overview_draws_every_agency_in_its_band(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path, honest=3)
    answer = await county.centre.browser.get("/console/screen", params={"lang": "en"})
    drawn = answer.text.split('<ol class="histogram">')[1].split("</ol>")[0]
    columns = re.findall(r'<span class="hidden">([^<]+)</span>(.*?)</li>', drawn, re.DOTALL)
    assert sum(int(re.split(r"[:,]", told)[1]) for told, _ in columns) == 6
    high = [told for told, more in columns if "histogram__bar--seal" in more]
    assert [told.split(", ")[1:] for told in high] in ([["flagged 2"]], [["flagged 1"]] * 2)
    scores = screen_directory(tmp_path, ring.month).scores
    flagged = [score for score in scores if score.outcome is Outcome.CASE]
    assert len(flagged) == 2
    assert all(score.points >= points_at(load_policy().case_probability) for score in flagged)


def test_twice_the_odds_are_twenty_points_more() -> None:
    assert points_at(0.05) == pytest.approx(50)
    assert points_at(2 / 21) == pytest.approx(70, abs=0.01)
