"""Papers to print and to file (PDF): a layout of `papers/`, filled with data, set by typst."""

import asyncio
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec
import typst
from babel import Locale
from litestar import Response

from market.web.downloads import content_disposition
from market.web.text import html_lang

_PAPERS = Path(__file__).parent / "papers"


@cache
def _fonts() -> typst.Fonts:
    """The typefaces of the package of fonts and no others: a paper looks the same everywhere."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(files("pylopdf_fonts_zh_cn"))],
    )


def typeset(paper: str, locale: Locale, data: object, at: datetime) -> bytes:
    """The PDF of a layout, `papers/{paper}.typ`.

    `data` travels as JSON beside the layout, never inside it, so that no text of a user is read
    as a command. The same data at the same `at` gives the same bytes.
    """
    inputs = {"data": msgspec.json.encode(data).decode(), "lang": html_lang(locale)[:2]}
    layout = _PAPERS / f"{paper}.typ"
    found = typst.compile(
        str(layout),
        root=str(_PAPERS),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        timestamp=at.replace(microsecond=0),
        format="pdf",
    )
    assert isinstance(found, bytes)
    return found


async def paper(
    layout: str, locale: Locale, data: object, at: datetime, filename: str
) -> Response[bytes]:
    """The answer that hands a paper out, as an attachment of that name."""
    content = await asyncio.to_thread(typeset, layout, locale, data, at)
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": content_disposition(filename)},
    )
