"""What a project needs, over the API: the questionnaire as parameters, all of them optional."""

from decimal import Decimal

from litestar import get
from litestar.params import FromQuery

from market.accounts.permissions import allow
from market.api.openapi import problem_answer
from market.catalogue.need_queries import needs_of
from market.catalogue.need_questions import EiaDocument, ProjectAnswers, ProjectType, Works, YesNo
from market.catalogue.needs import Needs
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now

_YesNo = FromQuery[YesNo | None]
_Number = FromQuery[Decimal | None]


@get(
    "/needs",
    operation_id="project_needs",
    summary="The items that a project needs, in order, with packages, days and fees",
    tags=["catalogue"],
    responses={422: problem_answer("A figure is none that a project could have.")},
    **allow(Role.PUBLIC),
)
async def project_needs(
    project_type: FromQuery[ProjectType | None] = None,
    works: FromQuery[Works | None] = None,
    investment_wan: _Number = None,
    building_area_m2: _Number = None,
    land_ha: _Number = None,
    earthworks_m3: _Number = None,
    new_land: _YesNo = None,
    hazard_zone: _YesNo = None,
    water_intake: _YesNo = None,
    river: _YesNo = None,
    road: _YesNo = None,
    heritage: _YesNo = None,
    energy_review: _YesNo = None,
    eia_document: FromQuery[EiaDocument | None] = None,
    civil_defence: _YesNo = None,
    alteration: _YesNo = None,
    safety_review: _YesNo = None,
    occupational_hazard: _YesNo = None,
    tender: _YesNo = None,
) -> Needs:
    """A question that is left out counts as “don't know”: what it would settle may then be needed.

    An item is `needed` only where a source says so of the answers given, `not-needed` only where
    they rule it out.
    """
    answers = ProjectAnswers(
        project_type=project_type,
        works=works,
        investment_wan=investment_wan,
        building_area_m2=building_area_m2,
        land_ha=land_ha,
        earthworks_m3=earthworks_m3,
        new_land=new_land,
        hazard_zone=hazard_zone,
        water_intake=water_intake,
        river=river,
        road=road,
        heritage=heritage,
        energy_review=energy_review,
        eia_document=eia_document,
        civil_defence=civil_defence,
        alteration=alteration,
        safety_review=safety_review,
        occupational_hazard=occupational_hazard,
        tender=tender,
    )
    return await needs_of(answers, local_date(now()))


ROUTES = [project_needs]
