"""What offices send is screened by itself: every night when something came, or when asked for."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from market import worker
from market.files.store import open_store
from market.settings import Settings
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.queries import history
from ratings.sanctions.queries import case_files
from ratings.shells import actions
from ratings.shells.case_queries import shell_cases
from ratings.shells.demonstration_feeds import AgencyFacts, write_feeds
from ratings.shells.demonstration_lives import Profile
from ratings.shells.queries import finding, last_month, latest_screen, screen_due, screens
from ratings.shells.shelf import Shelf
from ratings.signals.actions import take_in
from ratings.signals.files import find_files
from tests.conftest import Account
from tests.county import County

BUTTON = 'action="/console/screen"'


async def send(
    county: County, folder: Path, profiles: dict[str, Profile], begun: datetime | None = None
) -> None:
    """As an office pushes them: nothing but taken in."""
    settings: Settings = county.app.state.settings
    store = open_store(settings.files)
    facts = [AgencyFacts(*one) for one in profiles.items()]
    write_feeds(folder, facts, last_month(now()))
    found, _ = await asyncio.to_thread(find_files, folder)
    for path in found.values():
        await take_in(system(begun or now()), path.stem, path.name, path, store)


async def two(county: County) -> tuple[Account, Account]:
    return await county.agency(), await county.agency()


async def test_the_night_screens_what_came_and_nothing_twice(
    county: County, tmp_path: Path
) -> None:
    settings: Settings = county.app.state.settings
    await worker.screen_by_night(now(), settings)
    assert await latest_screen() is None, "there is nothing to screen"
    shell, honest = await two(county)
    codes = (shell.uscc or "", honest.uscc or "")
    await send(county, tmp_path / "a", {codes[0]: Profile.SHELL, codes[1]: Profile.NORMAL})
    assert await screen_due(now()) == last_month(now())
    await worker.screen_by_night(now(), settings)
    ran = await latest_screen()
    assert ran is not None
    assert ran.as_of_month == last_month(now())
    (entry,) = await history("screen", ran.id)
    assert entry.role == "system"
    (case,) = await shell_cases(now())
    assert case.uscc == shell.uscc
    await worker.screen_by_night(now(), settings)
    assert await latest_screen() == ran
    later = now() + timedelta(days=31)
    assert await screen_due(later) == last_month(later)
    await send(county, tmp_path / "b", {codes[0]: Profile.NORMAL, codes[1]: Profile.NORMAL})
    await worker.screen_by_night(now(), settings)
    assert len(await screens(5)) == 2


async def test_a_load_that_began_before_the_screen_is_not_forgotten(
    county: County, tmp_path: Path
) -> None:
    """A large file carries the time at which it was sent, and may end hours later."""
    settings: Settings = county.app.state.settings
    shell, honest = await two(county)
    begun = now() - timedelta(hours=2)
    await send(county, tmp_path / "a", {honest.uscc or "": Profile.NORMAL}, begun)
    await worker.screen_by_night(now(), settings)
    assert await screen_due(now()) is None
    await send(county, tmp_path / "b", {shell.uscc or "": Profile.SHELL}, begun)
    assert await screen_due(now()) == last_month(now())
    await worker.screen_by_night(now(), settings)
    assert [case.uscc for case in await shell_cases(now())] == [shell.uscc]


async def test_the_night_goes_on_with_a_later_month(county: County, tmp_path: Path) -> None:
    """Somebody has screened the month we are in: the night does not go back behind it."""
    settings: Settings = county.app.state.settings
    shell, honest = await two(county)
    await send(county, tmp_path / "a", {honest.uscc or "": Profile.NORMAL})
    month = local_date(now()).strftime("%Y-%m")
    await county.centre.client.post("/api/v1/screens", json={"as_of_month": month})
    await send(county, tmp_path / "b", {shell.uscc or "": Profile.SHELL})
    await worker.screen_by_night(now(), settings)
    ran = await latest_screen()
    assert ran is not None
    assert (ran.as_of_month, len(await screens(5))) == (month, 2)


async def test_the_centre_screens_at_once(county: County, tmp_path: Path) -> None:
    shell, honest = await two(county)
    centre = county.centre.browser
    profiles = {shell.uscc or "": Profile.SHELL, honest.uscc or "": Profile.NORMAL}
    assert BUTTON not in (await centre.get("/console/screen")).text
    await send(county, tmp_path, profiles)
    assert BUTTON in (await centre.get("/console/screen")).text
    told = await centre.post("/console/screen", follow_redirects=True)
    assert "新立案1件" in told.text
    assert BUTTON not in told.text
    again = await centre.post("/console/screen", follow_redirects=True)
    assert "没有新的数据" in again.text
    assert len(await case_files()) == 1


async def test_a_program_screens_a_month(county: County, tmp_path: Path) -> None:
    client, month = county.centre.client, last_month(now())
    nothing = await client.post("/api/v1/screens", json={"as_of_month": month})
    assert (nothing.status_code, nothing.json()["type"].split(":")[-1]) == (422, "screen-no-feed")
    shell, honest = await two(county)
    await send(
        county, tmp_path, {shell.uscc or "": Profile.SHELL, honest.uscc or "": Profile.NORMAL}
    )
    key = {"Idempotency-Key": "one-screen"}
    for _ in range(2):
        told = await client.post("/api/v1/screens", json={"as_of_month": month}, headers=key)
        assert (told.status_code, told.json()["cases"]) == (201, [shell.uscc])
    assert len(await screens(5)) == 1
    refusals = {"2026-13": "as-of-month", "2099-01": "screen-future-month"}
    refusals["1990-01"] = "screen-past-month"
    for wrong, code in refusals.items():
        told = await client.post("/api/v1/screens", json={"as_of_month": wrong})
        assert (told.status_code, told.json()["code"]) == (422, code)
    part = {"tax_filing": ("tax_filing.csv", b"uscc,month,state\n")}
    told = await client.post("/api/v1/feed-deliveries", params={"as_of": "2099-01"}, files=part)
    assert (told.status_code, told.json()["code"]) == (422, "screen-future-month")
    assert len(await screens(5)) == 1


async def test_the_night_keeps_what_the_next_month_goes_on_from(
    county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a million rows: this county's feeds are small, and nothing of them would be kept."""
    settings: Settings = county.app.state.settings
    folder = tmp_path / "kept"
    taken: list[dict[str, str]] = []
    folder.mkdir()

    class Watched(Shelf):
        def taken(self, *given: Any) -> dict[str, str]:
            taken.append(super().taken(*given))
            return taken[-1]

    monkeypatch.setattr(actions, "Shelf", partial(Watched, least_rows=0))
    monkeypatch.setattr(actions, "own_folder", lambda purpose: folder)
    shell, honest = await two(county)
    codes = (shell.uscc or "", honest.uscc or "")
    await send(county, tmp_path / "a", {codes[0]: Profile.SHELL, codes[1]: Profile.NORMAL})
    await worker.screen_by_night(now(), settings)
    month = local_date(now()).strftime("%Y-%m")
    store, known = open_store(settings.files), frozenset(codes)
    with_shelf = await actions.screen_store(system(now()), month, known, store)
    found = [await finding(code) for code in codes]
    monkeypatch.setattr(actions, "own_folder", lambda purpose: tmp_path)
    without = await actions.screen_store(system(now()), month, known, store)
    assert [bool(one) for one in taken] == [False, True, False]
    assert (with_shelf.counts, found) == (without.counts, [await finding(code) for code in codes])
