"""A real browser before a served market: uvicorn on a free port, with its timetable running.

The browser is Debian's Chromium. Server, timetable and browser are driven from the one event
loop of the tests, so that a test may also act and look behind the pages.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from babel import Locale
from litestar import Litestar
from playwright.async_api import Browser, async_playwright

from market.web import text
from tests.browser.serving import serving
from tests.browser.visitors import Arrive, Visitor, visiting
from tests.conftest import PASSWORD
from tests.county import county

__all__ = ["county"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for the session; every visitor gets a context of its own."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, f"The browser tests need one of {', '.join(_NAMES)}; `make test` installs it."
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def origin(app: Litestar, database: str) -> AsyncIterator[str]:
    """The address of this test's own market."""
    async with serving(app, database) as address:
        yield address


@pytest.fixture(params=text.LOCALES, ids=text.html_lang)
def locale(request: pytest.FixtureRequest) -> Locale:
    """Each test that asks for it is run in every language."""
    chosen: Locale = request.param
    return chosen


@pytest.fixture
async def arrive(chromium: Browser, origin: str, locale: Locale) -> AsyncIterator[Arrive]:
    """Brings another visitor to this test's own market, signed in if a login is given."""
    async with AsyncExitStack() as stack:

        async def one(login: str = "") -> Visitor:
            visitor = await stack.enter_async_context(visiting(chromium, origin, locale))
            if login:
                await visitor.sign_in(login, PASSWORD)
            return visitor

        yield one
