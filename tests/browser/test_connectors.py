"""Where feeds come from, in the real pages: a pull by the running worker, and who sends what."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from litestar import Litestar

from ratings.ledger.clock import now
from ratings.ledger.database import fetchval
from ratings.signals.connectors.rules import finished_months
from tests.browser.visitors import Arrive
from tests.conftest import make_uscc
from tests.county import County, eventually
from tests.department import SECRET, Department, department, documented
from tests.receiving import LOOPBACK, answering


@pytest.fixture
async def source(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Department]:
    """A department that is busy at first, and a connector to it in the folder of the market."""
    monkeypatch.setenv("STEELYARD_CONNECTOR_HOUSING_FUND_SECRET", SECRET)
    settings = msgspec.structs.replace(app.state.settings, connector_networks=LOOPBACK)
    app.state.settings = settings
    settings.connectors.mkdir()
    async with department() as made:
        for month in finished_months(2, now()):
            period = month.replace("-", "")
            made.rows[period] = [
                {
                    "creditCode": make_uscc(number),
                    "period": period,
                    "headCount": number,
                    "amount": 10,
                    "payState": "1",
                    "district": "云溪",
                }
                for number in range(1, 5)
            ]
        made.before = lambda *_: answering(503)
        file = settings.connectors / "housing_fund_centre.toml"
        file.write_text(documented(made.url), "utf-8")
        (settings.connectors / "faulty.toml").write_text("feed = 1", "utf-8")
        yield made


async def _landed() -> bool:
    return bool(await fetchval("SELECT count(*) = 2 FROM connector_pull WHERE state = 'landed'"))


async def _waiting() -> bool:
    return bool(await fetchval("SELECT count(*) = 2 FROM connector_pull WHERE failures > 0"))


async def test_the_centre_sees_where_feeds_come_from(
    source: Department, county: County, arrive: Arrive
) -> None:
    person = await arrive(county.centre.login)
    await person.go("/console/connectors")
    await person.sees("Cannot be read")
    await person.press("Pull now")
    await person.sees("The pull has begun. The worker reads the source page by page.")
    await eventually(_waiting)
    await person.go("/console/connectors")
    await person.sees("Waiting for the source")
    await person.sees("It answered with status {status}.", status=503)
    await person.looks()

    source.before = lambda *_: None
    await person.press("Pull now")
    await eventually(_landed)
    await person.go("/console/connectors")
    await person.sees("Landed")
    await person.sees("Fields that nobody has mapped: {fields}", fields="district")

    await person.page.select_option("#sender-tax_filing", county.supervisor.organisation)
    row = person.page.locator("tr", has=person.page.locator("#sender-tax_filing"))
    async with person.page.expect_navigation():
        await row.get_by_role("button").click()
    await person.sees("It is settled who sends the feed.")
    await person.press("Count the finished months now")
    await person.sees("Every finished month is there already.")
    await person.looks()
