"""The figures a visitor enters about a project, and what stands in for those not given.

Every default that is used becomes an assumption line of the workings, so that nobody takes a
guess of ours for a figure of the project.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.fee_standards import checked_figure
from market.catalogue.workings import Line, show
from ratings.ledger.errors import Bilingual, Refused


class ProjectFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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


class Default(msgspec.Struct, frozen=True):
    """`times` another figure of the project."""

    of: str
    times: int = 1


DEFAULTS: dict[str, Default] = {
    "civil_works_wan": Default("investment_wan"),
    "design_base_wan": Default("investment_wan"),
    "estimate_wan": Default("investment_wan"),
    "sides": Default("buildings", 4),
    "setting_out_jobs": Default("buildings"),
}
CONSTANTS: dict[str, Decimal] = {"buildings": Decimal(1)}
CHOSEN: dict[str, str] = {"building_use": "housing", "eia_document": "form"}


def _amount(name: str, zh: str, en: str) -> Field:
    return Field(name=name, label_zh=zh, label_en=en, unit_zh="万元", unit_en="×10,000 yuan")


FIELDS: dict[str, Field] = {
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
            label_zh="放线件数（每件 4 点）",
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
    field = FIELDS[name]
    label = Bilingual(zh=field.label_zh, en=field.label_en)
    if given is not None:
        return checked_figure(name, given, label), ()
    if name in CONSTANTS:
        value = CONSTANTS[name]
        return value, (_assumed(field, value, show(value), show(value)),)
    if name in DEFAULTS:
        default = DEFAULTS[name]
        source, before = number(facts, default.of)
        value = source * default.times
        of = FIELDS[default.of]
        times = "" if default.times == 1 else f" × {default.times}"
        zh, en = f"{of.label_zh}{times} = {show(value)}", f"{of.label_en}{times} = {show(value)}"
        return value, (*before, _assumed(field, value, zh, en))
    raise Refused(
        "missing-fact",
        "{field} is needed: {label}.",
        field=name,
        label=label,
    )


def choice(facts: ProjectFacts, name: str) -> tuple[str, tuple[Line, ...]]:
    """A choice of the project and the assumption behind it."""
    given: str | None = getattr(facts, name)
    if given is not None:
        return given, ()
    value, field = CHOSEN[name], FIELDS[name]
    named = {c.code: c for c in NAMED[name]}[value]
    line = Line(
        "assumption",
        f"未给{field.label_zh}，按{named.zh}",
        f"{field.label_en} not given: {named.en}",
    )
    return value, (line,)


def _assumed(field: Field, value: Decimal, zh: str, en: str) -> Line:
    return Line(
        "assumption",
        f"未给{field.label_zh}，按 {zh}",
        f"{field.label_en} not given: {en}",
        {field.name: value},
    )


NAMED: dict[str, tuple[Choice, ...]] = {
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
