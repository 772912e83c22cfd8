"""What a project needs on paper: what the page shows, for the layout `needs.typ`."""

from datetime import datetime

import msgspec
from babel import Locale
from litestar import Response

from market.catalogue.needs import Needs, PackageCover
from market.settings import Settings
from market.web import formats, pdf, text
from market.web.need_words import Shown, Sum, answered, listed, told
from ratings.ledger.clock import local_date, start_of_day
from ratings.ledger.text import N_


class Row(msgspec.Struct, frozen=True):
    """An item: its heading, days and fee beside it, and what is said of it in small print."""

    name: str
    days: str
    fee: str
    small: list[str]


class Part(msgspec.Struct, frozen=True):
    heading: str
    rows: list[Row]


class NeedsPaper(msgspec.Struct, frozen=True):
    title: str
    subtitle: str
    answers_heading: str
    answers: list[tuple[str, str]]
    sums: list[list[str]]
    sum_notes: list[tuple[str, list[str]]]
    columns: list[str]
    parts: list[Part]
    packages_heading: str
    packages: list[tuple[str, list[str]]]
    remarks: list[str]
    nothing: str
    foot: str


async def needs_pdf(
    found: Needs, locale: Locale, at: datetime, settings: Settings
) -> Response[bytes]:
    data = on_paper(found, locale, at, settings)
    # Nothing on it is finer than the day, so the same answers give the same paper all day long.
    day = start_of_day(local_date(at))
    return await pdf.paper("needs", locale, data, day, f"{data.title}.pdf")


def on_paper(found: Needs, locale: Locale, at: datetime, settings: Settings) -> NeedsPaper:
    """Everything of the answer in the reader's language."""

    def said(msgid: str, /, **params: object) -> str:
        return text.gettext(locale, msgid, **params)

    words = told(locale, found)
    needed, whole = said(N_("Needed")), said(N_("Needed or perhaps needed"))
    owner = settings.site_owner if locale == text.ZH else settings.site_owner_en
    return NeedsPaper(
        title=said(N_("What the project needs")),
        subtitle=said(N_("By the catalogue of {day}"), day=formats.day(locale, found.as_of)),
        answers_heading=said(N_("Answers given")),
        answers=answered(locale, found.answers),
        sums=[
            ["", said(N_("Items")), said(N_("Working days")), said(N_("Fee range"))],
            _sum_row(locale, needed, words.needed_sum),
            _sum_row(locale, whole, words.whole_sum),
        ],
        sum_notes=[
            (needed, list(words.needed_sum.notes)),
            (whole, list(words.whole_sum.notes)),
        ],
        columns=[said(N_("Item")), said(N_("Working days")), said(N_("Fee range"))],
        parts=[
            Part(needed, [_row(locale, one) for one in words.needed]),
            Part(said(N_("May be needed")), [_row(locale, one) for one in words.possible]),
            Part(said(N_("Not needed")), [_row(locale, one) for one in words.not_needed]),
        ],
        packages_heading=said(N_("Packages that cover them")),
        packages=[
            (
                one.name_zh if locale == text.ZH else one.name_en,
                _cover(locale, one, words.names),
            )
            for one in found.packages
        ],
        remarks=[said(one) for one in REMARKS],
        nothing=said(N_("None")),
        foot=f"{owner} · {said(N_('Printed on {day}'), day=formats.day(locale, at))}",
    )


REMARKS = (
    N_(
        "An item is called needed only where a source says so of the answers given; this is no"
        " decision of an authority."
    ),
    N_(
        "Order and working days are this project's proposal. The time that authorities take and"
        " construction are not counted."
    ),
    N_(
        "Fees by a published standard are a reference calculation: since 2015 these services are"
        " priced by the market. No bundle discount is taken off."
    ),
)
"""What must be read with every such answer, on the page and on paper."""


def _sum_row(locale: Locale, heading: str, total: Sum) -> list[str]:
    invented = text.gettext(locale, N_("Invented for the demonstration"))
    fee = f"{total.fee}\n{invented}" if total.invented else total.fee
    return [heading, str(total.count), total.days, fee]


def _row(locale: Locale, one: Shown) -> Row:
    rests = text.gettext(locale, N_("Rule ({mark}): {basis}"), mark=one.mark, basis=one.rests_on)
    small = [*one.why, rests]
    if one.after:
        small.append(text.gettext(locale, N_("After {items}"), items=one.after))
    if one.fee_note:
        small.append(text.gettext(locale, N_("Fee: {note}"), note=one.fee_note))
    if one.invented:
        small.append(text.gettext(locale, N_("Invented for the demonstration")))
    return Row(f"{one.need.item} {one.name}", one.days, one.fee, small)


def _cover(locale: Locale, cover: PackageCover, names: dict[str, str]) -> list[str]:
    return [
        text.gettext(locale, msgid, items=listed(locale, codes, names))
        for msgid, codes in (
            (N_("Covers what is needed: {items}"), cover.needed),
            (N_("Covers what may be needed: {items}"), cover.possible),
            (N_("Has besides what is not needed: {items}"), cover.surplus),
            (N_("Leaves out what is needed: {items}"), cover.leaves_out),
        )
        if codes
    ]
