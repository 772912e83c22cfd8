"""Somebody in front of a real browser: goes, fills in, presses, and looks critically."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from babel import Locale
from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response

from market.web import text

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
_BROWSER_TAGS = {text.ZH: "zh-CN", text.EN: "en-GB"}
# An answer's code is checked where the answer is expected; Chromium reports it once more.
_REPORTED_TWICE = "Failed to load resource"
# A page that is left before it has loaded everything, or a link that becomes a download.
_LEFT = "net::ERR_ABORTED"
_WORK = 120_000
"""Milliseconds that the slowest work behind a page may take on a busy machine."""
_GRAVE = ("serious", "critical")
# What colours and widths can change; the rest is the same page.
OF_APPEARANCE = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")
_WIDER = """() => {
  const wide = [...document.querySelectorAll("body *")].filter(
    (one) => one.getBoundingClientRect().right > innerWidth + 1,
  );
  const root = document.scrollingElement;
  return root.scrollWidth > innerWidth
    ? [root.scrollWidth, ...wide.slice(0, 5).map((one) => one.outerHTML.slice(0, 120))]
    : null;
}"""


class Visitor:
    """One browser context and its page. `troubles` gathers what nobody would see by eye:
    console errors (violations of the content security policy among them), exceptions, and
    requests for parts of a page that failed."""

    def __init__(self, page: Page, origin: str, locale: Locale) -> None:
        self.page = page
        self.locale = locale
        self.troubles: list[str] = []
        self._origin = origin
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_REPORTED_TWICE):
            self.troubles.append(f"{self.page.url}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.troubles.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.troubles.append(f"{response.url}: {response.status}")

    def says(self, msgid: str, /, **params: object) -> str:
        """A text of the site in this visitor's language."""
        return text.gettext(self.locale, msgid, **params)

    def either(self, chinese: str, english: str) -> str:
        return chinese if self.locale == text.ZH else english or chinese

    async def go(self, path: str, *, status: int = 200) -> None:
        response = await self.page.goto(self._origin + path)
        assert response is not None
        assert response.status == status, path

    async def press(self, msgid: str, /, also: str = "", *, status: int = 200) -> None:
        """A button, by its text and what it `also` says to screen readers; waits for the page."""
        name = f"{self.says(msgid)} {also}".strip()
        async with self.page.expect_navigation() as navigation:
            await self.page.get_by_role("button", name=name, exact=True).click()
        response = await navigation.value
        assert response is not None
        assert response.status == status, (self.page.url, await self.told())

    async def follow(self, link: str) -> None:
        """A link of the page's own content, by its text."""
        async with self.page.expect_navigation():
            await self.page.locator("main").get_by_role("link", name=link).first.click()

    async def fill(self, **fields: object) -> None:
        """Fields by their names; `__` stands for the `-` that Python does not allow."""
        for name, value in fields.items():
            await self.page.fill(f"[name={name.replace('__', '-')}]", str(value))

    async def sees(self, msgid: str, /, **params: object) -> None:
        await self.reads(self.says(msgid, **params))

    async def sees_count(self, one: str, many: str, count: int) -> None:
        await self.reads(text.ngettext(self.locale, one, many, count))

    async def reads(self, words: str) -> None:
        """Shown, and not only somewhere in the page's source."""
        shown = await self.page.locator("main").inner_text()
        assert words in shown, f"{words!r} is not on {self.page.url}"

    async def comes(self, msgid: str, /) -> None:
        """Put into the page later, by work that may take as long as a whole screen."""
        words = self.page.locator("main").get_by_text(self.says(msgid)).first
        await words.wait_for(timeout=_WORK)

    async def told(self) -> list[str]:
        """What a refusal on the page says."""
        return await self.page.locator(".notice, .field__error").all_inner_texts()

    async def sign_in(self, login: str, password: str) -> None:
        await self.go("/sign-in")
        form = self.page.locator("form", has=self.page.locator("#login"))
        await self.fill(login=login, password=password)
        async with self.page.expect_navigation():
            await form.get_by_role("button").click()
        assert "/sign-in" not in self.page.url, await self.told()

    async def looks(self) -> None:
        """This page is accessible, speaks one language, and fits a phone."""
        lang = await self.page.get_attribute("html", "lang")
        assert lang == text.html_lang(self.locale)
        await accessible(self.page)
        await self.page.set_viewport_size(PHONE)
        await fits(self.page)
        await self.page.set_viewport_size(DESKTOP)


Arrive = Callable[..., Awaitable[Visitor]]
"""Brings another visitor to a test's market; see the fixture `arrive`."""


async def accessible(page: Page, *rules: str) -> None:
    """No serious or critical violation known to axe, or of these rules of it."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = rules
    found = await Axe().run(page, options=options)
    violations = found.response["violations"]
    grave = [_described(one) for one in violations if one["impact"] in _GRAVE]
    assert not grave, f"{page.url}:\n" + "\n".join(grave)


def _described(violation: dict[str, Any]) -> str:
    nodes = [f"  {one['html'][:160]}\n    {one['failureSummary']}" for one in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']})", *nodes[:4]])


async def fits(page: Page) -> None:
    """No sideways scroll at the width the page has now."""
    wider = await page.evaluate(_WIDER)
    assert wider is None, f"{page.url} scrolls sideways: {wider}"


@asynccontextmanager
async def visiting(
    chromium: Browser, origin: str, locale: Locale, **options: Any
) -> AsyncIterator[Visitor]:
    """A visitor with empty cookies whose browser prefers `locale`; leaves without troubles.

    Motion is reduced, so that a colour is measured as it stays and not on its way there.
    """
    context = await chromium.new_context(
        locale=_BROWSER_TAGS[locale], viewport=DESKTOP, reduced_motion="reduce", **options
    )
    context.set_default_timeout(15_000)
    try:
        visitor = Visitor(await context.new_page(), origin, locale)
        yield visitor
        assert visitor.troubles == []
    finally:
        await context.close()


def a_file(name: str, content: bytes) -> Any:
    """A file as an upload field takes it."""
    return {"name": name, "mimeType": "application/pdf", "buffer": content}
