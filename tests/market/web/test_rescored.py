"""The page of an agency says what its score is now, and the API says the same."""

from pathlib import Path

from ratings.ledger.actors import Role
from ratings.ledger.database import execute
from tests.county import County
from tests.screened import screened_ring


async def test_the_score_of_now_stands_beside_the_one_of_the_screen(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    uscc, auditor = ring.shell.uscc or "", await county.account(Role.AUDITOR)
    page = f"/console/screen/{uscc}/now"
    for address in (f"/console/screen/{uscc}", f"/console/shell-cases/{ring.case}"):
        shown = await county.centre.browser.get(address, params={"lang": "en"})
        assert f'hx-get="{page}"' in shown.text
    told = await county.centre.browser.get(page, params={"lang": "en"})
    assert told.status_code == 200, told.text
    assert "No row of the evidence has changed since." in told.text
    answer = (await auditor.client.get(f"/api/v1/findings/{uscc}/now")).json()
    assert (answer["uscc"], answer["rows"]) == (uscc, [])
    assert answer["now"]["outcome"] == answer["then"]["outcome"] == "case"
    assert answer["policy_digest"] in told.text
    assert (await ring.shell.client.get(f"/api/v1/findings/{uscc}/now")).status_code == 403
    await execute("UPDATE finding SET county = NULL")
    gone = await county.centre.client.get(f"/api/v1/findings/{uscc}/now")
    assert (gone.status_code, gone.json()["code"]) == (404, "finding-not-kept")
    shown = await county.centre.browser.get(f"/console/screen/{uscc}")
    assert page not in shown.text
