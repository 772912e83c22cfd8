"""The demonstration market: as large and as varied as promised, and its record verifies."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from market.accounts.actions import NewAccount, create_account, sign_in
from market.demonstration.accounts import ACCOUNTS, PASSWORD
from market.demonstration.calendar import Calendar
from market.demonstration.population import POPULATED, populate
from market.engagements.queries import engagements
from market.files.store import open_store
from ratings.evaluations.queries import awaiting
from ratings.ledger.actors import Actor, Role, system
from ratings.ledger.clock import now
from ratings.ledger.database import fetch, fetchval
from ratings.ledger.errors import Unavailable
from ratings.sanctions.misconduct_queries import warnings_in_force
from ratings.sanctions.queries import case_files
from ratings.sanctions.rules import Kind
from ratings.shells.audit_queries import case_measures, feed_drift, past_screens
from ratings.shells.case_queries import shell_cases, visible_shell_cases
from ratings.shells.case_way import Stage
from ratings.shells.queries import findings, latest_screen
from ratings.signals.agency_cells import NINE
from ratings.stars.queries import distribution
from ratings.verification import verify


async def _counts(sql: str) -> dict[str, int]:
    return {str(row[0]): row[1] for row in await fetch(sql)}


async def _signed_in(login: str) -> Actor:
    who = await sign_in(login, PASSWORD, now(), demonstration=True)
    return Actor(who.role, now(), who.person, who.organisation, who.uscc)


async def test_the_market_is_populated_as_promised(database: str, tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    before = time.perf_counter()
    assert await populate(now(), store, lambda line: None)
    print(f"populated in {time.perf_counter() - before:.1f} s")

    agencies = await _counts("SELECT state, count(*) FROM agency GROUP BY 1")
    assert sum(agencies.values()) == 60
    assert agencies["applied"] >= 2
    assert agencies["refused"] == 1
    kinds = await _counts("SELECT kind, count(*) FROM organisation GROUP BY 1")
    assert kinds["enterprise"] == 25
    assert await fetchval("SELECT bool_and(demonstration) FROM organisation")
    assert await fetchval("SELECT bool_and(demonstration) FROM agency")

    evaluated = await fetchval("SELECT count(*) FROM docket WHERE unsealed_at IS NOT NULL")
    assert evaluated == 300
    oldest = await fetchval("SELECT min(settled_on) FROM docket")
    assert timedelta(days=480) < now().date() - oldest < timedelta(days=560)
    unanswered = await fetchval(
        "SELECT count(*) FROM docket d WHERE unsealed_at IS NOT NULL"
        " AND (SELECT count(*) FROM answer a WHERE a.docket = d.id) < 3"
    )
    assert 5 < unanswered < 50
    states = await _counts("SELECT state, count(*) FROM engagement GROUP BY 1")
    assert min(states[state] for state in ("running", "delivered", "accepted", "settled")) >= 1
    groups = await _counts("SELECT state, count(*) FROM group_buy GROUP BY 1")
    assert groups["open"] == 5
    assert {"closed", "failed", "chosen"} <= set(groups)

    cases = await case_files()
    states = {"open", "answered", "dismissed", "delisted", "lifted", "rectified", "warned"}
    assert states <= {case.state for case in cases} <= states | {"ordered"}
    assert Kind.SHELL in {case.kind for case in cases}
    assert len(await warnings_in_force(now())) == 1
    # No two deliverables are the same file, so none of the invented work is in doubt.
    files = await fetch("SELECT count(*), count(DISTINCT sha256) FROM deliverable")
    assert files[0][0] == files[0][1] > 300
    assert await fetchval("SELECT count(*) FROM integrity_flag WHERE kind = 'invented'") == 0
    stars = (await distribution()).stars
    assert stars[5] > stars[4] > stars[3] >= 1
    assert stars[1] >= 2
    assert stars[2] >= 2

    # What has been done waits for nobody; what lies ahead is in the queue.
    jobs = await _counts("SELECT entrypoint, count(*) FROM pgqueuer GROUP BY 1")
    waiting = await fetchval("SELECT count(*) FROM docket WHERE unsealed_at IS NULL")
    assert jobs == {"close_group_buy": 5, "unseal_docket": waiting, "lift_delisting": 3}
    due = await fetch(
        "SELECT g.deadline, q.execute_after FROM pgqueuer q JOIN group_buy g"
        " ON g.id::text = convert_from(q.payload, 'UTF8')::json->>'group_buy'"
    )
    assert len(due) == 5
    assert all(after >= deadline for deadline, after in due)

    assert len(store.list().collect()) > 300
    await _everybody_has_something_to_do()
    await _the_screens_have_shown_what_they_are_for()

    report = await verify()
    assert report.faults == []
    assert report.standings > 250
    entries = report.entries

    assert not await populate(now(), store, lambda line: None)
    assert await fetchval("SELECT count(*) FROM ledger_entry") == entries


async def _everybody_has_something_to_do() -> None:
    for account in ACCOUNTS:
        assert (await _signed_in(account.login)).role is account.role
    owner = await _signed_in("enterprise@demo")
    for state in ("running", "delivered", "settled"):
        assert await engagements(owner, state=state), state
    for login in ("enterprise@demo", "supervisor@demo", "supervisor2@demo", "centre@demo"):
        assert await awaiting(await _signed_in(login)), login
    accused = await _signed_in("agency2@demo")
    assert await case_files(uscc=accused.uscc or "", state="open")
    flagged = await _signed_in("agency41@demo")
    (own,) = await visible_shell_cases(flagged)
    assert own.stage == Stage.VISIT
    centre = await _signed_in("centre@demo")
    running = {one.stage: one for one in await shell_cases(now(), undecided=True)}
    assert set(running) == {Stage.VISIT, Stage.DECISION, Stage.OUTCOME}
    for stage in (Stage.VISIT, Stage.DECISION):
        assert running[stage].owner == centre.person
    seller = await _signed_in("agency@demo")
    assert await engagements(seller, state="running")


async def _the_screens_have_shown_what_they_are_for() -> None:
    measured = await case_measures()
    assert measured.decided == 4
    assert (measured.precision.value, measured.precision.of) == (pytest.approx(2 / 3), 3)
    assert (measured.missed.value, measured.missed.of) == (0, 1)
    stages = sorted(one.stage for one in await shell_cases(now()))
    assert stages == ["closed", "closed", "closed", "decision", "outcome", "visit"]
    screens = await past_screens()
    assert [screen.counts["watch"] for screen in screens] == [1, 1, 1]
    # What was explained once is not asked again; what is told apart is not flagged.
    assert [screen.counts["case"] for screen in screens] == [4, 4, 3]
    found = await latest_screen()
    assert found is not None
    rows = await findings(found.id)
    assert {reason.feature for row in rows for reason in row.reasons} >= {
        "labour_dispatch",
        "quarterly_filer",
        "registered_closure",
        "retirees_interns",
        "sole_practitioner",
    }
    assert {one.feed for one in await feed_drift(now())} == set(NINE)


async def test_a_start_that_breaks_off_leaves_nothing(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Calendar, "run", broken)
    with pytest.raises(OSError, match="disk"):
        await populate(now(), open_store(str(tmp_path)), lambda line: None)
    assert await fetchval("SELECT count(*) FROM organisation") == 0
    assert await fetchval("SELECT count(*) FROM ledger_entry") == 0


async def _organisation(*, demonstration: bool) -> None:
    wanted = NewAccount(
        kind=Role.CENTRE,
        organisation_name="中心",
        login="centre",
        password="a long enough password",
        person_name="某人",
    )
    await create_account(system(now()), wanted, demonstration=demonstration)


async def test_a_market_with_real_organisations_is_left_alone(
    database: str, tmp_path: Path
) -> None:
    await _organisation(demonstration=False)
    assert not await populate(now(), open_store(str(tmp_path)), lambda line: None)
    assert await fetchval("SELECT count(*) FROM organisation") == 1


async def test_half_a_demonstration_says_what_to_do(database: str, tmp_path: Path) -> None:
    await _organisation(demonstration=True)
    with pytest.raises(Unavailable, match="Delete the folder"):
        await populate(now(), open_store(str(tmp_path)), lambda line: None)
    assert not await fetchval("SELECT count(*) FROM ledger_entry WHERE act = $1", POPULATED)
