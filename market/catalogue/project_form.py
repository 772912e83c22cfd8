"""Which figures a package asks for: the description from which a form or a schema is made."""

from collections.abc import Iterable, Mapping

import msgspec

from market.catalogue.fee_standards import FeeStandard
from market.catalogue.packages import FeeLine, FeePart, Package
from market.catalogue.project_facts import (
    CHOSEN,
    CONSTANTS,
    DEFAULTS,
    FIELDS,
    NAMED,
    Choice,
    Field,
)
from market.catalogue.workings import show


def facts_needed(package: Package, standards: Mapping[str, FeeStandard]) -> tuple[Field, ...]:
    """The inputs of the package's form, the required ones first.

    `standards` are those in force, by code: their trades and grades are what may be chosen.

    A figure that only an optional item needs is not required: whoever adds the item gives it.
    """
    required, optional = {"investment_wan"}, set[str]()
    for line in package.fee_lines:
        needs, helps = _line_needs(line)
        (optional if set(line.items) <= set(package.optional) else required).update(needs)
        optional |= helps
    fields = [
        _field(name, name in required, package, standards)
        for name in FIELDS
        if name in required | optional
    ]
    return tuple(sorted(fields, key=lambda field: not field.required))


def _line_needs(line: FeeLine) -> tuple[set[str], set[str]]:
    """Facts this line cannot do without, and those that make it more exact."""
    needs, helps = set[str](), set[str]()
    for place, part in enumerate(line.parts):
        last = line.use == "all" or place == len(line.parts) - 1
        name = part.figure
        while name in DEFAULTS:
            helps.add(name)
            name = DEFAULTS[name].of
        (needs if last and name not in CONSTANTS else helps).add(name)
        helps |= {f for f in (part.kind_from, part.grade_from, *part.passes) if f is not None}
    return needs, helps


def _field(
    name: str, required: bool, package: Package, standards: Mapping[str, FeeStandard]
) -> Field:
    field = msgspec.structs.replace(FIELDS[name], required=required)
    if field.type == "choice":
        choices = NAMED.get(name) or tuple(_choices_of(name, _parts(package), standards))
        field = msgspec.structs.replace(field, choices=choices)
    if required:
        return field
    zh, en = _default_words(name)
    return msgspec.structs.replace(field, default_zh=zh, default_en=en)


def _parts(package: Package) -> Iterable[FeePart]:
    return (part for line in package.fee_lines for part in line.parts)


def _choices_of(
    fact: str, parts: Iterable[FeePart], standards: Mapping[str, FeeStandard]
) -> Iterable[Choice]:
    """The named choices of the standards this fact is handed to."""
    seen = set[str]()
    for part in parts:
        if fact not in part.passes or part.standard not in standards:
            continue
        for table in standards[part.standard].factors:
            for code, zh, en, _ in getattr(table, "rows", ()) if table.fact == fact else ():
                if code not in seen:
                    seen.add(code)
                    yield Choice(code, zh, en)


def _default_words(name: str) -> tuple[str, str]:
    if name in CONSTANTS:
        return show(CONSTANTS[name]), show(CONSTANTS[name])
    if name in DEFAULTS:
        of, times = FIELDS[DEFAULTS[name].of], DEFAULTS[name].times
        by = "" if times == 1 else f" × {times}"
        return f"{of.label_zh}{by}", f"{of.label_en}{by}"
    if name in CHOSEN:
        chosen = {c.code: c for c in NAMED[name]}[CHOSEN[name]]
        return chosen.zh, chosen.en
    if name == "survey_grade":
        return "Ⅰ类为低，Ⅱ类为基准，Ⅲ类为高", "I low, II base, III high"
    if name == "building_area_m2":
        return "改按概算", "the estimate instead"
    return "系数 1.0", "factor 1.0"
