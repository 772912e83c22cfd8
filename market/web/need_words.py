"""What a project needs in the reader's language, for the page and for the paper alike."""

from collections.abc import Iterable

import msgspec
from babel import Locale

from market.catalogue.need_questions import QUESTIONS, ProjectAnswers
from market.catalogue.needs import Need, NeedFee, Needs, NeedTotal
from market.web import formats, text
from ratings.ledger.text import N_

_UNKNOWN = {
    "no-county-range": N_("Fee not known: the centre has set no range for it"),
    "outside-table": N_("Fee not known: the table of the standard does not reach this project"),
    "asks-more": N_("Fee not known here: its standard asks for other figures"),
}
_FOUNDED = {
    "published": N_("Published"),
    "copy": N_("Unofficial copy only"),
    "unconfirmed": N_("Not confirmed"),
    "proposal": N_("Our proposal"),
}


class Shown(msgspec.Struct, frozen=True):
    """One item in words. `why` says what keeps it open, `rests_on` what its rule rests on,
    `fee_note` what the fee rests on and what was assumed for it."""

    need: Need
    name: str
    days: str
    after: str
    fee: str
    fee_note: str
    standard: str
    invented: bool
    why: tuple[str, ...]
    mark: str
    rests_on: str


class Sum(msgspec.Struct, frozen=True):
    """A total in words; `notes` tell what is not counted in it."""

    count: int
    days: str
    fee: str
    invented: bool
    notes: tuple[str, ...]


class Told(msgspec.Struct, frozen=True):
    """The whole answer in words; `names` has every item's code and name."""

    needed: tuple[Shown, ...]
    possible: tuple[Shown, ...]
    not_needed: tuple[Shown, ...]
    needed_sum: Sum
    whole_sum: Sum
    names: dict[str, str]


def told(locale: Locale, found: Needs) -> Told:
    names = {
        one.item: f"{one.item} {_either(locale, one.name_zh, one.name_en)}" for one in found.items
    }
    fees = {code: fee for fee in found.fees for code in fee.for_items}
    shown = [_shown(locale, one, fees.get(one.item), names) for one in found.items]

    def of(verdict: str) -> tuple[Shown, ...]:
        return tuple(one for one in shown if one.need.verdict == verdict)

    return Told(
        needed=of("needed"),
        possible=of("may-be-needed"),
        not_needed=of("not-needed"),
        needed_sum=_sum(locale, found.needed, names),
        whole_sum=_sum(locale, found.with_possible, names),
        names=names,
    )


def answered(locale: Locale, answers: ProjectAnswers) -> list[tuple[str, str]]:
    """The questions that were answered, each with the answer."""
    found = []
    for question in QUESTIONS.values():
        given = getattr(answers, question.name)
        if given is None:
            continue
        chosen = {one.code: _either(locale, one.zh, one.en) for one in question.choices}
        unit = _either(locale, question.unit_zh, question.unit_en)
        said = chosen[given] if chosen else f"{formats.number(locale, given)} {unit}"
        found.append((_either(locale, question.label_zh, question.label_en), said))
    return found


def listed(locale: Locale, codes: Iterable[str], names: dict[str, str]) -> str:
    return _either(locale, "、", ", ").join(names[code] for code in codes)


def _either(locale: Locale, zh: str, en: str) -> str:
    return zh if locale == text.ZH else en or zh


def _questions(locale: Locale, names: Iterable[str]) -> str:
    labels = [_either(locale, QUESTIONS[one].label_zh, QUESTIONS[one].label_en) for one in names]
    return _either(locale, "、", ", ").join(f"“{label}”" for label in labels)


def _shown(locale: Locale, need: Need, fee: NeedFee | None, names: dict[str, str]) -> Shown:
    first = fee is None or fee.for_items[0] == need.item
    return Shown(
        need=need,
        name=_either(locale, need.name_zh, need.name_en),
        days=_days(locale, need),
        after=listed(locale, need.after, names),
        fee=_fee(locale, need, fee, names),
        fee_note=_fee_note(locale, fee) if fee and first else "",
        standard=(fee.standard or "") if fee else "",
        invented=fee is not None and first and fee.demonstration,
        why=tuple(_why(locale, need)),
        mark=text.gettext(locale, _FOUNDED[need.mark]),
        rests_on=_either(locale, "；", "; ").join(
            _either(locale, "{}（{}）", "{} ({})").format(
                _either(locale, one.text_zh, one.text_en),
                text.gettext(locale, _FOUNDED[one.status]),
            )
            for one in need.basis
        )
        or text.gettext(locale, N_("no source at hand")),
    )


def _days(locale: Locale, need: Need) -> str:
    if need.working_days is None:
        return _either(locale, need.days_note_zh, need.days_note_en)
    return text.ngettext(locale, "{count} working day", "{count} working days", need.working_days)


def _fee(locale: Locale, need: Need, fee: NeedFee | None, names: dict[str, str]) -> str:
    if fee is None:
        return ""
    if fee.for_items[0] != need.item:
        return text.gettext(locale, N_("In one fee with {item}"), item=names[fee.for_items[0]])
    if fee.low_fen is not None and fee.high_fen is not None:
        return _range(locale, fee.low_fen, fee.high_fen)
    if fee.unknown == "unanswered":
        asked = _questions(locale, fee.unanswered)
        return text.gettext(locale, N_("Fee not known: not answered {questions}"), questions=asked)
    return text.gettext(locale, _UNKNOWN[fee.unknown or "asks-more"])


def _fee_note(locale: Locale, fee: NeedFee) -> str:
    """What the fee rests on; a published standard is a reference only, and says so."""
    notes = []
    if fee.basis == "published-standard":
        notes.append(_either(locale, "、", ", ").join(fee.documents))
        notes.append(text.gettext(locale, N_("reference only")))
    elif fee.basis == "county-range":
        notes.append(text.gettext(locale, N_("County range")))
    notes += dict.fromkeys(_either(locale, one.zh, one.en) for one in fee.assumptions)
    notes += [one for one in (_either(locale, fee.note_zh, fee.note_en),) if one]
    return " · ".join(notes)


def _range(locale: Locale, low_fen: int, high_fen: int) -> str:
    low, high = formats.wan(locale, low_fen), formats.wan(locale, high_fen)
    if low_fen == 0:
        return text.gettext(locale, N_("at most {amount}"), amount=high)
    return low if low == high else f"{low} – {high}"


def _why(locale: Locale, need: Need) -> Iterable[str]:
    for one in need.why:
        if one == "unanswered":
            asked = _questions(locale, need.unanswered)
            yield text.gettext(locale, N_("Not answered: {questions}."), questions=asked)
        elif one == "open":
            yield _either(locale, need.open_zh, need.open_en)
        elif one == "unconfirmed":
            yield text.gettext(locale, N_("No source at hand confirms that such projects need it."))
        elif one == "off-list":
            yield text.gettext(locale, N_("The item is not on the list in force."))
        else:
            yield text.gettext(locale, N_("No rule is known for this item yet."))


def _sum(locale: Locale, total: NeedTotal, names: dict[str, str]) -> Sum:
    unknown = text.gettext(locale, N_("not known"))
    notes = []
    if total.path:
        along = N_("Longest chain: {items}")
        notes.append(
            text.gettext(locale, along, items=" → ".join(names[one] for one in total.path))
        )
    if total.untimed:
        untimed = N_("Length follows the project, not counted: {items}")
        items = listed(locale, total.untimed, names)
        notes.append(text.gettext(locale, untimed, items=items))
    if total.unpriced:
        unpriced = N_("Fee not known, not counted: {items}")
        items = listed(locale, total.unpriced, names)
        notes.append(text.gettext(locale, unpriced, items=items))
    return Sum(
        count=len(total.items),
        days=unknown if total.working_days is None else str(total.working_days),
        fee=unknown
        if total.low_fen is None or total.high_fen is None
        else _range(locale, total.low_fen, total.high_fen),
        invented=total.demonstration,
        notes=tuple(notes),
    )
