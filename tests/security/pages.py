"""A page as a browser takes it apart, and what in it could run a script that is not ours."""

import re
from html.parser import HTMLParser

_CODE_IN = {"href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href"}
_RUNS = re.compile(r"[\s\x00-\x20]*(javascript|vbscript|data)\s*:", re.IGNORECASE)
# Elements that bring foreign things in, or change what addresses mean.
_FOREIGN = {"style", "iframe", "object", "embed", "base", "applet", "frame", "frameset"}


class Page(HTMLParser):
    """`faults` says what may not be there; `elements` counts what is."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.elements: dict[str, int] = {}
        self.forms: list[dict[str, str]] = []
        self.text = ""
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        given = {name: value or "" for name, value in attrs}
        if tag in _FOREIGN:
            self.faults.append(f"<{tag}>")
        if tag == "script":
            self._in_script = True
            if not given.get("src", "").startswith("/static/"):
                self.faults.append(f"a script of {given.get('src') or 'its own'}")
        if tag == "link" and not given.get("href", "/").startswith("/"):
            self.faults.append(f"a link to {given['href']}")
        if tag == "form":
            self.forms.append(given)
            if not given.get("action", "/").startswith("/") or given.get("action", "")[:2] == "//":
                self.faults.append(f"a form to {given['action']}")
        for name, value in given.items():
            if name.startswith(("on", "hx-on")) or name in ("style", "srcdoc"):
                self.faults.append(f"{name} on <{tag}>")
            # What a picture holds is never run.
            picture = tag == "img" and name == "src" and value.startswith("data:image/")
            if name in _CODE_IN and _RUNS.match(value) and not picture:
                self.faults.append(f"{name}={value[:30]} on <{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.faults.append(f"code in the page: {data.strip()[:30]}")
        self.text += data
