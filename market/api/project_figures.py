"""The figures of a project as query parameters: amounts in 万元, areas in m², None “not given”."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from litestar.params import FromQuery, QueryParameter

from market.catalogue.fees import Facts
from market.catalogue.project_facts import ProjectFacts

_Number = FromQuery[Decimal | None]
_Choice = FromQuery[str | None]


async def project_facts(
    investment_wan: _Number = None,
    civil_works_wan: _Number = None,
    design_base_wan: _Number = None,
    estimate_wan: _Number = None,
    building_area_m2: _Number = None,
    buildings: _Number = None,
    sides: _Number = None,
    setting_out_jobs: _Number = None,
    building_use: _Choice = None,
    stage: _Choice = None,
    eia_document: _Choice = None,
    survey_grade: _Choice = None,
    industry: _Choice = None,
    complexity: _Choice = None,
    sensitivity: _Choice = None,
) -> ProjectFacts:
    return ProjectFacts(
        investment_wan=investment_wan,
        civil_works_wan=civil_works_wan,
        design_base_wan=design_base_wan,
        estimate_wan=estimate_wan,
        building_area_m2=building_area_m2,
        buildings=buildings,
        sides=sides,
        setting_out_jobs=setting_out_jobs,
        building_use=building_use,
        stage=stage,
        eia_document=eia_document,
        survey_grade=survey_grade,
        industry=industry,
        complexity=complexity,
        sensitivity=sensitivity,
    )


async def standard_facts(
    kind: _Choice = None,
    amount_wan: _Number = None,
    quantity: _Number = None,
    grade: _Choice = None,
    industry: _Choice = None,
    complexity: _Choice = None,
    sensitivity: _Choice = None,
    scope_: Annotated[str | None, QueryParameter(name="scope")] = None,
    stage: _Choice = None,
    ground: _Choice = None,
    altitude_m: _Number = None,
    special_topics: FromQuery[int] = 0,
    cut_add_wan: _Number = None,
    additional: FromQuery[list[Decimal] | None] = None,
    extra: FromQuery[list[str] | None] = None,
    as_of: FromQuery[date | None] = None,
) -> Facts:
    """What one fee standard is asked with; `additional` and `extra` may stand several times."""
    return Facts(
        kind=kind,
        amount_wan=amount_wan,
        quantity=quantity,
        grade=grade,
        industry=industry,
        complexity=complexity,
        sensitivity=sensitivity,
        scope=scope_,
        stage=stage,
        ground=ground,
        altitude_m=altitude_m,
        special_topics=special_topics,
        cut_add_wan=cut_add_wan,
        additional=tuple(additional or ()),
        extras=tuple(extra or ()),
        as_of=as_of,
    )
