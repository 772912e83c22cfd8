"""One Jinja environment per language: autoescaped, strict about names, formats bound to it."""

import hashlib
import zlib
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from market.web import case_words, formats, text, words

HERE = Path(__file__).parent
STATIC_DIR = HERE / "static"
_FILTERS: tuple[Callable[..., str], ...] = (
    formats.yuan,
    formats.wan,
    formats.wan_number,
    formats.number,
    formats.percent,
    formats.fine_percent,
    formats.day,
    formats.last_day,
    formats.short_day,
    formats.moment,
    formats.month,
    formats.file_size,
)
_TILES = 6
_COMPANY_PREFIX = 2
_LONG_NAME = 8


@cache
def environment(locale: Locale) -> Environment:
    """Templates with `_`, `ngettext` and every format of `market.web.formats` as a filter."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.filters.update({one.__name__: partial(one, locale) for one in _FILTERS})
    made.globals.update(
        _=_translate(locale),
        ngettext=_translate_number(locale),
        either=lambda zh, en: zh if locale == text.ZH or not en else en,
        lang=text.html_lang(locale),
        asset=asset,
        has_asset=has_asset,
        icon=icon,
        STATES=words.STATES,
        KINDS=words.KINDS,
        AGAINST=case_words.AGAINST,
        HELD=case_words.HELD,
        GRADES=case_words.GRADES,
        outcomes_of=case_words.outcomes,
        LETTERS=case_words.LETTERS,
        ACTS=words.ACTS,
        DELIVERY_ERRORS=words.DELIVERY_ERRORS,
        MARKS=words.MARKS,
        FOUNDED=words.FOUNDED,
        ITEM_KINDS=words.ITEM_KINDS,
        ITEM_FIELDS=words.ITEM_FIELDS,
        DAYS_BASES=words.DAYS_BASES,
        GUIDE_MARKS=words.GUIDE_MARKS,
        GUIDE_SECTIONS=words.GUIDE_SECTIONS,
        GUIDE_PARTS=words.GUIDE_PARTS,
        GUIDE_FIELDS=words.GUIDE_FIELDS,
        NEEDED=words.NEEDED,
        DIFFERENCES=words.DIFFERENCES,
        along=along,
        tile_letter=tile_letter,
        tile_tone=tile_tone,
    )
    return made


def _translate(locale: Locale) -> Callable[..., Markup]:
    """Sentences are ours and values are not: only the sentence may hold markup, and has none."""

    def translate(msgid: str, **params: Any) -> Markup:
        sentence = escape(text.catalogue(locale).gettext(msgid) if msgid else "")
        return sentence.format(**text.readable(locale, params)) if params else sentence

    return translate


def _translate_number(locale: Locale) -> Callable[..., Markup]:
    def translate(one: str, many: str, count: int, **params: Any) -> Markup:
        sentence = escape(text.catalogue(locale).ngettext(one, many, count))
        return sentence.format(**text.readable(locale, {"count": count, **params}))

    return translate


def asset(name: str) -> str:
    """The address of a static file, which changes when the file does."""
    path = STATIC_DIR / name
    return f"/static/{name}?v={_digest(name, path.stat().st_mtime_ns)}"


def has_asset(name: str) -> bool:
    """False for a browser library that could not be fetched; pages work without."""
    return (STATIC_DIR / name).is_file()


@cache
def _digest(name: str, changed: int) -> str:
    return hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:10]


def icon(name: str, label: str = "", extra: str = "") -> Markup:
    """A drawing from the sprite; without a label it is decoration and hidden from readers."""
    return Markup('<svg class="icon {}" {}><use href="{}#{}"/></svg>').format(
        extra,
        Markup('role="img" aria-label="{}"').format(label)
        if label
        else Markup('aria-hidden="true"'),
        asset("img/icons.svg"),
        name,
    )


def along(value: Decimal | float, low: Decimal | float, high: Decimal | float) -> str:
    """Where `value` stands between `low` and `high`, as an SVG percentage kept within 0–100."""
    span = Decimal(str(high)) - Decimal(str(low))
    share = (Decimal(str(value)) - Decimal(str(low))) / span if span else Decimal("0.5")
    return f"{min(max(share, Decimal(0)), Decimal(1)) * 100:.2f}%"


def tile_letter(name: str) -> str:
    """One character that tells firms apart: a long Chinese name begins with its place."""
    plain = name.strip() or "·"
    long_chinese = len(plain) >= _LONG_NAME and all(ch > "\u3400" for ch in plain[:_LONG_NAME])
    return plain[_COMPANY_PREFIX if long_chinese else 0].upper()


def tile_tone(name: str) -> int:
    """Always the same colour for the same name."""
    return zlib.crc32(name.encode()) % _TILES
