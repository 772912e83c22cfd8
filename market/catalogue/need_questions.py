"""The questions about a project from which follows what it needs; none of them must be answered."""

from decimal import Decimal
from typing import Literal

import msgspec

from market.catalogue.fee_standards import checked_figure
from market.catalogue.project_facts import Choice, ProjectFacts
from ratings.ledger.errors import Bilingual

ProjectType = Literal["government", "authorised", "filed"]
Works = Literal["housing", "commercial", "mixed", "factory", "public", "infrastructure", "none"]
EiaDocument = Literal["report", "form", "none"]
YesNo = Literal["yes", "no"]


class ProjectAnswers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a project; None is “don't know”.

    Investment in 万元, land in hectares, earthworks in m³, building area in m².
    """

    project_type: ProjectType | None = None
    works: Works | None = None
    investment_wan: Decimal | None = None
    land_ha: Decimal | None = None
    earthworks_m3: Decimal | None = None
    building_area_m2: Decimal | None = None
    energy_review: YesNo | None = None
    eia_document: EiaDocument | None = None
    new_land: YesNo | None = None
    hazard_zone: YesNo | None = None
    water_intake: YesNo | None = None
    river: YesNo | None = None
    road: YesNo | None = None
    heritage: YesNo | None = None
    civil_defence: YesNo | None = None
    alteration: YesNo | None = None
    safety_review: YesNo | None = None
    occupational_hazard: YesNo | None = None
    tender: YesNo | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of the form; `about` is the part of the form that it stands in."""

    name: str
    about: Literal["project", "size", "site", "building"]
    label_zh: str
    label_en: str
    unit_zh: str = ""
    unit_en: str = ""
    choices: tuple[Choice, ...] = ()


_YES_NO = (Choice("yes", "是", "yes"), Choice("no", "否", "no"))


def _yes_no(name: str, about: Literal["project", "site", "building"], zh: str, en: str) -> Question:
    return Question(name=name, about=about, label_zh=zh, label_en=en, choices=_YES_NO)


QUESTIONS: dict[str, Question] = {
    one.name: one
    for one in (
        Question(
            name="project_type",
            about="project",
            label_zh="项目怎样立项？",
            label_en="How does the project begin?",
            choices=(
                Choice("government", "政府投资，审批", "government investment, approved"),
                Choice("authorised", "企业投资，核准", "enterprise investment, authorised"),
                Choice("filed", "企业投资，备案", "enterprise investment, filed"),
            ),
        ),
        Question(
            name="works",
            about="project",
            label_zh="建什么？",
            label_en="What is built?",
            choices=(
                Choice("housing", "住宅", "housing"),
                Choice("commercial", "商业用房", "commercial building"),
                Choice("mixed", "综合用房", "mixed use"),
                Choice("factory", "厂房", "factory"),
                Choice("public", "其他公共建筑", "other public building"),
                Choice("infrastructure", "道路、管网等设施", "roads, pipes and the like"),
                Choice("none", "不施工", "nothing is built"),
            ),
        ),
        Question(
            name="investment_wan",
            about="size",
            label_zh="项目总投资",
            label_en="Total investment",
            unit_zh="万元",
            unit_en="×10,000 yuan",
        ),
        Question(
            name="building_area_m2",
            about="size",
            label_zh="建筑面积",
            label_en="Building area",
            unit_zh="平方米",
            unit_en="m²",
        ),
        Question(
            name="land_ha",
            about="size",
            label_zh="征占地面积",
            label_en="Land taken up",
            unit_zh="公顷",
            unit_en="ha",
        ),
        Question(
            name="earthworks_m3",
            about="size",
            label_zh="挖填土石方",
            label_en="Earthworks",
            unit_zh="立方米",
            unit_en="m³",
        ),
        _yes_no("new_land", "site", "是否需要新增建设用地？", "Does it need new building land?"),
        _yes_no(
            "hazard_zone",
            "site",
            "是否位于地质灾害易发区？",
            "Is the site prone to geological hazards?",
        ),
        _yes_no(
            "water_intake",
            "site",
            "是否直接从江河、湖泊或者地下取水？",
            "Does it draw water from a river, a lake or the ground?",
        ),
        _yes_no(
            "river", "site", "是否跨越或者临近河道？", "Is it in, across or beside a watercourse?"
        ),
        _yes_no("road", "site", "是否跨越、穿越或者占用公路？", "Does it cross or occupy a road?"),
        _yes_no(
            "heritage",
            "site",
            "是否对文物保护单位施工？",
            "Are the works on a protected monument?",
        ),
        _yes_no(
            "energy_review",
            "building",
            "是否须办理节能审查？",
            "Is it subject to the energy review?",
        ),
        Question(
            name="eia_document",
            about="building",
            label_zh="环评要哪种文件？",
            label_en="Which EIA document is due?",
            choices=(
                Choice("report", "报告书", "report"),
                Choice("form", "报告表", "form"),
                Choice("none", "都不需要", "neither"),
            ),
        ),
        _yes_no(
            "civil_defence",
            "building",
            "是否含人防工程？",
            "Does it include civil-defence works?",
        ),
        _yes_no("alteration", "building", "是否改建、扩建？", "Is a building altered or extended?"),
        _yes_no(
            "safety_review",
            "building",
            "是否须办理安全条件或者安全设施设计审查？",
            "Is it subject to the review of safety conditions or safety facilities?",
        ),
        _yes_no(
            "occupational_hazard",
            "building",
            "是否有职业病危害因素？",
            "Are there occupational hazards?",
        ),
        _yes_no("tender", "building", "是否招标？", "Is any part of it put out to tender?"),
    )
}

ABOUT: dict[str, tuple[str, str]] = {
    "project": ("项目", "The project"),
    "size": ("规模", "Its size"),
    "site": ("场地", "The site"),
    "building": ("工程情况", "What it involves"),
}

# The standards know no rate for a public building that is none of these.
_USES = ("housing", "commercial", "mixed", "factory")


def checked(answers: ProjectAnswers) -> ProjectAnswers:
    """The answers themselves; Refused for a figure that no project could have."""
    for name in ("investment_wan", "building_area_m2", "land_ha", "earthworks_m3"):
        figure = getattr(answers, name)
        if figure is not None:
            question = QUESTIONS[name]
            label = Bilingual(zh=question.label_zh, en=question.label_en)
            checked_figure(name, figure, label)
    return answers


def figures_of(answers: ProjectAnswers) -> ProjectFacts:
    """The answers that a fee depends on."""
    return ProjectFacts(
        investment_wan=answers.investment_wan,
        building_area_m2=answers.building_area_m2,
        building_use=answers.works if answers.works in _USES else None,
        eia_document=None if answers.eia_document == "none" else answers.eia_document,
    )
