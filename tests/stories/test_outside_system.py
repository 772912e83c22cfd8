"""The program of docs/integration.md, run as the page says, against a market on a real socket."""

import asyncio
import os
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar

from market.purchasing.actions import open_group_buy
from market.purchasing.queries import participations
from market.settings import Settings
from ratings.ledger.actors import Role
from ratings.ledger.database import fetchval
from ratings.ledger.queries import latest
from tests.browser.serving import serving
from tests.conftest import PASSWORD
from tests.county import County, county
from tests.receiving import LOOPBACK

__all__ = ["county"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, webhook_networks=LOOPBACK)


@pytest.fixture
async def origin(app: Litestar, database: str) -> AsyncIterator[str]:
    async with serving(app, database) as address:
        yield address


def command(origin: str, login: str) -> list[str]:
    """The documented command, pointed at this market and one of its accounts."""
    page = (ROOT / "docs" / "integration.md").read_text(encoding="utf-8")
    assert f"STEELYARD_WEBHOOK_NETWORKS={LOOPBACK} make run" in page
    (line,) = re.findall(r"^\.venv/bin/python (docs/examples/outside_system\.py .+)$", page, re.M)
    words = shlex.split(line)
    given = {"--market": origin, "--login": login, "--password": PASSWORD}
    assert words[1::2] == list(given)
    return [sys.executable, words[0], *[word for pair in given.items() for word in pair]]


async def test_a_system_that_knows_only_the_documentation(county: County, origin: str) -> None:
    full = await open_group_buy(
        county.enterprise.actor(), county.group_buy(places=2, tiers=county.group_buy().tiers[:1])
    )
    another = await county.account(Role.ENTERPRISE)
    address = f"/api/v1/group-buys/{full}/participations"
    assert (await another.client.post(address, json={"project_name": "满"})).status_code == 201
    wanted = await open_group_buy(county.enterprise.actor(), county.group_buy())
    ours = await county.account(Role.ENTERPRISE)
    running = await asyncio.create_subprocess_exec(
        *command(origin, ours.login),
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await running.communicate()
    assert (running.returncode, complained.decode()) == (0, ""), said.decode()
    story = said.decode()
    for beginning in ("packages: ", "webhook: subscribed", "group buy: joined", "export: "):
        assert re.search(f"^{beginning}", story, re.M), story
    assert f"joined {wanted} as number 2" in story
    names = [row.organisation for row in await participations(wanted)]
    assert names.count(ours.organisation) == 1, "sent twice, joined once"
    acts = [entry.act for entry in await latest(100) if entry.organisation == ours.organisation]
    assert acts.count("group_buy.joined") == 1
    assert {"webhook.subscribed", "webhook.deleted"} <= set(acts)
    (event,) = re.findall(r"^webhook: told of group_buy\.joined as (evt_\w+)$", story, re.M)
    sealed = await fetchval(
        "SELECT hash FROM ledger_entry WHERE act = 'group_buy.joined' AND subject = $1", wanted
    )
    assert sealed.startswith(event.removeprefix("evt_"))
