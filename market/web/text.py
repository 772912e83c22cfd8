"""Languages: which one a visitor reads, and gettext catalogues compiled in memory.

Msgids are English sentences with named `{placeholders}`; English needs no catalogue, Chinese is
`locale/zh/LC_MESSAGES/messages.po`. `market.web.extract` keeps that file complete.
"""

import gettext as gnu
import io
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from market.web import formats, words
from ratings.ledger.errors import Bilingual, Fault, SteelyardError

LOCALE_DIR = Path(__file__).parent / "locale"
ZH = Locale("zh", territory="CN", script="Hans")
EN = Locale("en")
# The first is the default.
LOCALES = (ZH, EN)


def html_lang(locale: Locale) -> str:
    """The value of the `lang` attribute and of `Content-Language`."""
    return "zh-CN" if locale == ZH else "en"


def choose(asked: str | None, remembered: str | None, accept_language: str | None) -> Locale:
    """What the address asks for, else what the browser remembers, else what it prefers."""
    for word in (asked, remembered, *_preferred(accept_language or "")):
        for locale in LOCALES:
            if word and word.lower().replace("_", "-").split("-")[0] == locale.language:
                return locale
    return LOCALES[0]


def _preferred(header: str) -> list[str]:
    """Language tags of an Accept-Language header, best first; what cannot be read is left out."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        if tag and weight > 0:
            weighed.append((-weight, tag.strip()))
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]


@cache
def catalogue(locale: Locale) -> gnu.NullTranslations:
    """The compiled catalogue; English msgids stand for themselves."""
    path = LOCALE_DIR / locale.language / "LC_MESSAGES" / "messages.po"
    if locale == EN or not path.exists():
        return gnu.NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=locale.language)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


def gettext(locale: Locale, msgid: str, /, **params: object) -> str:
    """The sentence in the reader's language, its placeholders filled and formatted."""
    text = catalogue(locale).gettext(msgid) if msgid else ""
    return text.format(**readable(locale, params)) if params else text


def ngettext(locale: Locale, one: str, many: str, count: int, /, **params: object) -> str:
    """As `gettext`, by number; `{count}` is always among the placeholders."""
    text = catalogue(locale).ngettext(one, many, count)
    return text.format(**readable(locale, {"count": count, **params}))


def error_text(locale: Locale, error: SteelyardError) -> str:
    return gettext(locale, error.message, **error.params)


def fault_text(locale: Locale, fault: Fault) -> str:
    return gettext(locale, fault.message)


def readable(locale: Locale, params: dict[str, object]) -> dict[str, object]:
    """Placeholders as people read them: `…_fen` becomes money, times become Shanghai times."""
    return {name: _readable(locale, name, value) for name, value in params.items()}


def _readable(locale: Locale, name: str, value: object) -> object:
    if isinstance(value, Bilingual):
        return value.zh if locale == ZH else value.en
    if name.endswith("_fen") and isinstance(value, int | Decimal):
        return formats.yuan(locale, value)
    if isinstance(value, datetime):
        return formats.moment(locale, value)
    if isinstance(value, date):
        return formats.day(locale, value)
    if isinstance(value, Decimal):
        return formats.number(locale, value)
    if name == "state":
        return catalogue(locale).gettext(words.state_word(str(value)))
    return value
