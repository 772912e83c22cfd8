"""Every page of a full market: Chinese and English, desktop and phone, light and dark."""

import re
from collections.abc import AsyncIterator

import pytest
from babel import Locale
from playwright.async_api import Browser

from market.demonstration.accounts import PASSWORD
from market.web import text
from ratings.ledger.actors import Role
from tests.browser.fair import Fair, a_fair, pages
from tests.browser.visitors import (
    DESKTOP,
    OF_APPEARANCE,
    PHONE,
    Visitor,
    accessible,
    fits,
    visiting,
)

PUBLIC = (*pages(Role.PUBLIC), "a delisted agency")
_CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
async def fair(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fair]:
    """The demonstration's market."""
    async with a_fair(postgres, tmp_path_factory.mktemp("fair")) as made:
        yield made


def sentences(locale: Locale) -> list[str]:
    """English texts of the site that a reader of the language must never meet."""
    catalogue = text.catalogue(locale)
    translated = getattr(catalogue, "_catalog", {})
    return [
        msgid
        for msgid, given in translated.items()
        if isinstance(msgid, str) and " " in msgid and "{" not in msgid and given != msgid
    ]


async def speaks_one_language(visitor: Visitor) -> None:
    """No text of the site in the other language; what people have written stays as it is."""
    assert await visitor.page.get_attribute("html", "lang") == text.html_lang(visitor.locale)
    if visitor.locale == text.ZH:
        shown = (await visitor.page.locator("body").inner_text()).splitlines()
        # What the page itself says is in another language, as the descriptions of the API.
        marked = await visitor.page.locator("[lang=en]").all_inner_texts()
        left = set(sentences(visitor.locale)) & {line.strip() for line in shown}
        left -= {line.strip() for text_ in marked for line in text_.splitlines()}
    else:
        furniture = visitor.page.locator(".nav a, .tabs a, thead th, legend, footer a, footer p")
        left = {one for one in await furniture.all_inner_texts() if _CJK.search(one)}
    assert not left, f"{visitor.page.url} is not translated: {left}"


async def looks_right(visitor: Visitor, path: str) -> None:
    """Light on a desktop, then dark on a phone."""
    await visitor.page.set_viewport_size(DESKTOP)
    await visitor.page.emulate_media(color_scheme="light")
    await visitor.go(path)
    await speaks_one_language(visitor)
    await accessible(visitor.page)
    await visitor.page.emulate_media(color_scheme="dark")
    await visitor.page.set_viewport_size(PHONE)
    await fits(visitor.page)
    await accessible(visitor.page, *OF_APPEARANCE)


@pytest.mark.parametrize("route", PUBLIC)
async def test_public_pages(chromium: Browser, fair: Fair, locale: Locale, route: str) -> None:
    async with visiting(chromium, fair.origin, locale) as visitor:
        await looks_right(visitor, fair.examples.get(route, route))


@pytest.mark.parametrize("role", [Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE])
async def test_the_desks(chromium: Browser, fair: Fair, locale: Locale, role: Role) -> None:
    """What an account finds behind its sign-in without having to know an address."""
    async with visiting(chromium, fair.origin, locale) as visitor:
        await fair.enter(visitor, role)
        for path in sorted(set(pages(role)) - set(PUBLIC)):
            if "{" not in path:
                await looks_right(visitor, path)


async def test_without_javascript(chromium: Browser, fair: Fair, locale: Locale) -> None:
    """Search an agency, work out two fees, sign in."""
    async with visiting(chromium, fair.origin, locale, java_script_enabled=False) as visitor:
        await visitor.go("/agencies")
        await visitor.fill(q=fair.agency.uscc)
        await visitor.press("Search")
        await visitor.sees_count("{count} agency", "{count} agencies", 1)
        await visitor.follow(visitor.either(fair.agency.name, fair.agency.name_en))
        await visitor.sees("How the stars come about")

        await visitor.go("/fees/consulting-1283")
        await visitor.fill(figure="5000")
        await visitor.press("Work it out")
        await visitor.sees("Workings")

        await visitor.go("/packages/review")
        await visitor.fill(investment_wan="2600", building_area_m2="8000")
        await visitor.press("Work it out")
        await visitor.sees("Line by line")
        await visitor.fill(investment_wan="-1")
        await visitor.press("Work it out")
        await visitor.sees("No range for these figures")

        await visitor.sign_in("enterprise@demo", PASSWORD)
        await visitor.sees("My projects")
