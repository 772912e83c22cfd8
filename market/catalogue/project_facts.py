"""The figures a visitor enters about a project, and what stands in for those not given.

Every default that is used becomes an assumption line of the workings, so that nobody takes a
guess of ours for a figure of the project.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.fee_standards import checked_figure
from market.catalogue.items import FeeLine, FeePart, Package
from market.catalogue.standards import load_fee_standards
from market.catalogue.workings import Line, show
from ratings.ledger.errors import Refused


class ProjectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in 万元, areas in m², the rest counted; None is "not given"."""

    investment_wan: Decimal | None = None
    civil_works_wan: Decimal | None = None
    design_base_wan: Decimal | None = None
    estimate_wan: Decimal | None = None
    building_area_m2: Decimal | None = None
    buildings: Decimal | None = None
    sides: Decimal | None = None
    setting_out_jobs: Decimal | None = None
    building_use: str | None = None
    stage: str | None = None
    eia_document: str | None = None
    survey_grade: str | None = None
    industry: str | None = None
    complexity: str | None = None
    sensitivity: str | None = None


class Choice(msgspec.Struct, frozen=True):
    code: str
    zh: str
    en: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One input of the form. `default` is what stands in, in words and in both languages."""

    name: str
    label_zh: str
    label_en: str
    unit_zh: str = ""
    unit_en: str = ""
    type: Literal["number", "choice"] = "number"
    required: bool = False
    default_zh: str = ""
    default_en: str = ""
    choices: tuple[Choice, ...] = ()


class _Default(msgspec.Struct, frozen=True):
    """`times` another figure of the project."""

    of: str
    times: int = 1


_DEFAULTS: dict[str, _Default] = {
    "civil_works_wan": _Default("investment_wan"),
    "design_base_wan": _Default("investment_wan"),
    "estimate_wan": _Default("investment_wan"),
    "sides": _Default("buildings", 4),
    "setting_out_jobs": _Default("buildings"),
}
_CONSTANTS: dict[str, Decimal] = {"buildings": Decimal(1)}
_CHOSEN: dict[str, str] = {"building_use": "housing", "eia_document": "form"}


def _amount(name: str, zh: str, en: str) -> Field:
    return Field(name=name, label_zh=zh, label_en=en, unit_zh="万元", unit_en="10,000 yuan")


_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        _amount("investment_wan", "项目总投资", "Total investment"),
        _amount("civil_works_wan", "土建投资", "Civil works"),
        _amount("design_base_wan", "设计费计费额", "Design base"),
        _amount("estimate_wan", "工程概算", "Estimate"),
        Field(
            name="building_area_m2",
            label_zh="建筑面积",
            label_en="Building area",
            unit_zh="平方米",
            unit_en="m²",
        ),
        Field(name="buildings", label_zh="建筑栋数", label_en="Buildings", unit_zh="栋"),
        Field(name="sides", label_zh="检测边数", label_en="Sides to check", unit_zh="边"),
        Field(
            name="setting_out_jobs",
            label_zh="放线件数(每件 4 点)",
            label_en="Setting-out jobs of 4 points",
            unit_zh="件",
        ),
        Field(name="building_use", label_zh="房屋用途", label_en="Use", type="choice"),
        Field(name="stage", label_zh="测绘阶段", label_en="Survey stage", type="choice"),
        Field(name="eia_document", label_zh="环评文件", label_en="EIA document", type="choice"),
        Field(name="survey_grade", label_zh="困难类别", label_en="Survey grade", type="choice"),
        Field(name="industry", label_zh="行业", label_en="Industry", type="choice"),
        Field(name="complexity", label_zh="复杂程度", label_en="Complexity", type="choice"),
        Field(name="sensitivity", label_zh="环境敏感程度", label_en="Sensitivity", type="choice"),
    )
}


def number(facts: ProjectFacts, name: str) -> tuple[Decimal, tuple[Line, ...]]:
    """A figure of the project and the assumptions behind it. Refused where it must be given."""
    given: Decimal | None = getattr(facts, name)
    if given is not None:
        return checked_figure(name, given), ()
    field = _FIELDS[name]
    if name in _CONSTANTS:
        value = _CONSTANTS[name]
        return value, (_assumed(field, value, show(value), show(value)),)
    if name in _DEFAULTS:
        default = _DEFAULTS[name]
        source, before = number(facts, default.of)
        value = source * default.times
        of = _FIELDS[default.of]
        times = "" if default.times == 1 else f" × {default.times}"
        zh, en = f"{of.label_zh}{times} = {show(value)}", f"{of.label_en}{times} = {show(value)}"
        return value, (*before, _assumed(field, value, zh, en))
    raise Refused(
        "missing-fact",
        "{field} is needed for {kind}: {figure}.",
        field=name,
        kind="package",
        figure=f"{field.label_en}, {field.unit_en}",
    )


def choice(facts: ProjectFacts, name: str) -> tuple[str, tuple[Line, ...]]:
    """A choice of the project and the assumption behind it."""
    given: str | None = getattr(facts, name)
    if given is not None:
        return given, ()
    value, field = _CHOSEN[name], _FIELDS[name]
    named = {c.code: c for c in _NAMED[name]}[value]
    line = Line(
        "assumption",
        f"未给{field.label_zh},按{named.zh}",
        f"{field.label_en} not given: {named.en}",
    )
    return value, (line,)


def _assumed(field: Field, value: Decimal, zh: str, en: str) -> Line:
    return Line(
        "assumption",
        f"未给{field.label_zh},按 {zh}",
        f"{field.label_en} not given: {en}",
        {field.name: value},
    )


_NAMED: dict[str, tuple[Choice, ...]] = {
    "building_use": (
        Choice("housing", "住宅", "housing"),
        Choice("commercial", "商业用房", "commercial"),
        Choice("mixed", "综合用房", "mixed use"),
        Choice("factory", "厂房", "factory"),
    ),
    "eia_document": (Choice("report", "报告书", "report"), Choice("form", "报告表", "form")),
    "survey_grade": (
        Choice("I", "Ⅰ类", "I"),
        Choice("II", "Ⅱ类", "II"),
        Choice("III", "Ⅲ类", "III"),
    ),
}


def facts_needed(package: Package) -> tuple[Field, ...]:
    """The inputs of the package's form, the required ones first."""
    required, optional = {"investment_wan"}, set[str]()
    for line in package.fee_lines:
        needs, helps = _line_needs(line)
        required |= needs
        optional |= helps
    fields = [
        _field(name, name in required, package) for name in _FIELDS if name in required | optional
    ]
    return tuple(sorted(fields, key=lambda field: not field.required))


def _line_needs(line: FeeLine) -> tuple[set[str], set[str]]:
    """Facts this line cannot do without, and those that make it more exact."""
    needs, helps = set[str](), set[str]()
    for number_of_part, part in enumerate(line.parts):
        last = line.use == "all" or number_of_part == len(line.parts) - 1
        name = part.figure
        while name in _DEFAULTS:
            helps.add(name)
            name = _DEFAULTS[name].of
        (needs if last and name not in _CONSTANTS else helps).add(name)
        helps |= {f for f in (part.kind_from, part.grade_from, *part.passes) if f is not None}
    return needs, helps


def _field(name: str, required: bool, package: Package) -> Field:
    field = msgspec.structs.replace(_FIELDS[name], required=required)
    if field.type == "choice":
        choices = _NAMED.get(name) or tuple(_choices_of(name, _parts(package)))
        field = msgspec.structs.replace(field, choices=choices)
    if required:
        return field
    zh, en = _default_words(name)
    return msgspec.structs.replace(field, default_zh=zh, default_en=en)


def _parts(package: Package) -> Iterable[FeePart]:
    return (part for line in package.fee_lines for part in line.parts)


def _choices_of(fact: str, parts: Iterable[FeePart]) -> Iterable[Choice]:
    """The named choices of the standards this fact is handed to."""
    seen = set[str]()
    for part in parts:
        if fact not in part.passes:
            continue
        for table in load_fee_standards()[part.standard].factors:
            for code, zh, en, _ in getattr(table, "rows", ()) if table.fact == fact else ():
                if code not in seen:
                    seen.add(code)
                    yield Choice(code, zh, en)


def _default_words(name: str) -> tuple[str, str]:
    if name in _CONSTANTS:
        return show(_CONSTANTS[name]), show(_CONSTANTS[name])
    if name in _DEFAULTS:
        of, times = _FIELDS[_DEFAULTS[name].of], _DEFAULTS[name].times
        by = "" if times == 1 else f" × {times}"
        return f"{of.label_zh}{by}", f"{of.label_en}{by}"
    if name in _CHOSEN:
        chosen = {c.code: c for c in _NAMED[name]}[_CHOSEN[name]]
        return chosen.zh, chosen.en
    if name == "survey_grade":
        return "Ⅰ类为低,Ⅱ类为基准,Ⅲ类为高", "I low, II base, III high"
    if name == "building_area_m2":
        return "改按概算", "the estimate instead"
    return "系数 1.0", "factor 1.0"
