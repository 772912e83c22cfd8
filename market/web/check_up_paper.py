"""A check-up on paper: what its page shows, for the layout `check_up.typ`."""

import msgspec
from babel import Locale
from litestar import Response

from market.settings import Settings
from market.web import check_up_words, formats, pdf, text
from ratings.ledger.errors import Bilingual
from ratings.ledger.text import N_
from ratings.shells.check_up_queries import CheckUpShown


class Part(msgspec.Struct, frozen=True):
    """Rows of as many cells as the paper has columns."""

    heading: str
    rows: list[list[str]]


class CheckUpPaper(msgspec.Struct, frozen=True):
    title: str
    name: str
    subtitle: str
    columns: list[str]
    warnings_heading: str
    warnings: list[str]
    parts: list[Part]
    remarks: list[str]
    foot: str


async def check_up_pdf(
    found: CheckUpShown, name: Bilingual, locale: Locale, settings: Settings
) -> Response[bytes]:
    """The same report gives the same file on any day: it never changes."""
    data = on_paper(found, name, locale, settings)
    filename = f"{data.title} {found.row.month} {data.name}.pdf"
    return await pdf.paper("check_up", locale, data, found.row.made_at, filename)


def on_paper(
    found: CheckUpShown, name: Bilingual, locale: Locale, settings: Settings
) -> CheckUpPaper:
    """Everything of the report in the reader's language."""

    def said(msgid: str, /, **params: object) -> str:
        return text.gettext(locale, msgid, **params)

    owner = settings.site_owner if locale == text.ZH else settings.site_owner_en
    made = formats.day(locale, found.row.made_at)
    return CheckUpPaper(
        title=said(N_("Monthly check-up")),
        name=name.zh if locale == text.ZH else name.en,
        subtitle=f"{found.row.uscc} · {found.row.month}",
        columns=[
            said(N_("Indicator")),
            said(N_("Twelve months")),
            said(N_("Year before")),
            said(N_("Middle half of the trade")),
            said(N_("Median")),
            said(N_("Compared")),
        ],
        warnings_heading=said(N_("Early warnings")),
        warnings=check_up_words.warnings(locale, found.report),
        parts=[
            Part(
                part["heading"],
                [
                    [row[key] for key in ("label", "value", "before", "usual", "middle", "word")]
                    for row in part["rows"]
                ],
            )
            for part in check_up_words.parts(locale, found.report)
        ],
        remarks=[
            check_up_words.trade_words(locale, found.report),
            *check_up_words.notes(locale),
        ],
        foot=f"{owner} · {said(N_('Made on {day}'), day=made)}",
    )
