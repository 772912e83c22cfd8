"""The page of an agency says what its score is now, the API says the same, and so does the agency's
own case while it runs."""

import html
import re
from pathlib import Path

import msgspec
from obstore.store import LocalStore

from ratings.ledger.actors import Role
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.shells.rescoring import rescored_now
from ratings.signals.actions import take_in
from ratings.signals.cells import month_number, month_text
from tests.county import County
from tests.screened import screened_ring
from tests.shell_way import dismiss_at_desk


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


async def test_an_agency_sees_its_own_score_of_now_while_its_case_runs(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    uscc, page = ring.shell.uscc or "", f"/workspace/shell-cases/{ring.case}/now"
    store = LocalStore(county.app.state.settings.files)
    newest = month_number(ring.month)
    lines = ["uscc,month,state,filing_cycle,sales_fen,tax_fen,taxpayer_state"]
    lines += [
        f"{uscc},{month_text(newest - place)},POS,M,900000000,2700000,normal" for place in range(24)
    ]
    sent = "\n".join(lines).encode()
    receipt = await take_in(county.centre.actor(), "tax_filing", "late.csv", sent, store)
    assert receipt.state == "accepted"
    changed = await rescored_now(uscc, store, now())
    assert changed is not None
    assert changed.rows
    auditor = await county.account(Role.AUDITOR)
    entries = await fetchval("SELECT count(*) FROM ledger_entry")
    case = await ring.shell.browser.get(page.removesuffix("/now"))
    assert f'hx-get="{page}"' in case.text
    words = {
        "zh": ("按当前数据重新计分", "仅依据贵机构自身的数据"),
        "en": ("As the feeds stand now", "Computed from your own rows"),
    }
    for language, said in words.items():
        told = await ring.shell.browser.get(page, params={"lang": language})
        assert told.status_code == 200, told.text
        assert all(text in told.text for text in said)
        part = told.text.split('id="now"')[1].split("</section>")[0]
        assert part.count("<tr>") == 3 + len(changed.rows)
        for row in changed.rows:
            reason = row.after or row.before
            assert reason is not None
            sentence = reason.sentence_zh if language == "zh" else reason.sentence
            assert html.escape(sentence.format(**reason.params), quote=False) in part
        # Nobody else's code stands there, and no way leads to the pages of officials.
        assert set(re.findall(r"\b91[0-9A-Z]{16}\b", told.text)) <= {uscc}
        assert "/console/" not in told.text
    address = f"/api/v1/shell-cases/{ring.case}/now"
    for who in (ring.shell, county.centre, auditor):
        answer = (await who.client.get(address)).json()
        assert (answer["case"], answer["uscc"]) == (ring.case, uscc)
        assert answer["now"] == msgspec.to_builtins(changed.now)
        assert answer["then"] == msgspec.to_builtins(changed.then)
        for row, told_row in zip(changed.rows, answer["rows"], strict=True):
            parts = [one.contribution if one else None for one in (row.before, row.after)]
            assert [told_row["before"], told_row["after"]] == parts
            assert set(told_row["says"]) == {"zh", "en"}
        assert set(re.findall(r"\b91[0-9A-Z]{16}\b", str(answer))) == {uscc}
    for stranger in (ring.other, ring.honest[0]):
        unseen = await stranger.client.get(address)
        assert (unseen.status_code, unseen.json()["code"]) == (404, "case-unknown")
    assert await fetchval("SELECT count(*) FROM ledger_entry") == entries

    alone = await ring.shell.browser.get(page, headers={"HX-Request": "true"})
    assert alone.text.lstrip().startswith("<section")
    for stranger in (ring.other, ring.honest[0]):
        assert (await stranger.browser.get(page)).status_code == 404
    assert (await county.centre.browser.get(page)).status_code == 403
    assert (await ring.shell.browser.get(f"/console/screen/{uscc}/now")).status_code == 403

    await dismiss_at_desk(county.centre.actor(), ring.case, "资料一致")
    over = await ring.shell.browser.get(page, params={"lang": "en"})
    assert over.status_code == 404
    assert "is over." in over.text
    for who in (ring.shell, county.centre):
        ended = await who.client.get(address)
        assert (ended.status_code, ended.json()["code"]) == (404, "shell-case-over")
    assert page not in (await ring.shell.browser.get(page.removesuffix("/now"))).text
