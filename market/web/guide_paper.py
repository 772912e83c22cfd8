"""A guide on paper: what its page shows, in the reader's language, for the layout `guide.typ`."""

from datetime import datetime

import msgspec
from babel import Locale
from litestar import Response

from market.catalogue.county import SIZE_ZH
from market.catalogue.guide_queries import Guide
from market.catalogue.guides import GuideFact, GuideMaterial, GuideStep, Section
from market.settings import Settings
from market.web import formats, pdf, text, words
from ratings.ledger.text import N_

_SIZES: dict[str, str] = {str(size): zh for size, zh in SIZE_ZH.items()}


class Line(msgspec.Struct, frozen=True):
    """One statement, with what is said of it in small print."""

    text: str
    small: str = ""


class Part(msgspec.Struct, frozen=True):
    """A part of the guide; without lines it is printed as missing."""

    heading: str
    lines: list[Line]
    numbered: bool = False


class GuidePaper(msgspec.Struct, frozen=True):
    title: str
    name: str
    subtitle: str
    facts: list[tuple[str, str]]
    parts: list[Part]
    missing: str
    foot: str


async def guide_pdf(
    guide: Guide, locale: Locale, at: datetime, settings: Settings
) -> Response[bytes]:
    """The guide in force as a file of its own name."""
    name = _either(locale, guide.item.name_zh, guide.item.name_en)
    title = text.gettext(locale, N_("Service guide"))
    filename = f"{title} {guide.item.code} {name}.pdf"
    return await pdf.paper("guide", locale, on_paper(guide, locale, at, settings), at, filename)


def on_paper(guide: Guide, locale: Locale, at: datetime, settings: Settings) -> GuidePaper:
    """Everything of the guide in the reader's language."""

    def said(msgid: str, /, **params: object) -> str:
        return text.gettext(locale, msgid, **params)

    item, row = guide.item, guide.row

    def either(zh: str, en: str) -> str:
        return _either(locale, zh, en)

    version = (
        said(
            N_("Version {number}, {day}"),
            number=row.number,
            day=formats.day(locale, row.published_at),
        )
        if row.number and row.published_at
        else said(N_("Not written yet"))
    )
    owner = settings.site_owner if locale == text.ZH else settings.site_owner_en
    parts: dict[Section, list[Line]] = {
        "scope": _fact(locale, guide.text.scope),
        "materials": [_material(locale, one, guide) for one in guide.text.materials],
        "procedure": [_step(locale, one) for one in guide.text.steps],
        "time-limit": _time(locale, guide),
        "fee": _fee(locale, guide),
        "deliverable": _fact(locale, guide.text.deliverable),
        "standard": _fact(locale, guide.text.standard),
    }
    bases = [
        f"{either(one.text_zh, one.text_en)}{_bracket(locale, _founded(locale, one.status))}"
        for one in item.legal_basis
    ]
    facts = [
        (said(N_("Code")), item.code),
        (
            said(N_("Needed for")),
            _with_status(locale, either(item.approval_zh, item.approval_en), item.item_status),
        ),
        (said(N_("Legal basis")), either("；", "; ").join(bases)),
        (
            said(N_("Qualification")),
            _with_status(
                locale,
                either(item.qualification_zh, item.qualification_en),
                item.qualification_status,
            ),
        ),
        (
            said(N_("Who may do it")),
            _with_status(
                locale, either(item.performed_by_zh, item.performed_by_en), item.performed_by_status
            ),
        ),
        (
            said(N_("Responsible department")),
            either(row.supervisor_name or "", row.supervisor_name_en or ""),
        ),
    ]
    nothing = said(N_("Not collected yet"))
    return GuidePaper(
        title=said(N_("Service guide")),
        name=either(item.name_zh, item.name_en),
        subtitle=version,
        facts=[(label, value or nothing) for label, value in facts],
        parts=[
            Part(
                said(words.GUIDE_SECTIONS[section]),
                lines,
                numbered=section in ("materials", "procedure"),
            )
            for section, lines in parts.items()
        ],
        missing=nothing,
        foot=f"{owner} · {said(N_('Printed on {day}'), day=formats.day(locale, at))}",
    )


def _either(locale: Locale, zh: str, en: str) -> str:
    return (zh or en) if locale == text.ZH else (en or zh)


def _bracket(locale: Locale, said: str) -> str:
    return f"（{said}）" if locale == text.ZH else f" ({said})"


def _founded(locale: Locale, mark: str) -> str:
    return text.gettext(locale, words.GUIDE_MARKS[mark][0])


def _with_status(locale: Locale, said: str, mark: str) -> str:
    return said and f"{said}{_bracket(locale, _founded(locale, mark))}"


def _small(*said: str) -> str:
    return " · ".join(one for one in said if one)


def _fact(locale: Locale, fact: GuideFact) -> list[Line]:
    if not fact.text_zh and not fact.text_en:
        return []
    mark = _founded(locale, fact.mark)
    return [Line(_either(locale, fact.text_zh, fact.text_en), _small(mark, fact.source))]


def _material(locale: Locale, one: GuideMaterial, guide: Guide) -> Line:
    note = _either(locale, one.note_zh, one.note_en)
    files = {row.id: row.filename for row in guide.templates}
    template = files.get(one.template or "")
    return Line(
        _either(locale, one.name_zh, one.name_en),
        _small(
            note,
            text.gettext(locale, words.NEEDED[one.needed]),
            text.gettext(locale, N_("Template: {name}"), name=template) if template else "",
            _founded(locale, one.mark),
            one.source,
        ),
    )


def _step(locale: Locale, one: GuideStep) -> Line:
    by = _either(locale, one.by_zh, one.by_en)
    return Line(
        _either(locale, one.text_zh, one.text_en),
        _small(by, _founded(locale, one.mark), one.source),
    )


def _time(locale: Locale, guide: Guide) -> list[Line]:
    item = guide.item
    basis = text.gettext(locale, words.DAYS_BASES[item.days_basis])
    lines = []
    note = _either(locale, item.days_note_zh, item.days_note_en)
    if item.working_days is not None:
        days = text.ngettext(
            locale, "{count} working day", "{count} working days", item.working_days
        )
        lines.append(Line(days, _small(basis, note)))
    elif note:
        lines.append(Line(note, basis))
    if item.working_days_form is not None:
        form = N_("For a form instead of a report: {count}")
        lines.append(Line(text.gettext(locale, form, count=item.working_days_form), basis))
    for one in item.limits:
        days = text.ngettext(locale, "{count} working day", "{count} working days", one.days)
        colon = "：" if locale == text.ZH else ": "
        lines.append(
            Line(
                f"{_either(locale, one.what_zh, one.what_en)}{colon}{days}",
                _small(
                    _founded(locale, one.status),
                    _either(locale, one.basis_zh, one.basis_en),
                ),
            )
        )
    return lines


def _fee(locale: Locale, guide: Guide) -> list[Line]:
    lines = []
    if guide.standard:
        label = text.gettext(locale, N_("Reference calculation"))
        lines.append(
            Line(
                f"{guide.standard.document}{_bracket(locale, label)}",
                _small(
                    _either(locale, guide.standard.title_zh, guide.standard.title_en),
                    _either(locale, guide.standard.status_zh, guide.standard.status_en),
                ),
            )
        )
    for one in sorted(guide.ranges, key=lambda row: row.low_fen):
        size = _SIZES.get(one.size_class, "") if locale == text.ZH else one.size_class.capitalize()
        label = text.gettext(locale, N_("County range"))
        invented = text.gettext(locale, N_("Invented for the demonstration"))
        lines.append(
            Line(
                f"{label} · {size}{'：' if locale == text.ZH else ': '}"
                f"{formats.yuan(locale, one.low_fen)} – {formats.yuan(locale, one.high_fen)}",
                _small(
                    invented if one.demonstration else "",
                    text.gettext(locale, N_("In force from {day}"), day=one.set_on),
                    one.reason,
                ),
            )
        )
    return lines
