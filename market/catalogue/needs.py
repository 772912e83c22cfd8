"""What a project needs: the items by the rules, in order, with packages, working days and fees.

Two totals are given, of what is needed and of that with what may be needed. What is not known stays
unknown: an item whose length follows the project and a fee that cannot be reckoned count for
nothing and are named beside the total.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from market.catalogue.county import CountyRange
from market.catalogue.fee_standards import FeeStandard
from market.catalogue.independence import ReviewRule
from market.catalogue.item_fees import fee_lines, line_range
from market.catalogue.items import Item, LegalBasis
from market.catalogue.need_questions import ProjectAnswers, checked, figures_of
from market.catalogue.need_rules import Mark, NeedRule, NeedRules, Verdict, among, judge, waits_of
from market.catalogue.packages import FeeLine, Package
from market.catalogue.schedule import Bar, critical_path, package_days, schedule
from market.catalogue.workings import Line
from ratings.ledger.errors import Refused

Why = Literal["unanswered", "open", "unconfirmed", "off-list", "no-rule"]
Unknown = Literal["unanswered", "no-county-range", "outside-table", "asks-more"]


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """One item with its verdict, and why it is no clearer.

    `why` tells what keeps a verdict open: a question that nobody answered (`unanswered`), a fact
    that the questions do not settle (`open_*`), a rule that no source confirms, an item that is not
    on the current list, or an item that no rule is known for. `working_days` is None where the
    length follows the project (`days_note_*`). In a schedule of everything that is needed or may
    be, the item begins after working day `start` and follows `after`; an item that is not needed
    has neither.
    """

    item: str
    name_zh: str
    name_en: str
    verdict: Verdict
    mark: Mark
    basis: tuple[LegalBasis, ...]
    why: tuple[Why, ...]
    unanswered: tuple[str, ...]
    open_zh: str
    open_en: str
    active: bool
    working_days: int | None
    days_note_zh: str
    days_note_en: str
    start: int | None
    after: tuple[str, ...]
    packages: tuple[str, ...]


class NeedFee(msgspec.Struct, frozen=True, kw_only=True):
    """One fee of the project, in fen; a line that covers several items is one fee.

    `for_items` are those of `items` that are needed, then those that may be; `needed` says whether
    one of them is needed for certain. `low_fen` and `high_fen` are None where the fee is unknown,
    for the reason in `unknown`; `unanswered` are the questions whose answers would help.
    """

    items: tuple[str, ...]
    for_items: tuple[str, ...]
    needed: bool
    low_fen: int | None = None
    high_fen: int | None = None
    basis: Literal["published-standard", "county-range"] | None = None
    documents: tuple[str, ...] = ()
    demonstration: bool = False
    assumptions: tuple[Line, ...] = ()
    note_zh: str = ""
    note_en: str = ""
    unknown: Unknown | None = None
    unanswered: tuple[str, ...] = ()
    standard: str | None = None


class NeedTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sum over some items: working days along the critical path, fees in fen.

    `untimed` items have no length of their own, `unpriced` ones no fee that could be reckoned; they
    are in no sum. A sum of nothing known is None, never 0. `demonstration` says that an invented
    county range is in it.
    """

    items: tuple[str, ...]
    working_days: int | None
    path: tuple[str, ...]
    untimed: tuple[str, ...]
    low_fen: int | None
    high_fen: int | None
    unpriced: tuple[str, ...]
    demonstration: bool


class PackageCover(msgspec.Struct, frozen=True, kw_only=True):
    """A package that covers something: items that are needed, that may be, and that are not.

    `surplus` are required items of the package that the project does not need; `leaves_out` are the
    needed items that are not in this package.
    """

    package: str
    name_zh: str
    name_en: str
    needed: tuple[str, ...]
    possible: tuple[str, ...]
    surplus: tuple[str, ...]
    leaves_out: tuple[str, ...]


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `items` has what is needed or may be in order, then the rest by code.

    `uncovered` are the needed or possible items that no package covers.
    """

    as_of: date
    answers: ProjectAnswers
    items: tuple[Need, ...]
    fees: tuple[NeedFee, ...]
    packages: tuple[PackageCover, ...]
    uncovered: tuple[str, ...]
    needed: NeedTotal
    with_possible: NeedTotal


class _Plan(msgspec.Struct, frozen=True):
    """Some items of the project in the shape that the schedule takes."""

    items: tuple[str, ...]
    waits: dict[str, tuple[str, ...]]
    optional: tuple[str, ...] = ()


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue says on a day, as far as needs follow from it."""

    items: Mapping[str, Item]
    packages: Sequence[Package]
    rules: NeedRules
    reviews: Sequence[ReviewRule]
    standards: Mapping[str, FeeStandard]
    county_ranges: Sequence[CountyRange]
    as_of: date


def needs(answers: ProjectAnswers, catalogue: Catalogue) -> Needs:
    """What the project needs. Raises Refused for a figure that no project could have."""
    checked(answers)
    items = {code: _timed(item, answers) for code, item in catalogue.items.items()}
    rules = {rule.item: rule for rule in catalogue.rules.rules}
    judged = [
        _need(item, rules.get(code), answers, catalogue.packages)
        for code, item in sorted(items.items())
    ]
    wanted = [one.item for one in judged if one.verdict != "not-needed"]
    certain = tuple(one.item for one in judged if one.verdict == "needed")
    waits = waits_of(
        (
            *(one.waits for one in catalogue.packages),
            {one.review: one.authors for one in catalogue.reviews},
            catalogue.rules.waits,
        )
    )
    bars = {bar.item: bar for bar in schedule(_plan(wanted, waits), items)}
    order = sorted(wanted, key=lambda code: _place(bars[code], items[code]))
    placed = {one.item: _placed(one, bars[one.item]) for one in judged if one.item in bars}
    fees = _fees(order, certain, answers, catalogue)
    needed = tuple(code for code in order if code in certain)
    return Needs(
        as_of=catalogue.as_of,
        answers=answers,
        items=(
            *(placed[code] for code in order),
            *(one for one in judged if one.item not in placed),
        ),
        fees=fees,
        packages=_covers(needed, order, catalogue.packages),
        uncovered=tuple(code for code in order if not placed[code].packages),
        needed=_total(needed, waits, items, [fee for fee in fees if fee.needed]),
        with_possible=_total(tuple(order), waits, items, fees),
    )


def _place(bar: Bar, item: Item) -> tuple[int, bool, int, str]:
    """What begins first comes first; what has no length of its own, after what has."""
    return bar.start, item.working_days is None, bar.end, item.code


def _timed(item: Item, answers: ProjectAnswers) -> Item:
    """The item with the shorter length where the EIA is a form instead of a report."""
    if answers.eia_document != "form" or item.working_days_form is None:
        return item
    return msgspec.structs.replace(item, working_days=item.working_days_form)


_NO_RULE = NeedRule(item="", mark="unconfirmed")


def _need(
    item: Item, rule: NeedRule | None, answers: ProjectAnswers, packages: Iterable[Package]
) -> Need:
    stated = rule or _NO_RULE
    found = judge(stated, answers, active=item.active)
    why: list[Why] = []
    if found.verdict == "may-be-needed":
        if found.unanswered:
            why.append("unanswered")
        if rule is None:
            why.append("no-rule")
        elif stated.mark == "unconfirmed":
            why.append("unconfirmed")
        if not item.active:
            why.append("off-list")
        if stated.open_zh and not (found.unanswered and stated.needed):
            why.append("open")
    return Need(
        item=item.code,
        name_zh=item.name_zh,
        name_en=item.name_en,
        verdict=found.verdict,
        mark=stated.mark,
        basis=stated.basis,
        why=tuple(why),
        unanswered=found.unanswered,
        open_zh=stated.open_zh if "open" in why else "",
        open_en=stated.open_en if "open" in why else "",
        active=item.active,
        working_days=item.working_days,
        days_note_zh=item.days_note_zh,
        days_note_en=item.days_note_en,
        start=None,
        after=(),
        packages=tuple(one.code for one in packages if item.code in one.items + one.optional),
    )


def _placed(need: Need, bar: Bar) -> Need:
    return msgspec.structs.replace(need, start=bar.start, after=bar.after)


def _plan(codes: Iterable[str], waits: Mapping[str, Iterable[str]]) -> _Plan:
    chosen = tuple(codes)
    return _Plan(chosen, among(chosen, waits))


def _fees(
    order: Sequence[str], certain: Collection[str], answers: ProjectAnswers, catalogue: Catalogue
) -> tuple[NeedFee, ...]:
    """The fees in the order of the items; a line that covers several of them is counted once."""
    lines = fee_lines(catalogue.items.values(), catalogue.packages)
    shared: dict[FeeLine | str, list[str]] = {}
    for code in order:
        shared.setdefault(lines.get(code, code), []).append(code)
    return tuple(
        _fee(
            one,
            tuple(sorted(codes, key=lambda code: code not in certain)),
            bool(set(codes) & set(certain)),
            answers,
            catalogue,
        )
        for one, codes in shared.items()
    )


def _fee(
    line: FeeLine | str,
    codes: tuple[str, ...],
    needed: bool,
    answers: ProjectAnswers,
    catalogue: Catalogue,
) -> NeedFee:
    facts = figures_of(answers)
    standard = catalogue.items[codes[0]].fee_standard
    if isinstance(line, str):
        # Its standard asks for what a project does not know yet, such as an award amount.
        return NeedFee(
            items=codes, for_items=codes, needed=needed, unknown="asks-more", standard=standard
        )
    # A fee of another kind than the project's would be a wrong one: a kind is never assumed here.
    kinds = (part.kind_from for part in line.parts if part.kind_from)
    missing = tuple(name for name in kinds if getattr(facts, name) is None)
    unknown = NeedFee(
        items=line.items,
        for_items=codes,
        needed=needed,
        unknown="unanswered",
        unanswered=tuple("works" if name == "building_use" else name for name in missing),
        standard=standard,
    )
    if "building_use" in missing and answers.works is not None:
        return msgspec.structs.replace(unknown, unknown="outside-table", unanswered=())
    if missing:
        return unknown
    try:
        found = line_range(
            line, facts, catalogue.standards, catalogue.county_ranges, catalogue.as_of
        )
    except Refused as refusal:
        if refusal.code == "missing-fact":
            names = (str(refusal.params["field"]),)
            return msgspec.structs.replace(unknown, unanswered=names)
        why = _REFUSALS.get(refusal.code, "asks-more")
        return msgspec.structs.replace(unknown, unknown=why, unanswered=())
    return NeedFee(
        items=line.items,
        for_items=codes,
        needed=needed,
        low_fen=found.low_fen,
        high_fen=found.high_fen,
        basis=found.basis,
        documents=found.documents,
        demonstration=found.demonstration,
        assumptions=tuple(one for one in found.workings if one.kind == "assumption"),
        note_zh=line.note_zh,
        note_en=line.note_en,
        standard=standard,
    )


_REFUSALS: dict[str, Unknown] = {
    "no-county-range": "no-county-range",
    "outside-fee-table": "outside-table",
}


def _total(
    codes: tuple[str, ...],
    waits: Mapping[str, Iterable[str]],
    items: Mapping[str, Item],
    fees: Iterable[NeedFee],
) -> NeedTotal:
    plan = _plan(codes, waits)
    timed = [code for code in codes if items[code].working_days is not None]
    known = [(fee.low_fen, fee.high_fen, fee.demonstration) for fee in fees if fee.unknown is None]
    return NeedTotal(
        items=codes,
        working_days=package_days(plan, items) if timed else None,
        path=tuple(code for code in critical_path(plan, items) if code in timed),
        untimed=tuple(code for code in codes if code not in timed),
        low_fen=sum(low or 0 for low, _, _ in known) if known else None,
        high_fen=sum(high or 0 for _, high, _ in known) if known else None,
        unpriced=tuple(
            code for fee in fees if fee.unknown for code in fee.for_items if code in codes
        ),
        demonstration=any(invented for _, _, invented in known),
    )


def _covers(
    needed: Sequence[str], wanted: Sequence[str], packages: Iterable[Package]
) -> tuple[PackageCover, ...]:
    """The packages that hold anything wanted, as the catalogue orders them."""
    found = []
    for package in packages:
        every = package.items + package.optional
        if any(code in every for code in wanted):
            found.append(
                PackageCover(
                    package=package.code,
                    name_zh=package.name_zh,
                    name_en=package.name_en,
                    needed=tuple(code for code in needed if code in every),
                    possible=tuple(code for code in wanted if code in every and code not in needed),
                    surplus=tuple(code for code in package.items if code not in wanted),
                    leaves_out=tuple(code for code in needed if code not in every),
                )
            )
    return tuple(found)
