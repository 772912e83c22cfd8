"""The pages and the paper of a check-up."""

from pathlib import Path

from babel import Locale

from market.agencies.queries import agency_names
from market.settings import Settings
from market.web import check_up_words, text
from market.web.check_up_paper import on_paper
from market.web.pdf import typeset
from market.worker import check_ups
from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.shells.check_up import INDICATORS
from ratings.shells.check_up_queries import own_check_ups, visible_check_up
from ratings.shells.queries import latest_screen
from tests.county import County
from tests.screened import screened_ring


def test_every_indicator_and_dimension_has_a_word() -> None:
    assert set(check_up_words.LABELS) == {one.name for one in INDICATORS}
    assert set(check_up_words.DIMENSIONS) == {one.dimension for one in INDICATORS}


async def test_the_agency_reads_its_report_and_the_centre_waits(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path, honest=4)
    screen = await latest_screen()
    assert screen is not None
    agency, auditor = ring.honest[0], await county.account(Role.AUDITOR)
    before = await agency.browser.get("/workspace/check-ups", params={"lang": "en"})
    assert "No report yet" in before.text
    await check_ups(now(), screen.id, county.app.state.settings)
    (row,) = await own_check_ups(agency.actor())
    page = f"/check-ups/{row.id}"
    desk = await agency.browser.get("/workspace")
    assert 'href="/workspace/check-ups"' in desk.text
    own = await agency.browser.get("/workspace/check-ups")
    assert f'href="{page}"' in own.text
    shown = await agency.browser.get(page, params={"lang": "en"})
    assert shown.status_code == 200
    assert "Persons insured, monthly average" in shown.text
    assert "The register names no trade; compared with all firms it has, 7 in all" in shown.text
    file = await agency.browser.get(f"{page}/paper", params={"lang": "en"})
    assert file.headers["content-type"] == "application/pdf"
    assert file.content.startswith(b"%PDF")
    assert (
        await agency.browser.get(f"{page}/paper", params={"lang": "en"})
    ).content == file.content

    waiting = await county.centre.browser.get("/console/check-ups", params={"lang": "en"})
    assert waiting.text.count("with the agency until") == 7
    assert page not in waiting.text
    for path in (page, f"{page}/paper"):
        assert (await county.centre.browser.get(path)).status_code == 404
        assert (await ring.honest[1].browser.get(path)).status_code == 404
        assert (await auditor.browser.get(path)).status_code == 200
    listed = await auditor.browser.get("/console/check-ups")
    assert f'href="{page}"' in listed.text


async def test_the_paper_says_what_the_page_says(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path, honest=4)
    screen = await latest_screen()
    assert screen is not None
    await check_ups(now(), screen.id, county.app.state.settings)
    (row,) = await own_check_ups(ring.struggling.actor())
    found = await visible_check_up(ring.struggling.actor(), row.id)
    name = (await agency_names([row.uscc]))[row.uscc]
    for locale in (text.ZH, Locale("en")):
        paper = on_paper(found, name, locale, Settings())
        rows = [one for part in check_up_words.parts(locale, found.report) for one in part["rows"]]
        assert [line[0] for part in paper.parts for line in part.rows] == [
            one["label"] for one in rows
        ]
        assert [line[1] for part in paper.parts for line in part.rows] == [
            one["value"] for one in rows
        ]
        assert paper.warnings == check_up_words.warnings(locale, found.report)
        assert len(paper.warnings) > 0
        assert all(len(line) == len(paper.columns) for part in paper.parts for line in part.rows)
        made = typeset("check_up", locale, paper, row.made_at)
        assert made == typeset("check_up", locale, paper, row.made_at)


async def test_a_warning_goes_to_the_firm_and_nowhere_else(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path, honest=4)
    screen = await latest_screen()
    assert screen is not None
    await check_ups(now(), screen.id, county.app.state.settings)
    worse, told = ring.struggling, "Persons insured, monthly average: "
    (row,) = await own_check_ups(worse.actor())
    desk = await worse.browser.get("/workspace", params={"lang": "en"})
    assert f"in your check-up of {ring.month}" in desk.text
    assert f'href="/check-ups/{row.id}"' in desk.text
    report = await worse.browser.get(f"/check-ups/{row.id}", params={"lang": "en"})
    assert told in report.text
    assert "Warned from a fall of 30% on." in report.text
    for who in (ring.honest[0], ring.shell):
        own = await who.browser.get("/workspace", params={"lang": "en"})
        assert "in your check-up of" not in own.text
    public = (f"/agencies/{worse.uscc}", f"/api/v1/agencies/{worse.uscc}/history")
    console = (f"/console/screen/{worse.uscc}", "/console/ledger", "/console/check-ups")
    for path in (*public, *console):
        answer = await county.centre.browser.get(path, params={"lang": "en"})
        assert answer.status_code == 200, path
        assert told not in answer.text
        assert "arly warning" not in answer.text
