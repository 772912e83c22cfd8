"""People who write programs read how to begin, try it, and look an operation up."""

import json
import re
import shlex

import httpx

from market.api.example_ids import STANDS_FOR
from market.api.examples import BODIES
from market.purchasing.actions import open_group_buy
from market.web.developers import NAMES
from ratings.ledger.actors import Role
from tests.browser.visitors import Arrive
from tests.conftest import PASSWORD
from tests.county import County


async def test_the_commands_of_the_page_do_what_it_says(
    county: County, origin: str, arrive: Arrive
) -> None:
    group_buy = await open_group_buy(county.enterprise.actor(), county.group_buy())
    account = await county.account(Role.ENTERPRISE)
    visitor = await arrive()
    await visitor.go("/developers")
    await visitor.looks()
    commands = await visitor.page.locator("main pre").all_inner_texts()
    names = {"MARKET": origin, "GROUP_BUY": str(group_buy)}
    answers = []
    async with httpx.AsyncClient() as client:
        for command in commands:
            if "curl" not in command:
                assert f"MARKET={origin}" in command
                continue
            if "/sessions" in command:
                given = json.dumps({"login": account.login, "password": PASSWORD})
                command = re.sub(r"'\{.*\}'", shlex.quote(given), command)
            answer = await client.send(_request(command, names))
            assert answer.is_success, (command, answer.text)
            answers.append(answer.json())
            names.setdefault("TOKEN", answers[0]["token"])
    _, packages, open_ones, joined, changes = answers
    assert {"items", "next"} <= packages.keys()
    assert str(group_buy) in [one["id"] for one in open_ones["items"]]
    assert joined["participants"] == 2
    assert changes["next"]


def _request(command: str, names: dict[str, str]) -> httpx.Request:
    """What curl would send; only the options that the page uses."""
    words = shlex.split(command[command.index("curl ") :].replace("\\\n", " "))
    words = [re.sub(r"\$(\w+)", lambda found: names[found[1]], word) for word in words]
    headers: dict[str, str] = {}
    address, body = "", None
    rest = iter(words[1:])
    for word in rest:
        match word:
            case "-i":
                pass
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "--json":
                body = json.loads(next(rest))
            case _:
                assert not word.startswith("-"), word
                address = word
    return httpx.Request("GET" if body is None else "POST", address, headers=headers, json=body)


async def test_an_operation_is_found_by_its_link(origin: str, arrive: Arrive) -> None:
    async with httpx.AsyncClient(base_url=origin) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
    visitor = await arrive()
    await visitor.go("/developers")
    links = {
        await link.get_attribute("href")
        for link in await visitor.page.locator("main ul.rows a").all()
    }
    assert {str(link).partition("#")[2] for link in links} == {
        operation["operationId"] for item in described["paths"].values()
        for operation in item.values()
    }  # fmt: skip
    assert {str(link).split("/")[2].partition("#")[0] for link in links} <= NAMES.keys()
    await visitor.follow("/api/v1/group-buys/{group_buy}/participations")
    shown = visitor.page.locator("#group_buy_join")
    text = await shown.inner_text()
    assert "purchasing:write" in text
    assert "Idempotency-Key" in text
    assert json.dumps(BODIES["group_buy_join"], ensure_ascii=False) in text
    assert STANDS_FOR["group-buy"] in text
    await shown.get_by_role("link", name="Joined", exact=True).click()
    assert await visitor.page.locator(":target h3").inner_text() == "Joined"
    dead = await visitor.page.evaluate(
        "() => [...document.querySelectorAll('main a[href^=\"#\"]')].map((a) =>"
        " a.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id))"
    )
    assert dead == []
    await visitor.looks()
    await visitor.go("/developers/no-such-area", status=404)
