"""One agency as the feeds stand now, from the store: the same as the whole screen, and it decides
nothing."""

from pathlib import Path

import pytest
from obstore.store import LocalStore

from market.agencies.queries import admitted
from ratings.ledger.clock import now
from ratings.ledger.database import execute, fetchval
from ratings.shells.actions import screen_store
from ratings.shells.case_actions import (
    ExcuseTerms,
    ProposedFinding,
    decide_finding,
    propose_finding,
)
from ratings.shells.case_way import ShellFinding
from ratings.shells.queries import finding
from ratings.shells.rescoring import rescored_now
from ratings.signals.actions import take_in
from ratings.signals.cells import month_number, month_text
from ratings.signals.contract import Excuse
from ratings.signals.decisions import decide_held
from tests.county import County
from tests.screened import screened_ring
from tests.shell_way import to_decision


async def _entries() -> int:
    return int(await fetchval("SELECT count(*) FROM ledger_entry"))


async def test_the_store_says_of_one_what_the_screen_says_of_all(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path, honest=3)
    store = LocalStore(county.app.state.settings.files)
    everyone = (ring.shell, ring.other, ring.struggling, *ring.honest)
    before = await _entries()
    for account in everyone:
        uscc = account.uscc or ""
        kept, again = await finding(uscc), await rescored_now(uscc, store, now())
        assert kept is not None
        assert again is not None
        assert again.rows == []
        assert again.now.log_odds == pytest.approx(kept.log_odds, abs=1e-9)
        assert again.now.probability == pytest.approx(kept.probability, abs=1e-9)
        assert (again.now.outcome, again.now.classes) == (kept.outcome, kept.classes)
        assert again.now.coverage == pytest.approx(kept.coverage, abs=1e-9)
    assert await _entries() == before


async def test_a_late_cell_shows_and_the_next_screen_agrees(county: County, tmp_path: Path) -> None:
    """Returns and invoices of two years that came in late; all else stays as it was."""
    ring = await screened_ring(county, tmp_path)
    store, uscc = LocalStore(county.app.state.settings.files), ring.shell.uscc or ""
    newest = month_number(ring.month)
    centre, second = county.centre.actor(), (await county.second()).actor()
    for feed, columns, values in (
        (
            "tax_filing",
            "state,filing_cycle,sales_fen,tax_fen,taxpayer_state",
            "POS,M,9000000,90000,normal",
        ),
        (
            "invoices",
            "out_count,out_fen,in_count,in_fen,top_buyer_share,distinct_buyers",
            "9,9000000,9,5000000,0.2,7",
        ),
    ):
        lines = [f"uscc,month,{columns}"]
        lines += [f"{uscc},{month_text(newest - place)},{values}" for place in range(24)]
        receipt = await take_in(centre, feed, "late.csv", "\n".join(lines).encode(), store)
        if receipt.state == "held":
            await decide_held(second, receipt.batch, release=True, reason="补报", store=store)
    kept, entries = await finding(uscc), await _entries()
    shown = await rescored_now(uscc, store, now())
    assert kept is not None
    assert shown is not None
    assert shown.then.log_odds == kept.log_odds
    assert shown.now.log_odds < shown.then.log_odds
    assert "tax" in {row.signal_class for row in shown.rows}
    moved = sum(
        (row.after.contribution if row.after else 0)
        - (row.before.contribution if row.before else 0)
        for row in shown.rows
    )
    assert moved == pytest.approx(shown.now.log_odds - shown.then.log_odds, abs=1e-5)
    assert await _entries() == entries
    assert await finding(uscc) == kept
    await screen_store(county.centre.actor(), ring.month, await admitted(), store)
    whole = await finding(uscc)
    assert whole is not None
    assert shown.now.outcome == whole.outcome
    fresh = await rescored_now(uscc, store, now())
    assert fresh is not None
    assert fresh.now.log_odds == pytest.approx(whole.log_odds, abs=1e-9)


async def test_an_excuse_on_record_shows_before_the_next_screen(
    county: County, tmp_path: Path
) -> None:
    ring = await screened_ring(county, tmp_path)
    store, uscc = LocalStore(county.app.state.settings.files), ring.shell.uscc or ""
    first, second = county.centre.actor(), (await county.second()).actor()
    await to_decision(first, ring.case)
    terms = ExcuseTerms(Excuse.REGISTERED_CLOSURE, "2025-01", "", "歇业备案表")
    wanted = ProposedFinding(ShellFinding.EXCUSE, "歇业未及时报送", excuse=terms)
    await propose_finding(first, ring.case, wanted)
    await decide_finding(second, ring.case)
    shown = await rescored_now(uscc, store, now())
    assert shown is not None
    assert shown.now.log_odds < shown.then.log_odds
    # What the closure explains is not read any more, and nothing is left for it to take away.
    lost = [row for row in shown.rows if row.before and row.before.contribution > 0]
    assert lost
    assert all(row.after is None or row.after.contribution <= 0 for row in lost)
    await screen_store(county.centre.actor(), ring.month, await admitted(), store)
    whole, fresh = await finding(uscc), await rescored_now(uscc, store, now())
    assert whole is not None
    assert fresh is not None
    assert fresh.rows == []
    assert fresh.now.log_odds == pytest.approx(whole.log_odds, abs=1e-9)


async def test_what_was_screened_before_says_nothing(county: County, tmp_path: Path) -> None:
    ring = await screened_ring(county, tmp_path)
    store = LocalStore(county.app.state.settings.files)
    await execute("UPDATE finding SET county = NULL")
    assert await rescored_now(ring.shell.uscc or "", store, now()) is None
    assert await rescored_now(county.centre.person or "", store, now()) is None
